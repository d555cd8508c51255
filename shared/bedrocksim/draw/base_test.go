package draw

import (
	"bytes"
	"image"
	"math/bits"
	"testing"
)

const long = "a cottage in the valley with smoke over the chimney, an old gate, an orchard in bloom and two lines of caption"

// badge512 is the inside of the mark in a picture of 512 pixels.
var badge512 = image.Rect(512-60, 12, 512-20, 24)

func square(prompt string, base image.Image, strength float64) *image.RGBA {
	return Paint(Scene{Prompt: prompt, Seed: 7, Width: 512, Height: 512, Base: base, Strength: strength})
}

func TestStrengthZeroKeepsThePictureInPlace(t *testing.T) {
	base := square(long, nil, 0)
	got := square("a tiger", base, 0)
	strip := newCaption("a tiger", 512, 512).height
	for y := range 512 - strip {
		for x := range 512 {
			if a, b := base.RGBAAt(x, y), got.RGBAAt(x, y); a != b && (y > 40 || x < 400) {
				t.Fatalf("%d,%d: %v has become %v", x, y, a, b)
			}
		}
	}
}

func TestNewCaptionAndMarkCoverTheOld(t *testing.T) {
	for _, prompts := range [][2]string{{long, "a tiger"}, {"a tiger", long}, {long, "東京"}} {
		base, plain := square(prompts[0], nil, 0), square(prompts[1], nil, 0)
		for _, strength := range []float64{0, 0.35, 0.6, 0.9} {
			got := square(prompts[1], base, strength)
			from := got.PixOffset(0, 512-newCaption(prompts[1], 512, 512).height)
			if !bytes.Equal(got.Pix[from:], plain.Pix[from:]) {
				t.Errorf("%q over %q at %g: the old caption shines through", prompts[1], prompts[0], strength)
			}
			for y := badge512.Min.Y; y < badge512.Max.Y; y++ {
				a, b := got.PixOffset(badge512.Min.X, y), got.PixOffset(badge512.Max.X, y)
				if !bytes.Equal(got.Pix[a:b], plain.Pix[a:b]) {
					t.Fatalf("%q over %q at %g: the old mark shines through", prompts[1], prompts[0], strength)
				}
			}
		}
	}
}

func TestStripIsAsHighForEveryCaption(t *testing.T) {
	want := newCaption("a tiger", 512, 512).height
	for prompt, lines := range map[string]int{long: 2, "a tiger": 1, "東京 🐱": 0, "": 0} {
		c := newCaption(prompt, 512, 512)
		if len(c.lines) != lines || c.height != want {
			t.Errorf("%q: %d lines on %d pixels, want %d on %d", prompt, len(c.lines), c.height, lines, want)
		}
	}
}

func TestBaseKeepsItsCompositionWhileItTakesOnColours(t *testing.T) {
	base := square(lion, nil, 0)
	last := 0.0
	for _, strength := range []float64{0.15, 0.35, 0.6} {
		got := square("a castle at night", base, strength)
		if d := bits.OnesCount64(perceptual(base) ^ perceptual(got)); d > 3 {
			t.Errorf("at %g the composition is %d bits from the base", strength, d)
		}
		d := difference(base, got)
		if d < last+2 {
			t.Errorf("at %g the base has changed by %.1f, want more than the %.1f before", strength, d, last)
		}
		last = d
	}
	if d := bits.OnesCount64(perceptual(square("a castle at night", nil, 0)) ^ perceptual(square("a castle at night", base, 0.99))); d > 12 {
		t.Errorf("near 1 the composition is %d bits from the scene", d)
	}
}

func TestBaseOfAnyShapeAndDepthIsOpaque(t *testing.T) {
	for _, base := range []image.Image{image.NewNRGBA(image.Rect(3, 3, 900, 70)), image.NewGray(image.Rect(0, 0, 1, 99)), image.NewGray16(image.Rect(0, 0, 0, 0))} {
		for _, strength := range []float64{-1, 0, 0.61, 2} {
			if !square(lion, base, strength).Opaque() {
				t.Errorf("%v at %g leaves holes", base.Bounds(), strength)
			}
		}
	}
}

func TestStrengthGoesFromBaseToScene(t *testing.T) {
	blue := image.NewRGBA(image.Rect(0, 0, 40, 20))
	for i := 0; i < len(blue.Pix); i += 4 {
		copy(blue.Pix[i:], []uint8{0, 0, 255, 255})
	}
	s := Scene{Prompt: lion, Width: 160, Height: 150}
	plain := Paint(s)
	s.Base = blue
	at := func(strength float64) float64 {
		s.Strength = strength
		return difference(plain, Paint(s))
	}
	kept, half, ignored := at(0), at(0.5), at(1)
	if !(kept > half && half > ignored && ignored == 0) {
		t.Errorf("difference from the scene: %.1f at 0, %.1f at 0.5, %.1f at 1", kept, half, ignored)
	}
	s.Strength = 0
	if c := Paint(s).RGBAAt(5, 100); c.R != 0 || c.G != 0 || c.B != 255 {
		t.Errorf("strength 0 draws %v over the base", c)
	}
}
