package draw

import "math"

// beast describes an animal's face seen from the front.
type beast struct {
	fur, face, mark rgb     // the coat, the muzzle and chest, stripes and inner ears
	ears            string  // round, point, flop, long, tuft, side, none
	wide, chin      float64 // half width of the head, and of the jaw against it
	muzzle          float64 // size of the muzzle; 0 draws a beak
	mane            bool
	whiskers        bool
	pattern         string // stripes, patches, mask, blaze, disc, antlers, horn, ""
}

var beasts = map[string]beast{
	"lion":   {hex(0xe3a548), hex(0xf8dfae), hex(0x8c4a1f), "round", 0.62, 0.82, 0.34, true, true, "blaze"},
	"tiger":  {hex(0xee8b2d), hex(0xfbf1e0), hex(0x2b1a17), "round", 0.7, 0.85, 0.32, false, true, "stripes"},
	"cat":    {hex(0x7d8597), hex(0xf3f0ec), hex(0xe9a6a6), "point", 0.72, 0.72, 0.22, false, true, "stripes"},
	"fox":    {hex(0xe2692a), hex(0xfdf3e4), hex(0x3b1f1c), "point", 0.72, 0.35, 0.22, false, false, "mask"},
	"wolf":   {hex(0x66758a), hex(0xe9edf0), hex(0x2d3646), "point", 0.7, 0.48, 0.27, false, false, "mask"},
	"dog":    {hex(0xc98d4e), hex(0xfaf0de), hex(0x6b3d20), "flop", 0.62, 0.82, 0.36, false, false, "blaze"},
	"bear":   {hex(0x8a5a3a), hex(0xd9b48a), hex(0x4c2e1d), "round", 0.72, 0.86, 0.34, false, false, ""},
	"panda":  {hex(0xf7f4ee), hex(0xffffff), hex(0x1d1d24), "round", 0.76, 0.85, 0.26, false, false, "patches"},
	"rabbit": {hex(0xd8c3b0), hex(0xfcf6ee), hex(0xeaa6a8), "long", 0.58, 0.8, 0.24, false, true, ""},
	"owl":    {hex(0x80583c), hex(0xf0dcb8), hex(0x4a2f22), "tuft", 0.72, 0.85, 0, false, false, "disc"},
	"bird":   {hex(0x2e86c1), hex(0xfaf3e6), hex(0x173f5f), "none", 0.56, 0.85, 0, false, false, "mask"},
	"deer":   {hex(0xb9773f), hex(0xf3dcbd), hex(0x5a3520), "side", 0.48, 0.55, 0.27, false, false, "antlers"},
	"horse":  {hex(0x9a5b34), hex(0xe9cfae), hex(0x41231a), "side", 0.46, 0.7, 0.36, false, false, "horn"},
	"monkey": {hex(0x6d4a38), hex(0xeac7a0), hex(0x3a241b), "side", 0.62, 0.82, 0.4, false, false, "disc"},
}

// animal draws the bust of the named beast, large, before a disc of light.
func animal(name string) func(*stage) {
	return func(s *stage) {
		b := s.coat(beasts[name])
		if s.count > 1 {
			s.pack(b)
			return
		}
		size := s.u * s.dice.span(0.27, 0.4)
		x, y := s.w*s.dice.span(0.36, 0.64), s.h*s.dice.span(0.5, 0.58)
		p := s.pen(x, y, size).turn(s.dice.span(-0.1, 0.1))
		if s.setting != "emblem" {
			s.disc(p)
		}
		s.bust(p, b)
	}
}

func (s *stage) coat(b beast) beast {
	turn, own := s.dice.span(-9, 9), s.dice.span(0.05, 0.22)
	mood := s.pops[s.dice.pick(3)]
	for _, c := range []*rgb{&b.fur, &b.mark} {
		*c = c.shift(turn, 1.05, 1).toward(mood, own)
	}
	if len(s.hues) > 0 {
		b.fur = b.fur.mix(s.hues[0], 0.5)
	}
	return b
}

// disc sets a figure off from its setting: a sun, an arch, a dark moon beside
// it, or a badge with points. Its place and tone are what tell apart two
// posters of the same animal.
func (s *stage) disc(p pen) {
	from, to := s.light, s.pops[s.dice.pick(3)]
	if s.dice.chance(0.4) {
		from, to = s.near.mix(s.sky[0], 0.4), s.sky[0].mix(s.pops[2], 0.3)
	}
	x, y, r := s.dice.span(-0.6, 0.6), s.dice.span(-0.5, 0.15), s.dice.span(1.1, 1.5)
	shape := oval(x, y, r, r)
	switch s.dice.pick(4) {
	case 0:
		shape = append(arc(x*0.4, y, r, r, math.Pi, 2*math.Pi, 50), vec{x*0.4 + r, 9}, vec{x*0.4 - r, 9})
	case 1:
		shape = badge(x*0.5, y*0.6, r, 12+2*s.dice.pick(8))
	case 2:
		shape = []vec{{x - r, y - 9}, {x + r, y - 9}, {x + r*0.4, 9}, {x - r*1.6, 9}}
	}
	p.fill(p.down(y-r, y+r, from, to).fade(0.92), shape)
	p.fill(flat(s.paper).fade(0.8), ribbon(append(shape, shape[0]), 0.025, 0.025))
}

func badge(x, y, r float64, points int) []vec {
	out := make([]vec, 2*points)
	for i := range out {
		sin, cos := math.Sincos(float64(i) * math.Pi / float64(points))
		k := r * (1.06 - 0.16*float64(i%2))
		out[i] = vec{x + k*cos, y + k*sin}
	}
	return out
}

func (s *stage) bust(p pen, b beast) {
	young := s.has["young"]
	s.chest(p, b)
	if b.mane {
		s.mane(p, b, young)
	}
	if b.pattern == "antlers" && !young {
		s.antlers(p, b)
	}
	s.ears(p, b)
	s.head(p, b)
	s.markings(p, b)
	s.muzzle(p, b)
	for _, q := range []pen{p, p.mirror()} {
		s.eye(q, b, young)
	}
}

func (s *stage) chest(p pen, b beast) {
	low := (s.h-p.at.y)/p.size() + 0.3
	p.blob(p.down(0.4, low, b.fur.darker(0.22), b.fur.darker(0.5)), -0.42, 0.2, 0.42, 0.2, 0.82, 0.95, 1.05, low+0.4, -1.05, low+0.4, -0.82, 0.95)
	for i := range 4 {
		y, w := 0.72+0.22*float64(i), 0.36-0.07*float64(i)
		p.poly(flat(b.face.mix(b.fur, 0.12*float64(i+1))), -w, y, -w*0.5, y+0.22, -w*0.25, y+0.1, 0, y+0.34, w*0.25, y+0.1, w*0.5, y+0.22, w, y, 0, y-0.2)
	}
}

// mane is three wreaths of leaves, the outer ones darker.
func (s *stage) mane(p pen, b beast, young bool) {
	reach := 1.3
	if young {
		reach = 1.02
	}
	for i, k := range []float64{1, 0.86, 0.73} {
		n := 22 - 3*i
		c := b.mark.mix(b.fur, 0.3*float64(i))
		off := s.dice.unit()
		for j := range n {
			q := p.turn((float64(j) + off) * 6.28318 / float64(n))
			r := reach * k * (0.94 + 0.06*float64(j%2))
			q.fill(line(q.pt(vec{0.4, 0}), q.pt(vec{r, 0}), c.lighter(0.12), c.darker(0.15)), leaf(0.25, 0, r, 0, 0.3))
		}
	}
}

func (s *stage) antlers(p pen, b beast) {
	c := b.face.mix(b.mark, 0.35)
	for _, q := range []pen{p, p.mirror()} {
		q.fill(flat(c), ribbon(curve(points([]float64{0.16, -0.5, 0.3, -0.85, 0.62, -1.05, 0.72, -1.5})), 0.11, 0.03))
		q.fill(flat(c), ribbon(curve(points([]float64{0.33, -0.87, 0.3, -1.15, 0.38, -1.32})), 0.08, 0.02))
		q.fill(flat(c), ribbon(curve(points([]float64{0.6, -1.04, 0.88, -1.1, 0.98, -1.32})), 0.07, 0.02))
	}
}

func (s *stage) ears(p pen, b beast) {
	inner := b.mark.mix(b.face, 0.25)
	for _, q := range []pen{p, p.mirror()} {
		w := b.wide
		switch b.ears {
		case "round":
			q.oval(flat(b.fur.darker(0.12)), w*0.8, -0.52, 0.25, 0.25)
			q.oval(flat(inner), w*0.8, -0.5, 0.15, 0.15)
			if b.pattern == "patches" {
				q.oval(flat(b.mark), w*0.8, -0.52, 0.25, 0.25)
			}
		case "point":
			q.blob(flat(b.fur.darker(0.1)), w*0.15, -0.5, w*0.62, -0.95, w*0.98, -1.12, w*1.08, -0.6, w*0.95, -0.2)
			q.poly(flat(inner), w*0.5, -0.6, w*0.94, -0.98, w*0.95, -0.45)
		case "flop":
			q.blob(q.down(-0.6, 0.4, b.mark, b.mark.darker(0.3)), w*0.45, -0.62, w*1.05, -0.6, w*1.38, 0.05, w*1.15, 0.42, w*0.9, 0.1)
		case "long":
			q.blob(flat(b.fur.darker(0.08)), w*0.1, -0.5, w*0.28, -1.2, w*0.68, -1.62, w*0.9, -1.2, w*0.72, -0.4)
			q.fill(flat(inner), leaf(w*0.45, -0.45, w*0.66, -1.5, 0.14))
		case "tuft":
			q.poly(flat(b.mark), w*0.2, -0.55, w*1.05, -1, w*0.95, -0.3)
		case "side":
			q.fill(flat(b.fur.darker(0.15)), leaf(w*0.6, -0.35, w*0.6+0.55, -0.58, 0.28))
			q.fill(flat(inner), leaf(w*0.75, -0.38, w*0.6+0.47, -0.55, 0.17))
		}
	}
}
