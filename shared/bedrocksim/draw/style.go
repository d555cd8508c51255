package draw

import (
	"image"
	"math"
)

// styles holds how a finished painting is drawn again in each style; motifs named over-STYLE then lie on top.
// Captions come later and stay legible.
var styles = map[string]func(*stage){
	"3d-model":          grade{blur: 180, focus: 0.7, steps: 9, vivid: 0.12, glow: rgb{0.8, 0.8, 0.85}, glowBy: 0.15, slope: 1.2, shine: 1, vignette: 0.3}.draw,
	"analog-film":       grade{blur: 700, focus: 1, contrast: -0.25, vivid: -0.28, shade: rgb{0.36, 0.2, 0.1}, shadeBy: 0.4, texture: leak, grain: 0.15, vignette: 0.45}.draw,
	"anime":             grade{blur: 40, steps: 6, vivid: 0.45, shade: rgb{0.34, 0.24, 0.66}, shadeBy: 0.4, bloom: 0.26, reach: 600, ink: rgb{0.2, 0.12, 0.29}, faint: 26, bold: 50}.draw,
	"cinematic":         grade{blur: 60, contrast: 0.18, shade: rgb{0.08, 0.27, 0.36}, shadeBy: 0.42, glow: rgb{1, 0.69, 0.38}, glowBy: 0.28, bloom: 0.35, vignette: 0.6}.draw,
	"comic-book":        grade{contrast: 0.15, vivid: 0.6, steps: 5, texture: halftone, reach: 340, ink: rgb{0.07, 0.05, 0.1}, faint: 34, bold: 50}.draw,
	"digital-art":       grade{blur: 35, contrast: 0.22, vivid: 0.5, texture: wash, bloom: 0.3}.draw,
	"enhance":           grade{blur: 50, focus: -0.75, contrast: 0.2, vivid: 0.4}.draw,
	"fantasy-art":       grade{blur: 28, focus: 0.25, vivid: 0.15, shade: rgb{0.23, 0.08, 0.43}, shadeBy: 0.5, glow: rgb{1, 0.84, 0.47}, glowBy: 0.3, bloom: 0.5, vignette: 0.55}.draw,
	"isometric":         cubes,
	"line-art":          grade{texture: hatch, reach: 640, ink: rgb{0.11, 0.11, 0.16}, faint: 14, bold: 48}.draw,
	"low-poly":          func(s *stage) { s.facets(44, 0.32, 0.07, 0) },
	"modeling-compound": grade{blur: 100, focus: 1, steps: 6, vivid: 0.3, glow: rgb{1, 0.9, 0.8}, glowBy: 0.2, slope: 1.1, texture: thumbs}.draw,
	"neon-punk":         neon,
	"origami":           func(s *stage) { s.facets(20, 0.18, 0.26, 0.3) },
	"photographic":      grade{blur: 45, away: 1, contrast: 0.12, vivid: -0.12, vignette: 0.5}.draw,
	"pixel-art":         pixelArt,
	"tile-texture":      tiles,
}

// texture changes a pixel by its place.
type texture func(c0 *canvas, x, y float64, c rgb) rgb

func leak(p *canvas, x, y float64, c rgb) rgb {
	t := max(0, x/p.w-0.62) / 0.38
	return c.add(rgb{0.6, 0.25, 0.03}, t*t*(0.7+0.3*math.Sin(y/p.h*5)))
}

func wash(p *canvas, x, y float64, c rgb) rgb {
	glow := rgb{1, 0.16, 0.63}.mix(rgb{0, 0.78, 1}, (x/p.w+y/p.h)/2)
	return c.mix(glow, 0.16).add(glow, 0.12*c.luma())
}

// halftone lays dots over the paper, the larger the darker.
func halftone(p *canvas, x, y float64, c rgb) rgb {
	cell := max(3, p.u/105)
	u, v := (x+y)*0.7071/cell, (x-y)*0.7071/cell
	du, dv := u-math.Floor(u)-0.5, v-math.Floor(v)-0.5
	radius := 0.16 + 0.42*(1-c.luma())
	t := min(max((radius-math.Sqrt(du*du+dv*dv))*cell, 0), 1)
	return c.mix(rgb{1, 0.98, 0.91}, 0.2).mix(c.times(0.62), t)
}

// hatch leaves paper with lines in the shade, crossed where it is deep.
func hatch(p *canvas, x, y float64, c rgb) rgb {
	period, wide := max(4, math.Floor(p.u/92)), max(1, math.Floor(p.u/400))
	shade, out := c.luma(), rgb{0.98, 0.97, 0.94}
	if shade < 0.47 && math.Mod(x+y, period) < wide {
		out = out.darker(0.5)
	}
	if shade < 0.25 && math.Mod(x-y+4096*period, period) < wide {
		out = out.darker(0.5)
	}
	return out
}

// thumbs are prints in clay.
func thumbs(p *canvas, x, y float64, c rgb) rgb {
	row := math.Floor(y / p.u * 6)
	fx, fy := x/p.u*6+0.37*row, y/p.u*6-row-0.5
	fx -= math.Floor(fx + 0.5)
	d := math.Sqrt(fx*fx + fy*fy)
	return c.times(1 + math.Sin(d*44)*max(0, 0.5-d)*0.09)
}

// neon sinks the scene into the dark and lets its edges glow.
func neon(s *stage) {
	tubes := newCanvas(s.img.Rect.Dx(), s.img.Rect.Dy())
	e := s.edges(s.u / 420)
	tubes.each(func(x, y, i int, _ rgb) rgb {
		t := 0.5 + 0.5*math.Sin(float64(x)/s.w*4+float64(y)/s.h*6)
		return rgb{1, 0.12, 0.75}.mix(rgb{0.04, 0.92, 1}, t).times(min(max((float64(e[i/4])-22)/60, 0), 1))
	})
	glow := tubes.blurred(s.u / 60)
	s.each(func(x, y, i int, c rgb) rgb {
		base := rgb{0.055, 0.016, 0.13}.mix(c.mix(rgb{0.43, 0.08, 0.75}, 0.4), 0.2)
		return base.add(glow.get(i), 1.7).add(tubes.get(i), 0.9).times(s.vignette(x, y, 0.4))
	})
}

// dither is the 4x4 Bayer matrix.
var dither = [16]float64{0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5}

// pixelArt has large square pixels in few colours, dithered.
func pixelArt(s *stage) {
	cell := max(1, int(s.u/96+0.5))
	w, h := s.img.Rect.Dx(), s.img.Rect.Dy()
	small := s.blurred(float64(cell)/2).scaled((w+cell-1)/cell, (h+cell-1)/cell, s.img.Rect)
	s.each(func(x, y, _ int, _ rgb) rgb {
		sx, sy := x/cell, y/cell
		d := (dither[sy%4*4+sx%4]/16 - 0.5) * 0.06
		return small.get(small.img.PixOffset(sx, sy)).vivid(1.25).add(white, d).steps(9)
	})
}

// tiles lays the picture as a glazed tile, mirrored so that every seam meets, three to a side.
func tiles(s *stage) {
	side := max(2, int(math.Ceil(s.w/max(1, math.Round(s.w/s.u*3)))))
	tile := s.blurred(1.5).scaled(side, side, crop(s.img.Rect, image.Rect(0, 0, 1, 1)))
	grout, bevel := max(1, float64(side)*0.018), max(2, float64(side)*0.05)
	folded := func(v int) int {
		if v/side%2 == 1 {
			return side - 1 - v%side
		}
		return v % side
	}
	s.each(func(x, y, _ int, _ rgb) rgb {
		tx, ty := x%side, y%side
		edge := float64(min(tx, ty, side-1-tx, side-1-ty))
		c := tile.get(tile.img.PixOffset(folded(x), folded(y))).vivid(1.2)
		switch {
		case edge < grout:
			return rgb{0.89, 0.86, 0.82}
		case edge < bevel && (float64(tx) == edge || float64(ty) == edge):
			return c.lighter(0.38)
		case edge < bevel:
			return c.times(0.7)
		}
		return c
	})
}

// facets is a net of flat triangles, n to the shorter side, every second one darker; creased ones are paper.
func (s *stage) facets(n int, loose, shade, creased float64) {
	side, from := max(s.u/float64(n), 2), s.blurred(1)
	row := func(y int) []vec {
		out := make([]vec, int(s.w/side)+2)
		for x := range out {
			out[x] = vec{(float64(x) - 0.25 + s.dice.span(-loose, loose)) * side, (float64(y) - 0.25 + s.dice.span(-loose, loose)) * side}
		}
		return out
	}
	last := row(0)
	for y := range int(s.h/side) + 1 {
		next := row(y + 1)
		for x := range len(next) - 1 {
			a, b, c, d := last[x], last[x+1], next[x], next[x+1]
			if (x+y)%2 == 1 {
				a, b, c, d = b, d, a, c
			}
			s.facet(from, []vec{a, b, c}, 0, creased)
			s.facet(from, []vec{b, d, c}, shade, creased)
		}
		last = next
	}
}

func (s *stage) facet(from *canvas, tri []vec, shade, creased float64) {
	mid := vec{(tri[0].x + tri[1].x + tri[2].x) / 3, (tri[0].y + tri[1].y + tri[2].y) / 3}
	c := from.sample(mid.x, mid.y).vivid(1.12).darker(shade)
	fold := blended(c.lighter(creased), c.darker(creased*0.3), 1, 1, false)
	s.fill(fold.between(tri[0], mid), tri)
	if creased > 0 {
		s.fill(flat(s.paper, creased), ribbon(tri[:2], s.u/500, s.u/500))
	}
}

// cubes builds the picture of cubes, the brighter the higher.
func cubes(s *stage) {
	r := max(s.u/44, 2)
	from := s.blurred(r / 2)
	s.fill(flat(s.ink.darker(0.2), 1), rect(0, 0, s.w, s.h))
	wide := r * math.Sqrt(3) / 2
	for row := range int((s.h+r*5)/r*2) + 1 {
		y := float64(row) * r * 0.5
		for x := float64(row%2) * wide; x < s.w+wide; x += 2 * wide {
			c := from.sample(x, y-r)
			s.cube(x, y-r*1.8*c.luma(), r, wide, c)
		}
	}
}

func (s *stage) cube(x, y, r, wide float64, c rgb) {
	low := r * 2
	s.fill(flat(c.darker(0.22), 1), []vec{{x - wide, y}, {x, y + r/2}, {x, y + r/2 + low}, {x - wide, y + low}})
	s.fill(flat(c.darker(0.48), 1), []vec{{x + wide, y}, {x, y + r/2}, {x, y + r/2 + low}, {x + wide, y + low}})
	s.fill(flat(c.lighter(0.14), 1), []vec{{x, y - r/2}, {x + wide, y}, {x, y + r/2}, {x - wide, y}})
}
