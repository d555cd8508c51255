package draw

import "math"

// sea is water under a wide sky, seen from a beach, from a boat, or as great
// stylised waves.
func sea(s *stage) {
	s.horizon = s.h * s.dice.span(0.4, 0.6)
	s.sun.y = s.horizon * s.dice.span(0.35, 0.98)
	s.backdrop()
	if s.dice.chance(0.5) {
		s.ridge(s.horizon+s.u*0.01, s.u*0.11, 2.5, 0.15)
	}
	deep := s.near.toward(s.sky[0], 0.7).mix(s.sky[0], 0.55)
	s.fill(down(s.horizon, s.h, s.sky[1].mix(s.sky[2], 0.35), deep), rect(0, s.horizon, s.w, s.h))
	s.sparkle(s.horizon, s.sun.x)
	s.aboard()
	kind := s.dice.pick(3)
	if s.subject == "fish" {
		kind = 0
	}
	s.swell(4+3*s.dice.pick(2), deep)
	switch kind {
	case 1:
		s.breakers(deep)
	case 2:
		s.beach()
	}
}

// aboard puts what belongs on the water there.
func (s *stage) aboard() {
	x := s.w * s.dice.span(0.2, 0.8)
	if s.has["beacon"] {
		s.beacon(x)
		return
	}
	if s.subject != "" {
		return
	}
	switch s.dice.pick(4) {
	case 0:
		s.sail(x, s.horizon+s.u*0.05, s.u*0.13)
	case 1:
		s.isle(x, s.horizon+s.u*0.02, s.u*0.3)
	case 2:
		s.beacon(x)
	}
}

// sparkle is the path of light below the sun.
func (s *stage) sparkle(top, x float64) {
	var g [][]vec
	for range 70 {
		t := math.Pow(s.dice.unit(), 1.3)
		y := top + (s.h-top)*t
		l := s.u * (0.01 + 0.05*t) * s.dice.span(0.5, 1.6)
		cx := x + s.dice.span(-1, 1)*s.u*(0.05+0.18*t)
		g = append(g, leaf(cx-l, y, cx+l, y, 0.035))
	}
	s.fill(flat(s.light).fade(0.75), g...)
}

func (s *stage) swell(n int, deep rgb) {
	for i := range n {
		t := (float64(i) + 0.6) / float64(n)
		y := s.horizon + (s.h-s.horizon)*t*t
		c := s.sky[1].mix(deep, 0.35+0.6*t).mix(s.pops[2], 0.08)
		f, ph, a := 9/(0.5+t*1.5), s.dice.unit()*7, s.u*0.022*(0.3+t)
		top := []vec{{s.w + 2, s.h + 2}, {-2, s.h + 2}}
		crest := []vec{}
		for k := range 161 {
			x := float64(k) / 160
			v := math.Abs(math.Sin(x*f*s.w/s.h + ph + 0.4*math.Sin(x*5+ph)))
			crest = append(crest, vec{x * (s.w + 4), y - a*(1-v)*2})
		}
		s.fill(down(y-a*2, y+s.u*0.16, c.lighter(0.14), c).ending(0.65), append(top, crest...))
		s.fill(flat(s.sky[2].lighter(0.4)).fade(0.25+0.4*t), ribbon(crest, s.u*0.004, s.u*0.004*(1+t)))
	}
}

// breakers are two or three curling waves after the old woodcuts.
func (s *stage) breakers(deep rgb) {
	side := s.dice.sign()
	for i := range 2 + s.dice.pick(2) {
		x := s.w * (0.5 + side*(0.3-0.3*float64(i)))
		p := s.pen(x, s.h*(0.86+0.1*float64(i)), s.u*(0.36+0.05*float64(i)))
		if side < 0 {
			p = p.mirror()
		}
		s.curl(p, deep)
	}
}

func (s *stage) curl(p pen, deep rgb) {
	foam, body := s.paper, deep.mix(s.pops[2], 0.2)
	back := curve([]vec{{2.6, 0.55}, {1.6, 0.1}, {0.7, -0.5}, {-0.1, -0.85}, {-0.75, -0.72}, {-1, -0.35}})
	hollow := curve([]vec{{-1, -0.35}, {-0.62, -0.5}, {-0.2, -0.38}, {-0.05, 0}, {-0.5, 0.4}, {-2.6, 0.55}})
	shape := append(append([]vec{}, back...), hollow...)
	p.fill(p.down(-0.9, 0.6, body.lighter(0.15), deep.darker(0.2)), append(shape, vec{-2.6, 2}, vec{2.6, 2}))
	for i := range 4 {
		t := 0.12 + 0.13*float64(i)
		in := curve([]vec{{1.9 - t, 0.6}, {0.9 - t*0.3, -0.1 + t*0.5}, {0.1, -0.62 + t*0.6}, {-0.5, -0.6 + t*0.35}})
		p.fill(flat(foam).fade(0.55-0.1*float64(i)), ribbon(in, 0.01, 0.035))
	}
	p.fill(flat(foam), ribbon(back[8:], 0.015, 0.1))
	var spray [][]vec
	for i := range 16 {
		t := float64(i) / 15
		spray = append(spray, dot(-0.62-0.42*t+s.dice.span(-0.06, 0.06), -0.76+0.45*t*t+s.dice.span(-0.08, 0.08), s.dice.span(0.025, 0.075)))
	}
	p.fill(flat(foam), spray...)
}

func (s *stage) beach() {
	sand := s.pops[1].mix(s.paper, 0.55)
	y, side := s.h*s.dice.span(0.82, 0.9), s.dice.sign()
	shore := func(dy float64) []vec {
		l := curve([]vec{{-s.w * 0.1, y + dy + side*s.u*0.1}, {s.w * 0.25, y + dy + side*s.u*0.03}, {s.w * 0.6, y + dy - side*s.u*0.05}, {s.w * 1.1, y + dy - side*s.u*0.11}})
		return append(l, vec{s.w * 1.1, s.h + 2}, vec{-s.w * 0.1, s.h + 2})
	}
	s.fill(flat(s.paper).fade(0.5), shore(-s.u*0.025))
	s.fill(flat(s.paper), shore(-s.u*0.008))
	s.fill(down(y, s.h, sand.darker(0.12), sand), shore(s.u*0.006))
	if s.dice.chance(0.7) {
		s.palm(s.w*(0.5+side*0.36), s.h*1.02, s.u*s.dice.span(0.55, 0.75), -side)
	}
	if s.dice.chance(0.5) {
		s.parasol(s.pen(s.w*(0.5-side*0.2), s.h*0.97, s.u*0.14))
	}
}

func (s *stage) parasol(p pen) {
	p = p.turn(-0.2)
	p.box(flat(s.ink), -0.015, -1, 0.015, 0.1, 0)
	for i := range 6 {
		a := math.Pi + math.Pi*float64(i)/6
		c := s.pops[0]
		if i%2 == 1 {
			c = s.paper
		}
		p.fill(flat(c), append(arc(0, -0.75, 0.75, 0.5, a, a+math.Pi/6, 6), vec{0, -0.78}))
	}
}

func (s *stage) palm(x, y, height, lean float64) {
	p := s.pen(x, y, height)
	if lean < 0 {
		p = p.mirror()
	}
	c := s.layer(1)
	p.fill(flat(c), ribbon(curve([]vec{{0, 0}, {0.06, -0.4}, {0.2, -0.75}, {0.3, -0.92}}), 0.06, 0.032))
	for i := range 9 {
		a := -math.Pi*1.08 + float64(i)*math.Pi*1.16/8
		r := s.dice.span(0.34, 0.46)
		ex, ey := 0.3+r*math.Cos(a), -0.92+r*math.Sin(a)*0.7+0.16
		mx, my := 0.3+r*0.5*math.Cos(a), -0.92+r*0.6*math.Sin(a)-0.05
		top := curve([]vec{{0.3, -0.94}, {mx, my - 0.05}, {ex, ey}})
		p.fill(flat(c.mix(s.pops[2], 0.12*float64(i%3))), append(top, curve([]vec{{ex, ey}, {mx, my + 0.045}, {0.3, -0.9}})...))
	}
}

func (s *stage) sail(x, y, size float64) {
	p := s.pen(x, y, size)
	p.poly(flat(s.ink).fade(0.2), -0.6, 0.12, 0.6, 0.12, 0.35, 0.32, -0.3, 0.32)
	p.blob(flat(s.ink), -0.6, -0.06, 0, -0.02, 0.66, -0.1, 0.42, 0.12, -0.42, 0.12)
	p.poly(p.down(-1.5, 0, s.paper, s.paper.mix(s.pops[1], 0.3)), 0.02, -1.5, 0.02, -0.14, 0.6, -0.14)
	p.poly(flat(s.pops[0]), -0.04, -1.25, -0.04, -0.14, -0.52, -0.14)
}

func (s *stage) isle(x, y, size float64) {
	s.fill(flat(s.layer(0.85)), arc(x, y, size, size*0.18, math.Pi, 2*math.Pi, 30))
	s.palm(x-size*0.1, y-size*0.1, size*0.9, 1)
	s.palm(x-size*0.2, y-size*0.1, size*0.65, -1)
}

// beacon is a lighthouse on a rock with its beam.
func (s *stage) beacon(x float64) {
	p := s.pen(x, s.horizon+s.u*0.05, s.u*0.4)
	if x > s.w/2 {
		p = p.mirror()
	}
	beam := p.around(0, -0.86, 2, s.light, s.light).fade(0.55).ending(0)
	p.poly(beam, 0.02, -0.87, 2.2, -1.25, 2.2, -0.7, 0.02, -0.85)
	p.blob(flat(s.layer(0.95)), -0.7, 0.12, -0.42, -0.1, -0.1, -0.17, 0.25, -0.12, 0.6, 0.12)
	p.poly(line(p.pt(vec{-0.1, 0}), p.pt(vec{0.1, 0}), s.paper, s.paper.darker(0.25)), -0.1, -0.12, -0.065, -0.78, 0.065, -0.78, 0.1, -0.12)
	p.poly(flat(s.pops[0]), -0.09, -0.3, -0.08, -0.46, 0.08, -0.46, 0.09, -0.3)
	p.poly(flat(s.pops[0]), -0.073, -0.6, -0.067, -0.72, 0.067, -0.72, 0.073, -0.6)
	p.box(flat(s.light), -0.05, -0.92, 0.05, -0.8, 0.01)
	p.box(flat(s.ink), -0.09, -0.8, 0.09, -0.77, 0)
	p.poly(flat(s.ink), -0.075, -0.92, 0, -1.02, 0.075, -0.92)
}
