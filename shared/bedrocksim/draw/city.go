package draw

import "math"

// city is a skyline in layers, ending in a street, in water or in a park.
func city(s *stage) {
	s.horizon = s.h * s.dice.span(0.66, 0.82)
	s.sun.y = s.horizon * s.dice.span(0.25, 0.7)
	if s.dice.chance(0.5) {
		s.sunR *= 1.7
	}
	s.backdrop()
	for i := range 4 {
		t := float64(i) / 3
		s.block(s.horizon, s.u*(0.5-0.12*t)*s.dice.span(0.75, 1.25), s.u*(0.07+0.05*t), 0.08+0.8*t, i >= 1)
		s.haze(s.horizon-s.u*0.32, s.horizon, 0.3*(1-t))
	}
	ground := s.dice.pick(3)
	if s.has["car"] {
		ground = 1
	}
	switch ground {
	case 0:
		s.fill(flat(s.near), rect(0, s.horizon, s.w, s.h))
		s.mirror(s.horizon)
		s.fill(down(s.horizon, s.h, s.sky[0], s.near).fade(0.3).ending(0.75), rect(0, s.horizon, s.w, s.h))
		s.sparkle(s.horizon, s.sun.x)
	case 1:
		s.road()
	default:
		s.fill(down(s.horizon, s.h, s.layer(0.9), s.layer(1)), rect(0, s.horizon, s.w, s.h))
		s.grove(5)
	}
}

// block is one row of buildings with a tall cluster somewhere in it.
func (s *stage) block(base, height, width, depth float64, lit bool) {
	c, tall := s.layer(depth), s.dice.span(0.15, 0.85)
	var walls, panes [][]vec
	for x := -width * s.dice.unit(); x < s.w; {
		w := width * s.dice.span(0.6, 1.4)
		away := (x/s.w - tall) * 3.2
		near := math.Exp(-away * away)
		top := base - height*(0.25+0.85*near)*s.dice.span(0.55, 1.15)
		walls = append(walls, s.tower(x, x+w, top, base)...)
		if lit {
			panes = append(panes, s.windows(x, x+w, top, base, width)...)
		}
		x += w * s.dice.span(0.98, 1.25)
	}
	s.fill(down(base-height, base, c, c.mix(s.sky[2], 0.25*(1-depth))), walls...)
	glow := s.light.mix(s.pops[1], 0.35)
	strength := 0.5
	if s.dark {
		strength = 0.95
	}
	s.fill(flat(glow).fade(strength*(0.4+0.6*depth)), panes...)
}

// tower is a building's outline with one of several roofs.
func (s *stage) tower(x0, x1, top, base float64) [][]vec {
	w, mid := x1-x0, (x0+x1)/2
	body := rect(x0, top, x1, base+2)
	switch s.dice.pick(8) {
	case 0:
		return [][]vec{body, rect(x0+w*0.2, top-w*0.3, x1-w*0.2, top+1), rect(mid-w*0.12, top-w*0.6, mid+w*0.12, top)}
	case 1:
		return [][]vec{body, rect(mid-w*0.03, top-w*0.9, mid+w*0.03, top+1)}
	case 2:
		return [][]vec{{{x0, top}, {x1, top - w*0.5}, {x1, base + 2}, {x0, base + 2}}}
	case 3:
		return [][]vec{body, {{x0, top + 1}, {mid, top - w*0.8}, {x1, top + 1}}}
	case 4:
		return [][]vec{body, append(arc(mid, top+1, w/2, w*0.5, math.Pi, 2*math.Pi, 16), vec{x1, top + 1})}
	case 5:
		return [][]vec{{{x0, base + 2}, {mid - w*0.22, top}, {mid, top - w}, {mid + w*0.22, top}, {x1, base + 2}}}
	}
	return [][]vec{body}
}

func (s *stage) windows(x0, x1, top, base, width float64) [][]vec {
	var out [][]vec
	cell := max(width*0.17, 3)
	if s.u < 128 {
		return nil
	}
	ratio := s.dice.span(0.15, 0.55)
	for y := top + cell*1.2; y < base-cell; y += cell * 1.25 {
		for x := x0 + cell*0.7; x < x1-cell; x += cell {
			if s.dice.chance(ratio) {
				out = append(out, rect(x, y, x+cell*0.5, y+cell*0.7))
			}
		}
	}
	return out
}

// road runs from the viewer to the horizon between two kerbs.
func (s *stage) road() {
	x := s.w * s.dice.span(0.35, 0.65)
	s.fill(down(s.horizon, s.h, s.layer(0.75), s.layer(1)), rect(0, s.horizon, s.w, s.h))
	lane := func(off, half float64) []vec {
		return []vec{{x + off*s.u*0.03 - half*s.u*0.05, s.horizon}, {x + off*s.u*0.03 + half*s.u*0.05, s.horizon}, {x + (off+half)*s.u*0.75, s.h + 2}, {x + (off-half)*s.u*0.75, s.h + 2}}
	}
	s.fill(down(s.horizon, s.h, s.layer(0.5), s.near.mix(s.sky[0], 0.25)), lane(0, 1))
	s.fill(down(s.horizon, s.h, s.light, s.pops[1]).fade(0.8), lane(-0.93, 0.02), lane(0.93, 0.02))
	for i := range 6 {
		a, b := math.Pow(float64(i)/6, 2), math.Pow((float64(i)+0.55)/6, 2)
		y0, y1 := s.horizon+(s.h-s.horizon)*a, s.horizon+(s.h-s.horizon)*b
		s.fill(flat(s.light).fade(0.9), []vec{{x - s.u*0.02*a, y0}, {x + s.u*0.02*a, y0}, {x + s.u*0.02*b, y1}, {x - s.u*0.02*b, y1}})
	}
	for i := range 4 {
		t := math.Pow(float64(i+1)/4, 1.6)
		for _, side := range []float64{-1, 1} {
			s.lamp(s.pen(x+side*s.u*(0.05+0.62*t), s.horizon+(s.h-s.horizon)*t*0.8, s.u*0.45*t), side)
		}
	}
}

func (s *stage) lamp(p pen, side float64) {
	p.box(flat(s.ink), -0.015, -1, 0.015, 0, 0)
	p.stroke(flat(s.ink), 0.03, 0, -1, -0.1*side, -1.07, -0.24*side, -1.05)
	p.oval(halo(p.pt(vec{-0.24 * side, -1.02}), 0.3*p.size(), s.light, 0.8), -0.24*side, -1.02, 0.3, 0.3)
	p.oval(flat(s.light.lighter(0.4)), -0.24*side, -1.03, 0.05, 0.035)
}
