package draw

import (
	_ "embed"
	"math"
	"slices"
	"strings"
	"sync"
)

// motifs.txt is everything there is to draw. A line that begins with = names a motif and the words that ask for it;
// each line below it is a step: conditions and repetitions, and after them a shape with its ink and its numbers, or
// a verb.
//
//go:embed motifs.txt
var source string

// motifs holds the steps of every motif, and by each word the names of the motifs that it asks for.
type motifs struct {
	steps map[string][]step
	words map[string][]string
}

// book is read once, by the first picture.
var book = sync.OnceValue(func() motifs {
	out := motifs{map[string][]step{}, map[string][]string{}}
	name := ""
	for line := range strings.Lines(source) {
		line, words, _ := strings.Cut(line, ": ")
		w := strings.Fields(line)
		switch {
		case len(w) == 0 || w[0] == "#":
		case w[0] == "=":
			name = w[1]
			for word := range strings.FieldsSeq(words) {
				out.words[word] = append(out.words[word], name)
			}
		default:
			out.steps[name] = append(out.steps[name], stepOf(w))
		}
	}
	return out
})

// brush is where and how a motif is drawn.
type brush struct {
	*stage
	book map[string][]step
	pen  pen
	own  [3]rgb      // the motif's colours a, b and c
	deal int         // which of the accents is pop0
	v    [26]float64 // the motif's numbers, by their letters
}

type step func(*brush)

// stepOf reads a line from the left: each prefix takes its numbers and governs the rest. What a line sets holds until
// the end of the motif.
func stepOf(w []string) step {
	if len(w) == 0 {
		return func(*brush) {}
	}
	switch w[0] {
	case "in":
		w = append([]string{"in " + w[1]}, w[2:]...)
	case "if", "unless":
		return provided(strings.Split(w[1], ","), w[0] == "if", stepOf(w[2:]))
	case "do":
		return each(1, w[1:], func(name []string) step { return func(b *brush) { b.draw(name[0]) } })
	case "one":
		return func(b *brush) { b.draw(w[1:][b.dice.pick(len(w)-1)]) }
	case "ink":
		return each(2, w[1:], func(pair []string) step {
			c, _ := tone(pair[1])
			return func(b *brush) { b.own[pair[0][0]-'a'] = c(b) }
		})
	case "let":
		return each(2, w[1:], func(pair []string) step {
			n := sumOf(pair[1])
			return func(b *brush) { b.let(pair[0][0], b.value(n)) }
		})
	}
	if p, ok := prefixes[w[0]]; ok {
		rest, args := stepOf(w[1+p.numbers:]), sums(w[1:1+p.numbers])
		return func(b *brush) { p.run(b, b.all(args), rest) }
	}
	if shape := shapes[w[0]]; shape != nil {
		return filled(shape, ink(w[1]), w[2:])
	}
	panic("draw: no step: " + strings.Join(w, " "))
}

// each makes a step of every few words.
func each(n int, w []string, parse func([]string) step) step {
	var steps []step
	for words := range slices.Chunk(w, n) {
		steps = append(steps, parse(words))
	}
	return func(b *brush) {
		for _, s := range steps {
			s(b)
		}
	}
}

// filled paints shapes as one; their numbers are set apart by a slash.
func filled(shape func(*brush, []float64) []vec, fill func(*brush) *paint, w []string) step {
	var lists [][]sum
	for part := range strings.SplitSeq(strings.Join(w, " "), "/") {
		lists = append(lists, sums(strings.Fields(part)))
	}
	return func(b *brush) {
		outlines := make([][]vec, len(lists))
		for i, list := range lists {
			outlines[i] = shape(b, b.all(list))
			for k, v := range outlines[i] {
				outlines[i][k] = b.pen.pt(v)
			}
		}
		b.fill(fill(b), outlines...)
	}
}

// provided draws where the prompt has one of the words.
func provided(words []string, want bool, rest step) step {
	return func(b *brush) {
		if slices.ContainsFunc(words, func(w string) bool { return b.has[w] }) == want {
			rest(b)
		}
	}
}

// prefix takes a few numbers and governs the rest of a line, which may be empty.
type prefix struct {
	numbers int
	run     func(b *brush, n []float64, rest step)
}

var prefixes = map[string]prefix{
	"times":  {1, func(b *brush, n []float64, rest step) { b.times(int(n[0]), 'i', rest) }},
	"across": {1, func(b *brush, n []float64, rest step) { b.times(int(n[0]), 'j', rest) }},
	"ring": {1, func(b *brush, n []float64, rest step) {
		b.times(int(n[0]), 'i', func(b *brush) {
			b.pen = b.pen.turn(2 * math.Pi * b.v['i'-'a'] / math.Floor(n[0]))
			rest(b)
		})
	}},
	"both": {0, func(b *brush, _ []float64, rest step) {
		b.apart(rest)
		b.apart(func(b *brush) { b.pen = b.pen.scale(-1, 1) }, rest)
	}},
	"some": {1, func(b *brush, n []float64, rest step) {
		if b.dice.chance(n[0]) {
			rest(b)
		}
	}},

	"depth": changed(1, func(b *brush, n []float64) { b.let('d', n[0]) }),
	"deal":  changed(1, func(b *brush, n []float64) { b.deal = int(n[0]) }),
	"at":    moved(3, func(b *brush, n []float64) pen { return b.pen.move(n[0], n[1]).scale(n[2], n[2]) }),
	"turn":  moved(1, func(b *brush, n []float64) pen { return b.pen.turn(n[0]) }),
	"scale": moved(2, func(b *brush, n []float64) pen { return b.pen.scale(n[0], n[1]) }),
	"flip":  moved(0, func(b *brush, _ []float64) pen { return b.pen.scale(b.dice.sign(), 1) }),
	"place": moved(3, func(b *brush, n []float64) pen {
		return penAt(b.pen.pt(vec{n[0], n[1]}), math.Copysign(n[2]*b.u, b.pen.a), n[2]*b.u)
	}),
	// The picture's light comes from the left or the right.
	"facing": moved(0, func(b *brush, _ []float64) pen { return b.pen.scale(math.Copysign(1, b.pen.at.x-b.sun.x), 1) }),

	// Parts of the picture: 1 is their whole width and height. A hill begins at the horizon and is as high as the
	// picture's shorter side.
	"in page":  moved(0, func(b *brush, _ []float64) pen { return penAt(vec{}, b.w, b.h) }),
	"in sky":   moved(0, func(b *brush, _ []float64) pen { return penAt(vec{}, b.w, b.horizon) }),
	"in land":  moved(0, func(b *brush, _ []float64) pen { return penAt(vec{0, b.horizon}, b.w, b.h-b.horizon) }),
	"in hill":  moved(0, func(b *brush, _ []float64) pen { return penAt(vec{0, b.horizon}, b.w, b.u) }),
	"in gleam": moved(0, func(b *brush, _ []float64) pen { return penAt(vec{b.sun.x, b.horizon}, b.w, b.h-b.horizon) }),
	"in sun":   moved(0, func(b *brush, _ []float64) pen { return penAt(b.sun, b.sunR, b.sunR) }),

	"horizon": {1, func(b *brush, n []float64, _ step) { b.horizon = b.h * n[0] }},
	"sun":     {3, func(b *brush, n []float64, _ step) { b.sun, b.sunR = b.pen.pt(vec{n[0], n[1]}), n[2]*b.u }},
	"coat":    {0, func(b *brush, _ []float64, _ step) { b.coat() }},
	"reflect": {0, func(b *brush, _ []float64, _ step) { b.reflect() }},
}

// changed draws the rest of a line with a changed brush.
func changed(numbers int, change func(*brush, []float64)) prefix {
	return prefix{numbers, func(b *brush, n []float64, rest step) {
		b.apart(func(b *brush) { change(b, n) }, rest)
	}}
}

// moved draws the rest of a line by another pen.
func moved(numbers int, place func(*brush, []float64) pen) prefix {
	return changed(numbers, func(b *brush, n []float64) { b.pen = place(b, n) })
}

// times repeats a step. It counts from 0 under the letter given; t runs from 0 to 1 meanwhile.
func (b *brush) times(n int, counter byte, rest step) {
	for i := range n {
		b.apart(func(b *brush) {
			b.let(counter, float64(i))
			b.let('t', (float64(i)+0.5)/float64(n))
		}, rest)
	}
}

// apart takes steps and puts the brush back.
func (b *brush) apart(steps ...step) {
	saved := *b
	for _, s := range steps {
		s(b)
	}
	*b = saved
}

// draw runs a motif; what it sets is gone afterwards.
func (b *brush) draw(name string) { b.apart(b.book[name]...) }
