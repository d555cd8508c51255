package draw

import (
	"hash/fnv"
	"math"
)

// rng is a splitmix64 stream. It is written out here, not taken from
// math/rand, so that a picture never changes with the toolchain.
type rng struct{ state uint64 }

func (d *rng) next() uint64 {
	d.state += 0x9e3779b97f4a7c15
	return scramble(d.state)
}

func scramble(z uint64) uint64 {
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// hash folds a text into a starting state, scrambled so that neighbouring texts land far apart.
func hash(text string) uint64 {
	h := fnv.New64a()
	h.Write([]byte(text))
	return scramble(h.Sum64())
}

func (d *rng) unit() float64 { return float64(d.next()>>11) / (1 << 53) }

func (d *rng) span(low, high float64) float64 { return low + (high-low)*d.unit() }

func (d *rng) pick(n int) int { return int(d.next() % uint64(n)) }

func (d *rng) chance(p float64) bool { return d.unit() < p }

func (d *rng) sign() float64 {
	if d.chance(0.5) {
		return -1
	}
	return 1
}

// wave is smooth one-dimensional value noise in 0..1.
type wave uint64

func (n wave) at(x float64) float64 {
	i := math.Floor(x)
	t := x - i
	t = t * t * (3 - 2*t)
	return n.knot(int64(i))*(1-t) + n.knot(int64(i)+1)*t
}

func (n wave) knot(i int64) float64 {
	return float64(scramble(uint64(n)+uint64(i)*0x9e3779b97f4a7c15)>>11) / (1 << 53)
}

// layered sums octaves of the wave; the result stays in 0..1.
func (n wave) layered(x float64, octaves int) float64 {
	height, weight, total := 0.0, 1.0, 0.0
	for range octaves {
		height += n.at(x) * weight
		total += weight
		x, weight = x*2.03+17, weight*0.5
	}
	return height / total
}
