package draw

import (
	"image"
	"image/draw"
	"math"

	"golang.org/x/image/vector"
)

// vec is a point, in pixels on a canvas or in a pen's own units.
type vec struct{ x, y float64 }

// canvas is a picture area whose shapes are filled with smooth edges.
type canvas struct {
	img     *image.RGBA
	w, h, u float64 // pixels; u is the shorter side, the unit for sizes
	ras     vector.Rasterizer
	mask    []uint8
	ramp    [256]tint
}

func newCanvas(w, h int) *canvas {
	return &canvas{
		img: image.NewRGBA(image.Rect(0, 0, w, h)),
		w:   float64(w), h: float64(h), u: float64(min(w, h)),
	}
}

// paint colours the pixels under a shape: one colour, or a blend along a line
// or outward from a point.
type paint struct {
	from, to       rgb
	fromA, toA     float64
	x0, y0, dx, dy float64 // along(t) = (x-x0)*dx + (y-y0)*dy, both over t
	round          bool    // then dx is 1/radius
	light          bool    // screen, not cover: glows only ever brighten
}

func flat(c rgb) paint { return paint{from: c, to: c, fromA: 1, toA: 1} }

func (p paint) fade(a float64) paint {
	p.fromA, p.toA = p.fromA*a, p.toA*a
	return p
}

func line(a, b vec, from, to rgb) paint {
	p := paint{from: from, to: to, fromA: 1, toA: 1}
	p.between(a, b)
	return p
}

type tint struct{ r, g, b, a uint32 }

// ramp tabulates the gradient so that a pixel costs one look-up.
func (p paint) ramp(into []tint) {
	for i := range into {
		t := float64(i) / float64(max(len(into)-1, 1))
		a := p.fromA + (p.toA-p.fromA)*t
		if p.round {
			a = p.toA + (p.fromA-p.toA)*(1-t)*(1-t)
		}
		c := p.from.mix(p.to, t)
		into[i] = tint{byteOf(c.r), byteOf(c.g), byteOf(c.b), byteOf(a)}
	}
}

func byteOf(v float64) uint32 { return uint32(min(max(v, 0), 1)*255 + 0.5) }

// fill paints closed polygons as one shape.
func (c *canvas) fill(p paint, outlines ...[]vec) {
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
	c.blend(box, mask, p)
}

func bounds(outlines [][]vec) image.Rectangle {
	x0, y0, x1, y1 := math.Inf(1), math.Inf(1), math.Inf(-1), math.Inf(-1)
	for _, s := range outlines {
		for _, v := range s {
			x0, y0, x1, y1 = min(x0, v.x), min(y0, v.y), max(x1, v.x), max(y1, v.y)
		}
	}
	if !(x1 > x0) || !(y1 > y0) {
		return image.Rectangle{}
	}
	clip := func(v float64) int { return int(min(max(v, -1), 1<<16)) }
	return image.Rect(clip(math.Floor(x0)), clip(math.Floor(y0)), clip(math.Ceil(x1)), clip(math.Ceil(y1)))
}

func (c *canvas) blend(box image.Rectangle, mask *image.Alpha, p paint) {
	ramp := c.ramp[:1]
	if p.dx != 0 || p.dy != 0 {
		ramp = c.ramp[:min(box.Dx()+box.Dy(), len(c.ramp))]
	}
	p.ramp(ramp)
	last := float64(len(ramp) - 1)
	for y := range box.Dy() {
		alphas := mask.Pix[y*mask.Stride:][:box.Dx()]
		start := c.img.PixOffset(box.Min.X, box.Min.Y+y)
		row, t := c.img.Pix[start:][:4*box.Dx()], &ramp[0]
		fx, fy := float64(box.Min.X)+0.5-p.x0, float64(box.Min.Y+y)+0.5-p.y0
		for x, m := range alphas {
			if m == 0 {
				continue
			}
			if len(ramp) > 1 {
				t = &ramp[int(p.along(fx+float64(x), fy)*last)]
			}
			put(row[4*x:4*x+4], t, uint32(m)*t.a, p.light)
		}
	}
}

// along is how far a point lies between the ends of the gradient, 0 to 1.
func (p *paint) along(x, y float64) float64 {
	t := x*p.dx + y*p.dy
	if p.round {
		t = math.Sqrt(x*x+y*y) * p.dx
	}
	return min(max(t, 0), 1)
}

// put lays a colour over a pixel; a is opacity times coverage, up to 255*255.
func put(px []uint8, t *tint, a uint32, light bool) {
	px[3] = 255
	if light {
		px[0] += uint8((255 - uint32(px[0])) * t.r / 255 * a / 65025)
		px[1] += uint8((255 - uint32(px[1])) * t.g / 255 * a / 65025)
		px[2] += uint8((255 - uint32(px[2])) * t.b / 255 * a / 65025)
		return
	}
	if a == 65025 {
		px[0], px[1], px[2] = uint8(t.r), uint8(t.g), uint8(t.b)
		return
	}
	b := 65025 - a
	px[0] = uint8((uint32(px[0])*b + t.r*a + 32512) / 65025)
	px[1] = uint8((uint32(px[1])*b + t.g*a + 32512) / 65025)
	px[2] = uint8((uint32(px[2])*b + t.b*a + 32512) / 65025)
}
