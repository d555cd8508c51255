package draw

import (
	"image"

	xdraw "golang.org/x/image/draw"
)

// taken is the strength at which a base has all of the new colours. Above it the new scene comes in.
const taken = 0.6

// rework turns a base, scaled to the whole picture of the given height so that nothing in it moves, into
// the painting on c, which is shorter by the caption. Two scenes laid over each other would look like a
// fault: up to a point the base only takes on the new colours, and then the scene hangs before it in a frame
// that grows until it is all there is.
func rework(c *canvas, base image.Image, height int, strength float64, p palette) *image.RGBA {
	if base.Bounds().Empty() || strength >= 1 {
		return c.img
	}
	out, whole := newCanvas(c.img.Rect.Dx(), c.img.Rect.Dy()), image.Rect(0, 0, c.img.Rect.Dx(), height)
	xdraw.ApproxBiLinear.Scale(out.img, whole, base, crop(base.Bounds(), whole), xdraw.Over, nil)
	regrade(out, p, min(max(strength, 0)/taken, 1)*0.9)
	if strength > taken {
		out.hang(c.img, (strength-taken)/(1-taken), p)
	}
	return out.img
}

// regrade keeps the lightness of every pixel and moves its colour into the palette.
func regrade(c *canvas, p palette, share float64) {
	var tones [256]rgb
	for i := range tones {
		v := float64(i) / 255
		hue := p.ink.mix(p.sky[0], min(v*2.2, 1)).mix(p.pops[1], min(max(v*2.2-1, 0), 1)).mix(p.paper, max(v-0.75, 0)*3)
		tones[i] = rgb{v, v, v}.toward(hue, 1)
	}
	c.each(func(_, _, _ int, c rgb) rgb { return c.mix(tones[byteOf(c.luma())], share) })
}

// hang puts a picture in a frame of paper, small in the lower left where t is near 0 and over all at 1.
func (c *canvas) hang(picture *image.RGBA, t float64, p palette) {
	size, gap := 0.4+0.6*t, c.u*0.06*(1-t)
	w, h := c.w*size, c.h*size
	x, y := min(gap*1.5, c.w-w), max(c.h-h-gap*1.5, 0)
	rim := c.u * 0.018
	c.fill(flat(p.ink, 0.35), rect(x-rim*0.4, y-rim*0.2, x+w+rim*1.8, y+h+rim*2))
	c.fill(flat(p.paper, 1), rect(x-rim, y-rim, x+w+rim, y+h+rim))
	at := image.Rect(int(x), int(y), int(x+w), int(y+h))
	xdraw.CatmullRom.Scale(c.img, at, picture, picture.Rect, xdraw.Src, nil)
}

// crop is the largest centred part of src that has the shape of dst.
func crop(src, dst image.Rectangle) image.Rectangle {
	w, h := src.Dx(), src.Dy()
	wide, high := min(w, max(1, h*dst.Dx()/dst.Dy())), min(h, max(1, w*dst.Dy()/dst.Dx()))
	return image.Rect(0, 0, wide, high).Add(src.Min).Add(image.Pt((w-wide)/2, (h-high)/2))
}
