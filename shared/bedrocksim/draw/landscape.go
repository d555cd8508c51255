package draw

import (
	"math"
	"slices"
)

var settings map[string]func(*stage)

func init() {
	settings = map[string]func(*stage){
		"mountain": mountains, "field": fieldsOf, "desert": desert, "sea": sea, "forest": forest, "city": city,
		"space": space, "celestial": celestial, "garden": garden, "table": table, "abstract": abstract, "emblem": emblem,
	}
}

func mountains(s *stage) {
	s.backdrop()
	s.ridge(s.horizon, s.u*0.22, 5, 0.05)
	s.haze(s.horizon-s.u*0.2, s.horizon, 0.5)
	s.massif()
	s.haze(s.horizon-s.u*0.12, s.horizon+s.u*0.02, 0.55)
	s.ridge(s.horizon+s.u*0.02, s.u*0.1, 7, 0.45)
	switch {
	case s.has["lake"] || !s.has["river"] && s.dice.chance(0.4):
		s.lake()
	case s.has["river"] || s.dice.chance(0.3):
		s.hills(3, 0.5)
		s.river()
	default:
		s.hills(4, 0.5)
	}
	s.pines(5 + s.dice.pick(9))
}

// outline is a skyline of noise, closed below the picture.
func (s *stage) outline(base, height, freq float64, shape func(float64) float64) []vec {
	n, off := wave(s.dice.next()), s.dice.span(0, 50)
	out := []vec{{s.w + 2, s.h + 2}, {-2, s.h + 2}}
	steps := 220
	for i := range steps + 1 {
		x := float64(i) / float64(steps)
		out = append(out, vec{x * (s.w + 4), base - height*shape(n.layered(off+x*freq*s.w/s.h, 5))})
	}
	return out
}

// ridged turns soft noise into sharp crests.
func ridged(v float64) float64 { return 1.6 * (1 - math.Abs(2*v-1)) * (1 - math.Abs(2*v-1)) }

func soft(v float64) float64 { return v }

func (s *stage) ridge(base, height, freq, depth float64) {
	c := s.layer(depth)
	s.fill(down(base-height*1.4, base+s.u*0.1, c, c.mix(s.sky[2], 0.45)), s.outline(base, height, freq, ridged))
}

// massif is one to three great peaks with a lit and a shaded side.
func (s *stage) massif() {
	n := 1 + s.dice.pick(3)
	for i := range n {
		x := s.w * ((float64(i)+0.5)/float64(n) + s.dice.span(-0.14, 0.14))
		height := min(s.horizon*0.85, s.u*s.dice.span(0.26, 0.5))
		s.peak(x, s.horizon+s.u*0.05, height, height*s.dice.span(0.85, 1.3), 0.25+0.12*float64(i))
	}
}

func (s *stage) peak(x, base, height, half, depth float64) {
	top := vec{x, base - height}
	left := s.crag(top, vec{x - half, base}, height*0.045)
	right := s.crag(top, vec{x + half*s.dice.span(0.8, 1.2), base}, height*0.045)
	spine := s.crag(top, vec{x + half*s.dice.span(-0.3, 0.3), base}, height*0.1)
	lit, shade := s.layer(depth).mix(s.light, 0.16), s.layer(depth+0.22)
	if s.sun.x > x {
		lit, shade = shade, lit
	}
	s.fill(down(top.y, base, lit, lit.mix(s.sky[2], 0.4)), between(left, spine))
	s.fill(down(top.y, base, shade, shade.mix(s.sky[2], 0.3)), between(spine, right))
	if s.setting == "desert" || !s.has["snow"] && s.dice.chance(0.15) {
		return
	}
	snow := s.light.lighter(0.6)
	k := 7 + s.dice.pick(5)
	a, b := snow, snow.mix(s.layer(depth), 0.35)
	if s.sun.x > x {
		a, b = b, a
	}
	s.fill(flat(a), s.cap(left, spine, k))
	s.fill(flat(b), s.cap(spine, right, k))
}

// crag is a straight edge broken by chance, 32 steps long.
func (s *stage) crag(from, to vec, rough float64) []vec {
	n := wave(s.dice.next())
	out := make([]vec, 33)
	for i := range out {
		t := float64(i) / 32
		j := (n.layered(t*9, 3) - 0.5) * 2 * rough * math.Sqrt(t*(1-t)) * 2
		out[i] = vec{from.x + (to.x-from.x)*t + j, from.y + (to.y-from.y)*t + j*0.5}
	}
	return out
}

func between(a, b []vec) []vec {
	out := append([]vec{}, a...)
	for _, v := range slices.Backward(b) {
		out = append(out, v)
	}
	return out
}

// cap is the snow between two edges: its lower rim runs in tongues.
func (s *stage) cap(a, b []vec, k int) []vec {
	rim := []vec{}
	for i := 1; i < 6; i++ {
		t := float64(i) / 6
		j := min(max(k+2-4*(i%2)+s.dice.pick(3), 1), 32)
		rim = append(rim, vec{a[j].x + (b[j].x-a[j].x)*t, a[j].y + (b[j].y-a[j].y)*t})
	}
	out := append(append([]vec{}, a[:k]...), rim...)
	for i := k - 1; i >= 0; i-- {
		out = append(out, b[i])
	}
	return out
}

// hills roll from the horizon to the viewer, darker as they come.
func (s *stage) hills(n int, from float64) {
	for i := range n {
		t := float64(i) / float64(max(n-1, 1))
		y := s.horizon + (s.h-s.horizon)*(0.12+0.75*t)
		c := s.layer(from + (1-from)*t)
		p := down(y-s.u*0.1, y+s.u*0.25, c.mix(s.light, 0.12), c)
		s.fill(p, s.outline(y, s.u*(0.1+0.05*t), 1.2+s.dice.unit(), soft))
	}
}

// river winds from the horizon and widens as it comes near.
func (s *stage) river() {
	x := s.w * s.dice.span(0.35, 0.65)
	side := s.dice.sign() * s.u
	top := s.horizon + (s.h-s.horizon)*0.06
	at := func(t float64) vec {
		return vec{x + side*0.2*math.Sin(t*5.5)*math.Sqrt(t)*(1.1-0.5*t), top + (s.h*1.05-top)*math.Pow(t, 1.4)}
	}
	var mid []vec
	for i := range 41 {
		mid = append(mid, at(float64(i)/40))
	}
	bank := s.layer(0.95)
	s.fill(flat(bank).fade(0.35), s.bed(mid, 0.46))
	s.fill(down(top, s.h, s.sky[2].lighter(0.25), s.sky[1].mix(s.sky[0], 0.35)), s.bed(mid, 0.4))
	s.glints(mid)
}

// bed is the water seen at a low angle: its width lies level, however the
// river turns.
func (s *stage) bed(mid []vec, width float64) []vec {
	var left, right []vec
	for i, v := range mid {
		t := float64(i) / float64(len(mid)-1)
		w := s.u * (0.006 + width/2*math.Pow(t, 1.7))
		left, right = append(left, vec{v.x - w, v.y}), append(right, vec{v.x + w, v.y})
	}
	return between(left, right)
}

func (s *stage) glints(mid []vec) {
	var g [][]vec
	for range 26 {
		i := 8 + s.dice.pick(len(mid)-9)
		v, t := mid[i], float64(i)/float64(len(mid))
		l, x := s.u*0.07*t*s.dice.span(0.4, 1), v.x+s.dice.span(-0.11, 0.11)*s.u*t
		g = append(g, leaf(x-l, v.y, x+l, v.y, 0.03))
	}
	s.fill(flat(s.light.lighter(0.4)).fade(0.6), g...)
}

// lake mirrors the picture above the shore line, darker and rippled.
func (s *stage) lake() {
	shore := s.horizon + (s.h-s.horizon)*0.1
	s.mirror(shore)
	s.fill(down(shore, s.h, s.sky[1], s.sky[0]).fade(0.12).ending(0.55), rect(0, shore, s.w, s.h))
	s.sparkle(shore, s.sun.x)
	s.fill(flat(s.layer(0.8)), leaf(-s.w*0.3, shore, s.w*s.dice.span(0.3, 0.8), shore, 0.02))
	if s.dice.chance(0.6) {
		y := s.h * s.dice.span(0.93, 0.98)
		s.fill(flat(s.layer(1)), s.outline(y, s.u*0.12, 1.4, soft))
	}
}

func (s *stage) mirror(shore float64) {
	n, from := wave(s.dice.next()), int(shore)
	w, h := s.img.Rect.Dx(), s.img.Rect.Dy()
	for y := max(from, 0); y < h; y++ {
		src := max(0, 2*from-y-1)
		depth := float64(y-from) / max(s.u, 1)
		off := int((n.at(depth*90)-0.5)*s.u*0.05*depth) * 4
		to, line := s.img.Pix[y*s.img.Stride:][:4*w], s.img.Pix[src*s.img.Stride:][:4*w]
		switch {
		case off > 0 && off < len(line):
			copy(to, line[off:])
			copy(to[len(to)-off:], line[len(line)-off:])
		case off < 0 && -off < len(line):
			copy(to[-off:], line)
			copy(to[:-off], line[:-off])
		default:
			copy(to, line)
		}
	}
}

func fieldsOf(s *stage) {
	s.backdrop()
	if s.dice.chance(0.6) {
		s.ridge(s.horizon, s.u*0.12, 3, 0.1)
		s.haze(s.horizon-s.u*0.1, s.horizon, 0.5)
	}
	s.hills(5+s.dice.pick(2), 0.3)
	switch {
	case s.has["river"]:
		s.river()
	case s.has["lake"]:
		s.lake()
	case s.dice.chance(0.5):
		s.rows()
	}
	s.grove(3 + s.dice.pick(5))
}

// rows are planted lines that meet at the horizon.
func (s *stage) rows() {
	meet := vec{s.w * s.dice.span(0.2, 0.8), s.horizon + s.u*0.02}
	top := s.horizon + (s.h-s.horizon)*0.45
	for i := range 13 {
		x := s.w * (float64(i-6)*0.22 + 0.5)
		at := func(y, dx float64) vec {
			t := (y - meet.y) / (s.h - meet.y)
			return vec{meet.x + (x+dx*s.w-meet.x)*t, y}
		}
		c := s.pops[i%2].mix(s.near, 0.25)
		s.fill(down(top, s.h, c.mix(s.sky[2], 0.3), c), []vec{at(top, -0.03), at(top, 0.03), at(s.h+2, 0.055), at(s.h+2, -0.055)})
	}
}

func desert(s *stage) {
	s.backdrop()
	s.ridge(s.horizon, s.u*0.1, 4, 0.1)
	if s.dice.chance(0.5) {
		s.massif()
	}
	s.haze(s.horizon-s.u*0.1, s.horizon+s.u*0.02, 0.6)
	for i := range 4 {
		s.dune(s.horizon+(s.h-s.horizon)*(0.02+0.27*float64(i)), 0.2+0.22*float64(i))
	}
}

// dune is a sand wave with a lit flank and a shadow behind its crest.
func (s *stage) dune(y, depth float64) {
	sand := s.pops[1].mix(s.light, 0.3).mix(s.layer(depth), 0.25+0.5*depth)
	x, a := s.w*s.dice.span(0.15, 0.85), s.u*0.13
	crest := curve([]vec{{-s.w * 0.2, y + a*0.6}, {x * 0.5, y + a*0.25}, {x, y - a*0.5}, {(x + s.w) / 2, y + a*0.3}, {s.w * 1.2, y + a*0.6}})
	s.fill(down(y-a, y+a*2.5, sand.lighter(0.25), sand), append(crest, vec{s.w * 1.2, s.h + 2}, vec{-s.w * 0.2, s.h + 2}))
	side := s.dice.sign()
	shadow := curve([]vec{{x, y - a*0.5}, {x + side*a*0.5, y + a*0.6}, {x + side*a*0.2, y + a*1.6}, {x + side*a*1.2, s.h}})
	s.fill(down(y-a, y+a*2.5, sand.darker(0.45), sand.darker(0.2)).ending(0.1), append(shadow, vec{x + side*s.w, s.h}, vec{x + side*s.w*0.5, y + a*0.45}, vec{x + side*a*1.6, y + a*0.15}))
}
