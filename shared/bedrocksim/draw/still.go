package draw

import "math"

// table is a still life: cups, glasses, cake and fruit before a round window.
func table(s *stage) {
	s.ground()
	edge := s.h * s.dice.span(0.7, 0.78)
	s.sun = vec{s.w * s.dice.span(0.3, 0.7), edge * 0.5}
	r := s.u * s.dice.span(0.26, 0.36)
	s.fill(down(s.sun.y-r, s.sun.y+r, s.light, s.pops[1]).fade(0.85), oval(s.sun.x, s.sun.y, r, r))
	wood := s.near.mix(s.pops[0], 0.3)
	s.fill(down(edge, s.h, wood.lighter(0.18), wood.darker(0.3)), rect(0, edge, s.w, s.h))
	s.fill(flat(s.light).fade(0.25), rect(0, edge, s.w, edge+s.u*0.008))
	dishes := s.menu()
	for i, dish := range dishes {
		t := (float64(i) + 0.5) / float64(len(dishes))
		p := s.pen(s.w*(0.5+(t-0.5)*0.85*min(1, 1.2*s.h/s.w)), edge+s.u*s.dice.span(0.05, 0.13), s.u*s.dice.span(0.15, 0.19))
		p.oval(flat(s.ink).fade(0.35), 0.1, 0.02, 0.95, 0.12)
		dish(p)
	}
}

// menu lists three or four dishes, those that the prompt names first.
func (s *stage) menu() []func(pen) {
	all := []func(pen){s.cup, s.glass, s.fruit, s.cake, s.bottle}
	first := s.dice.pick(len(all))
	if s.has["glass"] {
		first = 1
	}
	n := 3 + s.dice.pick(2)
	out := make([]func(pen), n)
	step := 1 + s.dice.pick(4)
	for i := range n {
		out[i] = all[(first+i*step)%len(all)]
	}
	turn := s.dice.pick(n)
	return append(out[turn:], out[:turn]...)
}

func (s *stage) cup(p pen) {
	c := s.pops[0]
	p.oval(flat(s.paper), 0, 0, 0.85, 0.11)
	p.fill(flat(c.darker(0.2)), ribbon(arc(0.55, -0.5, 0.28, 0.26, -1.5, 1.5, 20), 0.1, 0.1))
	p.fill(line(p.pt(vec{-0.6, 0}), p.pt(vec{0.6, 0}), c.lighter(0.25), c.darker(0.2)), append(arc(0, -0.35, 0.55, 0.35, 0, math.Pi, 24), vec{-0.58, -0.85}, vec{0.58, -0.85}))
	p.oval(flat(c.darker(0.35)), 0, -0.85, 0.58, 0.11)
	p.oval(flat(hex(0x5a3520)), 0, -0.84, 0.5, 0.08)
	for i := range 3 {
		x := -0.25 + 0.25*float64(i)
		p.fill(flat(s.paper).fade(0.55), ribbon(curve(points([]float64{x, -1, x + 0.12, -1.25, x - 0.1, -1.5, x + 0.08, -1.8})), 0.07, 0.01))
	}
}

// glass is a tall drink with a slice of fruit and a straw.
func (s *stage) glass(p pen) {
	juice := s.pops[1]
	p.fill(flat(s.pops[0]), ribbon([]vec{{-0.05, -0.3}, {0.5, -2}}, 0.07, 0.07))
	p.poly(p.down(-1.3, 0, juice.lighter(0.2), s.pops[0]), -0.46, -1.2, 0.46, -1.2, 0.34, -0.02, -0.34, -0.02)
	for i := range 3 {
		q := p.move(-0.18+0.17*float64(i), -0.95+0.16*float64(i%2)).turn(0.5 * float64(i))
		q.box(flat(s.paper).fade(0.5), -0.12, -0.12, 0.12, 0.12, 0.03)
	}
	p.poly(flat(rgb{1, 1, 1}).fade(0.28), -0.53, -1.55, 0.53, -1.55, 0.36, 0.02, -0.36, 0.02)
	p.poly(flat(rgb{1, 1, 1}).fade(0.5), -0.42, -1.45, -0.33, -1.45, -0.25, -0.1, -0.3, -0.1)
	q := p.move(0.5, -1.5)
	q.oval(flat(s.pops[2]), 0, 0, 0.3, 0.3)
	q.oval(flat(s.paper), 0, 0, 0.25, 0.25)
	for i := range 7 {
		t := q.turn(float64(i) * 2 * math.Pi / 7)
		t.poly(flat(s.pops[2].lighter(0.25)), 0.04, 0, 0.22, -0.08, 0.22, 0.08)
	}
}

func (s *stage) fruit(p pen) {
	for i, v := range []vec{{-0.42, -0.68}, {0.4, -0.66}, {0, -0.85}, {-0.15, -0.6}} {
		c := s.pops[i%3]
		p.oval(p.around(v.x-0.12, v.y-0.14, 0.5, c.lighter(0.35), c.darker(0.15)), v.x, v.y, 0.34, 0.33)
		p.stroke(flat(s.ink), 0.03, v.x, v.y-0.28, v.x+0.03, v.y-0.38, v.x+0.1, v.y-0.44)
		p.fill(flat(hex(0x3f8f54)), leaf(v.x+0.04, v.y-0.34, v.x+0.3, v.y-0.46, 0.3))
	}
	c := s.paper.mix(s.pops[2], 0.35)
	p.fill(line(p.pt(vec{-0.9, 0}), p.pt(vec{0.9, 0}), c.lighter(0.2), c.darker(0.3)), arc(0, -0.55, 0.92, 0.5, 0, math.Pi, 30))
	p.box(flat(c.darker(0.3)), -0.35, -0.1, 0.35, 0.02, 0.02)
	p.fill(flat(s.pops[0]), ribbon(curve(points([]float64{-0.86, -0.4, -0.4, -0.2, 0, -0.3, 0.4, -0.2, 0.86, -0.4})), 0.05, 0.05))
}

func (s *stage) cake(p pen) {
	sponge := hex(0xe8b878).mix(s.pops[1], 0.25)
	p.oval(flat(s.paper), 0, 0, 1, 0.13)
	p.box(flat(sponge), -0.75, -0.75, 0.75, -0.02, 0.08)
	p.box(flat(s.pops[0]), -0.75, -0.48, 0.75, -0.34, 0)
	p.box(flat(sponge.darker(0.4)).fade(0.25), 0.1, -0.75, 0.75, -0.02, 0.08)
	p.blob(flat(s.paper), -0.78, -0.85, 0.78, -0.85, 0.76, -0.6, 0.58, -0.5, 0.4, -0.66, 0.2, -0.45, 0, -0.64, -0.22, -0.5, -0.42, -0.66, -0.6, -0.46, -0.77, -0.62)
	for i := range 3 {
		x := -0.45 + 0.45*float64(i)
		p.oval(p.around(x-0.05, -1, 0.2, s.pops[0].lighter(0.3), s.pops[0].darker(0.1)), x, -0.96, 0.14, 0.14)
	}
}

func (s *stage) bottle(p pen) {
	c := s.pops[2].darker(0.2)
	k := line(p.pt(vec{-0.4, 0}), p.pt(vec{0.4, 0}), c.lighter(0.3), c.darker(0.3))
	p.blob(k, -0.36, 0, -0.38, -0.9, -0.3, -1.25, -0.12, -1.5, -0.12, -1.95, 0.12, -1.95, 0.12, -1.5, 0.3, -1.25, 0.38, -0.9, 0.36, 0)
	p.box(flat(s.pops[0]), -0.14, -2.02, 0.14, -1.85, 0.03)
	p.box(flat(s.paper), -0.37, -0.85, 0.37, -0.35, 0)
	p.oval(flat(s.pops[1]), 0, -0.6, 0.17, 0.17)
	p.poly(flat(rgb{1, 1, 1}).fade(0.35), -0.28, -1.1, -0.2, -1.15, -0.22, -0.1, -0.28, -0.1)
}

// toast puts two glasses in a lower corner of an outdoor scene.
func (s *stage) toast() {
	x := s.w * (0.5 + s.side*0.34)
	s.glass(s.pen(x-s.u*0.055, s.h*0.98, s.u*0.115).turn(-0.08).mirror())
	s.glass(s.pen(x+s.u*0.055, s.h*0.99, s.u*0.105).turn(0.08))
}
