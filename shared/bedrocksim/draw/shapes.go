package draw

import (
	"math"
)

// shapes makes the outline of each shape that a motif can name from its numbers.
var shapes = map[string]func(*brush, []float64) []vec{
	"oval": func(b *brush, n []float64) []vec { return b.arc(append(n, 0, 2)) },
	"arc":  (*brush).arc,
	"pie": func(b *brush, n []float64) []vec {
		return append(b.arc([]float64{n[0], n[1], n[2], n[2], n[3], n[4]}), vec{n[0], n[1]})
	},
	"hoop":  func(b *brush, n []float64) []vec { return ribbon(b.arc(n[1:]), n[0], n[0]) },
	"poly":  func(_ *brush, n []float64) []vec { return points(n) },
	"blob":  func(_ *brush, n []float64) []vec { return loop(points(n)) },
	"box":   func(_ *brush, n []float64) []vec { return rounded(n[0], n[1], n[2], n[3], n[4]) },
	"line":  func(_ *brush, n []float64) []vec { return ribbon(curve(points(n[2:])), n[0], n[1]) },
	"leaf":  func(_ *brush, n []float64) []vec { return leaf(n[0], n[1], n[2], n[3], n[4]) },
	"bed":   func(_ *brush, n []float64) []vec { return bed(curve(points(n[2:])), n[0], n[1]) },
	"chord": func(_ *brush, n []float64) []vec { return chord(n[0], n[1]) },
	"star":  func(_ *brush, n []float64) []vec { return star(n[0], n[1], int(n[2])) },
	"soft":  func(b *brush, n []float64) []vec { return b.skyline(n[0], n[1], n[2], rolling) },
	"sharp": func(b *brush, n []float64) []vec { return b.skyline(n[0], n[1], n[2], ridged) },
	"swell": func(b *brush, n []float64) []vec { return b.skyline(n[0], n[1], n[2], cusped) },
}

func points(xy []float64) []vec {
	out := make([]vec, len(xy)/2)
	for i := range out {
		out[i] = vec{xy[2*i], xy[2*i+1]}
	}
	return out
}

// arc is part of an oval, from and to in half turns, with as many corners as the eye needs.
func (b *brush) arc(n []float64) []vec {
	corners := 12 + int(min(max(n[2], n[3])*b.pen.size(), 48))
	return arc(n[0], n[1], n[2], n[3], n[4]*math.Pi, n[5]*math.Pi, corners)
}

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
	if r = min(r, (x1-x0)/2, (y1-y0)/2); r <= 0 {
		return rect(x0, y0, x1, y1)
	}
	var out []vec
	for i, v := range []vec{{x1 - r, y1 - r}, {x0 + r, y1 - r}, {x0 + r, y0 + r}, {x1 - r, y0 + r}} {
		from := float64(i) * math.Pi / 2
		out = append(out, arc(v.x, v.y, r, r, from, from+math.Pi/2, 8)...)
	}
	return out
}

// loop rounds a closed polygon into a smooth curve through its points.
func loop(pts []vec) []vec {
	n := len(pts)
	return curve(append(append([]vec{pts[n-1]}, pts...), pts[0], pts[1]))[8 : 8*n+8]
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

// bed is a ribbon seen at a low angle, like a river: its width lies level, however it turns.
func bed(mid []vec, from, to float64) []vec {
	n := len(mid)
	out := make([]vec, 2*n)
	for i, v := range mid {
		t := float64(i) / float64(n-1)
		w := (from + (to-from)*t*t) / 2
		out[i], out[2*n-1-i] = vec{v.x - w, v.y}, vec{v.x + w, v.y}
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

// chord is the slice of the unit circle between two heights.
func chord(y0, y1 float64) []vec {
	a, b := math.Asin(min(max(y0, -1), 1)), math.Asin(min(max(y1, -1), 1))
	return append(arc(0, 0, 1, 1, a, b, 9), arc(0, 0, 1, 1, math.Pi-b, math.Pi-a, 9)...)
}

// star has so many tips of the given depth around a unit circle.
func star(radius, depth float64, tips int) []vec {
	out := make([]vec, 2*tips)
	for i := range out {
		sin, cos := math.Sincos(float64(i) * math.Pi / float64(tips))
		k := radius * (1 - depth*float64(i%2))
		out[i] = vec{k * cos, k * sin}
	}
	return out
}

// skyline is an outline of noise from the left edge to the right, closed far below.
func (b *brush) skyline(base, height, freq float64, form func(wave, float64) float64) []vec {
	n, off := wave(b.dice.next()), b.dice.span(0, 50)
	if z := b.v['z'-'a']; z > 0 { // the same again
		n, off = wave(z*(1<<40)), z*50
	}
	out := []vec{{1.01, 9}, {-0.01, 9}}
	steps := int(min(16+b.w/4, 160))
	for i := range steps + 1 {
		x := float64(i) / float64(steps)
		out = append(out, vec{x*1.02 - 0.01, base - height*form(n, off+x*freq*b.w/b.h)})
	}
	return out
}

func rolling(n wave, x float64) float64 { return n.layered(x, 5) }

// ridged turns soft noise into sharp crests.
func ridged(n wave, x float64) float64 {
	v := 1 - math.Abs(2*n.layered(x, 5)-1)
	return 1.6 * v * v
}

// cusped has the crests of a light swell.
func cusped(n wave, x float64) float64 { return 1 - math.Abs(math.Sin(x*3+n.at(x)*1.5)) }
