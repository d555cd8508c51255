package draw

import "math"

// abstract is what is drawn for words that name nothing known.
func abstract(s *stage) {
	s.fill(line(vec{0, 0}, vec{s.w * s.dice.span(-0.5, 0.5), s.h}, s.paper, s.sky[2]), rect(0, 0, s.w, s.h))
	kinds := []func(*stage){bauhaus, ribbons, orbits, quilt, sunrise, prism}
	kinds[s.dice.pick(len(kinds))](s)
}

func (s *stage) any() rgb {
	return []rgb{s.pops[0], s.pops[1], s.pops[2], s.sky[0], s.sky[1], s.near}[s.dice.pick(6)]
}

// quilt is a grid of quarter circles, leaves, discs and triangles.
func quilt(s *stage) {
	step := s.u / float64(3+s.dice.pick(4))
	for y := 0.0; y < s.h; y += step {
		for x := 0.0; x < s.w; x += step {
			s.patch(s.pen(x+step/2, y+step/2, step/2+0.3).turn(float64(s.dice.pick(4)) * math.Pi / 2))
		}
	}
}

func (s *stage) patch(p pen) {
	a, b := s.any(), s.any()
	if s.dice.chance(0.35) {
		b = s.paper
	}
	p.box(flat(b), -1, -1, 1, 1, 0)
	switch s.dice.pick(6) {
	case 0:
		p.fill(flat(a), append(arc(-1, -1, 2, 2, 0, math.Pi/2, 30), vec{-1, -1}))
		p.fill(flat(b.mix(s.light, 0.3)), append(arc(-1, -1, 1, 1, 0, math.Pi/2, 30), vec{-1, -1}))
	case 1:
		p.fill(flat(a), leaf(-1, -1, 1, 1, 0.36))
	case 2:
		p.oval(flat(a), 0, 0, 0.72, 0.72)
		p.oval(flat(s.any()), 0, 0, 0.3, 0.3)
	case 3:
		p.poly(flat(a), -1, -1, 1, -1, -1, 1)
	case 4:
		p.fill(flat(a), arc(0, 1, 1, 1, math.Pi, 2*math.Pi, 30))
		p.fill(flat(s.any()), arc(0, 0, 1, 1, math.Pi, 2*math.Pi, 30))
	default:
		for i := range 4 {
			p.box(flat(a), -1, -1+0.5*float64(i), 1, -0.75+0.5*float64(i), 0)
		}
	}
}

// ribbons are broad strands that flow across.
func ribbons(s *stage) {
	turn := s.dice.span(-0.7, 0.7)
	p := s.pen(s.w/2, s.h/2, math.Hypot(s.w, s.h)/2).turn(turn)
	n := 11 + s.dice.pick(8)
	a, b := wave(s.dice.next()), wave(s.dice.next())
	for i := range n {
		t := float64(i)/float64(n)*2 - 1
		var mid []vec
		for k := range 61 {
			x := float64(k)/30 - 1
			mid = append(mid, vec{x * 1.1, t*0.95 + (a.layered(x*1.7+t*0.3, 2)-0.5)*0.7 + (b.at(x*3)-0.5)*0.25*t})
		}
		c := s.sky[0].mix(s.sky[2], float64(i)/float64(n)).mix(s.pops[i%3], 0.55)
		p.fill(flat(s.ink).fade(0.2), ribbon(mid, 0.21, 0.16))
		p.fill(line(p.pt(vec{-1, 0}), p.pt(vec{1, 0}), c.lighter(0.12), c.darker(0.12)), ribbon(mid, 0.19, 0.14))
	}
}

// bauhaus composes a few great forms with thin lines.
func bauhaus(s *stage) {
	for range 5 + s.dice.pick(3) {
		p := s.pen(s.dice.span(0.1, 0.9)*s.w, s.dice.span(0.1, 0.9)*s.h, s.u*s.dice.span(0.14, 0.36)).turn(float64(s.dice.pick(8)) * math.Pi / 4)
		c := s.any()
		switch s.dice.pick(5) {
		case 0:
			p.oval(flat(c), 0, 0, 1, 1)
			p.oval(flat(s.any()), 0, 0, 0.55, 0.55)
		case 1:
			p.fill(flat(c), arc(0, 0, 1, 1, 0, math.Pi, 40))
		case 2:
			p.box(flat(c), -1, -0.3, 1, 0.3, 0)
		case 3:
			p.poly(flat(c), -0.9, 0.6, 0, -0.9, 0.9, 0.6)
		default:
			for i := range 4 {
				r := 1 - 0.22*float64(i)
				p.fill(flat(c), ribbon(arc(0, 0, r, r, 0, math.Pi*1.5, 50), 0.09, 0.09))
			}
		}
	}
	for range 4 {
		x, y, a := s.dice.unit()*s.w, s.dice.unit()*s.h, float64(s.dice.pick(8))*math.Pi/4+0.2
		l := s.u * s.dice.span(0.4, 0.9)
		s.fill(flat(s.ink), ribbon([]vec{{x - l*math.Cos(a), y - l*math.Sin(a)}, {x + l*math.Cos(a), y + l*math.Sin(a)}}, s.u*0.006, s.u*0.006))
	}
}

// orbits are glowing discs on rings over the dark.
func orbits(s *stage) {
	s.fill(down(0, s.h, s.near, s.sky[0].darker(0.4)), rect(0, 0, s.w, s.h))
	p := s.pen(s.w*s.dice.span(0.3, 0.7), s.h*s.dice.span(0.3, 0.7), s.u*0.5).turn(s.dice.span(-1, 1))
	flatness := s.dice.span(0.35, 1)
	for i := range 9 {
		r := 0.2 + 0.15*float64(i)
		p.fill(flat(s.light).fade(0.5), ribbon(arc(0, 0, r, r*flatness, 0, 2*math.Pi, 90), 0.006, 0.006))
		a := s.dice.unit() * 2 * math.Pi
		x, y, d := r*math.Cos(a), r*flatness*math.Sin(a), s.dice.span(0.03, 0.16)
		c := s.pops[i%3]
		p.oval(halo(p.pt(vec{x, y}), d*3*p.size(), c, 0.6), x, y, d*3, d*3)
		p.oval(p.around(x-d*0.3, y-d*0.3, d*1.5, c.lighter(0.4), c), x, y, d, d)
	}
	p.oval(p.around(0, 0, 0.14, rgb{1, 1, 1}, s.light), 0, 0, 0.13, 0.13)
}

// sunrise stacks half discs on a horizon line.
func sunrise(s *stage) {
	y, x := s.h*s.dice.span(0.5, 0.75), s.w*s.dice.span(0.3, 0.7)
	s.fill(down(0, y, s.sky[0], s.sky[2]), rect(0, 0, s.w, s.h))
	n := 5 + s.dice.pick(4)
	for i := range n {
		r := s.u * 0.72 * float64(n-i) / float64(n)
		s.fill(flat(s.sky[1].mix([]rgb{s.pops[0], s.pops[1], s.light}[i%3], 0.25+0.75*float64(i)/float64(n))), arc(x, y, r, r, math.Pi, 2*math.Pi, 60))
	}
	s.fill(flat(s.near), rect(0, y, s.w, s.h))
	for i := range 12 {
		t := float64(i) / 12
		l, yy := s.u*(0.7-0.5*t)*s.dice.span(0.6, 1.1), y+(s.h-y)*(t+0.04)
		s.fill(flat(s.pops[i%3].mix(s.light, 0.3)), rounded(x-l, yy, x+l, yy+(s.h-y)*0.035, s.u))
	}
}

// prism lays see-through blades over each other.
func prism(s *stage) {
	s.fill(line(vec{0, s.h}, vec{s.w, 0}, s.sky[0], s.sky[2]), rect(0, 0, s.w, s.h))
	at := vec{s.w * s.dice.span(0.2, 0.8), s.h * s.dice.span(0.2, 0.8)}
	for i := range 22 {
		a := s.dice.unit() * 2 * math.Pi
		w, l := s.dice.span(0.1, 0.5), s.u*s.dice.span(0.4, 1.1)
		tip := vec{at.x + l*math.Cos(a), at.y + l*math.Sin(a)}
		side := vec{at.x + l*0.6*math.Cos(a+w), at.y + l*0.6*math.Sin(a+w)}
		c := s.pops[i%3].mix(s.light, s.dice.span(0, 0.5))
		s.fill(line(at, tip, c, c.darker(0.3)).fade(0.75), []vec{at, tip, side})
	}
}
