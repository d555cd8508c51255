package draw

import "math"

// head is a smooth shield, one half in the light and one in the shade: the
// fold down the middle is what makes the flat shape read as a face.
func (s *stage) head(p pen, b beast) {
	w, jaw := b.wide, b.wide*b.chin
	full := loop(points([]float64{0, -0.72, w * 0.62, -0.64, w, -0.2, w * 0.97, 0.15, jaw * 0.85, 0.52, 0, 0.8, -jaw * 0.85, 0.52, -w * 0.97, 0.15, -w, -0.2, -w * 0.62, -0.64}))
	p.fill(p.down(-0.7, 0.8, b.fur.lighter(0.12), b.fur.darker(0.06)), full)
	var half []vec
	for _, v := range full {
		if v.x >= 0 {
			half = append(half, v)
		}
	}
	p.fill(flat(b.fur.darker(0.45)).fade(0.22), half)
}

func (s *stage) markings(p pen, b beast) {
	w := b.wide
	for _, q := range []pen{p, p.mirror()} {
		switch b.pattern {
		case "stripes":
			for i := range 3 {
				y := -0.3 + 0.24*float64(i)
				q.fill(flat(b.mark), leaf(w*1.0, y, w*0.55, y+0.07, 0.16))
			}
			q.fill(flat(b.mark), leaf(0.05, -0.7, 0.1, -0.36, 0.16), leaf(0.2, -0.68, 0.3, -0.42, 0.16))
		case "patches":
			q.turn(0.35).oval(flat(b.mark), 0.3, -0.22, 0.18, 0.25)
		case "mask":
			q.blob(flat(b.face), 0.02, 0.1, 0.25, -0.08, 0.52*w, 0.02, w*0.96, 0.05, w*0.72, 0.42, 0, 0.78)
		case "disc":
			q.oval(flat(b.face), 0.28, -0.1, 0.33, 0.36)
		}
	}
	switch b.pattern {
	case "blaze", "antlers":
		p.fill(flat(b.face).fade(0.8), leaf(0, -0.66, 0, 0.35, 0.16))
	case "horn":
		if s.has["unicorn"] {
			p.fill(p.down(-1.5, -0.5, s.light, s.pops[1]), []vec{{-0.09, -0.55}, {0, -1.5}, {0.09, -0.55}})
		}
		p.blob(flat(b.mark), -0.05, -0.8, 0.2, -0.72, 0.1, -0.4, -0.02, -0.1, -0.14, -0.45, -0.2, -0.7)
	}
	if b.muzzle > 0 {
		for _, x := range []float64{-0.3, 0.3} {
			p.oval(flat(b.face).fade(0.75), x, -0.4, 0.11, 0.06)
		}
	}
}

func (s *stage) muzzle(p pen, b beast) {
	if b.muzzle == 0 {
		beak := s.pops[1].mix(hex(0xf2a01f), 0.5)
		p.poly(flat(beak), -0.16, -0.02, 0, -0.12, 0.16, -0.02, 0, 0.42)
		p.poly(flat(beak.darker(0.35)), 0, -0.12, 0.16, -0.02, 0, 0.42)
		return
	}
	m, dark := b.muzzle, hex(0x241619)
	p.blob(flat(b.face), 0, 0.05, m*0.75, 0.22, m*0.95, 0.42, m*0.5, 0.64, 0, 0.7, -m*0.5, 0.64, -m*0.95, 0.42, -m*0.75, 0.22)
	p.blob(flat(dark), -m*0.42, 0.16, 0, 0.12, m*0.42, 0.16, m*0.2, 0.31, 0, 0.37, -m*0.2, 0.31)
	p.oval(flat(b.face).fade(0.35), -m*0.14, 0.19, m*0.13, 0.025)
	for _, q := range []pen{p, p.mirror()} {
		q.stroke(flat(dark), 0.022, 0, 0.34, 0.01, 0.44, m*0.28, 0.52, m*0.55, 0.46)
		if !b.whiskers {
			continue
		}
		for i := range 3 {
			y := 0.38 + 0.07*float64(i)
			q.fill(flat(s.paper).fade(0.85), ribbon(curve(points([]float64{m * 0.6, y, m*0.6 + 0.3, y - 0.03, m*0.6 + 0.62, y + 0.09*float64(i-1)})), 0.014, 0.003))
		}
	}
}

func (s *stage) eye(p pen, b beast, young bool) {
	r, x, y := 0.115, 0.29, -0.17
	if young {
		r, y = 0.17, -0.12
	}
	if b.ears == "tuft" {
		r = 0.2
	}
	iris := s.pops[1].mix(hex(0xe9b52f), 0.45)
	if b.pattern == "patches" || young {
		iris = hex(0x3b2418)
	}
	if young || b.round() {
		p.oval(flat(hex(0x1c1214)), x, y, r*1.02, r*1.08)
	} else {
		p.fill(flat(hex(0x1c1214)), loop(points([]float64{x - r*1.35, y + r*0.35, x - r*0.3, y - r*0.95, x + r*0.9, y - r*0.9, x + r*1.45, y - r*0.3, x + r*0.4, y + r, x - r*0.7, y + r*0.9})))
	}
	p.oval(p.around(x, y+r*0.4, r*1.2, iris.lighter(0.25), iris.darker(0.1)), x, y, r*0.82, r*0.85)
	p.oval(flat(hex(0x120b0e)), x, y, r*0.45, r*0.58)
	p.oval(flat(rgb{1, 1, 1}), x-r*0.28, y-r*0.32, r*0.24, r*0.24)
	p.oval(flat(rgb{1, 1, 1}).fade(0.6), x+r*0.3, y+r*0.35, r*0.12, r*0.12)
}

// round says whether the eyes are round and mild; hunters' are slanted.
func (b beast) round() bool { return b.ears != "point" && !b.whiskers || b.ears == "long" }

// shoal is fish among weeds, or one whale below the boat's sea.
func shoal(s *stage) {
	if s.has["whale"] {
		s.whale(s.pen(s.w*s.dice.span(0.4, 0.6), s.horizon+s.u*0.12, s.u*s.dice.span(0.3, 0.36)))
		return
	}
	n := 1 + s.dice.pick(5)
	if s.count > 0 {
		n = s.count
	}
	side := s.dice.sign()
	for i := range n {
		size := s.u * s.dice.span(0.12, 0.18)
		if n == 1 {
			size = s.u * 0.3
		}
		x := s.w * (float64(i) + 0.5 + s.dice.span(-0.25, 0.25)) / float64(n)
		y := s.horizon + (s.h-s.horizon)*s.dice.span(0.3, 0.75)
		p := s.pen(x, y, size).turn(s.dice.span(-0.35, 0.2))
		if side > 0 {
			p = p.mirror()
		}
		s.fish(p, s.pops[i%3])
	}
}

func (s *stage) fish(p pen, c rgb) {
	p.blob(flat(c.darker(0.3)), 0.75, 0, 1.05, -0.15, 1.4, -0.45, 1.25, 0, 1.4, 0.45, 1.05, 0.15)
	p.blob(flat(c.darker(0.3)), -0.2, -0.35, 0.15, -0.68, 0.45, -0.6, 0.4, -0.25)
	p.blob(p.down(-0.45, 0.45, c, s.paper), -1, 0.02, -0.6, -0.34, 0, -0.44, 0.6, -0.2, 0.95, 0, 0.6, 0.18, 0, 0.4, -0.6, 0.3)
	for i := range 3 {
		x := -0.25 + 0.36*float64(i)
		p.fill(flat(s.paper).fade(0.75), leaf(x, -0.36+0.06*float64(i), x+0.03, 0.33-0.06*float64(i), 0.13))
	}
	p.fill(flat(c.darker(0.2)), leaf(-0.2, 0.12, 0.25, 0.4, 0.25))
	p.oval(flat(s.paper), -0.66, -0.06, 0.1, 0.1)
	p.oval(flat(s.ink), -0.68, -0.06, 0.06, 0.06)
}

func (s *stage) whale(p pen) {
	if s.dice.chance(0.5) {
		p = p.mirror()
	}
	p = p.turn(s.dice.span(0, 0.3))
	c := s.near.mix(s.pops[2], 0.35)
	p.blob(flat(c.darker(0.2)), 0.95, -0.12, 1.2, -0.4, 1.15, -0.78, 1.36, -0.62, 1.62, -0.8, 1.55, -0.42, 1.2, -0.02)
	p.blob(p.down(-0.5, 0.4, c.lighter(0.12), c.darker(0.2)), -1.05, 0.02, -0.9, -0.36, -0.35, -0.52, 0.4, -0.4, 1.2, -0.2, 1.15, 0.05, 0.5, 0.34, -0.4, 0.42, -0.95, 0.28)
	p.blob(flat(s.paper), -1.03, 0.1, -0.5, 0.12, 0.3, 0.2, 0.62, 0.27, -0.3, 0.42, -0.92, 0.3)
	for i := range 4 {
		y := 0.17 + 0.05*float64(i)
		p.fill(flat(c).fade(0.4), ribbon(curve(points([]float64{-0.95 + 0.1*float64(i), y, -0.3, y + 0.03, 0.3, y + 0.02})), 0.012, 0.004))
	}
	p.fill(flat(c.darker(0.3)), leaf(-0.35, 0.2, 0.1, 0.62, 0.22))
	p.oval(flat(s.ink), -0.68, -0.02, 0.045, 0.045)
	for i := range 5 {
		x := -0.2 * float64(i-2)
		p.fill(flat(s.paper).fade(0.85), ribbon(curve(points([]float64{-0.5, -0.5, -0.5 + x*0.6, -0.95, -0.5 + x*1.5, -0.8})), 0.05, 0.015))
	}
}

func butterfly(s *stage) {
	if s.count < 2 {
		s.butterfly(s.pen(s.w*s.dice.span(0.38, 0.62), s.h*s.dice.span(0.42, 0.55), s.u*0.34), 0)
		return
	}
	for i := range s.count {
		t := (float64(i)+0.5)/float64(s.count) - 0.5
		y := 0.48 + 0.16*float64(1-2*(i%2))
		s.butterfly(s.pen(s.w*(0.5+0.8*t), s.h*y, s.u*0.38/math.Sqrt(float64(s.count))), i)
	}
}

func (s *stage) butterfly(p pen, i int) {
	p = p.turn(s.dice.span(-0.5, 0.5))
	a, b := s.pops[i%3], s.pops[(i+1)%3]
	for _, q := range []pen{p, p.mirror()} {
		q.blob(flat(s.ink), 0.04, 0.05, 0.35, -0.5, 0.95, -0.85, 1.15, -0.5, 0.85, 0.02, 0.3, 0.12)
		q.blob(flat(s.ink), 0.04, 0.05, 0.5, 0.1, 0.85, 0.4, 0.7, 0.85, 0.38, 0.75)
		q.blob(q.around(0, 0, 1.2, b, a), 0.1, 0.02, 0.4, -0.44, 0.92, -0.75, 1.05, -0.5, 0.78, -0.04, 0.3, 0.06)
		q.blob(q.around(0, 0, 0.9, a, b), 0.1, 0.12, 0.5, 0.17, 0.76, 0.42, 0.64, 0.75, 0.4, 0.66)
		for i := range 3 {
			t := float64(i)
			q.fill(flat(s.ink), ribbon(curve(points([]float64{0.06, 0.02, 0.4 + 0.1*t, -0.3 + 0.12*t, 0.9, -0.72 + 0.26*t})), 0.03, 0.012))
			q.oval(flat(s.paper), 0.93+0.03*t-0.05*t*t, -0.68+0.2*t, 0.045, 0.045)
			q.oval(flat(s.paper), 0.72-0.08*t, 0.48+0.12*t, 0.04, 0.04)
		}
		q.fill(flat(s.ink), ribbon(curve(points([]float64{0.02, -0.22, 0.1, -0.5, 0.28, -0.68})), 0.02, 0.02), dot(0.28, -0.68, 0.03))
	}
	p.oval(flat(s.ink), 0, 0.06, 0.06, 0.36)
	p.oval(flat(s.ink), 0, -0.25, 0.07, 0.08)
}
