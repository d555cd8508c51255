package draw

import (
	"regexp"
	"strconv"
	"strings"
)

// What tones and sums are cut into: a sign and what follows.
var (
	changes = regexp.MustCompile(`[-+~@]?[^-+~@]+`)
	terms   = regexp.MustCompile(`[-+]?[^-+]+`)
)

// mixer finds a colour of the picture at hand.
type mixer func(*brush) rgb

// tone reads a colour: a name or #hex, then changes in percent. +20 is lighter, -20 darker,
// ~pop1*30 mixed with another, @50 see-through.
func tone(s string) (mixer, float64) {
	parts := changes.FindAllString(s, -1)
	f, alpha := named(parts[0]), 1.0
	for _, part := range parts[1:] {
		arg, last := part[1:], f
		switch part[0] {
		case '+':
			k := percent(arg)
			f = func(b *brush) rgb { return last(b).lighter(k) }
		case '-':
			k := percent(arg)
			f = func(b *brush) rgb { return last(b).darker(k) }
		case '~':
			name, share, _ := strings.Cut(arg, "*")
			other, k := named(name), percent(share)
			f = func(b *brush) rgb { return last(b).mix(other(b), k) }
		default:
			alpha = percent(arg)
		}
	}
	return f, alpha
}

func percent(s string) float64 { return number(s) / 100 }

// named finds a colour: one of the palette, of the motif's own three, by #hex, or by depth in the landscape.
func named(s string) mixer {
	if digits, ok := strings.CutPrefix(s, "#"); ok {
		v, err := strconv.ParseUint(digits, 16, 32)
		if err != nil {
			panic("draw: no colour: " + s)
		}
		c := hex(uint32(v))
		return func(*brush) rgb { return c }
	}
	if f := names[s]; f != nil {
		return f
	}
	if digits, ok := strings.CutPrefix(s, "layer"); ok {
		depth := percent(digits)
		return func(b *brush) rgb { return b.layer(depth) }
	}
	panic("draw: no colour: " + s)
}

var names = map[string]mixer{
	"sky0": func(b *brush) rgb { return b.sky[0] }, "sky1": func(b *brush) rgb { return b.sky[1] }, "sky2": func(b *brush) rgb { return b.sky[2] },
	"pop0": func(b *brush) rgb { return b.pops[b.deal%3] }, "pop1": func(b *brush) rgb { return b.pops[(b.deal+1)%3] }, "pop2": func(b *brush) rgb { return b.pops[(b.deal+2)%3] },
	"a": func(b *brush) rgb { return b.own[0] }, "b": func(b *brush) rgb { return b.own[1] }, "c": func(b *brush) rgb { return b.own[2] },
	"light": func(b *brush) rgb { return b.light }, "paper": func(b *brush) rgb { return b.paper }, "ink": func(b *brush) rgb { return b.ink },
	"near": func(b *brush) rgb { return b.near }, "snow": func(b *brush) rgb { return b.white(0.05) }, "shade": func(b *brush) rgb { return b.white(0.3) },
	"depth": func(b *brush) rgb { return b.layer(b.v['d'-'a']) },
	"deep":  func(b *brush) rgb { return b.layer(b.v['d'-'a'] + 0.22) },
	"pop":   func(b *brush) rgb { return b.pops[b.dice.pick(3)] },
	"air":   func(b *brush) rgb { return b.sky[b.dice.pick(3)] },
	"any": func(b *brush) rgb {
		return []rgb{b.pops[0], b.pops[1], b.pops[2], b.sky[0], b.sky[1], b.near}[b.dice.pick(6)]
	},
	"skin": func(b *brush) rgb { return skins[b.dice.pick(len(skins))] },
	"hair": func(b *brush) rgb { return hairs[b.dice.pick(len(hairs))] },
}

var (
	skins = []rgb{hex(0xf6d2b8), hex(0xe8b48f), hex(0xc98a5e), hex(0x9a623f), hex(0x6b3f2a)}
	hairs = []rgb{hex(0x2a1a1f), hex(0x5b3021), hex(0xb5652b), hex(0xe3b866)}
)

// white is snow in the light of the sky above it, blue in its shadows and at night.
func (s *stage) white(shade float64) rgb {
	if s.dark {
		shade += 0.3
	}
	return rgb{1, 1, 1}.mix(s.sky[1].mix(hex(0x6f8fd0), 0.7), shade)
}

// ink reads a tone, or two with how the first runs into the second: a|b:y:0:1 downwards, :x: to the right, or
// :o:X:Y:R outwards.
func ink(s string) func(*brush) *paint {
	parts := strings.Split(s, ":")
	one, two, runs := strings.Cut(parts[0], "|")
	from, fromA := tone(one)
	if !runs {
		return func(b *brush) *paint { return flat(from(b), fromA) }
	}
	to, toA := tone(two)
	run, at := parts[1], sums(parts[2:])
	return func(b *brush) *paint {
		return blended(from(b), to(b), fromA, toA, run == "o").lay(b.pen, run, b.all(at))
	}
}

// lay places a blend by a pen.
func (p *paint) lay(n pen, run string, at []float64) *paint {
	switch run {
	case "y":
		return p.between(n.pt(vec{0, at[0]}), n.pt(vec{0, at[1]}))
	case "x":
		return p.between(n.pt(vec{at[0], 0}), n.pt(vec{at[1], 0}))
	}
	p.start, p.dx = n.pt(vec{at[0], at[1]}), 1/max(at[2]*n.size(), 1e-6)
	return p
}

// sum is a number of a motif: .3, or .3+.2i with letters for what differs from drawing to drawing.
type sum struct {
	fixed float64
	terms []term
}

type term struct {
	k     float64
	names string // multiplied with k and with each other
}

func number(s string) float64 {
	v, err := strconv.ParseFloat(s, 64)
	if err != nil {
		panic("draw: no number: " + s)
	}
	return v
}

func sums(words []string) []sum {
	out := make([]sum, len(words))
	for i, w := range words {
		out[i] = sumOf(w)
	}
	return out
}

func sumOf(s string) sum {
	var out sum
	for _, part := range terms.FindAllString(s, -1) {
		k := strings.TrimRight(part, "abcdefghijklmnopqrstuvwxyz")
		letters := part[len(k):]
		switch {
		case letters == "":
			out.fixed += number(k)
			continue
		case k == "" || k == "+" || k == "-":
			k += "1"
		}
		out.terms = append(out.terms, term{number(k), letters})
	}
	return out
}

// value adds up a number: r is chance from 0 to 1 and s from -1 to 1, new each time.
func (b *brush) value(n sum) float64 {
	v := n.fixed
	for _, t := range n.terms {
		k := t.k
		for i := range len(t.names) {
			k *= b.letter(t.names[i])
		}
		v += k
	}
	return v
}

func (b *brush) letter(name byte) float64 {
	switch name {
	case 'r':
		return b.dice.unit()
	case 's':
		return b.dice.span(-1, 1)
	}
	return b.v[name-'a']
}

func (b *brush) all(list []sum) []float64 {
	out := make([]float64, len(list), len(list)+2)
	for i, n := range list {
		out[i] = b.value(n)
	}
	return out
}

func (b *brush) let(name byte, v float64) { b.v[name-'a'] = v }
