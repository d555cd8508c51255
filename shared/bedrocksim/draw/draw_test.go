package draw

import (
	"bytes"
	"image"
	"maps"
	"math"
	"math/bits"
	"os"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	xdraw "golang.org/x/image/draw"
	_ "golang.org/x/image/webp"
)

const (
	girls = "An image for girls having fun with beautiful colors, nice mountain view, with a river and some drinks"
	lion  = "A cute baby of lion, 8k ultra realistic, trending on artstation, 4 k"
)

func prompts(t testing.TB) []string {
	data, err := os.ReadFile("testdata/prompts.txt")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(data)), "\n")
}

func TestSameSceneSamePixels(t *testing.T) {
	for _, style := range slices.Sorted(maps.Keys(styles)) {
		s := Scene{Prompt: girls, Style: style, Seed: 7, Width: 256, Height: 256}
		if !bytes.Equal(Paint(s).Pix, Paint(s).Pix) {
			t.Errorf("style %q draws two pictures of one scene", style)
		}
	}
}

func TestSeedPromptAndStyleEachChangeThePicture(t *testing.T) {
	base := Scene{Prompt: lion, Seed: 1, Width: 256, Height: 256}
	plain := Paint(base)
	for name, change := range map[string]func(*Scene){
		"seed":         func(s *Scene) { s.Seed = 2 },
		"negative":     func(s *Scene) { s.Seed = -1 },
		"prompt":       func(s *Scene) { s.Prompt = "A cute baby of tiger" },
		"unknown word": func(s *Scene) { s.Prompt += " qwxz" },
		"style":        func(s *Scene) { s.Style = "anime" },
	} {
		s := base
		change(&s)
		if d := difference(plain, Paint(s)); d < 4 {
			t.Errorf("%s: mean pixel difference %.1f, want at least 4", name, d)
		}
	}
}

func TestStyleKeepsTheCaption(t *testing.T) {
	a := Paint(Scene{Prompt: lion, Width: 512, Height: 512})
	b := Paint(Scene{Prompt: lion, Width: 512, Height: 512, Style: "pixel-art"})
	strip := newCaption(lion, 512, 512).height
	from := a.PixOffset(0, 512-strip)
	if strip == 0 || !bytes.Equal(a.Pix[from:], b.Pix[from:]) {
		t.Error("a style changed the caption strip")
	}
}

func TestEveryStyleIsVisible(t *testing.T) {
	for _, prompt := range []string{girls, lion, "city street at night"} {
		plain := Paint(Scene{Prompt: prompt, Width: 384, Height: 384})
		for _, style := range slices.Sorted(maps.Keys(styles)) {
			d := difference(plain, Paint(Scene{Prompt: prompt, Style: style, Width: 384, Height: 384}))
			if d < 5 {
				t.Errorf("%s: mean pixel difference %.1f for %q, want at least 5", style, d, prompt)
			}
		}
	}
	if len(styles) != 17 {
		t.Errorf("%d styles, want 17", len(styles))
	}
}

func TestNoTwoPromptsLookAlike(t *testing.T) {
	const least = 6 // bits of 64; 0 is the same picture, 32 is chance
	all := prompts(t)
	if len(all) < 100 {
		t.Fatalf("%d prompts, want at least 100", len(all))
	}
	marks := make([]uint64, len(all))
	nearest, a, b := 64, "", ""
	for i, p := range all {
		marks[i] = perceptual(Paint(Scene{Prompt: p, Seed: 42, Width: 320, Height: 320}))
		for k, m := range marks[:i] {
			if d := bits.OnesCount64(m ^ marks[i]); d < nearest {
				nearest, a, b = d, all[k], p
			}
		}
	}
	t.Logf("nearest of %d pictures: %d bits, %q and %q", len(all), nearest, a, b)
	if nearest <= least {
		t.Errorf("%q and %q are %d bits apart, want more than %d", a, b, nearest, least)
	}
}

func TestEverySizeAndFormatDecodes(t *testing.T) {
	sizes := []image.Point{{1, 1}, {8, 8}, {64, 64}, {199, 640}, {200, 200}, {640, 1536}, {1536, 640}}
	for _, format := range []string{"png", "jpeg", "webp"} {
		for _, size := range sizes {
			var b bytes.Buffer
			if err := Encode(&b, Paint(Scene{Prompt: girls, Width: size.X, Height: size.Y}), format); err != nil {
				t.Fatalf("%s %v: %v", format, size, err)
			}
			img, got, err := image.Decode(&b)
			if err != nil || got != format || img.Bounds().Size() != size {
				t.Errorf("%s %v: decoded %v as %s, %v", format, size, img.Bounds(), got, err)
			}
		}
	}
}

func TestEveryStyleAndSettingBearsTinySizes(t *testing.T) {
	all := prompts(t)
	for i, style := range slices.Sorted(maps.Keys(styles)) {
		for k, size := range []image.Point{{1, 1}, {1, 300}, {300, 1}, {8, 8}, {37, 5}} {
			for n := range 4 {
				img := Paint(Scene{Prompt: all[(i*20+k*4+n)%len(all)], Style: style, Width: size.X, Height: size.Y})
				if img.Rect.Size() != size {
					t.Errorf("%s %v: drew %v", style, size, img.Rect)
				}
			}
		}
	}
}

func TestPicturesAreOpaque(t *testing.T) {
	for _, p := range prompts(t) {
		if !Paint(Scene{Prompt: p, Width: 210, Height: 230}).Opaque() {
			t.Errorf("%q leaves holes", p)
		}
	}
}

func TestUnknownFormatIsAnError(t *testing.T) {
	err := Encode(&bytes.Buffer{}, image.NewRGBA(image.Rect(0, 0, 1, 1)), "gif")
	if err == nil || !strings.Contains(err.Error(), `"gif"`) {
		t.Errorf("got %v, want an error that names the format", err)
	}
}

func TestPromptsAreReadAsMeant(t *testing.T) {
	for prompt, want := range map[string][2]string{
		girls:                            {"mountain", "people"},
		lion:                             {"emblem", "lion"},
		"Kittens":                        {"emblem", "cat"},
		"A sailboat on a calm sea":       {"sea", "boat"},
		"A futuristic city at night":     {"city", ""},
		"The planet Saturn":              {"space", ""},
		"portrait of a fox":              {"emblem", "fox"},
		"a bouquet of tulips":            {"garden", ""},
		"rough seas":                     {"sea", ""},
		"qwxz":                           {"abstract", ""},
		"a cup of coffee near mountains": {"mountain", ""},
	} {
		if got := read(prompt); got.setting != want[0] || got.subject != want[1] {
			t.Errorf("%q: setting %q and subject %q, want %q", prompt, got.setting, got.subject, want)
		}
	}
}

func TestCaptionFitsTwoLines(t *testing.T) {
	for _, prompt := range []string{strings.Repeat("word ", 2000), strings.Repeat("w", 10000), strings.Repeat("é", 300)} {
		c := newCaption(prompt, 512, 512)
		if len(c.lines) != 2 || !strings.HasSuffix(c.lines[1], "…") {
			t.Errorf("%d lines, want 2 that end with an ellipsis", len(c.lines))
		}
		face := faceOf(c.size)
		for _, l := range c.lines {
			if w := measure(face, l); w > 512-3*c.pad {
				t.Errorf("line of %.0f pixels in a picture of 512", w)
			}
		}
	}
}

func TestCaptionDropsWhatTheFontLacks(t *testing.T) {
	for in, want := range map[string]string{
		"a\tb\n\nc":      "a b c",
		"東京の夜景 night":    "night",
		"cats 🐱‍👤 nap":   "cats nap",
		"🐱🐶":             "",
		"bad\xff\xfe":    "bad",
		"naïve café — ü": "naïve café — ü",
		"\x00\x01":       "",
		"東京":             "",
	} {
		if got := legible(in); got != want {
			t.Errorf("legible(%q) = %q, want %q", in, got, want)
		}
	}
}

func FuzzPaint(f *testing.F) {
	for _, p := range []string{"", lion, "\xff\xfe\x00", "東京", strings.Repeat("a", 5000), "e\u0301\u202e"} {
		f.Add(p, "comic-book", int64(1), 210, 220)
	}
	f.Fuzz(func(t *testing.T, prompt, style string, seed int64, w, h int) {
		w, h = 1+(w&255), 1+(h&255)
		img := Paint(Scene{Prompt: prompt, Style: style, Seed: seed, Width: w, Height: h})
		if img.Rect != image.Rect(0, 0, w, h) || !img.Opaque() {
			t.Errorf("drew %v with holes or in the wrong size, want %dx%d", img.Rect, w, h)
		}
		if !utf8.ValidString(legible(prompt)) {
			t.Error("the caption is not UTF-8")
		}
	})
}

func BenchmarkPaintAndEncode(b *testing.B) {
	all := prompts(b)
	for _, style := range append([]string{""}, slices.Sorted(maps.Keys(styles))...) {
		b.Run("style="+style, func(b *testing.B) {
			i := 0
			for b.Loop() {
				var out bytes.Buffer
				if err := Encode(&out, Paint(Scene{Prompt: all[i%len(all)], Style: style, Seed: int64(i), Width: 1024, Height: 1024}), "png"); err != nil {
					b.Fatal(err)
				}
				i++
				b.ReportMetric(float64(out.Len())/1024, "KiB")
			}
		})
	}
}

// difference is the mean of the channels' distances, 0..255.
func difference(a, b *image.RGBA) float64 {
	sum := 0
	for i, v := range a.Pix {
		sum += max(int(v), int(b.Pix[i])) - min(int(v), int(b.Pix[i]))
	}
	return float64(sum) / float64(len(a.Pix)) * 4 / 3
}

// perceptual is the usual 64-bit pHash: the lowest frequencies of the grey
// picture at 32x32, each above or below their median.
func perceptual(img *image.RGBA) uint64 {
	const n, low = 32, 8
	small := image.NewGray(image.Rect(0, 0, n, n))
	xdraw.BiLinear.Scale(small, small.Rect, img, img.Rect, xdraw.Src, nil)
	freq := make([]float64, 0, low*low)
	for v := range low {
		for u := range low {
			sum := 0.0
			for y := range n {
				for x := range n {
					sum += float64(small.Pix[y*n+x]) * math.Cos(float64(2*x+1)*float64(u)*math.Pi/(2*n)) * math.Cos(float64(2*y+1)*float64(v)*math.Pi/(2*n))
				}
			}
			freq = append(freq, sum)
		}
	}
	sorted := slices.Sorted(slices.Values(freq[1:]))
	median, out := sorted[len(sorted)/2], uint64(0)
	for i, f := range freq {
		if i > 0 && f > median {
			out |= 1 << i
		}
	}
	return out
}

func TestPerceptualHashSeesSamePictureAtAnotherSize(t *testing.T) {
	a := perceptual(Paint(Scene{Prompt: girls, Width: 320, Height: 320}))
	b := perceptual(Paint(Scene{Prompt: girls, Width: 400, Height: 400}))
	if d := bits.OnesCount64(a ^ b); d > 12 {
		t.Errorf("one scene at two sizes is %d bits apart", d)
	}
}
