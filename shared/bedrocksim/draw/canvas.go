package draw

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// vec is a point, in pixels on a canvas or in a pen's own units.
type vec struct{ x, y float64 }

// canvas is an opaque picture area whose shapes are filled with smooth edges.
type canvas struct {
	img     *image.RGBA
	w, h, u float64 // pixels; u is the shorter side, the unit for sizes
	ras     vector.Rasterizer
	mask    []uint8
}

func newCanvas(w, h int) *canvas {
	c := &canvas{
		img: image.NewRGBA(image.Rect(0, 0, w, h)),
		w:   float64(w), h: float64(h), u: float64(min(w, h)),
	}
	draw.Draw(c.img, c.img.Rect, image.Black, image.Point{}, draw.Src)
	return c
}

func flat(c rgb, alpha float64) image.Image { return image.NewUniform(c.veil(alpha)) }

// blend colours the pixels under a shape from one colour to another, along a line or outward from a point.
type blend struct {
	*image.Uniform // a picture without bounds, as an image has to be that others are drawn with
	from, to       rgb
	fromA, toA     float64
	start          vec
	dx, dy         float64 // of the line, both over the square of its length
	round          bool    // then dx is 1/radius
}

// between lays the blend along a line.
func (p *blend) between(a, b vec) *blend {
	dx, dy := b.x-a.x, b.y-a.y
	n := max(dx*dx+dy*dy, 1e-9)
	p.start, p.dx, p.dy = a, dx/n, dy/n
	return p
}

// RGBA64At is the colour of a pixel.
func (p *blend) RGBA64At(x, y int) color.RGBA64 {
	dx, dy := float64(x)+0.5-p.start.x, float64(y)+0.5-p.start.y
	t, a := min(max(dx*p.dx+dy*p.dy, 0), 1), 0.0
	if a = p.fromA + (p.toA-p.fromA)*t; p.round {
		t = min(math.Sqrt(dx*dx+dy*dy)*p.dx, 1)
		a = p.toA + (p.fromA-p.toA)*(1-t)*(1-t)
	}
	return p.from.mix(p.to, t).veil(a)
}

// fill paints closed polygons as one shape.
func (c *canvas) fill(paint image.Image, outlines ...[]vec) {
	box := bounds(outlines).Intersect(c.img.Rect)
	if box.Empty() {
		return
	}
	w, h := box.Dx(), box.Dy()
	c.ras.Reset(w, h)
	c.ras.DrawOp = draw.Src
	ox, oy := float64(box.Min.X), float64(box.Min.Y)
	for _, s := range outlines {
		for i, v := range s {
			x, y := float32(v.x-ox), float32(v.y-oy)
			if i == 0 {
				c.ras.MoveTo(x, y)
				continue
			}
			c.ras.LineTo(x, y)
		}
		c.ras.ClosePath()
	}
	if cap(c.mask) < w*h {
		c.mask = make([]uint8, w*h)
	}
	mask := &image.Alpha{Pix: c.mask[:w*h], Stride: w, Rect: image.Rect(0, 0, w, h)}
	c.ras.Draw(mask, mask.Rect, image.Opaque, image.Point{})
	draw.DrawMask(c.img, box, paint, box.Min, mask, image.Point{}, draw.Over)
}

// bounds are those of the pixels that outlines touch.
func bounds(outlines [][]vec) (box image.Rectangle) {
	clip := func(v float64) int { return int(math.Floor(min(max(v, -1), 1<<16))) }
	for _, s := range outlines {
		for _, v := range s {
			x, y := clip(v.x), clip(v.y)
			box = box.Union(image.Rect(x, y, x+1, y+1))
		}
	}
	return box
}
