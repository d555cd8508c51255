package request

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"easel/shared/model"
	"easel/shared/picture"
)

// image looks at the header alone: a picture that would unfold to gigabytes is refused unread.
func (c *Check) image(r Request) model.Header {
	if r.Image == nil {
		return model.Header{}
	}
	in := c.Model.Image
	if in == nil {
		c.Add("/image", "%s makes pictures from text alone; use %s for an image, or leave image out.", c.Model.Name, model.FromImage())
		return model.Header{}
	}
	if len(r.Image) > MaxImageBytes {
		c.Add("/image", "image has %s bytes; at most %d (3 MB) are allowed. Scale it down.", figure(len(r.Image)), MaxImageBytes)
		return model.Header{}
	}
	h, ok := c.file("/image", "image", r.Image, in.Types)
	if ok {
		c.sides(h, in)
	}
	return h
}

// file looks at the header of an image and at the lengths in it.
func (c *Check) file(pointer, name string, data []byte, types []string) (h model.Header, ok bool) {
	whole := picture.Check(data)
	h, err := model.Sniff(data)
	switch {
	case errors.Is(whole, picture.ErrTruncated):
		c.Add(pointer, "%s breaks off before its end. Send the whole file, base64-encoded.", name)
	case errors.Is(whole, picture.ErrAnimated):
		c.Add(pointer, "%s is an animation of several frames, and %s takes one picture. Send a single frame.", name, c.Model.Name)
	case errors.Is(whole, picture.ErrDamaged):
		c.Add(pointer, "%s is damaged: its parts do not fit together. Save it anew from the program that made it.", name)
	case whole != nil || err != nil || !slices.Contains(types, h.Format):
		kind := picture.Foreign(data)
		if kind != "" {
			kind += ", "
		}
		c.Add(pointer, "%s is %snone of the types that %s takes: %s. Send such a file, base64-encoded.", name, kind, c.Model.Name, strings.Join(types, ", "))
	default:
		return h, true
	}
	return h, false
}

// mask looks at the mask beside the image. Whether there is to be one is said by the parameters.
func (c *Check) mask(r Request, image model.Header) model.Header {
	in := c.Model.Mask
	if r.Mask == nil || in == nil { // a model without masks has no parameters, and says so
		return model.Header{}
	}
	const pointer = "/parameters/mask_image"
	if len(r.Mask) > in.MaxBytes {
		c.Add(pointer, "mask_image has %s bytes; at most %d (1 MB) are allowed. Save it in black and white.", figure(len(r.Mask)), in.MaxBytes)
		return model.Header{}
	}
	h, ok := c.file(pointer, "mask_image", r.Mask, in.Types)
	if ok && image.Width > 0 && (h.Width != image.Width || h.Height != image.Height) {
		c.Add(pointer, "mask_image is %s; give the mask the sides of the image.",
			Found(fmt.Sprintf("%d × %d pixels and image %d × %d", h.Width, h.Height, image.Width, image.Height)))
	}
	return h
}

func (c *Check) sides(h model.Header, in *model.ImageInput) {
	if in.Sides != nil {
		c.pairs(h, in.Sides)
		return
	}
	if h.Width < in.MinSide || h.Height < in.MinSide {
		c.Add("/image", "image is %s pixels; each side needs at least %d.", sides(h), in.MinSide)
	}
	if h.Width > in.MaxPixels/h.Height {
		c.Add("/image", "image is %s pixels; at most %d pixels in all are allowed. Scale it down.", sides(h), in.MaxPixels)
	}
}

func (c *Check) pairs(h model.Header, pairs [][2]int) {
	if slices.Contains(pairs, [2]int{h.Width, h.Height}) {
		return
	}
	var words []string
	for _, p := range pairs {
		words = append(words, fmt.Sprintf("%d × %d", p[0], p[1]))
	}
	c.Add("/image", "image is %s pixels; %s takes only %s. Scale or cut it to one of these.", sides(h), c.Model.Name, strings.Join(words, ", "))
}
