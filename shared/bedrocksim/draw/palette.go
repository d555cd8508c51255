package draw

import (
	"slices"
	"strings"
)

// palette is a set of colours chosen together. Sky runs from the top to the
// horizon; far and near bound the layers of a landscape; pops are accents.
type palette struct {
	sky        [3]rgb
	light      rgb // the sun, the moon, lit windows
	far, near  rgb
	pops       [3]rgb
	paper, ink rgb
	dark       bool
	moods      string
}

func colours(moods string, dark bool, v ...uint32) palette {
	h := func(i int) rgb { return hex(v[i]) }
	return palette{
		moods: moods, dark: dark,
		sky: [3]rgb{h(0), h(1), h(2)}, light: h(3), far: h(4), near: h(5),
		pops: [3]rgb{h(6), h(7), h(8)}, paper: h(9), ink: h(10),
	}
}

var palettes = []palette{
	colours("sunset calm sweet", false, 0x355070, 0xb56576, 0xffcdb2, 0xfff3d6, 0xb98b9e, 0x2d2347, 0xe56b6f, 0xeaac8b, 0x6d597a, 0xfdf1e3, 0x2a2140),
	colours("bright", false, 0x2f9bd4, 0x8ed3f2, 0xf1fbff, 0xfff5c2, 0x9cc7d6, 0x14505a, 0xf4a259, 0xe4572e, 0xf2d544, 0xfdfaf0, 0x10333f),
	colours("sunset", false, 0x3b1c63, 0xd1495b, 0xffbe5c, 0xfff2b8, 0xb4527a, 0x1d1136, 0xff7b54, 0xffd56b, 0x8338ec, 0xfff1dc, 0x1d1136),
	colours("sunset grim", false, 0x2b0d17, 0x9d1c2d, 0xf58f29, 0xffe29a, 0x8f2d3c, 0x14080f, 0xf26419, 0xf6ae2d, 0x2f4858, 0xfbeede, 0x1e0c12),
	colours("night", true, 0x080d24, 0x1b2a63, 0x5364a8, 0xf6f1dc, 0x38497f, 0x060918, 0xf2cc8f, 0xe07a5f, 0x81b29a, 0xf4f1de, 0x0a0f26),
	colours("night cold neon", true, 0x050b1f, 0x0c3a4f, 0x3fb39d, 0xe9fff2, 0x1d5a66, 0x040b16, 0x7df0b4, 0xb56cf0, 0xf7d774, 0xeafaf4, 0x06202b),
	colours("calm", false, 0x7fb7a3, 0xc4dfc0, 0xf8f5d7, 0xfffbe0, 0x9dc3a4, 0x143d33, 0xe9a23b, 0xd8573f, 0x5b8e7d, 0xfbf8e8, 0x12332b),
	colours("cold calm", false, 0x5c8fc2, 0xb3d4ec, 0xfbf7fa, 0xffffff, 0xa9c3dd, 0x24416b, 0xef8a7a, 0xf5c06a, 0x6ea5c9, 0xf7fafc, 0x1d3558),
	colours("sunset old", false, 0xc9803f, 0xf0c27b, 0xfdf0ce, 0xfffbe8, 0xcf9463, 0x4c2415, 0xc8402b, 0xe8a33d, 0x5f7345, 0xfbf0db, 0x3c1d12),
	colours("sweet bright", false, 0x8e9bf0, 0xf3b4dc, 0xffeadb, 0xfffdf0, 0xc5a3e0, 0x533a86, 0xff6f91, 0xffc75f, 0x3fc1c9, 0xfff5f7, 0x43306e),
	colours("neon night", true, 0x12063a, 0x58148a, 0xff4f9a, 0xffe27a, 0x6b2196, 0x0c0329, 0x21e6ff, 0xff9f1c, 0xf72585, 0xf9edff, 0x16083f),
	colours("bright calm", false, 0x0a7ea4, 0x53c6c8, 0xfdf3cf, 0xfffbdc, 0x6fc0c0, 0x0b3c49, 0xff7f51, 0xffd166, 0xef476f, 0xfff9ea, 0x0b3540),
	colours("grim", true, 0x15181f, 0x4b5360, 0xc9ccd0, 0xf6efe0, 0x6c7480, 0x0b0c11, 0xc1272d, 0xe0b04a, 0x7e8a97, 0xefece6, 0x121318),
	colours("old", false, 0x1f5a63, 0xe4a94b, 0xf7e3b5, 0xfff4d0, 0xd5853f, 0x4a1d1f, 0xd1432b, 0xf0b33d, 0x2f7f79, 0xf8ead0, 0x3a181a),
	colours("night old", true, 0x1a1146, 0x4d2a8c, 0xd6a2d8, 0xffe9a8, 0x65489f, 0x120a30, 0xf5b841, 0xe94f8a, 0x58c4dd, 0xf8f0fb, 0x1b1243),
	colours("sweet calm sunset", false, 0xa34a7b, 0xeb9aa9, 0xffe6d1, 0xfffaf0, 0xc9859f, 0x43163c, 0xf25c78, 0xf9c74f, 0x4d908e, 0xfff3ee, 0x3b1435),
	colours("grim cold", false, 0x27364a, 0x5f7d92, 0xd5dcd2, 0xfbf7dd, 0x7e96a1, 0x141f2b, 0xe3a33b, 0xd95d39, 0x8fb8b0, 0xf1f1ea, 0x152230),
	colours("bright sweet", false, 0x67b9e8, 0xc5ebe3, 0xfffbd9, 0xfffde8, 0xa6d8a8, 0x1f6650, 0xff7096, 0xffc145, 0x8f6fe0, 0xfdfbee, 0x184a40),
}

// choose picks a palette that suits the moods, turns it a little by chance
// and pulls it to the colours that the prompt names.
func choose(t traits, d *rng) palette {
	fits := suiting(t.moods)
	p := fits[d.pick(len(fits))]
	turn, chroma, light := d.span(-14, 14), d.span(0.92, 1.12), d.span(0.97, 1.03)
	if t.has["mood-bright"] {
		chroma *= 1.12
	}
	p = p.recoloured(func(c rgb) rgb { return c.shift(turn, chroma, light) })
	if len(t.hues) > 0 && !t.own {
		p = p.dye(t.hues)
	}
	return p
}

// suiting returns the palettes that share the most moods with the prompt.
func suiting(moods []string) []palette {
	shared := func(p palette) (n int) {
		for _, m := range moods {
			if slices.Contains(strings.Fields(p.moods), m) {
				n++
			}
		}
		return n
	}
	best := slices.MaxFunc(palettes, func(a, b palette) int { return shared(a) - shared(b) })
	return slices.DeleteFunc(slices.Clone(palettes), func(p palette) bool { return shared(p) < shared(best) })
}

func (p palette) recoloured(f func(rgb) rgb) palette {
	for _, c := range []*rgb{&p.light, &p.far, &p.near, &p.paper, &p.ink} {
		*c = f(*c)
	}
	for i := range 3 {
		p.sky[i], p.pops[i] = f(p.sky[i]), f(p.pops[i])
	}
	return p
}

func (p palette) dye(hues []rgb) palette {
	pops := p.pops
	p = p.recoloured(func(c rgb) rgb { return c.toward(hues[0], 0.55) })
	p.paper, p.pops = p.paper.mix(hex(0xfbf8f1), 0.6), pops
	for i, h := range hues {
		p.pops[i%3] = h
	}
	return p
}

// layer is the colour at depth 0 (far) to 1 (near). The eye sees air between:
// far layers take on the horizon's colour.
func (p palette) layer(depth float64) rgb {
	return p.far.mix(p.near, depth).mix(p.sky[2], 0.35*(1-depth)*(1-depth))
}
