package draw

import "math"

// emblem is the backdrop of a single figure: poster ornament, no place.
func emblem(s *stage) {
	s.ground()
	if s.dice.chance(0.6) {
		s.foliage()
	}
}

// ground is one of several flat ornaments.
func (s *stage) ground() {
	a, b := s.sky[0], s.sky[2]
	if s.dice.chance(0.5) {
		a, b = s.sky[2], s.sky[1]
	}
	s.fill(line(vec{0, 0}, vec{s.w * s.dice.span(-0.4, 0.4), s.h}, a, b), rect(0, 0, s.w, s.h))
	at := vec{s.w * s.dice.span(0.25, 0.75), s.h * s.dice.span(0.25, 0.6)}
	switch s.dice.pick(6) {
	case 0:
		s.rays(at, 10+s.dice.pick(12))
	case 1:
		s.targets(at)
	case 2:
		s.arches(s.w * s.dice.span(0.4, 0.6))
	case 3:
		s.facets()
	case 4:
		s.bandsOf()
	default:
		s.sun, s.sunR = at, s.u*s.dice.span(0.28, 0.42)
		s.fill(down(at.y-s.sunR, at.y+s.sunR, s.light, s.pops[0]), oval(at.x, at.y, s.sunR, s.sunR))
		s.clouds(4)
	}
}

func (s *stage) targets(at vec) {
	n := 5 + s.dice.pick(4)
	for i := range n {
		r := math.Hypot(s.w, s.h) * 0.6 * float64(n-i) / float64(n)
		s.fill(flat([]rgb{s.sky[1], s.sky[2], s.pops[1], s.sky[0]}[i%4].mix(s.sky[1], 0.35)), oval(at.x, at.y, r, r))
	}
}

func (s *stage) arches(x float64) {
	for i := range 4 {
		r := s.u * (0.62 - 0.1*float64(i))
		c := []rgb{s.pops[2], s.pops[0], s.pops[1], s.sky[2]}[i].mix(s.sky[1], 0.25)
		s.fill(flat(c), append(arc(x, s.h*0.55, r, r, math.Pi, 2*math.Pi, 50), vec{x + r, s.h + 2}, vec{x - r, s.h + 2}))
	}
}

// facets is a field of large triangles in the sky's colours.
func (s *stage) facets() {
	n := 4 + s.dice.pick(3)
	step := s.u / float64(n)
	for y := 0.0; y < s.h; y += step {
		for x := 0.0; x < s.w; x += step {
			for k := range 2 {
				c := s.sky[s.dice.pick(3)].mix(s.pops[s.dice.pick(3)], s.dice.span(0, 0.4))
				tri := []vec{{x, y}, {x + step, y}, {x, y + step}}
				if k == 1 {
					tri = []vec{{x + step, y}, {x + step, y + step}, {x, y + step}}
				}
				s.fill(flat(c).fade(0.8), tri)
			}
		}
	}
}

// bandsOf are waves of colour from side to side.
func (s *stage) bandsOf() {
	n := 6 + s.dice.pick(4)
	for i := range n {
		t := float64(i) / float64(n)
		c := s.sky[0].mix(s.sky[2], t).mix(s.pops[i%3], 0.45)
		s.fill(flat(c), s.outline(s.h*(0.1+t), s.u*0.22, 1.1, soft))
	}
}

// foliage grows in from the lower corners.
func (s *stage) foliage() {
	for _, side := range []float64{-1, 1} {
		for i := range 7 + s.dice.pick(4) {
			a := -0.15 - 0.2*float64(i) + s.dice.span(-0.1, 0.1)
			l := s.u * s.dice.span(0.25, 0.45)
			x, y := s.w*(0.5+side*0.53), s.h*(1.02-0.07*float64(i))
			c := s.near.mix(s.pops[2], 0.12*float64(i%4))
			ex, ey := x-side*l*math.Cos(a), y+l*math.Sin(a)
			s.fill(line(vec{x, y}, vec{ex, ey}, c.darker(0.2), c.lighter(0.12)), leaf(x, y, ex, ey, 0.24))
			s.fill(flat(s.light).fade(0.3), ribbon([]vec{{x, y}, {ex, ey}}, s.u*0.003, s.u*0.001))
		}
	}
}
