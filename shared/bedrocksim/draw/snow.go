package draw

// white is snow in the light of the sky above it, blue in its shadows and at night.
func (s *stage) white(shade float64) rgb {
	if s.dark {
		shade += 0.3
	}
	return rgb{1, 1, 1}.mix(s.sky[1].mix(hex(0x6f8fd0), 0.7), shade)
}

// onLand reports whether snow would stay on the ground of the setting, and hide no water that is asked for.
func (s *stage) onLand() bool {
	if s.has["lake"] || s.has["river"] {
		return false
	}
	switch s.setting {
	case "mountain", "field", "forest", "city", "garden", "emblem", "desert":
		return s.has["snow"]
	}
	return false
}

// bodied reports whether the subject is a bust, which then stands in the snow up to its chest.
func (s *stage) bodied() bool {
	_, ok := beasts[s.subject]
	return ok || s.subject == "portrait" || s.subject == "robot"
}

// drifts cover the ground below a height.
func (s *stage) drifts(y float64, n int) {
	for i := range n {
		t := float64(i) / float64(n)
		at := y + (s.h-y)*t
		s.fill(down(at-s.u*0.06, at+s.u*0.22, s.white(0.02), s.white(0.28-0.1*t)), s.outline(at, s.u*0.07, 0.9+s.dice.unit(), soft))
	}
}

// snowfall is a veil of small flakes and a few near ones.
func (s *stage) snowfall() {
	var far, near [][]vec
	for range 220 {
		far = append(far, dot(s.dice.unit()*s.w, s.dice.unit()*s.h, s.u*s.dice.span(0.002, 0.005)))
	}
	for range 45 {
		near = append(near, dot(s.dice.unit()*s.w, s.dice.unit()*s.h, s.u*s.dice.span(0.006, 0.012)))
	}
	s.fill(flat(rgb{1, 1, 1}).fade(0.8), far...)
	s.fill(flat(rgb{1, 1, 1}).fade(0.9), near...)
}
