package draw

import "math"

// pines line the foreground as dark silhouettes, mostly at the sides so that
// the view stays open.
func (s *stage) pines(n int) {
	for range n {
		x := s.dice.unit()
		x = 0.5 + (x-0.5)*(0.65+0.35*math.Abs(2*x-1))
		y := s.h * s.dice.span(0.86, 1.02)
		s.pine(x*s.w, y, s.u*s.dice.span(0.1, 0.3)*(0.5+math.Abs(x-0.5)), s.layer(0.9+0.1*s.dice.unit()))
	}
}

func (s *stage) pine(x, y, height float64, c rgb) {
	p := s.pen(x, y, height)
	frost := flat(s.light).fade(0.1)
	if s.has["snow"] {
		frost = flat(s.white(0.1)).fade(0.75)
	}
	p.box(flat(c), -0.02, -0.1, 0.02, 0.05, 0)
	for i := range 5 {
		t := float64(i) / 5
		w, top, low := 0.24-0.19*t, -0.42-0.58*t, -0.06-0.66*t
		p.poly(flat(c), 0, top, w, low, w*0.45, low-0.03, 0, low+0.02, -w*0.45, low-0.03, -w, low)
		p.poly(frost, 0, top, w, low, w*0.3, low-0.03)
	}
}

// grove scatters round trees over the hills, larger the nearer they stand.
func (s *stage) grove(n int) {
	for i := range n {
		t := (float64(i) + s.dice.unit()) / float64(n)
		y := s.horizon + (s.h-s.horizon)*(0.15+0.75*t)
		s.tree(s.dice.unit()*s.w, y, s.u*(0.06+0.16*t), s.layer(0.5+0.5*t))
	}
}

func (s *stage) tree(x, y, size float64, c rgb) {
	p := s.pen(x, y, size)
	leafy := c.mix(s.pops[s.dice.pick(3)], 0.35)
	p.poly(flat(c.darker(0.3)), -0.05, 0.02, -0.025, -0.7, 0.025, -0.7, 0.05, 0.02)
	for i := range 5 {
		a := float64(i)*1.3 + s.dice.unit()
		bx, by, r := 0.26*math.Cos(a), -0.85+0.2*math.Sin(a), s.dice.span(0.24, 0.36)
		p.oval(p.down(by-r, by+r, leafy.mix(s.light, 0.3), leafy.darker(0.2)), bx, by, r, r*0.92)
	}
}

// forest is a hall of trunks in layers of mist, or pines behind pines.
func forest(s *stage) {
	s.sun.y = s.horizon * s.dice.span(0.3, 0.6)
	s.backdrop()
	s.ridge(s.horizon*0.9, s.u*0.2, 3, 0.05)
	if s.dice.chance(0.5) {
		s.pineLayers()
	} else {
		s.trunks()
	}
	switch {
	case s.has["river"]:
		s.river()
	case s.has["lake"]:
		s.lake()
	case s.dice.chance(0.6):
		s.path()
	}
	s.ferns()
}

func (s *stage) pineLayers() {
	for i := range 5 {
		t := float64(i) / 4
		base := s.horizon*0.95 + (s.h-s.horizon*0.95)*t*0.95
		c := s.layer(0.12 + 0.85*t)
		s.fill(flat(c), s.outline(base, s.u*0.05, 2, soft))
		count := int(26 - 15*t)
		for k := range count {
			x := (float64(k) + s.dice.unit()) / float64(count) * s.w
			if i == 4 && math.Abs(x/s.w-0.5) < 0.26 {
				continue
			}
			s.pine(x, base+s.u*0.02, s.u*(0.12+0.34*t)*s.dice.span(0.6, 1.25), c)
		}
		s.haze(base-s.u*0.1, base+s.u*0.06, 0.3*(1-t))
	}
}

func (s *stage) trunks() {
	ground := s.horizon + (s.h-s.horizon)*0.2
	for i := range 5 {
		t := float64(i) / 4
		base, c := ground+(s.h-ground)*t*0.8, s.layer(0.08+0.85*t)
		s.fill(flat(c), s.outline(base, s.u*0.06, 1.5, soft))
		count := 11 - 2*i
		for k := range count {
			x := (float64(k) + s.dice.span(0.1, 0.9)) / float64(count) * s.w
			s.trunk(x, base+s.u*0.03, s.u*(0.012+0.035*t*t)*s.dice.span(0.7, 1.3), c)
		}
		s.canopy(c, t)
		s.haze(base-s.u*0.4, base+s.u*0.1, 0.28*(1-t))
	}
	k := around(s.sun, s.h, s.light, s.light).fade(0.22).ending(0)
	k.light = true
	for i := range 4 {
		x := s.sun.x + (float64(i)-1.5)*s.u*0.35
		s.fill(k, []vec{{s.sun.x, s.sun.y - s.u*0.1}, {x - s.u*0.08, s.h}, {x + s.u*0.08, s.h}})
	}
}

func (s *stage) trunk(x, base, half float64, c rgb) {
	lean := s.dice.span(-1, 1) * half
	k := line(vec{x - half, 0}, vec{x + half, 0}, c.mix(s.light, 0.16), c.darker(0.15))
	s.fill(k, []vec{{x - half*1.9, base}, {x - half, base - half*3}, {x - half*0.7 + lean, -2}, {x + half*0.7 + lean, -2}, {x + half, base - half*3}, {x + half*1.9, base}})
}

func (s *stage) canopy(c rgb, t float64) {
	var heap [][]vec
	for range 9 {
		r := s.u * s.dice.span(0.06, 0.13) * (0.6 + t)
		heap = append(heap, oval(s.dice.unit()*s.w, s.h*0.02*(1-t), r*1.5, r))
	}
	s.fill(flat(c.mix(s.pops[2], 0.15)), heap...)
}

func (s *stage) path() {
	y0 := s.horizon + (s.h-s.horizon)*0.3
	x, side := s.w*s.dice.span(0.4, 0.6), s.dice.sign()*s.u*0.12
	mid := curve([]vec{{x, y0}, {x + side, y0 + (s.h-y0)*0.3}, {x - side, y0 + (s.h-y0)*0.65}, {x, s.h * 1.03}})
	s.fill(down(y0, s.h, s.sky[2], s.layer(0.6).mix(s.pops[1], 0.45)).fade(0.9), s.bed(mid, 0.4))
}

func (s *stage) ferns() {
	var blades [][]vec
	for range 60 {
		x := s.dice.unit()
		if math.Abs(x-0.5) < 0.2 {
			continue
		}
		h := s.u * s.dice.span(0.04, 0.13) * (0.4 + math.Abs(x-0.5)*1.6)
		blades = append(blades, leaf(x*s.w, s.h+2, x*s.w+s.dice.span(-0.6, 0.6)*h, s.h-h, 0.08))
	}
	s.fill(flat(s.layer(1)), blades...)
}
