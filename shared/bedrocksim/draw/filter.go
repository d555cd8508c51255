package draw

import (
	"image"
	"math"

	xdraw "golang.org/x/image/draw"
)

// grade treats each pixel, in the order of its fields. A zero leaves its step out.
type grade struct {
	blur         float64 // the soft copy's radius is the picture's shorter side over this
	focus, away  float64 // how much of the soft copy: everywhere, and far from the middle; below 0 away from it, which sharpens
	contrast     float64 // more than the picture has
	vivid        float64 // likewise
	steps        float64 // levels of each colour
	shade, glow  rgb     // of the dark and of the light
	shadeBy      float64
	glowBy       float64
	bloom        float64 // how far the soft copy's light spreads
	slope, shine float64 // the picture as a surface as high as it is bright, under a lamp from the upper left
	texture      texture
	reach        float64 // outlines are the picture's shorter side over this wide,
	ink          rgb     // in this colour,
	faint, bold  float64 // from this difference in brightness up to that
	grain        float64
	vignette     float64
}

// draw treats the picture.
func (g grade) draw(s *stage) {
	p, soft := s.canvas, s.canvas
	if g.blur > 0 {
		soft = p.blurred(p.u / g.blur)
	}
	var edges, slope []float32
	if g.reach > 0 {
		edges = p.edges(p.u / g.reach)
	}
	if g.slope > 0 {
		slope = soft.differences(p.u/150, func(left, right, up, low float32) float32 { return (right - left + low - up) * 0.8 })
	}
	p.each(func(x, y, i int, c rgb) rgb {
		c = g.colour(c, soft.get(i), p.away(x, y))
		if slope != nil {
			k := float64(slope[i/4])
			spec := max(0, -k-26) / 70
			c = c.times(1-g.slope*k/255).add(white, min(spec*spec, 0.75)*g.shine)
		}
		if g.texture != nil {
			c = g.texture(p, float64(x), float64(y), c)
		}
		if edges != nil {
			c = c.mix(g.ink, min(max((float64(edges[i/4])-g.faint)/(g.bold-g.faint), 0), 1))
		}
		return c.add(white, g.grain*(float64(scramble(uint64(i))&63)/63-0.5)).times(p.vignette(x, y, g.vignette))
	})
}

// away is 0 in the middle, where subjects stand, and 1 far from it.
func (p *canvas) away(x, y int) float64 {
	dx, dy := (float64(x)-p.w/2)/p.u, (float64(y)-p.h*0.56)/p.u
	return min(max((math.Sqrt(dx*dx*0.8+dy*dy*1.3)-0.24)*4, 0), 1)
}

func (g *grade) colour(c, soft rgb, away float64) rgb {
	c = c.mix(soft, g.focus+g.away*away).contrast(1 + g.contrast).vivid(1 + g.vivid)
	if g.steps > 0 {
		c = c.mix(c.steps(g.steps), 0.65)
	}
	t := min(max(c.luma(), 0), 1)
	c = c.mix(g.shade, g.shadeBy*(1-t)*(1-t)).mix(g.glow, g.glowBy*t)
	return c.add(soft, max(0, soft.luma()-0.55)*g.bloom)
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

// scaled is part of the picture in another size.
func (p *canvas) scaled(w, h int, part image.Rectangle) *canvas {
	c := newCanvas(w, h)
	xdraw.ApproxBiLinear.Scale(c.img, c.img.Rect, p.img, part, xdraw.Src, nil)
	return c
}

// blurred is a copy softened over a radius: it was small meanwhile. It shrinks by halves, so that each pixel counts.
func (p *canvas) blurred(radius float64) *canvas {
	k := min(max(radius, 1.5), 2)
	small := p.scaled(int(math.Ceil(p.w/k)), int(math.Ceil(p.h/k)), p.img.Rect)
	if radius > 2 {
		small = small.blurred(radius / 2)
	}
	return small.scaled(p.img.Rect.Dx(), p.img.Rect.Dy(), small.img.Rect)
}

// edges is how sharply brightness changes at a pixel over the given distance, in
// 0..255. A distance above one pixel draws bolder lines.
func (p *canvas) edges(distance float64) []float32 {
	return p.differences(distance, func(left, right, up, low float32) float32 { return max(right-left, left-right) + max(low-up, up-low) })
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
