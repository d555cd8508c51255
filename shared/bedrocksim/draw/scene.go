// Package draw paints the pictures of a simulated image model. A picture that
// follows its prompt (a mountain for a mountain, blue for blue) shows a
// newcomer that prompt, seed and style arrived, which noise would not. Shapes,
// palettes and styles are all drawn by code; nothing here is a real model, and
// every picture of useful size says so in a corner. The package does no
// network or file access, and keeps no state between pictures.
package draw

import (
	"image"
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

// stage is a canvas with everything the drawing functions decide by.
type stage struct {
	*canvas
	traits
	palette
	dice    *dice
	horizon float64 // pixels from the top
	sun     vec     // pixels; also the moon
	sunR    float64
	side    float64 // 1 or -1: where guests stand, opposite their drinks
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
	d := &dice{t.hash ^ scramble(uint64(s.Seed)+1)}
	pal := choose(t, d)
	strip := newCaption(s.Prompt, w, h)
	c := newCanvas(w, h-strip.height)
	st := &stage{canvas: c, traits: t, palette: pal, dice: d}
	st.compose()
	if style := styles[s.Style]; style != nil {
		style(&look{canvas: c, palette: pal, dice: &dice{t.hash + 7}})
	}
	if s.Base != nil {
		c.img = rework(c, s.Base, h, s.Strength, pal)
	}
	return strip.finish(c.img, pal)
}

// compose draws the setting, then what stands in it.
func (s *stage) compose() {
	s.horizon = s.h * s.dice.span(0.5, 0.68)
	s.sunR = s.u * s.dice.span(0.06, 0.13)
	s.sun = vec{s.w * s.dice.span(0.15, 0.85), s.horizon * s.dice.span(0.25, 0.75)}
	s.side = s.dice.sign()
	settings[s.setting](s)
	if s.onLand() {
		s.drifts(s.horizon+(s.h-s.horizon)*0.3, 3)
	}
	if draw := subjects[s.subject]; draw != nil {
		draw(s)
	}
	if s.onLand() && s.bodied() {
		s.drifts(s.h*0.92, 1)
	}
	s.extras()
}

func fields(s string) []string { return strings.Fields(s) }
