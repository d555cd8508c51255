package draw

import (
	_ "embed"
	"image"
	"math"
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

// stepOf reads a line from the left: each prefix takes its numbers and governs the rest.
func stepOf(w []string) step {
	switch w[0] {
	case "in":
		return framed(w[1], stepOf(w[2:]))
	case "if", "unless":
		return provided(strings.Split(w[1], ","), w[0] == "if", stepOf(w[2:]))
	}
	if p, ok := prefixes[w[0]]; ok {
		rest, args := stepOf(w[1+p.numbers:]), sums(w[1:1+p.numbers])
		return func(b *brush) { p.run(b, b.all(args), rest) }
	}
	if shape := shapes[w[0]]; shape != nil {
		return filled(shape, ink(w[1]), w[2:])
	}
	verb := verbs[w[0]]
	if verb == nil {
		panic("draw: no step: " + strings.Join(w, " "))
	}
	return verb(w[1:])
}

// filled paints shapes as one; their numbers are set apart by a slash.
func filled(shape func(*brush, []float64) []vec, fill func(*brush) image.Image, w []string) step {
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

// framed draws in a part of the picture: 1 is its whole width and height. A hill begins at the horizon and is as
// high as the picture's shorter side.
func framed(name string, rest step) step {
	return func(b *brush) {
		saved := b.pen
		switch name {
		case "page":
			b.pen = penAt(vec{}, b.w, b.h)
		case "sky":
			b.pen = penAt(vec{}, b.w, b.horizon)
		case "land":
			b.pen = penAt(vec{0, b.horizon}, b.w, b.h-b.horizon)
		case "hill":
			b.pen = penAt(vec{0, b.horizon}, b.w, b.u)
		case "gleam":
			b.pen = penAt(vec{b.sun.x, b.horizon}, b.w, b.h-b.horizon)
		case "sun":
			b.pen = penAt(b.sun, b.sunR, b.sunR)
		}
		rest(b)
		b.pen = saved
	}
}

// provided draws where the prompt has one of the words.
func provided(words []string, want bool, rest step) step {
	return func(b *brush) {
		found := false
		for _, w := range words {
			found = found || b.has[w]
		}
		if found == want {
			rest(b)
		}
	}
}

// prefix governs a step by a few numbers.
type prefix struct {
	numbers int
	run     func(b *brush, n []float64, rest step)
}

var prefixes = map[string]prefix{
	"times":  {1, func(b *brush, n []float64, rest step) { b.times(int(n[0]), 'i', rest) }},
	"across": {1, func(b *brush, n []float64, rest step) { b.times(int(n[0]), 'j', rest) }},
	"ring": {1, func(b *brush, n []float64, rest step) {
		b.times(int(n[0]), 'i', func(c *brush) {
			c.pen = c.pen.turn(2 * math.Pi * c.v['i'-'a'] / math.Floor(n[0]))
			rest(c)
		})
	}},
	"both": {0, func(b *brush, _ []float64, rest step) {
		b.with(func(*brush) {}, rest)
		b.with(func(c *brush) { c.pen = c.pen.scale(-1, 1) }, rest)
	}},
	"some": {1, func(b *brush, n []float64, rest step) {
		if b.dice.chance(n[0]) {
			rest(b)
		}
	}},
	"flip": {0, func(b *brush, _ []float64, rest step) {
		b.with(func(c *brush) { c.pen = c.pen.scale(b.dice.sign(), 1) }, rest)
	}},
	"facing": {0, func(b *brush, _ []float64, rest step) { // the picture's light comes from the left or the right
		b.with(func(c *brush) { c.pen = c.pen.scale(math.Copysign(1, c.pen.at.x-b.sun.x), 1) }, rest)
	}},
	"place": {3, func(b *brush, n []float64, rest step) {
		b.with(func(c *brush) { c.pen = penAt(c.pen.pt(vec{n[0], n[1]}), math.Copysign(n[2]*b.u, c.pen.a), n[2]*b.u) }, rest)
	}},
	"at": {3, func(b *brush, n []float64, rest step) {
		b.with(func(c *brush) { c.pen = c.pen.move(n[0], n[1]).scale(n[2], n[2]) }, rest)
	}},
	"turn": {1, func(b *brush, n []float64, rest step) { b.with(func(c *brush) { c.pen = c.pen.turn(n[0]) }, rest) }},
	"scale": {2, func(b *brush, n []float64, rest step) {
		b.with(func(c *brush) { c.pen = c.pen.scale(n[0], n[1]) }, rest)
	}},
	"depth": {1, func(b *brush, n []float64, rest step) { b.with(func(c *brush) { c.let('d', n[0]) }, rest) }},
	"deal":  {1, func(b *brush, n []float64, rest step) { b.with(func(c *brush) { c.deal = int(n[0]) }, rest) }},
}

// times repeats a step. It counts from 0 under the letter given; t runs from 0 to 1 meanwhile.
func (b *brush) times(n int, counter byte, rest step) {
	for i := range n {
		b.with(func(c *brush) {
			c.let(counter, float64(i))
			c.let('t', (float64(i)+0.5)/float64(n))
		}, rest)
	}
}

// with draws with a changed brush and puts it back.
func (b *brush) with(change func(*brush), rest step) {
	saved := *b
	change(b)
	rest(b)
	*b = saved
}

// verbs read the rest of a line. What they set holds until the end of the motif.
var verbs = map[string]func(w []string) step{
	"do": func(w []string) step {
		return func(b *brush) {
			for _, name := range w {
				b.draw(name)
			}
		}
	},
	"one": func(w []string) step { return func(b *brush) { b.draw(w[b.dice.pick(len(w))]) } },
	"ink": func(w []string) step {
		opaque := func(s string) mixer {
			c, _ := tone(s)
			return c
		}
		return pairs(w, opaque, func(b *brush, letter byte, c mixer) { b.own[letter-'a'] = c(b) })
	},
	"let": func(w []string) step {
		return pairs(w, sumOf, func(b *brush, letter byte, n sum) { b.let(letter, b.value(n)) })
	},
	"horizon": func(w []string) step {
		list := sums(w)
		return func(b *brush) { b.horizon = b.h * b.value(list[0]) }
	},
	"sun": func(w []string) step {
		list := sums(w)
		return func(b *brush) {
			n := b.all(list)
			b.sun, b.sunR = b.pen.pt(vec{n[0], n[1]}), n[2]*b.u
		}
	},
	"coat":    func([]string) step { return (*brush).coat },
	"reflect": func([]string) step { return (*brush).reflect },
}

// pairs sets one value after another, each under the letter before it.
func pairs[T any](w []string, parse func(string) T, set func(*brush, byte, T)) step {
	values := make([]T, len(w)/2)
	for i := range values {
		values[i] = parse(w[2*i+1])
	}
	return func(b *brush) {
		for i, v := range values {
			set(b, w[2*i][0], v)
		}
	}
}

// draw runs a motif; what it sets is gone afterwards.
func (b *brush) draw(name string) {
	saved := *b
	for _, s := range b.book[name] {
		s(b)
	}
	*b = saved
}
