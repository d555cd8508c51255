//go:build long

package local

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"testing"
	"time"

	"easel/shared/job"
)

// waiting is how many jobs are recorded before a worker begins.
const waiting = 10_000

// BenchmarkWorked is how many jobs a second are worked that were recorded before, each with a picture stored, with a model
// that takes no time and no pace. The names of its parts are the numbers of workers. What `make peers` compares is this.
func BenchmarkWorked(b *testing.B) {
	for _, workers := range []int{8, 32, 128} {
		b.Run(strconv.Itoa(workers), func(b *testing.B) {
			jobs, took := 0, time.Duration(0)
			for b.Loop() {
				took += worked(b, workers)
				jobs += waiting
			}
			figure(b, float64(jobs)/took.Seconds(), "jobs/s")
		})
	}
}

// worked records jobs, starts an engine and returns how long it takes until the last job has ended.
func worked(b *testing.B, workers int) time.Duration {
	b.Helper()
	e, ends, shut := engineOf(b, workers)
	defer shut()
	var wg sync.WaitGroup
	for n := range connections {
		wg.Go(func() {
			for i := n; i < waiting; i += connections {
				orderOne(b, e)
			}
		})
	}
	wg.Wait()
	ctx, stop := context.WithCancel(b.Context())
	began := time.Now()
	wg.Go(func() { e.run(ctx) })
	for range waiting {
		endOne(b, ends)
	}
	took := time.Since(began)
	stop()
	wg.Wait()
	expect(b, e, waiting)
	return took
}

// expect fails the benchmark unless so many jobs are recorded as succeeded.
func expect(b *testing.B, e *engine, want int) {
	b.Helper()
	got, err := succeeded(b.Context(), e)
	if err != nil || got != want {
		b.Fatal(fmt.Errorf("%d of %d jobs are recorded as succeeded: %w", got, want, err))
	}
}

func succeeded(ctx context.Context, e *engine) (n int, err error) {
	q := job.Query{Owner: "ann", Statuses: []job.Status{job.Succeeded}, Limit: 100}
	for {
		jobs, more, err := e.db.List(ctx, q)
		if n += len(jobs); err != nil || more == nil {
			return n, err
		}
		q.After = more
	}
}
