package cli

import "testing"

// A small heap grows to one size, whatever of it is held, and a large one no more than by Go's own rule.
func TestASmallHeapIsCollectedLessOften(t *testing.T) {
	for live := uint64(0); live < 1<<30; live += 1 << 18 {
		upTo := float64(live) * float64(100+growth(live)) / 100
		if upTo > max(smallHeap, 2*float64(live)) || live >= 1<<20 && upTo < 0.98*max(smallHeap, 2*float64(live)) {
			t.Fatalf("with %d bytes held the heap grows to %.0f", live, upTo)
		}
	}
}
