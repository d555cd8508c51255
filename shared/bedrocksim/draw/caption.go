package draw

import (
	"image"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/image/font"
	"golang.org/x/image/font/gofont/gomedium"
	"golang.org/x/image/font/opentype"
	"golang.org/x/image/font/sfnt"
	"golang.org/x/image/math/fixed"
)

const (
	mark      = "simulated"
	captioned = 400 // characters; more never fit in two lines
)

var gofont = sync.OnceValue(func() *sfnt.Font {
	f, err := opentype.Parse(gomedium.TTF)
	if err != nil {
		panic("draw: the embedded font does not parse: " + err.Error())
	}
	return f
})

// caption is the strip below the picture that repeats the prompt. Its height depends on the picture's size
// alone, so that it covers the strip of a picture that comes back as the base of another.
type caption struct {
	face         font.Face
	lines        []string
	size, pad    float64 // pixels
	height       int     // pixels; 0 for no strip
	width, total int
}

func newCaption(prompt string, w, h int) caption {
	c := caption{width: w, total: h, size: float64(min(w, h)) * 0.026}
	if min(w, h) < plainSide {
		return c
	}
	c.size = min(max(c.size, 9), 34)
	c.pad = c.size * 1.1
	c.face = faceOf(c.size)
	c.lines = wrap(c.face, legible(prompt), float64(w)-3.2*c.pad)
	c.height = int(c.size*2.8 + c.pad*1.3)
	return c
}

func faceOf(size float64) font.Face {
	face, err := opentype.NewFace(gofont(), &opentype.FaceOptions{Size: size, DPI: 72, Hinting: font.HintingNone})
	if err != nil {
		panic("draw: the embedded font has no face: " + err.Error())
	}
	return face
}

// legible keeps what the font can show, with single spaces. Where that is no letter and no digit, nothing
// is left.
func legible(prompt string) string {
	var buf sfnt.Buffer
	text := strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || unicode.IsControl(r) {
			return ' '
		}
		if i, err := gofont().GlyphIndex(&buf, r); err != nil || i == 0 || r == unicode.ReplacementChar || unicode.Is(unicode.Mn, r) {
			return -1
		}
		return r
	}, prompt)
	if !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) }) {
		return ""
	}
	runes := []rune(strings.Join(strings.Fields(text), " "))
	return strings.TrimSpace(string(runes[:min(len(runes), captioned)]))
}

// wrap breaks text into at most two lines and ends a cut one with an ellipsis.
func wrap(face font.Face, text string, width float64) []string {
	if text == "" {
		return nil
	}
	first, rest := cut(face, text, width)
	if rest == "" {
		return []string{first}
	}
	second, more := cut(face, rest, width)
	if more != "" {
		second, _ = cut(face, second, width-measure(face, "…"))
		second = strings.TrimRight(second, " ,.;:") + "…"
	}
	return []string{first, second}
}

// cut takes as many whole words as fit; a word too long for a line is broken.
func cut(face font.Face, text string, width float64) (head, rest string) {
	end, fit := 0, 0
	for i, r := range text + " " {
		if measure(face, text[:i]) > width {
			break
		}
		fit = i
		if r == ' ' {
			end = i
		}
	}
	if end == 0 {
		end = fit
	}
	return text[:end], strings.TrimSpace(text[end:])
}

func measure(face font.Face, s string) float64 {
	return float64(font.MeasureString(face, s)) / 64
}

// finish puts the picture over its caption and adds the mark.
func (c caption) finish(picture *image.RGBA, p palette) *image.RGBA {
	out := newCanvas(c.width, c.total)
	copy(out.img.Pix, picture.Pix)
	if c.height > 0 {
		c.strip(out, p)
	}
	if min(c.width, c.total) >= 96 {
		c.stamp(out, p)
	}
	return out.img
}

func (c caption) strip(out *canvas, p palette) {
	top := out.h - float64(c.height)
	paper := p.paper.mix(hex(0xfaf6ee), 0.5)
	out.fill(flat(paper, 1), rect(0, top, out.w, out.h))
	out.fill(flat(p.pops[0], 1), rect(0, top, out.w, top+max(1.5, c.size*0.12)))
	bar := c.pad * 0.9
	out.fill(flat(p.pops[0], 1), rect(bar, top+c.pad*0.8, bar+max(2, c.size*0.2), out.h-c.pad*0.55))
	for i, s := range c.lines {
		y := top + c.pad*0.72 + c.size*(1.4*(float64(i)+1-float64(len(c.lines))/2)+1)
		write(out.img, c.face, s, bar+c.size*0.75, y, p.ink.darker(0.35))
	}
}

// stamp says in the upper right corner that no model made this. It is opaque for the sake of a base that
// bears one.
func (c caption) stamp(out *canvas, p palette) {
	size := min(max(c.size*0.72, 7.5), 22)
	face := faceOf(size)
	x1, y0 := out.w-size*0.9, size*0.9
	x0 := x1 - measure(face, mark) - size*1.3
	out.fill(flat(p.ink.darker(0.3).mix(p.sky[0], 0.25), 1), rounded(x0, y0, x1, y0+size*1.8, size))
	write(out.img, face, mark, x0+size*0.65, y0+size*1.22, hex(0xfaf6ee))
}

func write(img *image.RGBA, face font.Face, s string, x, y float64, c rgb) {
	d := font.Drawer{Dst: img, Src: image.NewUniform(c.veil(1)), Face: face, Dot: fixed.Point26_6{X: fixed.Int26_6(x * 64), Y: fixed.Int26_6(y * 64)}}
	d.DrawString(s)
}
