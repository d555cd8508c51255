package cli

import (
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"testing"
)

// A small heap grows to one size, whatever of it is held, and a large one no more than by Go's own rule.
func TestASmallHeapIsCollectedLessOften(t *testing.T) {
	for live := uint64(0); live < 1<<30; live += 1 << 18 {
		upTo := max(float64(live)*float64(100+growth(live)), leastHeap*float64(growth(live))) / 100
		if want := max(smallHeap, 2*float64(live)); upTo > 1.08*want || upTo < 0.95*want {
			t.Fatalf("with %d bytes held the heap grows to %.0f", live, upTo)
		}
	}
}

// Go lets a heap in which little is held grow further than the percentage says.
func TestAHeapOfLittleGrowsNoFurther(t *testing.T) {
	runtime.GC()
	heap := []metrics.Sample{{Name: liveHeap}, {Name: "/gc/heap/goal:bytes"}}
	metrics.Read(heap)
	live := heap[0].Value.Uint64()
	defer debug.SetGCPercent(debug.SetGCPercent(growth(live)))
	metrics.Read(heap)
	if goal := heap[1].Value.Uint64(); goal > 2*max(smallHeap, 2*live) {
		t.Errorf("with %d MiB held the next collection comes at %d MiB, want about %d", live>>20, goal>>20, smallHeap>>20)
	}
}
