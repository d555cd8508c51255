package draw

import "math"

// space is a great planet before a nebula.
func space(s *stage) {
	s.deep()
	p := s.pen(s.w*s.dice.span(0.3, 0.7), s.h*s.dice.span(0.38, 0.62), s.u*s.dice.span(0.2, 0.32)).turn(s.dice.span(-0.6, 0.6))
	s.planet(p, s.pops[s.dice.pick(2)], s.dice.chance(0.6))
	for range 1 + s.dice.pick(3) {
		q := s.pen(s.dice.span(0.08, 0.92)*s.w, s.dice.span(0.1, 0.9)*s.h, s.u*s.dice.span(0.025, 0.07)).turn(s.dice.unit())
		s.planet(q, s.pops[s.dice.pick(3)], false)
	}
	if s.dice.chance(0.5) {
		s.comet()
	}
	if s.dice.chance(0.55) {
		s.craters()
	}
}

// deep is the dark with its clouds of light and its stars.
func (s *stage) deep() {
	a, b := s.sky[0].mix(hex(0x05061a), 0.75), s.near.mix(hex(0x0a0820), 0.5)
	s.fill(line(vec{0, 0}, vec{s.w * 0.4, s.h}, a, b), rect(0, 0, s.w, s.h))
	x, y, turn := s.dice.unit()*s.w, s.dice.unit()*s.h, s.dice.unit()*math.Pi
	for i := range 11 {
		t := float64(i)/5 - 1
		at := vec{x + t*s.u*0.8*math.Cos(turn) + s.dice.span(-0.2, 0.2)*s.u, y + t*s.u*0.8*math.Sin(turn) + s.dice.span(-0.2, 0.2)*s.u}
		r := s.u * s.dice.span(0.2, 0.5)
		s.fill(halo(at, r, s.pops[i%3].mix(s.sky[1], 0.3), 0.34), oval(at.x, at.y, r, r))
	}
	s.stars(s.h)
	s.stars(s.h)
}

// planet is a banded ball lit from one side, in the pen's unit circle.
func (s *stage) planet(p pen, c rgb, ringed bool) {
	rim := func(k paint, from, to float64) {
		p.fill(k, ribbon(arc(0, 0, 1.75, 0.42, from, to, 60), 0.2, 0.2))
		p.fill(k.fade(0.5), ribbon(arc(0, 0, 2.05, 0.5, from, to, 60), 0.08, 0.08))
	}
	ring := flat(s.pops[1].mix(s.paper, 0.4)).fade(0.85)
	p.oval(halo(p.at, 1.6*p.size(), c, 0.4), 0, 0, 1.6, 1.6)
	if ringed {
		rim(ring, math.Pi, 2*math.Pi)
	}
	p.oval(flat(c), 0, 0, 1, 1)
	s.bands(p, c)
	shade := p.around(-0.45, -0.45, 1.75, c, rgb{0.02, 0.02, 0.08}).fade(0).ending(0.9)
	p.oval(shade, 0, 0, 1, 1)
	p.oval(p.around(-0.4, -0.5, 0.7, s.light, s.light).fade(0.35).ending(0), -0.32, -0.38, 0.55, 0.5)
	if ringed {
		rim(ring, 0, math.Pi)
	}
}

func (s *stage) bands(p pen, c rgb) {
	for y := -0.85; y < 0.8; {
		h := s.dice.span(0.06, 0.24)
		c := c.mix(s.pops[s.dice.pick(3)], 0.5).mix(s.paper, s.dice.span(0, 0.35))
		p.fill(flat(c).fade(0.8), chord(y, min(y+h, 0.95)))
		y += h * s.dice.span(1.2, 2)
	}
}

// chord is the slice of the unit circle between two heights.
func chord(y0, y1 float64) []vec {
	var left, right []vec
	for i := range 9 {
		y := y0 + (y1-y0)*float64(i)/8
		x := math.Sqrt(max(0, 1-y*y))
		left, right = append(left, vec{-x, y}), append(right, vec{x, y})
	}
	return between(left, right)
}

func (s *stage) comet() {
	x, y := s.dice.span(0.1, 0.9)*s.w, s.dice.span(0.08, 0.4)*s.h
	l, side := s.u*s.dice.span(0.25, 0.45), s.dice.sign()
	tip := vec{x + side*l, y - l*0.5}
	s.fill(line(vec{x, y}, tip, s.light, s.light).ending(0), ribbon([]vec{{x, y}, tip}, s.u*0.016, s.u*0.002))
	s.fill(halo(vec{x, y}, s.u*0.05, s.light, 0.9), oval(x, y, s.u*0.05, s.u*0.05))
	s.fill(flat(s.light.lighter(0.6)), dot(x, y, s.u*0.009))
}

// craters are the ground of a moon in front.
func (s *stage) craters() {
	y := s.h * s.dice.span(0.82, 0.92)
	c := s.layer(0.7).mix(s.pops[0], 0.25)
	s.fill(down(y-s.u*0.1, s.h, c.mix(s.light, 0.3), c.darker(0.5)), s.outline(y, s.u*0.12, 1.6, soft))
	for range 9 {
		t := s.dice.unit()
		cx, cy, r := s.dice.unit()*s.w, y+(s.h-y)*(0.25+0.7*t), s.u*(0.015+0.05*t)
		s.fill(flat(c.darker(0.6)), oval(cx, cy, r, r*0.3))
		s.fill(flat(c.lighter(0.3)).fade(0.7), ribbon(arc(cx, cy, r, r*0.3, 0.1, math.Pi-0.1, 16), r*0.08, r*0.08))
	}
}

// celestial is the engraved kind: sun or moon with a halo of signs.
func celestial(s *stage) {
	s.fill(down(0, s.h, s.sky[0].darker(0.3), s.sky[1]), rect(0, 0, s.w, s.h))
	s.stars(s.h)
	s.sun = vec{s.w * s.dice.span(0.35, 0.65), s.h * s.dice.span(0.35, 0.5)}
	s.rays(s.sun, 16+2*s.dice.pick(8))
	p := s.pen(s.sun.x, s.sun.y, s.u*s.dice.span(0.16, 0.24))
	n := 12 + 2*s.dice.pick(5)
	for i := range n {
		q := p.turn(2 * math.Pi * float64(i) / float64(n))
		r := 1.75 - 0.3*float64(i%2)
		q.poly(flat(s.pops[i%2]), -0.12, 1.05, 0, r, 0.12, 1.05)
	}
	for _, r := range []float64{1.02, 2.05, 2.15} {
		p.fill(flat(s.light), ribbon(arc(0, 0, r, r, 0, 2*math.Pi, 90), 0.02, 0.02))
	}
	s.phases(p, 8)
	p.oval(p.around(-0.3, -0.3, 1.6, s.light.lighter(0.4), s.pops[1]), 0, 0, 0.95, 0.95)
	if s.has["moon"] || s.dark {
		p.oval(flat(s.sky[0].darker(0.2)), 0.3*s.dice.sign(), -0.12, 0.82, 0.82)
	}
	s.cloudBank()
}

func (s *stage) phases(p pen, n int) {
	for i := range n {
		a := 2 * math.Pi * float64(i) / float64(n)
		x, y := 2.1*math.Cos(a), 2.1*math.Sin(a)
		p.oval(flat(s.light), x, y, 0.12, 0.12)
		p.oval(flat(s.sky[0].darker(0.3)), x+0.24*(float64(i)/float64(n)-0.5), y, 0.11, 0.11)
	}
}

func (s *stage) cloudBank() {
	for i := range 3 {
		t := float64(i) / 2
		var heap [][]vec
		y := s.h * (0.88 + 0.07*t)
		for x := -0.05; x < 1.1; x += 0.09 {
			r := s.u * s.dice.span(0.05, 0.12)
			heap = append(heap, oval(x*s.w, y+s.u*0.04, max(r*1.2, s.w*0.06), r))
		}
		heap = append(heap, rect(0, y+s.u*0.03, s.w, s.h+2))
		s.fill(flat(s.sky[2].mix(s.layer(0.4+0.3*t), 0.25+0.3*t)), heap...)
	}
}
