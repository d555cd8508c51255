//go:build long

package disk

import (
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"easel/shared/job"
)

// BenchmarkPut stores pictures durably from 32 goroutines, with each way to make files durable.
func BenchmarkPut(b *testing.B) {
	for _, alone := range []bool{false, true} {
		b.Run(fmt.Sprintf("each_file_alone_%t", alone), func(b *testing.B) {
			s, err := NewStore(b.TempDir(), make([]byte, keyBytes))
			if err != nil {
				b.Fatal(err)
			}
			defer s.Close()
			if alone {
				s.tree.all = nil
			}
			var n atomic.Int64
			var wg sync.WaitGroup
			for range 32 {
				wg.Go(func() {
					for i := n.Add(1); i <= int64(b.N); i = n.Add(1) {
						if err := s.Put(b.Context(), fmt.Sprintf("images/single/%d/1.png", i), make([]byte, 4000), job.ImageInfo{}); err != nil {
							b.Error(err)
						}
					}
				})
			}
			wg.Wait()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "puts/s")
		})
	}
}
