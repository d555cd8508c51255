package draw

import "math"

// pen draws in its own units: a thing is designed once around (0,0) in -1..1
// and then placed, turned or mirrored.
type pen struct {
	c          *canvas
	a, b, d, e float64
	at         vec
}

func (c *canvas) pen(x, y, size float64) pen { return pen{c: c, a: size, e: size, at: vec{x, y}} }

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

func (p pen) mirror() pen { return p.scale(-1, 1) }

func (p pen) pt(v vec) vec { return vec{p.at.x + p.a*v.x + p.b*v.y, p.at.y + p.d*v.x + p.e*v.y} }

func (p pen) size() float64 { return math.Hypot(p.a, p.d) }

func (p pen) mapped(s []vec) []vec {
	out := make([]vec, len(s))
	for i, v := range s {
		out[i] = p.pt(v)
	}
	return out
}

func (p pen) fill(k paint, shapes ...[]vec) {
	placed := make([][]vec, len(shapes))
	for i, s := range shapes {
		placed[i] = p.mapped(s)
	}
	p.c.fill(k, placed...)
}

// down is a gradient between two heights in the pen's units.
func (p pen) down(y0, y1 float64, from, to rgb) paint {
	return line(p.pt(vec{0, y0}), p.pt(vec{0, y1}), from, to)
}

func (p pen) around(x, y, radius float64, from, to rgb) paint {
	return around(p.pt(vec{x, y}), radius*p.size(), from, to)
}

func (p pen) oval(k paint, x, y, rx, ry float64) { p.fill(k, oval(x, y, rx, ry)) }

func (p pen) poly(k paint, xy ...float64) { p.fill(k, points(xy)) }

func (p pen) blob(k paint, xy ...float64) { p.fill(k, loop(points(xy))) }

func (p pen) stroke(k paint, width float64, xy ...float64) {
	p.fill(k, ribbon(curve(points(xy)), width, width))
}

func (p pen) box(k paint, x0, y0, x1, y1, round float64) { p.fill(k, rounded(x0, y0, x1, y1, round)) }

func points(xy []float64) []vec {
	out := make([]vec, len(xy)/2)
	for i := range out {
		out[i] = vec{xy[2*i], xy[2*i+1]}
	}
	return out
}

func oval(x, y, rx, ry float64) []vec { return arc(x, y, rx, ry, 0, 2*math.Pi, 72) }

// dot is a coarse circle, for the many small ones.
func dot(x, y, r float64) []vec { return arc(x, y, r, r, 0, 2*math.Pi, 12) }

func arc(x, y, rx, ry, from, to float64, steps int) []vec {
	out := make([]vec, steps)
	for i := range out {
		s, k := math.Sincos(from + (to-from)*float64(i)/float64(steps-1))
		out[i] = vec{x + rx*k, y + ry*s}
	}
	return out
}

func rect(x0, y0, x1, y1 float64) []vec { return []vec{{x0, y0}, {x1, y0}, {x1, y1}, {x0, y1}} }

func rounded(x0, y0, x1, y1, r float64) []vec {
	r = min(r, (x1-x0)/2, (y1-y0)/2)
	out := arc(x1-r, y0+r, r, r, -math.Pi/2, 0, 8)
	out = append(out, arc(x1-r, y1-r, r, r, 0, math.Pi/2, 8)...)
	out = append(out, arc(x0+r, y1-r, r, r, math.Pi/2, math.Pi, 8)...)
	return append(out, arc(x0+r, y0+r, r, r, math.Pi, 3*math.Pi/2, 8)...)
}

// loop rounds a closed polygon into a smooth curve through its points.
func loop(pts []vec) []vec {
	n := len(pts)
	out := make([]vec, 0, n*8)
	for i := range n {
		out = bend(out, pts[(i+n-1)%n], pts[i], pts[(i+1)%n], pts[(i+2)%n])
	}
	return out
}

// curve is loop for an open line.
func curve(pts []vec) []vec {
	n := len(pts)
	out := make([]vec, 0, n*8)
	for i := range n - 1 {
		out = bend(out, pts[max(i-1, 0)], pts[i], pts[i+1], pts[min(i+2, n-1)])
	}
	return append(out, pts[n-1])
}

// bend appends one Catmull-Rom span from b to c.
func bend(out []vec, a, b, c, d vec) []vec {
	span := func(a, b, c, d, t float64) float64 {
		return 0.5 * (2*b + (c-a)*t + (2*a-5*b+4*c-d)*t*t + (3*b-a-3*c+d)*t*t*t)
	}
	for i := range 8 {
		t := float64(i) / 8
		out = append(out, vec{span(a.x, b.x, c.x, d.x, t), span(a.y, b.y, c.y, d.y, t)})
	}
	return out
}

// ribbon gives a line a width that runs evenly from one end to the other.
func ribbon(l []vec, from, to float64) []vec {
	n := len(l)
	out := make([]vec, 2*n)
	for i, v := range l {
		a, b := l[max(i-1, 0)], l[min(i+1, n-1)]
		dx, dy := b.x-a.x, b.y-a.y
		k := (from + (to-from)*float64(i)/float64(max(n-1, 1))) / 2 / max(math.Hypot(dx, dy), 1e-9)
		out[i] = vec{v.x - dy*k, v.y + dx*k}
		out[2*n-1-i] = vec{v.x + dy*k, v.y - dx*k}
	}
	return out
}

// leaf is a pointed lens from one point to another.
func leaf(x0, y0, x1, y1, width float64) []vec {
	dx, dy := (x1-x0)*width, (y1-y0)*width
	mx, my := (x0+x1)/2, (y0+y1)/2
	left := curve([]vec{{x0, y0}, {mx - dy, my + dx}, {x1, y1}})
	return append(left, curve([]vec{{x1, y1}, {mx + dy, my - dx}, {x0, y0}})...)
}
