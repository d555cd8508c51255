package draw

import (
	"slices"
	"testing"
)

func TestAmountsAreRead(t *testing.T) {
	for prompt, want := range map[string]int{
		"two cats":                     2,
		"Three birds on a wire":        3,
		"a couple of dogs":             2,
		"3 little red foxes":           3,
		"six wolves":                   5,
		"a cat and two cups of tea":    0,
		"two cups of tea beside a cat": 0,
		"a red fox in the snow":        0,
		lion:                           0,
	} {
		if got := read(prompt).count; got != want {
			t.Errorf("%q: %d creatures, want %d", prompt, got, want)
		}
	}
	if got := read("a couple in love").subject; got != "people" {
		t.Errorf("a couple is %q, want people", got)
	}
}

func TestPackDrawsThatMany(t *testing.T) {
	for prompt, want := range map[string]int{"a fox": 1, "two foxes": 2, "a couple of foxes": 2, "three foxes": 3, "five foxes": 5} {
		for _, size := range [][2]int{{512, 512}, {640, 1536}, {1216, 832}} {
			tr := read(prompt)
			d := &rng{tr.hash}
			s := &stage{canvas: newCanvas(size[0], size[1]), traits: tr, palette: choose(tr, d), dice: d}
			s.setting, s.subject = "emblem", "fox"
			s.stand(s.brush())
			if got := eyes(s); got != 2*want {
				t.Errorf("%q in %v: %d eyes, want %d", prompt, size, got, 2*want)
			}
		}
	}
}

// eyes counts the patches of pupil colour that no other part of a fox has.
func eyes(s *stage) int {
	w, h := s.img.Rect.Dx(), s.img.Rect.Dy()
	seen, n := make([]bool, w*h), 0
	for i := range seen {
		if seen[i] || !pupil(s, i) {
			continue
		}
		area := 0
		for todo := []int{i}; len(todo) > 0; {
			k := todo[len(todo)-1]
			todo = todo[:len(todo)-1]
			if seen[k] || !pupil(s, k) {
				continue
			}
			seen[k] = true
			area++
			todo = append(todo, k-1, k+1, k-w, k+w)
		}
		if area > 8 { // less is the corner that a glint cuts off
			n++
		}
	}
	return n
}

func pupil(s *stage, i int) bool {
	c := hex(0x120b0e)
	return slices.Equal(s.img.Pix[4*i:4*i+3], []uint8{byteOf(c.r), byteOf(c.g), byteOf(c.b)})
}
