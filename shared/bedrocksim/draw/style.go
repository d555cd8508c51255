package draw

import "math"

// styles holds one treatment for each style preset. A treatment reads and
// rewrites the finished painting; captions come later and stay legible.
var styles = map[string]func(*look){
	"3d-model":          model3D,
	"analog-film":       analogFilm,
	"anime":             anime,
	"cinematic":         cinematic,
	"comic-book":        comicBook,
	"digital-art":       digitalArt,
	"enhance":           enhance,
	"fantasy-art":       fantasyArt,
	"isometric":         isometric,
	"line-art":          lineArt,
	"low-poly":          lowPoly,
	"modeling-compound": modelingCompound,
	"neon-punk":         neonPunk,
	"origami":           origami,
	"photographic":      photographic,
	"pixel-art":         pixelArt,
	"tile-texture":      tileTexture,
}

// cinematic: teal shadows, orange lights, dark corners and a letterbox.
func cinematic(l *look) {
	soft := l.blurred(l.u / 60)
	l.each(func(x, y, i int, c px) px {
		c = c.add(px{255, 190, 120}, max(0, soft.get(i).luma()-150)/255*0.35)
		t := c.luma() / 255
		c = c.contrast(1.18).mix(px{20, 70, 92}, 0.42*(1-t)*(1-t)).mix(px{255, 176, 98}, 0.28*t)
		return c.times(l.vignette(x, y, 0.6))
	})
	bar := l.h * 0.115
	l.fill(flat(rgb{}), rect(0, 0, l.w, bar), rect(0, l.h-bar, l.w, l.h))
}

// analogFilm: faded warm tones, grain, a light leak and the film's dark frame.
func analogFilm(l *look) {
	side := l.dice.chance(0.5)
	l.img = l.blurred(l.u / 700).img
	l.each(func(x, y, i int, c px) px {
		c = c.vivid(0.72).contrast(0.82).add(px{26, 14, -16}, 1)
		leak := float64(x) / l.w
		if side {
			leak = 1 - leak
		}
		leak = max(0, leak-0.62) / 0.38
		c = c.add(px{150, 62, 8}, leak*leak*(0.7+0.3*math.Sin(float64(y)/l.h*5)))
		n := float64(scramble(uint64(i))&63) - 31.5
		return c.add(px{1, 1, 1}, n*0.62).times(l.vignette(x, y, 0.45))
	})
	m, r := l.u*0.035, l.u*0.04
	l.fill(flat(rgb{0.07, 0.06, 0.05}), rect(-1, -1, l.w+1, l.h+1), reversed(rounded(m, m, l.w-m, l.h-m, r)))
}

// photographic: one plane in focus, round lights out of focus, a camera's
// tone curve.
func photographic(l *look) {
	soft := l.blurred(l.u / 45)
	l.each(func(x, y, i int, c px) px {
		dx, dy := (float64(x)-l.w/2)/l.u, (float64(y)-l.h*0.56)/l.u
		t := min(max((math.Sqrt(dx*dx*0.8+dy*dy*1.3)-0.24)*4, 0), 1)
		c = c.mix(soft.get(i), t).contrast(1.12).vivid(0.88)
		return c.add(px{8, 5, 0}, 1).times(l.vignette(x, y, 0.5))
	})
	for range 16 {
		x, y, r := l.dice.unit()*l.w, l.dice.unit()*l.h, l.u*l.dice.span(0.015, 0.06)
		k := flat(l.light).fade(l.dice.span(0.1, 0.3))
		k.light = true
		l.fill(k, oval(x, y, r, r))
	}
}

// enhance: sharper, deeper, brighter, else left alone.
func enhance(l *look) {
	soft := l.blurred(l.u / 50)
	l.each(func(_, _, i int, c px) px {
		return c.add(c.add(soft.get(i), -1), 0.75).contrast(1.2).vivid(1.4).add(px{4, 4, 4}, 1)
	})
}

// digitalArt: bloom and a wash of magenta and cyan across saturated colour.
func digitalArt(l *look) {
	soft := l.blurred(l.u / 35)
	l.each(func(x, y, i int, c px) px {
		t := (float64(x)/l.w + float64(y)/l.h) / 2
		wash := px{255, 40, 160}.mix(px{0, 200, 255}, t)
		c = c.vivid(1.5).contrast(1.22)
		c = c.mix(wash, 0.16).add(wash, 0.12*c.luma()/255)
		b := soft.get(i)
		return c.add(b, max(0, b.luma()-130)/255*0.3)
	})
	for range 5 {
		x, w := l.dice.span(-0.3, 1)*l.w, l.u*l.dice.span(0.02, 0.1)
		k := down(0, l.h, l.light, l.light).fade(0.22).ending(0)
		k.light = true
		l.fill(k, []vec{{x, 0}, {x + w, 0}, {x + w + l.h*0.5, l.h}, {x + l.h*0.5, l.h}})
	}
}

// fantasyArt: violet shade, golden light, sparks and a gilded frame.
func fantasyArt(l *look) {
	soft := l.blurred(l.u / 28)
	l.each(func(x, y, i int, c px) px {
		b := soft.get(i)
		c = c.mix(b, 0.25).add(b, 0.28)
		t := min(c.luma()/255, 1)
		c = c.mix(px{58, 20, 110}, 0.5*(1-t)*(1-t)).mix(px{255, 214, 120}, 0.3*t*t)
		return c.vivid(1.15).times(l.vignette(x, y, 0.55))
	})
	var sparks [][]vec
	for range 46 {
		x, y, r := l.dice.unit()*l.w, l.dice.unit()*l.h, l.u*l.dice.span(0.004, 0.022)
		sparks = append(sparks, leaf(x-r, y, x+r, y, 0.08), leaf(x, y-r, x, y+r, 0.08))
	}
	l.fill(flat(rgb{1, 0.95, 0.72}), sparks...)
	l.gild()
}

// gild draws a double golden frame with a rosette in each corner.
func (l *look) gild() {
	gold := line(vec{0, 0}, vec{l.w, l.h}, hex(0xf9e08b), hex(0xa8701c))
	for _, m := range []float64{0.022, 0.042} {
		a, b := l.u*m, l.u*(m+0.012-0.15*(m-0.022))
		l.fill(gold, rect(a, a, l.w-a, l.h-a), reversed(rect(b, b, l.w-b, l.h-b)))
	}
	for _, v := range []vec{{0, 0}, {1, 0}, {0, 1}, {1, 1}} {
		m := l.u * 0.036
		p := l.pen(m+v.x*(l.w-2*m), m+v.y*(l.h-2*m), l.u*0.055)
		for i := range 8 {
			p.turn(float64(i)*math.Pi/4).fill(gold, leaf(0, 0, 1, 0, 0.2))
		}
		p.oval(flat(hex(0x5b2a86)), 0, 0, 0.26, 0.26)
	}
}

func reversed(s []vec) []vec { return between(nil, s) }
