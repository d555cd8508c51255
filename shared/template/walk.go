package template

import (
	"math/rand/v2"
	"slices"
	"strings"
)

// walker is on its way through the texts of a template. Every node adds to the text, lets the next one do so, and takes
// back what it has added: one buffer serves all texts, and nothing is kept of those that were yielded.
type walker struct {
	text    []byte
	columns map[string]string
	rand    *rand.Rand
}

// with calls next behind a piece of text.
func (w *walker) with(piece string, next func() bool) bool {
	begin := len(w.text)
	w.text = append(w.text, piece...)
	on := next()
	w.text = w.text[:begin]
	return on
}

func (n *literal) walk(w *walker, next func() bool) bool { return w.with(n.text, next) }

func (n *literal) draw(w *walker) { w.text = append(w.text, n.text...) }

func (n *inserted) walk(w *walker, next func() bool) bool { return w.with(w.columns[n.name], next) }

func (n *inserted) draw(w *walker) { w.text = append(w.text, w.columns[n.name]...) }

func (s *sequence) walk(w *walker, next func() bool) bool { return chain(w, s.nodes, "", next) }

func (s *sequence) draw(w *walker) {
	for _, n := range s.nodes {
		n.draw(w)
	}
}

// chain walks nodes behind each other, the last one changing first, with a joiner before all but the first.
func chain(w *walker, nodes []node, joiner string, next func() bool) bool {
	if len(nodes) == 0 {
		return next()
	}
	return nodes[0].walk(w, func() bool {
		rest := func() bool { return chain(w, nodes[1:], joiner, next) }
		if joiner == "" || len(nodes) == 1 {
			return rest()
		}
		return w.with(joiner, rest)
	})
}

func (c *choice) walk(w *walker, next func() bool) bool {
	for _, o := range c.from.options {
		if !o.walk(w, next) {
			return false
		}
	}
	return true
}

func (c *choice) draw(w *walker) {
	all := c.from.options
	x := w.rand.Float64() * all[len(all)-1].upto
	at, _ := slices.BinarySearchFunc(all, x, func(o option, x float64) int {
		if o.upto <= x {
			return -1
		}
		return 1
	})
	all[min(at, len(all)-1)].draw(w) // a product may be rounded up to the sum itself
}

// walk goes through the numbers of options, for each through their orders, and for each through their texts.
func (p *pick) walk(w *walker, next func() bool) bool {
	taken := make([]bool, len(p.from.options))
	for n := p.lower; n <= p.upper; n++ {
		if !p.arrange(w, make([]node, 0, n), taken, n, next) {
			return false
		}
	}
	return true
}

func (p *pick) arrange(w *walker, chosen []node, taken []bool, n int, next func() bool) bool {
	if len(chosen) == n {
		begin := len(w.text)
		return chain(w, chosen, p.joiner, func() bool { return p.trimmed(w, begin, n, next) })
	}
	for i, o := range p.from.options {
		if taken[i] {
			continue
		}
		taken[i] = true
		on := p.arrange(w, append(chosen, o.node), taken, n, next)
		taken[i] = false
		if !on {
			return false
		}
	}
	return true
}

// trimmed calls next with the joiner cut off once at both ends: an empty option there leaves none behind.
func (p *pick) trimmed(w *walker, begin, n int, next func() bool) bool {
	joined := string(w.text[begin:])
	w.text = append(w.text[:begin], p.trim(joined, n)...)
	on := next()
	w.text = append(w.text[:begin], joined...)
	return on
}

func (p *pick) trim(joined string, n int) string {
	if n < 2 {
		return joined
	}
	return strings.TrimSuffix(strings.TrimPrefix(joined, p.joiner), p.joiner)
}

func (p *pick) draw(w *walker) {
	n := p.lower + w.rand.IntN(p.upper-p.lower+1)
	shares := make([]float64, len(p.from.options))
	for i, o := range p.from.options {
		shares[i] = o.weight
	}
	begin := len(w.text)
	for i := range n {
		if i > 0 {
			w.text = append(w.text, p.joiner...)
		}
		at := lot(shares, w.rand)
		shares[at] = -1
		p.from.options[at].draw(w)
	}
	w.text = append(w.text[:begin], p.trim(string(w.text[begin:]), n)...)
}

// lot returns the place of one of the shares that are not negative, by their size, or if all of these are zero any.
func lot(shares []float64, r *rand.Rand) int {
	var total float64
	var left []int
	for i, share := range shares {
		if share >= 0 {
			total += share
			left = append(left, i)
		}
	}
	if total == 0 {
		return left[r.IntN(len(left))]
	}
	x, last := r.Float64()*total, 0
	for _, i := range left {
		if shares[i] == 0 {
			continue
		}
		last = i
		if x -= shares[i]; x < 0 {
			break
		}
	}
	return last
}
