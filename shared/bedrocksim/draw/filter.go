package draw

import (
	"image"
	"math"
)

// grade treats each pixel, in the order of its fields. A zero leaves its step out.
type grade struct {
	blur         float64 // the soft copy's radius is the picture's shorter side over this
	focus, away  float64 // how much of the soft copy: everywhere, and far from the middle
	sharpen      float64 // away from the soft copy
	contrast     float64
	vivid        float64
	steps        float64 // levels of each colour
	shade, glow  rgb     // of the dark and of the light
	shadeBy      float64
	glowBy       float64
	bloom        float64 // how far the soft copy's light spreads
	slope, shine float64 // the picture as a surface as high as it is bright, under a lamp
	texture      texture
	reach        float64 // outlines are the picture's shorter side over this wide,
	ink          rgb     // in this colour,
	faint, bold  float64 // from this difference in brightness up to that
	grain        float64
	vignette     float64
}

// draw treats the picture.
func (g grade) draw(s *stage) {
	p := s.canvas
	soft, w := p, p.img.Rect.Dx()
	if g.blur > 0 {
		soft = p.blurred(p.u / g.blur)
	}
	var edges, slope []float32
	if g.reach > 0 {
		edges = p.edges(p.u / g.reach)
	}
	if g.slope > 0 {
		slope = soft.slope(p.u / 150)
	}
	p.each(func(x, y, i int, c rgb) rgb {
		near := soft.get(i)
		c = g.colour(p.focused(&g, x, y, c, near), near)
		if slope != nil {
			c = lit(c, float64(slope[y*w+x]), &g)
		}
		if g.texture != nil {
			c = g.texture(p, float64(x), float64(y), c)
		}
		if edges != nil {
			c = c.mix(g.ink, min(max((float64(edges[y*w+x])-g.faint)/(g.bold-g.faint), 0), 1))
		}
		if g.grain > 0 {
			c = c.add(white, g.grain*(float64(scramble(uint64(i))&63)/63-0.5))
		}
		if g.vignette > 0 {
			c = c.times(p.vignette(x, y, g.vignette))
		}
		return c
	})
}

func (p *canvas) focused(g *grade, x, y int, c, soft rgb) rgb {
	if g.sharpen > 0 {
		c = c.add(c.add(soft, -1), g.sharpen)
	}
	t := g.focus
	if g.away > 0 {
		dx, dy := (float64(x)-p.w/2)/p.u, (float64(y)-p.h*0.56)/p.u
		t = min(max((math.Sqrt(dx*dx*0.8+dy*dy*1.3)-0.24)*4, 0), g.away)
	}
	if t > 0 {
		c = c.mix(soft, t)
	}
	return c
}

func (g *grade) colour(c, soft rgb) rgb {
	if g.contrast > 0 {
		c = c.contrast(g.contrast)
	}
	if g.vivid > 0 {
		c = c.vivid(g.vivid)
	}
	if g.steps > 0 {
		c = c.mix(c.steps(g.steps), 0.65)
	}
	t := min(max(c.luma(), 0), 1)
	if g.shadeBy+g.glowBy > 0 {
		c = c.mix(g.shade, g.shadeBy*(1-t)*(1-t)).mix(g.glow, g.glowBy*t)
	}
	if g.bloom > 0 {
		c = c.add(soft, max(0, soft.luma()-0.55)*g.bloom)
	}
	return c
}

func lit(c rgb, slope float64, g *grade) rgb {
	c = c.times(1 - g.slope*slope/255)
	spec := max(0, -slope-26) / 70
	return c.add(white, min(spec*spec, 0.75)*g.shine)
}

const unit = 1.0 / 255

func (p *canvas) get(i int) rgb {
	x := p.img.Pix[i : i+3 : i+3]
	return rgb{float64(x[0]) * unit, float64(x[1]) * unit, float64(x[2]) * unit}
}

// sample reads the pixel at a point; outside the picture, the nearest one.
func (p *canvas) sample(x, y float64) rgb {
	ix := min(max(int(x), 0), p.img.Rect.Dx()-1)
	iy := min(max(int(y), 0), p.img.Rect.Dy()-1)
	return p.get(iy*p.img.Stride + ix*4)
}

// each replaces every pixel by f of it; i is its offset in Pix.
func (p *canvas) each(f func(x, y, i int, c rgb) rgb) {
	w, h := p.img.Rect.Dx(), p.img.Rect.Dy()
	for y := range h {
		for x := range w {
			i := y*p.img.Stride + 4*x
			c := f(x, y, i, p.get(i))
			p.img.Pix[i], p.img.Pix[i+1], p.img.Pix[i+2] = byteOf(c.r), byteOf(c.g), byteOf(c.b)
		}
	}
}

// blurred is a copy softened by two box blurs of the radius, which keep running sums, so that a wide one costs no more
// than a narrow one.
func (p *canvas) blurred(radius float64) *canvas {
	r := max(1, int(radius+0.5))
	c := *p
	c.img = image.NewRGBA(p.img.Rect)
	w, h := 4*p.img.Rect.Dx(), p.img.Rect.Dy()
	half := make([]uint8, w*h)
	running(half, p.img.Pix, h, w, w, r)
	for y := range h {
		running(c.img.Pix[y*w:][:w], half[y*w:][:w], w/4, 4, 4, r)
	}
	return &c
}

// running replaces n groups of bytes, a stride apart, by the mean of each and its neighbours.
func running(dst, src []uint8, n, stride, size, r int) {
	group := func(k int) []uint8 { return src[min(max(k, 0), n-1)*stride:][:size] }
	totals, scale := make([]uint32, size), uint32(65536/(2*r+1)+1)
	for k := -r; k <= r; k++ {
		for x, v := range group(k) {
			totals[x] += uint32(v)
		}
	}
	for k := range n {
		out, in, gone := dst[k*stride:][:size], group(k+r+1), group(k-r)
		for x := range out {
			out[x] = uint8(min(totals[x]*scale>>16, 255))
			totals[x] += uint32(in[x]) - uint32(gone[x])
		}
	}
}

// edges is how sharply brightness changes at a pixel over the given distance, in
// 0..255. A distance above one pixel draws bolder lines.
func (p *canvas) edges(distance float64) []float32 {
	return p.differences(distance, func(left, right, up, low float32) float32 { return max(right-left, left-right) + max(low-up, up-low) })
}

// slope is light from the upper left over a surface as high as it is bright.
func (p *canvas) slope(distance float64) []float32 {
	return p.differences(distance, func(left, right, up, low float32) float32 { return (right - left + low - up) * 0.8 })
}

// differences calls f with the brightness of each pixel's neighbours at a distance.
func (p *canvas) differences(distance float64, f func(left, right, up, low float32) float32) []float32 {
	w, h := p.img.Rect.Dx(), p.img.Rect.Dy()
	g := make([]float32, w*h)
	for i := range g {
		x := p.img.Pix[4*i : 4*i+3 : 4*i+3]
		g[i] = 0.299*float32(x[0]) + 0.587*float32(x[1]) + 0.114*float32(x[2])
	}
	d, out := max(1, int(distance+0.5)), make([]float32, w*h)
	for y := range h {
		up, low := g[max(y-d, 0)*w:], g[min(y+d, h-1)*w:]
		for x := range w {
			out[y*w+x] = f(g[y*w+max(x-d, 0)], g[y*w+min(x+d, w-1)], up[x], low[x])
		}
	}
	return out
}

// vignette is 1 in the middle and falls to 1-depth in the corners.
func (p *canvas) vignette(x, y int, depth float64) float64 {
	dx, dy := 2*float64(x)/p.w-1, 2*float64(y)/p.h-1
	d := (dx*dx + dy*dy) / 2
	return 1 - depth*d*d
}
