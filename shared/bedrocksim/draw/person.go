package draw

import "math"

var skins = []rgb{hex(0xf6d2b8), hex(0xe8b48f), hex(0xc98a5e), hex(0x9a623f), hex(0x6b3f2a)}

// portrait is a bust, larger than life.
func portrait(s *stage) {
	p := s.pen(s.w*s.dice.span(0.34, 0.66), s.h*s.dice.span(0.42, 0.5), s.u*s.dice.span(0.26, 0.37)).turn(s.dice.span(-0.07, 0.07))
	if s.setting != "emblem" {
		s.disc(p)
	}
	if s.dice.chance(0.5) {
		p = p.mirror()
	}
	skin, hair := skins[s.dice.pick(len(skins))], []rgb{hex(0x2a1a1f), hex(0x5b3021), hex(0xb5652b), hex(0xe3b866), s.pops[0]}[s.dice.pick(5)]
	if s.has["man"] {
		hair = hair.darker(0.55)
	}
	cut := s.dice.pick(4)
	if s.has["man"] {
		cut = 3
	}
	s.hairBehind(p, hair, cut)
	s.shoulders(p, skin)
	s.visage(p, skin, hair)
	s.hairFront(p, hair, cut)
	if s.has["man"] {
		s.beard(p, hair)
	}
	s.adorn(p)
}

func (s *stage) hairBehind(p pen, c rgb, cut int) {
	switch cut {
	case 0:
		p.blob(p.down(-0.9, 1.3, c.lighter(0.1), c.darker(0.2)), 0, -0.95, 0.62, -0.6, 0.7, 0.1, 0.86, 0.8, 0.6, 1.35, -0.6, 1.35, -0.86, 0.8, -0.7, 0.1, -0.62, -0.6)
	case 1:
		p.oval(flat(c.darker(0.15)), 0.16, -1.02, 0.3, 0.28)
		p.oval(flat(c), 0, -0.3, 0.6, 0.66)
	case 2:
		for i := range 16 {
			a := math.Pi*0.8 + float64(i)*math.Pi*1.4/15
			p.oval(flat(c.mix(s.light, 0.05*float64(i%3))), 0.6*math.Cos(a), -0.35+0.6*math.Sin(a), 0.28, 0.28)
		}
		p.oval(flat(c), 0, -0.4, 0.66, 0.6)
	default:
		p.blob(flat(c), 0, -0.85, 0.55, -0.62, 0.6, 0, 0.5, 0.3, -0.5, 0.3, -0.6, 0, -0.55, -0.62)
	}
}

func (s *stage) shoulders(p pen, skin rgb) {
	low := (s.h-p.at.y)/p.size() + 0.2
	dress := s.pops[s.dice.pick(3)]
	p.poly(flat(skin.darker(0.18)), -0.19, 0.3, 0.19, 0.3, 0.22, 0.9, 0.5, 1.05, -0.5, 1.05, -0.22, 0.9)
	p.blob(p.down(0.8, low, dress, dress.darker(0.4)), -0.3, 0.84, 0, 1.02, 0.3, 0.84, 0.85, 1.02, 1.12, low, 1.1, low+1, -1.1, low+1, -1.12, low, -0.85, 1.02)
	p.fill(flat(s.paper).fade(0.85), ribbon(curve(points([]float64{-0.3, 0.84, -0.12, 1.06, 0.12, 1.06, 0.3, 0.84})), 0.035, 0.035))
	if s.has["man"] {
		return
	}
	for i := range 5 {
		t := float64(i)/2 - 1
		p.oval(flat(s.light), t*0.24, 1.0-0.2*t*t+0.02, 0.04, 0.04)
	}
}

// visage keeps to a few lines; a face half drawn is worse than a mask.
func (s *stage) visage(p pen, skin, hair rgb) {
	face := loop(points([]float64{0, -0.72, 0.4, -0.52, 0.46, -0.1, 0.36, 0.3, 0.12, 0.55, -0.12, 0.55, -0.36, 0.3, -0.46, -0.1, -0.4, -0.52}))
	p.fill(flat(skin), face)
	p.blob(flat(skin.darker(0.35)).fade(0.3), 0.05, -0.7, 0.4, -0.5, 0.46, -0.1, 0.36, 0.3, 0.12, 0.55, 0.02, 0.54, 0.1, 0.2, 0.16, -0.1)
	blush := s.pops[0].mix(skin, 0.4)
	dark := hex(0x2a1719)
	for _, q := range []pen{p, p.mirror()} {
		q.oval(flat(blush).fade(0.45), 0.28, 0.14, 0.12, 0.08)
		q.fill(flat(hair.darker(0.35)), ribbon(curve(points([]float64{0.08, -0.21, 0.2, -0.27, 0.34, -0.21})), 0.035, 0.02))
		q.fill(flat(dark), ribbon(curve(points([]float64{0.08, -0.05, 0.2, 0.0, 0.34, -0.07})), 0.02, 0.035))
		for i := range 3 {
			x := 0.22 + 0.06*float64(i)
			q.fill(flat(dark), ribbon([]vec{{x, -0.02 - 0.01*float64(i)}, {x + 0.035, 0.04 - 0.02*float64(i)}}, 0.018, 0.006))
		}
	}
	p.fill(flat(skin.darker(0.42)), ribbon(curve(points([]float64{0.02, -0.16, 0.05, 0.1, 0.09, 0.19, 0, 0.22})), 0.012, 0.024))
	lips := hex(0xb8333f).mix(s.pops[0], 0.3)
	p.blob(flat(lips), -0.13, 0.35, -0.04, 0.31, 0, 0.325, 0.04, 0.31, 0.13, 0.35, 0, 0.365)
	p.blob(flat(lips.lighter(0.15)), -0.12, 0.36, 0, 0.36, 0.12, 0.36, 0.05, 0.42, -0.05, 0.42)
}

func (s *stage) hairFront(p pen, c rgb, cut int) {
	shine := c.lighter(0.16)
	part := 0.12
	if cut == 3 {
		p.blob(flat(shine), -0.5, -0.2, -0.52, -0.6, -0.2, -0.92, 0.3, -0.9, 0.56, -0.55, 0.5, -0.2, 0.38, -0.5, 0.1, -0.58, -0.3, -0.5)
		return
	}
	p.blob(flat(c), part, -0.85, 0.5, -0.66, 0.6, -0.1, 0.5, 0.28, 0.44, -0.12, 0.34, -0.42)
	p.blob(flat(shine), part, -0.85, -0.4, -0.76, -0.62, -0.2, -0.52, 0.3, -0.44, -0.1, -0.3, -0.4)
}

func (s *stage) beard(p pen, c rgb) {
	p.blob(p.down(0, 0.8, c.lighter(0.08), c.darker(0.15)), -0.46, 0.02, -0.36, 0.26, -0.16, 0.27, 0, 0.25, 0.16, 0.27, 0.36, 0.26, 0.46, 0.02, 0.44, 0.36, 0.26, 0.66, 0, 0.78, -0.26, 0.66, -0.44, 0.36)
	p.blob(flat(hex(0xb8574f)), -0.1, 0.37, 0, 0.355, 0.1, 0.37, 0.04, 0.41, -0.04, 0.41)
}

func (s *stage) adorn(p pen) {
	if s.has["royal"] || s.has["castle"] {
		p.poly(flat(s.pops[1]), -0.36, -0.72, -0.42, -1.08, -0.2, -0.9, 0, -1.18, 0.2, -0.9, 0.42, -1.08, 0.36, -0.72)
		return
	}
	if s.has["man"] {
		return
	}
	if s.dice.chance(0.5) {
		for i := range 5 {
			a := -2.7 + 0.33*float64(i)
			s.bloom(p.move(0.58*math.Cos(a), -0.25+0.6*math.Sin(a)).scale(0.17, 0.17), i)
		}
	}
	for _, q := range []pen{p, p.mirror()} {
		q.oval(flat(s.pops[1]), 0.49, 0.26, 0.05, 0.07)
	}
}

// people are small figures with their arms up, on the ground in front.
func people(s *stage) {
	n := 3 + s.dice.pick(3)
	for i := range n {
		x := s.w*(0.5-s.side*0.13*min(1, s.h/s.w)+(float64(i)-float64(n-1)/2)*0.13*min(1, s.h/s.w*1.2)) + s.dice.span(-0.02, 0.02)*s.w
		p := s.pen(x, s.h*s.dice.span(0.93, 0.97), s.u*s.dice.span(0.2, 0.25))
		if s.dice.chance(0.5) {
			p = p.mirror()
		}
		s.figure(p, i)
	}
}

func (s *stage) figure(p pen, i int) {
	skin, hair := skins[s.dice.pick(len(skins))], s.ink.mix(s.pops[(i+1)%3], 0.25)
	dress := s.pops[i%3]
	p.oval(flat(s.ink).fade(0.25), 0, 0, 0.28, 0.05)
	limb := func(xy ...float64) { p.fill(flat(skin), ribbon(curve(points(xy)), 0.06, 0.045)) }
	limb(-0.06, -0.4, -0.1, -0.2, -0.14, -0.01)
	limb(0.06, -0.4, 0.16, -0.22, 0.12, -0.01)
	limb(-0.1, -0.82, -0.26, -0.98, -0.22-0.1*s.dice.unit(), -1.22)
	limb(0.1, -0.82, 0.28, -0.92-0.1*s.dice.unit(), 0.42, -1.1)
	p.blob(flat(hair), 0, -1.2, 0.14, -1.08, 0.16, -0.85, 0.05, -0.74, -0.12, -0.78, -0.15, -1.05)
	p.blob(p.down(-0.9, -0.3, dress.lighter(0.15), dress), -0.1, -0.86, 0.1, -0.86, 0.09, -0.62, 0.24, -0.32, 0, -0.28, -0.24, -0.32, -0.09, -0.62)
	p.oval(flat(skin), 0.01, -1.0, 0.095, 0.12)
	p.blob(flat(hair), -0.11, -1.0, -0.08, -1.14, 0.03, -1.16, 0.12, -1.06, 0.08, -1.08)
}
