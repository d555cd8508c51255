package draw

import "math"

// garden is a bed of large flowers, in front of a sky or on plain paper.
func garden(s *stage) {
	if s.dice.chance(0.5) {
		s.backdrop()
		s.hills(2, 0.25)
		s.haze(s.horizon-s.u*0.1, s.h, 0.35)
	} else {
		s.ground()
	}
	tall := s.w > s.h*0.8
	n := 9 + s.dice.pick(6)
	for i := range n {
		t := (float64(i) + 0.5) / float64(n)
		x := s.w * math.Mod(t*5.3+s.dice.span(0, 0.14), 1)
		y := s.h * (0.22 + 0.55*t + s.dice.span(-0.06, 0.06))
		size := s.u * (0.05 + 0.09*t) * s.dice.span(0.8, 1.25)
		if !tall {
			size *= 1.2
		}
		s.stem(vec{x, y}, size, t)
		s.bloom(s.pen(x, y, size).turn(s.dice.unit()), s.dice.pick(9))
	}
	s.ferns()
}

func (s *stage) stem(top vec, size, depth float64) {
	green := hex(0x2f7d4f).toward(s.near, 0.3).mix(s.near, 0.25+0.3*depth)
	foot := vec{top.x + s.dice.span(-1, 1)*size, s.h * 1.02}
	mid := vec{(top.x+foot.x)/2 + s.dice.span(-0.7, 0.7)*size, (top.y + foot.y) / 2}
	l := curve([]vec{top, mid, foot})
	s.fill(flat(green), ribbon(l, size*0.08, size*0.14))
	for i := range 3 {
		v := l[min(4+4*i, len(l)-1)]
		side := float64(1 - 2*(i%2))
		ex, ey := v.x+side*size*1.2, v.y-size*s.dice.span(0.1, 0.8)
		s.fill(flat(green.lighter(0.08*float64(i))), leaf(v.x, v.y, ex, ey, 0.22))
		s.fill(flat(green.darker(0.25)), ribbon([]vec{v, {v.x + (ex-v.x)*0.85, v.y + (ey-v.y)*0.85}}, size*0.025, size*0.01))
	}
}

// bloom is a flower in the pen's unit circle; kind picks petals and colour.
func (s *stage) bloom(p pen, kind int) {
	c := s.pops[kind%3]
	heart := s.pops[(kind+1)%3].mix(s.light, 0.3)
	switch kind / 3 {
	case 0:
		s.petals(p, 12, 1, 0.16, c.darker(0.12))
		s.petals(p.turn(0.26), 12, 0.82, 0.16, c)
	case 1:
		for i := range 5 {
			q := p.turn(float64(i) * 2 * math.Pi / 5)
			q.oval(q.around(0, 0, 1, heart, c), 0.56, 0, 0.46, 0.4)
		}
	default:
		for i := range 4 {
			r := 1 - 0.22*float64(i)
			s.petals(p.turn(0.4*float64(i)), 8-i, r, 0.34, c.mix(s.ink, 0.24-0.1*float64(i)))
		}
	}
	p.oval(flat(heart.darker(0.1)), 0, 0, 0.27, 0.27)
	for i := range 8 {
		a := float64(i) * math.Pi / 4
		p.oval(flat(heart.lighter(0.4)), 0.18*math.Cos(a), 0.18*math.Sin(a), 0.04, 0.04)
	}
}

func (s *stage) petals(p pen, n int, r, width float64, c rgb) {
	for i := range n {
		q := p.turn(float64(i) * 2 * math.Pi / float64(n))
		q.fill(q.around(0, 0, r, c.darker(0.25), c.lighter(0.12)), leaf(0.05, 0, r, 0, width))
	}
}
