// Package upright turns an image as its EXIF tells viewers to. A model takes the pixels as they lie in the file, so a
// photograph of a telephone would be looked at sideways. Only the command line turns images: a server keeps what it is sent.
package upright

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"image/png"

	"golang.org/x/image/draw"
	"golang.org/x/image/math/f64"
	_ "golang.org/x/image/webp" // to be decoded

	"easel/shared/model"
	"easel/shared/picture"
	"easel/shared/request"
)

// maxPixels bounds what is decoded. No model takes a larger image, so a larger one may go as it is and be refused.
const maxPixels = 16 << 20

// ErrTooLarge says that an image had room in a request until it was turned.
var ErrTooLarge = errors.New("too large once it is upright")

// Turn returns an image the right way up, and whether it had to be turned. What lies upright, is damaged, has too many pixels
// or is no image comes back as it is. A PNG stays a PNG and a JPEG a JPEG; a WebP becomes the one or the other.
func Turn(data []byte) (out []byte, turned bool, err error) {
	how := picture.Orientation(data)
	if how == 1 || picture.Check(data) != nil {
		return data, false, nil
	}
	head, err := model.Sniff(data)
	if err != nil || head.Width > maxPixels/head.Height {
		return data, false, nil //nolint:nilerr // the server says what is wrong with it
	}
	img, _, err := image.Decode(bytes.NewReader(data))
	if err != nil {
		return data, false, nil //nolint:nilerr // likewise
	}
	out, err = encode(turn(img, how), head.Format)
	if err != nil {
		return nil, false, err
	}
	if coloured(img) {
		out = picture.CopyColours(data, out)
	}
	if len(out) > request.MaxImageBytes {
		return nil, false, fmt.Errorf("%w: %d bytes of at most %d (3 MB). Scale it down", ErrTooLarge, len(out), request.MaxImageBytes)
	}
	return out, true, nil
}

// turn copies each pixel to its place.
func turn(img image.Image, how int) image.Image {
	b := img.Bounds()
	w, h := float64(b.Dx()), float64(b.Dy())
	places := map[int]f64.Aff3{
		2: {-1, 0, w, 0, 1, 0}, 3: {-1, 0, w, 0, -1, h}, 4: {1, 0, 0, 0, -1, h},
		5: {0, 1, 0, 1, 0, 0}, 6: {0, -1, h, 1, 0, 0}, 7: {0, -1, h, -1, 0, w}, 8: {0, 1, 0, -1, 0, w},
	}
	size := image.Rect(0, 0, b.Dx(), b.Dy())
	if how >= 5 {
		size = image.Rect(0, 0, b.Dy(), b.Dx())
	}
	var out draw.Image = image.NewNRGBA(size)
	if opaque(img) {
		out = image.NewRGBA(size) // which is drawn on faster
	}
	draw.NearestNeighbor.Transform(out, places[how], img, b, draw.Src, nil)
	return out
}

func opaque(img image.Image) bool {
	o, ok := img.(interface{ Opaque() bool })
	return ok && o.Opaque()
}

// coloured reports whether a colour profile of the file fits what is written: neither grey nor CMYK is kept as such.
func coloured(img image.Image) bool {
	m := img.ColorModel()
	return m != color.GrayModel && m != color.Gray16Model && m != color.CMYKModel
}

func encode(img image.Image, format string) ([]byte, error) {
	var b bytes.Buffer
	var err error
	if format == "jpeg" || format == "webp" && opaque(img) {
		err = jpeg.Encode(&b, img, &jpeg.Options{Quality: 95})
	} else {
		err = png.Encode(&b, img)
	}
	return b.Bytes(), err
}
