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

// paint colours the pixels under a shape: one colour, or a blend along a line or outward from a point.
type paint struct {
	ramp   []color.NRGBA // from one end of the blend to the other
	start  vec
	dx, dy float64 // of the line, both over the square of its length
	round  bool    // then dx is 1/radius
}

func flat(c rgb, alpha float64) *paint { return &paint{ramp: []color.NRGBA{c.veil(alpha)}} }

// blended tabulates the colours, so that a pixel costs one look-up.
func blended(from, to rgb, fromA, toA float64, round bool) *paint {
	p := &paint{ramp: make([]color.NRGBA, 256), round: round}
	for i := range p.ramp {
		t := float64(i) / float64(len(p.ramp)-1)
		a := t
		if round {
			a = 1 - (1-t)*(1-t)
		}
		p.ramp[i] = from.mix(to, t).veil(fromA + (toA-fromA)*a)
	}
	return p
}

// between lays the blend along a line.
func (p *paint) between(a, b vec) *paint {
	dx, dy := b.x-a.x, b.y-a.y
	n := max(dx*dx+dy*dy, 1e-9)
	p.start, p.dx, p.dy = a, dx/n, dy/n
	return p
}

// at is the colour of a pixel.
func (p *paint) at(x, y int) color.NRGBA {
	if len(p.ramp) == 1 {
		return p.ramp[0]
	}
	dx, dy := float64(x)+0.5-p.start.x, float64(y)+0.5-p.start.y
	t := dx*p.dx + dy*p.dy
	if p.round {
		t = math.Sqrt(dx*dx+dy*dy) * p.dx
	}
	return p.ramp[int(min(max(t, 0), 1)*float64(len(p.ramp)-1))]
}

// cover lays a colour over a pixel; a is its opacity times what a shape covers of the pixel, up to 255*255.
func cover(px []uint8, c color.NRGBA, a uint32) {
	if a == 65025 {
		px[0], px[1], px[2] = c.R, c.G, c.B
		return
	}
	px[0] = uint8((uint32(px[0])*(65025-a) + uint32(c.R)*a + 32512) / 65025)
	px[1] = uint8((uint32(px[1])*(65025-a) + uint32(c.G)*a + 32512) / 65025)
	px[2] = uint8((uint32(px[2])*(65025-a) + uint32(c.B)*a + 32512) / 65025)
}

// fill paints closed polygons as one shape.
func (c *canvas) fill(p *paint, outlines ...[]vec) {
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
	for y := range h {
		row := c.img.Pix[c.img.PixOffset(box.Min.X, box.Min.Y+y):][:4*w]
		for x, share := range mask.Pix[y*w:][:w] {
			if share > 0 {
				colour := p.at(box.Min.X+x, box.Min.Y+y)
				cover(row[4*x:4*x+3], colour, uint32(colour.A)*uint32(share))
			}
		}
	}
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
