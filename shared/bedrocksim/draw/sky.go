package draw

import "math"

// backdrop paints the sky behind a landscape: a gradient, one of several ways
// to set the light in it, and what the prompt asks of the weather.
func (s *stage) backdrop() {
	s.fill(s.skyPaint(0, s.horizon), rect(0, 0, s.w, s.h))
	s.fill(down(s.horizon*0.45, s.horizon, s.sky[1], s.sky[2]).startingClear(), rect(0, s.horizon*0.45, s.w, s.h))
	night := s.dark || s.has["stars"] || s.has["moon"]
	if night {
		s.stars(s.horizon)
	}
	if s.has["stars"] && s.dark && s.dice.chance(0.5) {
		s.aurora()
	}
	switch k := s.dice.pick(4); {
	case k == 0 && !night:
		s.rays(s.sun, 9+s.dice.pick(9))
	case k == 1:
		s.rings()
	}
	s.luminary(night)
	if s.has["rainbow"] {
		s.rainbow()
	}
	if !night || s.dice.chance(0.5) {
		s.clouds(2 + s.dice.pick(3))
	}
}

func (s *stage) skyPaint(y0, y1 float64) paint { return down(y0, y1, s.sky[0], s.sky[1]) }

func (p paint) startingClear() paint {
	p.fromA = 0
	return p
}

func (s *stage) luminary(night bool) {
	s.fill(halo(s.sun, s.sunR*5, s.light, 0.6), oval(s.sun.x, s.sun.y, s.sunR*5, s.sunR*5))
	s.fill(around(s.sun, s.sunR*1.2, s.light.lighter(0.3), s.light), oval(s.sun.x, s.sun.y, s.sunR, s.sunR))
	if !night || s.has["sun"] {
		return
	}
	p := s.pen(s.sun.x, s.sun.y, s.sunR)
	if s.has["moon"] || s.dice.chance(0.6) {
		shade := flat(s.sky[1].mix(s.light, 0.55)).fade(0.5)
		p.oval(shade, -0.3, -0.2, 0.22, 0.2)
		p.oval(shade, 0.25, 0.3, 0.3, 0.26)
		p.oval(shade, 0.35, -0.4, 0.13, 0.12)
	}
}

func (s *stage) stars(bottom float64) {
	var small, large [][]vec
	for range 150 {
		x, y := s.dice.unit()*s.w, s.dice.unit()*s.dice.span(0.5, 1)*bottom
		small = append(small, dot(x, y, s.u*s.dice.span(0.0007, 0.0022)))
	}
	for range 9 {
		x, y, r := s.dice.unit()*s.w, s.dice.unit()*bottom*0.8, s.u*s.dice.span(0.006, 0.014)
		large = append(large, leaf(x-r, y, x+r, y, 0.09), leaf(x, y-r, x, y+r, 0.09))
	}
	s.fill(flat(s.light).fade(0.85), small...)
	s.fill(flat(s.light.lighter(0.5)), large...)
}

// rays fan out from a point, like the sun of an old travel poster.
func (s *stage) rays(at vec, n int) {
	reach, turn := s.w+s.h, s.dice.unit()
	var fan [][]vec
	for i := range n {
		a := (float64(i) + turn) * 2 * math.Pi / float64(n)
		w := math.Pi / float64(n) / 2
		fan = append(fan, []vec{at, {at.x + reach*math.Cos(a-w), at.y + reach*math.Sin(a-w)}, {at.x + reach*math.Cos(a+w), at.y + reach*math.Sin(a+w)}})
	}
	k := around(at, s.u*1.1, s.light, s.light).fade(0.3).ending(0.06)
	s.fill(k, fan...)
}

func (s *stage) rainbow() {
	x := s.w * s.dice.span(0.3, 0.7)
	for i, c := range []uint32{0xe23b4e, 0xf28c28, 0xf7d038, 0x3fb66b, 0x2f86d6, 0x7a4fd0} {
		r := s.u * (0.56 - 0.028*float64(i))
		s.fill(flat(hex(c)).fade(0.6), ribbon(arc(x, s.horizon+s.u*0.06, r, r, math.Pi, 2*math.Pi, 80), s.u*0.029, s.u*0.029))
	}
}

func (s *stage) rings() {
	for i := 5; i > 0; i-- {
		r := s.sunR * (1 + float64(i)*0.75)
		s.fill(flat(s.light).fade(0.09), oval(s.sun.x, s.sun.y, r, r))
	}
}

func (s *stage) aurora() {
	for i := range 3 {
		n, y := wave(s.dice.next()), s.horizon*(0.25+0.15*float64(i))
		top, low := []vec{}, []vec{}
		for x := 0.0; x <= 1.001; x += 0.02 {
			v := y + (n.layered(x*3, 2)-0.5)*s.horizon*0.5
			top = append(top, vec{x * s.w, v - s.horizon*0.35})
			low = append([]vec{{x * s.w, v}}, low...)
		}
		k := down(y-s.horizon*0.5, y+s.horizon*0.15, s.pops[i%2], s.pops[0]).startingClear().ending(0.45)
		k.light = true
		s.fill(k, append(top, low...))
	}
}

// clouds are flat-bottomed heaps of discs.
func (s *stage) clouds(n int) {
	for range n {
		x, y, size := s.dice.span(-0.05, 1.05)*s.w, s.dice.span(0.08, 0.7)*s.horizon, s.u*s.dice.span(0.06, 0.16)
		s.cloud(s.pen(x, y, size), s.dice.span(0.35, 0.8))
	}
}

func (s *stage) cloud(p pen, strength float64) {
	k := p.down(-0.7, 0.15, s.sky[2].lighter(0.55), s.sky[2]).fade(strength)
	shape := []vec{{-1.7, 0.1}}
	bumps := 4 + s.dice.pick(3)
	for i := range bumps {
		t := (float64(i)+0.5)/float64(bumps)*2 - 1
		r := 0.3 + 0.4*(1-t*t)*s.dice.span(0.6, 1.2)
		shape = append(shape, arc(t*1.35, 0.05, 0.42, r, math.Pi, 2*math.Pi, 10)...)
	}
	shape = append(shape, vec{1.7, 0.1}, vec{1.2, 0.16}, vec{-1.3, 0.16})
	p.fill(k, shape)
}

// haze lays the horizon's colour over a band, clear at the top.
func (s *stage) haze(y0, y1, strength float64) {
	s.fill(down(y0, y1, s.sky[2], s.sky[2]).startingClear().ending(strength), rect(0, y0, s.w, y1))
}
