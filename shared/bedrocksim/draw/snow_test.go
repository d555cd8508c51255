package draw

import "testing"

func TestSnowLiesAndFalls(t *testing.T) {
	for seed := range int64(6) {
		s := Scene{Prompt: "a red fox in the snow", Seed: seed, Width: 512, Height: 512}
		img := Paint(s)
		ground, sky := 0, 0
		floor := 512 - newCaption(s.Prompt, 512, 512).height
		for y := range floor {
			for x := range 512 {
				c := img.RGBAAt(x, y)
				pale := min(c.R, c.G, c.B) > 150 && max(c.R, c.G, c.B)-min(c.R, c.G, c.B) < 60
				switch {
				case pale && y >= floor*9/10 && (x < 64 || x >= 448):
					ground++
				case c.R > 225 && c.G > 225 && c.B > 225 && y < floor/3:
					sky++
				}
			}
		}
		if share := float64(ground) / float64(128*(floor-floor*9/10)); share < 0.9 {
			t.Errorf("seed %d: %.2f of the ground is white", seed, share)
		}
		if sky < 300 {
			t.Errorf("seed %d: %d pixels of flakes in the sky", seed, sky)
		}
	}
}

func TestColourBeforeACreatureIsItsCoat(t *testing.T) {
	for prompt, want := range map[string]bool{
		"a red fox in the snow": true, "a blue cat": true,
		"a fox under a red moon": false, "a red car": false, "a red and blue fox": false,
		"a red moon over a red fox": false,
	} {
		if got := read(prompt).own; got != want {
			t.Errorf("%q: own is %v, want %v", prompt, got, want)
		}
	}
}

func TestSnowLiesOnLandOnly(t *testing.T) {
	plain, snowy := Scene{Prompt: "a cottage", Width: 512, Height: 512}, Scene{Prompt: "a cottage snow", Width: 512, Height: 512}
	light := func(s Scene) int { return int(Paint(s).RGBAAt(4, 410).G) }
	if a, b := light(plain), light(snowy); b < 200 || a > 150 {
		t.Errorf("the ground has green %d and with snow %d", a, b)
	}
	if got := read("snow on a mountain lake"); (&stage{traits: got}).onLand() {
		t.Error("snow would hide the lake")
	}
}
