package functions

import (
	"slices"
	"testing"
	"time"
)

// BenchmarkStart measures what a cold start spends in a function: from the start of the process until it asks for
// something to do. Lambda adds what the microVM and the code's way there take. The size is that of the binary
// for this processor; the function status reads the cursors' secret from the table meanwhile.
func BenchmarkStart(b *testing.B) {
	a := deploy(b)
	for _, name := range []string{"submit", "worker", "status", "sweep"} {
		bytes := size(b, native, name) // and builds it, before anything is measured
		b.Run(name, func(b *testing.B) {
			var times []time.Duration
			for b.Loop() {
				times = append(times, a.cold(b, name))
			}
			slices.Sort(times)
			b.ReportMetric(0, "ns/op")
			b.ReportMetric(milliseconds(times[len(times)/2]), "ms/median")
			b.ReportMetric(milliseconds(times[len(times)*9/10]), "ms/p90")
			b.ReportMetric(float64(bytes)/1e6, "MB")
		})
	}
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }

// cold starts a function and returns how long it took to be ready.
func (a *account) cold(b *testing.B, name string) time.Duration {
	b.Helper()
	f := a.start(b, name)
	defer f.kill()
	select {
	case at := <-f.asked:
		return at.Sub(f.began)
	case <-f.ended:
		b.Fatalf("%s has ended: %s\n%s", name, f.cmd.ProcessState, &f.errors)
	}
	return 0
}
