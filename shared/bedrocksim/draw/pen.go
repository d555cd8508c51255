package draw

import "math"

// pen draws in its own units: a thing is designed once around (0,0) in -1..1
// and then placed, turned or mirrored.
type pen struct {
	a, b, d, e float64
	at         vec
}

func penAt(at vec, sx, sy float64) pen { return pen{a: sx, e: sy, at: at} }

func (p pen) move(x, y float64) pen {
	p.at = p.pt(vec{x, y})
	return p
}

func (p pen) scale(x, y float64) pen {
	p.a, p.d, p.b, p.e = p.a*x, p.d*x, p.b*y, p.e*y
	return p
}

func (p pen) turn(radians float64) pen {
	s, k := math.Sincos(radians)
	p.a, p.b = p.a*k+p.b*s, p.b*k-p.a*s
	p.d, p.e = p.d*k+p.e*s, p.e*k-p.d*s
	return p
}

func (p pen) pt(v vec) vec { return vec{p.at.x + p.a*v.x + p.b*v.y, p.at.y + p.d*v.x + p.e*v.y} }

func (p pen) size() float64 { return math.Hypot(p.a, p.d) }
