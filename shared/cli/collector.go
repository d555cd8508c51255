package cli

import (
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

// smallHeap is about the size in bytes up to which a server's heap grows before it is collected. A server that takes orders holds
// some 5 MB, and with Go's own rule, twice what is held, it would collect after every hundredth order. 24 MB take orders no
// faster, and with 48 MB a server that takes 100,000 lines has a peak half as high again: what is held grows before the rule
// that holds for it is set.
const smallHeap = 16 << 20

// leastHeap is the size up to which Go lets every heap grow, for each 100 % of growth.
const leastHeap = 4 << 20

// liveHeap is what the last collection has left, in bytes.
const liveHeap = "/gc/heap/live:bytes"

// collectLess makes a small heap grow to smallHeap. One of which half is held is collected by Go's own rule, so that the peak
// of a server with much to do stays where it is. Who sets GOGC keeps what is set.
var collectLess = sync.OnceFunc(func() {
	if os.Getenv("GOGC") == "" {
		adjustCollector()
	}
})

// adjustCollector runs after each collection: it leaves something behind that the next one finds.
func adjustCollector() {
	live := []metrics.Sample{{Name: liveHeap}}
	metrics.Read(live)
	debug.SetGCPercent(growth(live[0].Value.Uint64()))
	runtime.AddCleanup(&struct{ next *int }{}, func(struct{}) { adjustCollector() }, struct{}{})
}

// growth is by how many percent a heap of so many live bytes may grow until it is collected.
func growth(live uint64) int {
	return int(min(100*smallHeap/leastHeap, max(200, 100*smallHeap/max(1, live))-100))
}
