package draw

import (
	"image"
	"math"

	xdraw "golang.org/x/image/draw"
)

// dither is the 4x4 Bayer matrix.
var dither = [16]float64{0, 8, 2, 10, 12, 4, 14, 6, 3, 11, 1, 9, 15, 7, 13, 5}

// pixelArt: large square pixels in few colours, dithered.
func pixelArt(l *look) {
	cell := max(1, int(l.u/96+0.5))
	w, h := l.img.Rect.Dx(), l.img.Rect.Dy()
	small := image.NewRGBA(image.Rect(0, 0, (w+cell-1)/cell, (h+cell-1)/cell))
	xdraw.ApproxBiLinear.Scale(small, small.Rect, l.blurred(float64(cell)/2).img, l.img.Rect, xdraw.Src, nil)
	l.each(func(x, y, _ int, _ px) px {
		sx, sy := x/cell, y/cell
		p := small.Pix[small.PixOffset(sx, sy):]
		d := (dither[sy%4*4+sx%4]/16 - 0.5) * 15
		c := px{float64(p[0]), float64(p[1]), float64(p[2])}.vivid(1.25).add(px{1, 1, 1}, d)
		return c.steps(9)
	})
}

// mesh is a grid of points moved by chance, with its edges kept straight.
func (l *look) mesh(n int, loose float64) ([][]vec, float64) {
	step := max(l.u/float64(n), 2)
	cols, rows := int(l.w/step)+2, int(l.h/step)+2
	out := make([][]vec, rows)
	for y := range out {
		out[y] = make([]vec, cols)
		for x := range out[y] {
			dx, dy := l.dice.span(-loose, loose), l.dice.span(-loose, loose)
			out[y][x] = vec{(float64(x) - 0.25 + dx) * step, (float64(y) - 0.25 + dy) * step}
		}
	}
	return out, step
}

// facetsOf calls f for the triangles of a mesh, two to a cell.
func facetsOf(m [][]vec, f func(tri []vec, mid vec, second bool)) {
	for y := range len(m) - 1 {
		for x := range len(m[y]) - 1 {
			a, b, c, d := m[y][x], m[y][x+1], m[y+1][x], m[y+1][x+1]
			first, second := []vec{a, b, c}, []vec{b, d, c}
			if (x+y)%2 == 1 {
				first, second = []vec{a, b, d}, []vec{a, d, c}
			}
			for i, t := range [][]vec{first, second} {
				f(t, vec{(t[0].x + t[1].x + t[2].x) / 3, (t[0].y + t[1].y + t[2].y) / 3}, i == 1)
			}
		}
	}
}

// lowPoly: a net of flat triangles.
func lowPoly(l *look) {
	m, step := l.mesh(44, 0.32)
	from := l.copy()
	facetsOf(m, func(tri []vec, mid vec, second bool) {
		c := from.sampleRGB(mid.x, mid.y, step*0.16)
		if second {
			c = c.darker(0.07)
		}
		l.fill(flat(c.shift(0, 1.12, l.dice.span(0.97, 1.05))), tri)
	})
}

// origami: wide folded facets of paper, each with its own light and crease.
func origami(l *look) {
	m, step := l.mesh(20, 0.18)
	from := l.copy()
	sheet := hex(0xfbf6ea)
	var creases [][]vec
	facetsOf(m, func(tri []vec, mid vec, second bool) {
		c := from.sampleRGB(mid.x, mid.y, step*0.2).mix(sheet, 0.14).shift(0, 1.1, 1)
		light, shade := c.lighter(0.26), c
		if second {
			light, shade = c.lighter(0.02), c.darker(0.26)
		}
		l.fill(line(tri[0], mid, light, shade), tri)
		creases = append(creases, ribbon([]vec{tri[0], tri[1]}, l.u/500, l.u/500), ribbon([]vec{tri[1], tri[2]}, l.u/500, l.u/500))
	})
	l.fill(flat(sheet).fade(0.3), creases...)
	l.each(func(x, y, i int, c px) px {
		return c.add(px{1, 1, 1}, float64(scramble(uint64(x/2*7919+y/2))&7)-3.5)
	})
}

func (l *look) copy() *look {
	c := *l.canvas
	c.img = image.NewRGBA(l.img.Rect)
	copy(c.img.Pix, l.img.Pix)
	return &look{canvas: &c, palette: l.palette, dice: l.dice}
}

// isometric: the picture built of cubes, the brighter the higher.
func isometric(l *look) {
	r := max(l.u/44, 2)
	from := l.blurred(r / 2)
	l.fill(flat(l.ink.darker(0.2)), rect(0, 0, l.w, l.h))
	wide := r * math.Sqrt(3) / 2
	for row := 0; float64(row)*r*0.5 < l.h+r*5; row++ {
		y := float64(row) * r * 0.5
		for x := float64(row%2) * wide; x < l.w+wide; x += 2 * wide {
			c := from.sampleRGB(x, y-r, 1)
			l.cube(x, y-r*1.8*c.luma(), r, wide, c)
		}
	}
}

func (l *look) cube(x, y, r, wide float64, c rgb) {
	low := r * 2
	l.fill(flat(c.darker(0.22)), []vec{{x - wide, y}, {x, y + r/2}, {x, y + r/2 + low}, {x - wide, y + low}})
	l.fill(flat(c.darker(0.48)), []vec{{x + wide, y}, {x, y + r/2}, {x, y + r/2 + low}, {x + wide, y + low}})
	l.fill(flat(c.lighter(0.14)), []vec{{x, y - r/2}, {x + wide, y}, {x, y + r/2}, {x - wide, y}})
}

// tileTexture: the picture as a glazed tile, mirrored so that every seam
// meets, laid three to a side.
func tileTexture(l *look) {
	side := max(2, int(math.Ceil(l.w/max(1, math.Round(l.w/l.u*3)))))
	tile := image.NewRGBA(image.Rect(0, 0, side, side))
	square := cover(l.img.Rect, tile.Rect)
	xdraw.ApproxBiLinear.Scale(tile, tile.Rect, l.blurred(1.5).img, square, xdraw.Src, nil)
	grout, bevel := max(1, float64(side)*0.018), max(2, float64(side)*0.05)
	l.each(func(x, y, _ int, _ px) px {
		tx, ty := x%side, y%side
		edge := float64(min(tx, ty, side-1-tx, side-1-ty))
		sx, sy := tx, ty
		if x/side%2 == 1 {
			sx = side - 1 - tx
		}
		if y/side%2 == 1 {
			sy = side - 1 - ty
		}
		p := tile.Pix[tile.PixOffset(sx, sy):]
		c := px{float64(p[0]), float64(p[1]), float64(p[2])}.vivid(1.2)
		switch {
		case edge < grout:
			return px{226, 220, 208}
		case edge < bevel && (float64(tx) == edge || float64(ty) == edge):
			return c.mix(px{255, 255, 255}, 0.38)
		case edge < bevel:
			return c.times(0.7)
		}
		return c
	})
}
