package draw

import "math"

var subjects map[string]func(*stage)

func init() {
	subjects = map[string]func(*stage){
		"portrait": portrait, "people": people, "robot": robot, "car": car, "house": house, "castle": castle,
		"rocket": rocket, "boat": boat, "balloon": balloons, "fish": shoal, "butterfly": butterfly,
	}
	for name := range beasts {
		subjects[name] = animal(name)
	}
}

// extras adds the small things a prompt names besides its subject.
func (s *stage) extras() {
	if s.has["people"] && (s.subject == "" || s.subject == "house" || s.subject == "castle" || s.subject == "boat") {
		people(s)
	}
	if s.has["balloon"] && (s.subject == "" || s.subject == "people" || s.subject == "house") {
		balloons(s)
	}
	if s.has["glass"] && s.setting != "table" {
		s.toast()
	}
	if s.has["garden"] && s.setting != "garden" {
		for range 7 {
			s.bloom(s.pen(s.dice.unit()*s.w, s.h*s.dice.span(0.9, 1), s.u*s.dice.span(0.03, 0.06)), s.dice.pick(9))
		}
	}
	if s.has["snow"] {
		s.snowfall()
	}
	if s.outdoors() && s.dice.chance(0.5) {
		s.flock()
	}
}

func (s *stage) outdoors() bool {
	return s.setting == "mountain" || s.setting == "field" || s.setting == "sea" || s.setting == "city"
}

func (s *stage) flock() {
	x, y := s.dice.span(0.15, 0.75)*s.w, s.dice.span(0.15, 0.45)*s.horizon
	for i := range 4 + s.dice.pick(5) {
		p := s.pen(x+float64(i)*s.u*0.035+s.dice.span(-1, 1)*s.u*0.02, y+s.dice.span(-1, 1)*s.u*0.05, s.u*s.dice.span(0.012, 0.022))
		p.fill(flat(s.ink), ribbon(curve(points([]float64{-1, -0.3, -0.5, -0.45, 0, 0.1, 0.5, -0.45, 1, -0.3})), 0.14, 0.14))
	}
}

func robot(s *stage) {
	p := s.pen(s.w*s.dice.span(0.35, 0.65), s.h*s.dice.span(0.45, 0.52), s.u*s.dice.span(0.26, 0.36)).turn(s.dice.span(-0.08, 0.08))
	if s.setting != "emblem" {
		s.disc(p)
	}
	low, steel := (s.h-p.at.y)/p.size()+0.2, s.pops[2].mix(hex(0xb9c4cf), 0.55)
	glow := s.pops[1].mix(s.light, 0.3)
	p.box(flat(steel.darker(0.5)), -0.2, 0.4, 0.2, 0.85, 0.05)
	p.box(p.down(0.7, low, steel, steel.darker(0.5)), -0.85, 0.72, 0.85, low+0.5, 0.25)
	p.oval(flat(s.ink), 0, 1.15, 0.2, 0.2)
	p.oval(p.around(0, 1.15, 0.18, s.light, glow), 0, 1.15, 0.15, 0.15)
	p.stroke(flat(steel.darker(0.4)), 0.05, 0, -0.6, 0, -0.8, 0, -0.98)
	p.oval(flat(s.pops[0]), 0, -1.02, 0.11, 0.11)
	for _, x := range []float64{-0.78, 0.78} {
		p.box(flat(s.pops[0].darker(0.15)), x-0.12, -0.25, x+0.12, 0.2, 0.08)
	}
	p.box(p.down(-0.65, 0.5, steel.lighter(0.3), steel), -0.74, -0.64, 0.74, 0.5, 0.28)
	p.box(flat(steel.darker(0.5)).fade(0.2), 0.1, -0.64, 0.74, 0.5, 0.28)
	p.box(flat(s.ink), -0.58, -0.4, 0.58, 0.1, 0.22)
	for _, x := range []float64{-0.28, 0.28} {
		p.oval(halo(p.pt(vec{x, -0.15}), 0.32*p.size(), glow, 0.7), x, -0.15, 0.32, 0.32)
		p.oval(p.around(x, -0.15, 0.17, rgb{1, 1, 1}, glow), x, -0.15, 0.14, 0.14)
	}
	for i := range 5 {
		x := -0.26 + 0.13*float64(i)
		p.box(flat(s.ink), x-0.03, 0.22, x+0.03, 0.38, 0.02)
	}
}

func car(s *stage) {
	p := s.pen(s.w*s.dice.span(0.4, 0.6), s.h*0.86, s.u*s.dice.span(0.3, 0.36))
	if s.dice.chance(0.5) {
		p = p.mirror()
	}
	c := s.pops[0]
	p.oval(flat(s.ink).fade(0.4), 0, 0.22, 1.15, 0.08)
	p.blob(flat(c.darker(0.3)), -0.62, -0.2, -0.38, -0.55, 0.2, -0.58, 0.58, -0.22)
	p.blob(p.down(-0.5, -0.1, s.sky[2], s.sky[1]), -0.5, -0.22, -0.33, -0.48, -0.06, -0.5, -0.06, -0.22)
	p.blob(p.down(-0.5, -0.1, s.sky[2], s.sky[1]), 0.02, -0.22, 0.02, -0.5, 0.18, -0.5, 0.45, -0.22)
	p.blob(p.down(-0.3, 0.25, c.lighter(0.25), c.darker(0.2)), -1.05, 0.1, -0.98, -0.14, -0.6, -0.22, 0.55, -0.23, 0.95, -0.12, 1.08, 0.12, 0.9, 0.18, -0.95, 0.18)
	p.stroke(flat(s.paper).fade(0.8), 0.025, -0.95, -0.03, 0, -0.08, 1, -0.02)
	for _, x := range []float64{-0.6, 0.62} {
		p.oval(flat(s.ink), x, 0.14, 0.24, 0.24)
		p.oval(flat(hex(0xc8ccd4)), x, 0.14, 0.13, 0.13)
		p.oval(flat(s.ink), x, 0.14, 0.05, 0.05)
	}
	p.oval(flat(s.light), 0.98, -0.01, 0.06, 0.05)
	p.poly(p.around(1, 0, 1.2, s.light, s.light).fade(0.5).ending(0), 1, -0.03, 2.3, -0.15, 2.3, 0.3, 1, 0.03)
}

func house(s *stage) {
	p := s.pen(s.w*s.dice.span(0.3, 0.7), s.h*s.dice.span(0.78, 0.85), s.u*s.dice.span(0.2, 0.27))
	if s.dice.chance(0.5) {
		p = p.mirror()
	}
	wall, roof := s.paper.mix(s.pops[1], 0.25), s.pops[0]
	p.oval(flat(s.ink).fade(0.25), 0.1, 0.02, 1.3, 0.1)
	p.poly(flat(wall.darker(0.3)), 0.2, -0.7, 1, -0.6, 1, 0, 0.2, 0.03)
	p.poly(flat(wall), -0.7, -0.65, -0.25, -1.25, 0.2, -0.7, 0.2, 0.03, -0.7, 0)
	p.poly(flat(roof.darker(0.3)), -0.25, -1.32, 0.65, -1.2, 1.1, -0.56, 0.26, -0.64)
	p.poly(flat(roof), -0.25, -1.32, -0.14, -1.3, -0.72, -0.52, -0.83, -0.58)
	p.box(flat(roof.darker(0.45)), 0.42, -1.45, 0.58, -1.05, 0)
	p.box(flat(s.ink), -0.36, -0.42, -0.14, 0.02, 0.1)
	for _, x := range []float64{-0.58, 0.0} {
		p.box(flat(s.light), x-0.07, -0.62, x+0.09, -0.42, 0.01)
	}
	p.box(flat(s.light), 0.42, -0.48, 0.6, -0.25, 0)
	p.box(flat(s.light), 0.72, -0.46, 0.88, -0.25, 0)
	for i := range 4 {
		t := float64(i)
		p.oval(flat(s.paper).fade(0.6-0.12*t), 0.5+0.08*t*t, -1.6-0.2*t, 0.1+0.05*t, 0.09+0.04*t)
	}
}

func castle(s *stage) {
	p := s.pen(s.w*s.dice.span(0.32, 0.68), s.horizon+(s.h-s.horizon)*0.45, s.u*s.dice.span(0.28, 0.36))
	wall := s.layer(0.35).mix(s.paper, 0.45)
	p.blob(flat(s.layer(0.8)), -1.7, 0.5, -0.9, 0.02, 0, -0.12, 0.9, 0.02, 1.7, 0.5, 0, 1.4)
	for i, t := range [][3]float64{{-0.3, 1.15, 0.14}, {0.34, 1.3, 0.15}, {0, 1.55, 0.18}, {-0.72, 0.75, 0.16}, {0.74, 0.8, 0.16}} {
		s.turret(p, t[0], t[1], t[2], wall, i)
	}
	p.box(flat(wall), -0.72, -0.5, 0.74, 0.06, 0)
	for i := range 8 {
		x := -0.7 + 0.19*float64(i)
		p.box(flat(wall), x, -0.58, x+0.1, -0.48, 0)
	}
	p.fill(flat(s.ink), append(arc(0, -0.16, 0.13, 0.15, math.Pi, 2*math.Pi, 16), vec{0.13, 0.07}, vec{-0.13, 0.07}))
}

func (s *stage) turret(p pen, x, top, half float64, wall rgb, i int) {
	k := line(p.pt(vec{x - half, 0}), p.pt(vec{x + half, 0}), wall.lighter(0.2), wall.darker(0.3))
	p.box(k, x-half, -top, x+half, 0.06, 0)
	p.poly(flat(s.pops[i%2]), x-half*1.3, -top, x, -top-half*3.2, x+half*1.3, -top)
	p.poly(flat(s.ink).fade(0.2), x, -top, x, -top-half*3.2, x+half*1.3, -top)
	p.poly(flat(s.pops[2]), x, -top-half*3.9, x+half*1.2, -top-half*3.65, x, -top-half*3.3)
	p.box(flat(s.light), x-half*0.2, -top+half*0.7, x+half*0.2, -top+half*1.5, half*0.2)
}

func rocket(s *stage) {
	p := s.pen(s.w*s.dice.span(0.35, 0.65), s.h*0.45, s.u*0.3).turn(s.dice.span(-0.6, 0.6))
	p.fill(p.down(0.7, 2.2, s.light, s.pops[0]).ending(0), loop(points([]float64{-0.25, 0.7, 0.25, 0.7, 0.3, 1.2, 0, 2.3, -0.3, 1.2})))
	for _, q := range []pen{p, p.mirror()} {
		q.blob(flat(s.pops[0].darker(0.1)), 0.2, 0.2, 0.62, 0.6, 0.6, 1, 0.22, 0.72)
	}
	p.blob(line(p.pt(vec{-0.4, 0}), p.pt(vec{0.4, 0}), s.paper, s.paper.darker(0.4)), 0, -1.2, 0.36, -0.4, 0.36, 0.3, 0.2, 0.78, -0.2, 0.78, -0.36, 0.3, -0.36, -0.4)
	p.blob(flat(s.pops[0]), 0, -1.2, 0.27, -0.7, 0, -0.6, -0.27, -0.7)
	p.oval(flat(s.ink), 0, -0.2, 0.19, 0.19)
	p.oval(p.around(-0.05, -0.25, 0.2, s.sky[2], s.pops[2]), 0, -0.2, 0.14, 0.14)
}

func boat(s *stage) {
	s.sail(s.w*s.dice.span(0.3, 0.7), s.horizon+(s.h-s.horizon)*s.dice.span(0.25, 0.4), s.u*s.dice.span(0.2, 0.27))
}

func balloons(s *stage) {
	for i := range 2 + s.dice.pick(4) {
		size := s.u * s.dice.span(0.05, 0.15)
		s.balloon(s.pen(s.dice.span(0.1, 0.9)*s.w, s.horizon*s.dice.span(0.2, 0.75), size), i)
	}
}

func (s *stage) balloon(p pen, i int) {
	for k := range 5 {
		w := 1 - 0.4*float64(k)
		c := s.pops[(k+i)%3]
		p.blob(flat(c), 0, -1.1, 0.7*w, -0.75, 0.85*w, -0.2, 0.35*w, 0.65, -0.35*w, 0.65, -0.85*w, -0.2, -0.7*w, -0.75)
		if k == 2 {
			break
		}
	}
	p.box(flat(s.ink), -0.16, 0.95, 0.16, 1.2, 0.05)
	p.fill(flat(s.ink), ribbon([]vec{{-0.25, 0.68}, {-0.14, 0.97}}, 0.02, 0.02), ribbon([]vec{{0.25, 0.68}, {0.14, 0.97}}, 0.02, 0.02))
}
