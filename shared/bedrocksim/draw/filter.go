package draw

import (
	"image"
	"math"
)

// look is a finished painting on its way through a style.
type look struct {
	*canvas
	palette
	dice *dice
}

// px is a pixel in 0..255 before it is clamped.
type px struct{ r, g, b float64 }

func (c px) luma() float64 { return 0.299*c.r + 0.587*c.g + 0.114*c.b }

func (c px) mix(o px, t float64) px {
	return px{c.r + (o.r-c.r)*t, c.g + (o.g-c.g)*t, c.b + (o.b-c.b)*t}
}

func (c px) times(k float64) px { return px{c.r * k, c.g * k, c.b * k} }

func (c px) add(o px, k float64) px { return px{c.r + o.r*k, c.g + o.g*k, c.b + o.b*k} }

// vivid moves a pixel away from its own grey.
func (c px) vivid(k float64) px {
	l := c.luma()
	return px{l + (c.r-l)*k, l + (c.g-l)*k, l + (c.b-l)*k}
}

// contrast spreads values around the middle.
func (c px) contrast(k float64) px {
	return px{128 + (c.r-128)*k, 128 + (c.g-128)*k, 128 + (c.b-128)*k}
}

func (c px) steps(n float64) px {
	q := 255 / n
	f := func(v float64) float64 { return (math.Floor(v/q) + 0.5) * q }
	return px{f(c.r), f(c.g), f(c.b)}
}

func clamp(v float64) uint8 {
	if v <= 0 {
		return 0
	}
	if v >= 255 {
		return 255
	}
	return uint8(v + 0.5)
}

func (l *look) get(i int) px {
	p := l.img.Pix[i : i+3 : i+3]
	return px{float64(p[0]), float64(p[1]), float64(p[2])}
}

// sample reads the pixel at a point; outside the picture, the nearest one.
func (l *look) sample(x, y float64) px {
	ix := min(max(int(x), 0), l.img.Rect.Dx()-1)
	iy := min(max(int(y), 0), l.img.Rect.Dy()-1)
	return l.get(iy*l.img.Stride + ix*4)
}

func (l *look) sampleRGB(x, y, r float64) rgb {
	var sum px
	for _, v := range []vec{{0, 0}, {-r, -r}, {r, -r}, {-r, r}, {r, r}} {
		sum = sum.add(l.sample(x+v.x, y+v.y), 0.2)
	}
	return rgb{sum.r / 255, sum.g / 255, sum.b / 255}
}

// each replaces every pixel by f of it; i is its offset in Pix.
func (l *look) each(f func(x, y, i int, c px) px) {
	w, h := l.img.Rect.Dx(), l.img.Rect.Dy()
	for y := range h {
		for x := range w {
			i := y*l.img.Stride + 4*x
			c := f(x, y, i, l.get(i))
			l.img.Pix[i], l.img.Pix[i+1], l.img.Pix[i+2] = clamp(c.r), clamp(c.g), clamp(c.b)
		}
	}
}

// blurred is a copy softened by two box blurs of the radius.
func (l *look) blurred(radius float64) *look {
	r := max(1, int(radius+0.5))
	img := boxRows(boxColumns(l.img, r), r)
	c := *l.canvas
	c.img = img
	return &look{canvas: &c, palette: l.palette, dice: l.dice}
}

// boxColumns and boxRows keep running sums, so that a wide blur costs no more
// than a narrow one.
func boxColumns(src *image.RGBA, r int) *image.RGBA {
	dst := image.NewRGBA(src.Rect)
	w, h := src.Rect.Dx()*4, src.Rect.Dy()
	sums, n := make([]uint32, w), uint32(2*r+1)
	row := func(y int) []uint8 { return src.Pix[min(max(y, 0), h-1)*src.Stride:][:w] }
	for y := -r; y <= r; y++ {
		for x, v := range row(y) {
			sums[x] += uint32(v)
		}
	}
	scale := 65536/n + 1
	for y := range h {
		out, in, gone := dst.Pix[y*dst.Stride:][:w], row(y+r+1), row(y-r)
		for x := range out {
			out[x] = uint8(min(sums[x]*scale>>16, 255))
			sums[x] += uint32(in[x]) - uint32(gone[x])
		}
	}
	return dst
}

func boxRows(src *image.RGBA, r int) *image.RGBA {
	dst := image.NewRGBA(src.Rect)
	w, scale := src.Rect.Dx(), uint32(65536/(2*r+1)+1)
	for y := range src.Rect.Dy() {
		in, out := src.Pix[y*src.Stride:][:4*w], dst.Pix[y*dst.Stride:][:4*w]
		at := func(x int) []uint8 { return in[4*min(max(x, 0), w-1):][:4] }
		var a, b, c uint32
		for x := -r; x <= r; x++ {
			p := at(x)
			a, b, c = a+uint32(p[0]), b+uint32(p[1]), c+uint32(p[2])
		}
		for x := range w {
			o := out[4*x : 4*x+4]
			o[0], o[1], o[2], o[3] = uint8(min(a*scale>>16, 255)), uint8(min(b*scale>>16, 255)), uint8(min(c*scale>>16, 255)), 255
			p, q := at(x+r+1), at(x-r)
			a, b, c = a+uint32(p[0])-uint32(q[0]), b+uint32(p[1])-uint32(q[1]), c+uint32(p[2])-uint32(q[2])
		}
	}
	return dst
}

// grey is the luma of every pixel, row by row.
func (l *look) grey() []float32 {
	w, h := l.img.Rect.Dx(), l.img.Rect.Dy()
	out := make([]float32, w*h)
	for i := range out {
		p := l.img.Pix[4*i : 4*i+3 : 4*i+3]
		out[i] = 0.299*float32(p[0]) + 0.587*float32(p[1]) + 0.114*float32(p[2])
	}
	return out
}

// edges is how sharply brightness changes at a pixel over the given reach, in
// 0..255. A reach above one pixel draws bolder lines.
func (l *look) edges(reach float64) []float32 {
	g, w, h := l.grey(), l.img.Rect.Dx(), l.img.Rect.Dy()
	d, out := max(1, int(reach+0.5)), make([]float32, w*h)
	for y := range h {
		up, low := max(y-d, 0)*w, min(y+d, h-1)*w
		for x := range w {
			a, b := max(x-d, 0), min(x+d, w-1)
			dx, dy := g[y*w+b]-g[y*w+a], g[low+x]-g[up+x]
			out[y*w+x] = max(dx, -dx) + max(dy, -dy)
		}
	}
	return out
}

// slope is light from the upper left over a surface as high as it is bright.
func (l *look) slope(reach float64) []float32 {
	g, w, h := l.grey(), l.img.Rect.Dx(), l.img.Rect.Dy()
	d, out := max(1, int(reach+0.5)), make([]float32, w*h)
	for y := range h {
		up, low := max(y-d, 0)*w, min(y+d, h-1)*w
		for x := range w {
			a, b := max(x-d, 0), min(x+d, w-1)
			out[y*w+x] = g[low+b] - g[up+a]
		}
	}
	return out
}

// vignette is 1 in the middle and falls to 1-depth in the corners.
func (l *look) vignette(x, y int, depth float64) float64 {
	dx, dy := 2*float64(x)/l.w-1, 2*float64(y)/l.h-1
	d := (dx*dx + dy*dy) / 2
	return 1 - depth*d*d
}
