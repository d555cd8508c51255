// Package draw paints the pictures of a simulated image model. A picture that
// follows its prompt (a mountain for a mountain, blue for blue) shows a
// newcomer that prompt, seed and style arrived, which noise would not. What can
// be drawn is written in motifs.txt; nothing here is a real model, and
// every picture of useful size says so in a corner. The package does no
// network or file access, and keeps no state between pictures.
package draw

import (
	"image"
	"slices"
	"strings"
)

// Scene says what to draw. Every field may hold any value: sizes outside
// 1..2048 are clamped, and bytes that are no UTF-8 are left out of the caption.
type Scene struct {
	Prompt   string      // any UTF-8, up to 10,000 characters
	Style    string      // a style preset name as Stability's API lists them; "" or an unknown name for none
	Seed     int64       // the same prompt with another seed is another picture
	Width    int         // pixels, 64..2048
	Height   int         // pixels, 64..2048
	Base     image.Image // the input image of image-to-image; nil for none
	Strength float64     // 0 keeps Base, 1 ignores it; not read without Base
}

// stage is a canvas with everything that motifs decide by.
type stage struct {
	*canvas
	traits
	palette
	dice    *rng
	horizon float64 // pixels from the top
	sun     vec     // pixels; also the moon
	sunR    float64
}

const (
	maxSide   = 2048
	plainSide = 200 // below this a caption cannot be read and is left out
)

// Paint draws the scene: same input, same pixels. The style changes how a
// picture is drawn, not what is in it.
func Paint(s Scene) *image.RGBA {
	w, h := min(max(s.Width, 1), maxSide), min(max(s.Height, 1), maxSide)
	t := read(s.Prompt)
	d := &rng{t.hash ^ scramble(uint64(s.Seed)+1)}
	pal := choose(t, d)
	strip := newCaption(s.Prompt, w, h)
	c := newCanvas(w, h-strip.height)
	st := &stage{canvas: c, traits: t, palette: pal, dice: d}
	b := st.brush()
	st.compose(b)
	if restyle := styles[s.Style]; restyle != nil {
		restyle(st)
	}
	b.draw("over-" + s.Style)
	if s.Base != nil {
		c.img = rework(c, s.Base, h, s.Strength, pal)
	}
	return strip.finish(c.img, pal)
}

// compose draws the setting, then what stands in it. Snow lies before and after the subject, which stands in it.
func (s *stage) compose(b *brush) {
	s.horizon = s.h * s.dice.span(0.5, 0.68)
	s.sunR = s.u * s.dice.span(0.06, 0.13)
	s.sun = vec{s.w * s.dice.span(0.15, 0.85), s.horizon * s.dice.span(0.25, 0.75)}
	b.draw(s.setting)
	if s.onLand() {
		b.draw("drifts")
	}
	s.stand(b)
	if s.onLand() && s.bust() {
		b.draw("drift")
	}
	b.draw("extras")
}

// brush begins on the whole page with what the prompt says.
func (s *stage) brush() *brush {
	s.has["night"] = s.dark || s.has["stars"] || s.has["moon"]
	s.has["many"] = s.count > 1
	s.has["at-"+s.setting], s.has["of-"+s.subject] = true, true
	b := &brush{stage: s, book: book().steps, pen: penAt(vec{}, s.w, s.h)}
	b.let('n', float64(max(s.count, 1)))
	b.let('x', s.dice.sign())
	b.let('f', min(1, s.h/s.w))
	return b
}

// onLand reports whether snow would stay on the ground of the setting, and hide no water that is asked for.
func (s *stage) onLand() bool {
	wet := s.has["lake"] || s.has["river"] || slices.Contains(strings.Fields("sea space celestial table abstract"), s.setting)
	return s.has["snow"] && !wet
}

// bust reports whether the subject is drawn down to its chest only, large and in front.
func (s *stage) bust() bool { return slices.Contains(busts, s.subject) }

// stand places the subject. A bust is large before a disc of light; several stand side by side or, where the
// picture is tall, one below the other.
func (s *stage) stand(b *brush) {
	if !s.bust() {
		b.draw(s.subject)
		return
	}
	page, n := b.pen, float64(max(s.count, 1))
	size, offset, sway := min(s.u*0.3, s.w*0.56/n), vec{min(s.w*0.9/n, s.u*0.6), 0}, vec{0, s.u * 0.03}
	if s.h > s.w*1.3 {
		size = min(s.w*0.28, s.h*0.4/n)
		offset, sway = vec{0, min(1.9*size, s.h*0.7/n)}, vec{size * 0.5, 0}
	}
	if n == 1 {
		size, sway = s.u*s.dice.span(0.27, 0.39), vec{s.w * s.dice.span(-0.14, 0.14), 0}
	}
	for i := range int(n) {
		t, side := float64(i)-(n-1)/2, float64(1-2*(i%2))
		b.pen = penAt(vec{s.w/2 + t*offset.x + side*sway.x, s.h*0.54 + t*offset.y + side*sway.y}, size, size).turn(s.dice.span(-0.1, 0.1))
		if n == 1 && s.setting != "emblem" {
			b.draw("disc")
		}
		b.draw(s.subject)
	}
	b.pen = page
}

// coat gives an animal its own shade, and the colour that the prompt names.
func (b *brush) coat() {
	turn, light := b.dice.span(-14, 14), b.dice.span(0.9, 1.08)
	mood, share := b.pops[b.dice.pick(3)], b.dice.span(0.05, 0.2)
	b.own[0] = b.own[0].shift(turn, 1.05, light).toward(mood, share)
	if len(b.hues) > 0 {
		b.own[0] = b.own[0].mix(b.hues[0], 0.5)
	}
}

// reflect mirrors the picture above the pen's place in the water below it, rippled.
func (b *brush) reflect() {
	n, from := wave(b.dice.next()), int(b.pen.at.y)
	w, h := b.img.Rect.Dx(), b.img.Rect.Dy()
	for y := max(from, 0); y < h; y++ {
		depth := float64(y-from) / max(b.u, 1)
		off := int((n.at(depth*90) - 0.5) * b.u * 0.05 * depth)
		off = min(max(off, -w), w) * 4
		to, mirrored := b.img.Pix[y*b.img.Stride:][:4*w], b.img.Pix[max(0, 2*from-y-1)*b.img.Stride:][:4*w]
		copy(to, mirrored)
		copy(to[max(-off, 0):], mirrored[max(off, 0):])
	}
}
