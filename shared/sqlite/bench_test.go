package sqlite

import (
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"easel/shared/job"
)

// BenchmarkCreate makes durable single creates from 32 goroutines, as so many clients of POST /jobs do.
func BenchmarkCreate(b *testing.B) {
	db, err := Open(b.Context(), filepath.Join(b.TempDir(), "easel.db"), Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer db.Close()
	var n atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range 32 {
		wg.Go(func() {
			for i := n.Add(1); i <= int64(b.N); i = n.Add(1) {
				if _, err := db.Create(b.Context(), []job.Job{order(strconv.FormatInt(i, 10))}); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "creates/s")
}

func instant() time.Time { return time.Date(2031, 2, 3, 4, 5, 6, 789000, time.UTC) }
