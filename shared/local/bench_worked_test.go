//go:build long

package local

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"easel/shared/job"
)

// waiting is how many jobs are recorded before a worker begins.
const waiting = 10_000

// BenchmarkWorked is how many jobs a second are worked that were recorded before, each with a picture stored, with a model
// that takes no time and no pace. The names of its parts are the numbers of workers. What `make peers` compares is this.
//
// Files are removed when all is measured: ext4 without a journal finds a place for a new file slowly where thousands were
// removed in the last minutes, since it looks at each.
func BenchmarkWorked(b *testing.B) {
	all := b.TempDir()
	for _, workers := range []int{8, 32, 128} {
		b.Run(strconv.Itoa(workers), func(b *testing.B) {
			jobs, took := 0, time.Duration(0)
			for b.Loop() {
				took += worked(b, folderIn(b, all), workers)
				jobs += waiting
			}
			figure(b, float64(jobs)/took.Seconds(), "jobs/s")
			b.ReportMetric(flushed(b, folderIn(b, all), 1), "files/s-flushed-by-1")
			b.ReportMetric(flushed(b, folderIn(b, all), connections), fmt.Sprint("files/s-flushed-by-", connections))
		})
	}
}

// flushed is how many small files a second so many writers make durable one by one: what the file system alone allows. Each
// of the jobs beside it makes three commits and two files durable.
func flushed(b *testing.B, dir string, writers int) float64 {
	b.Helper()
	until := time.Now().Add(2 * time.Second)
	var n atomic.Int64
	var wg sync.WaitGroup
	for range writers {
		wg.Go(func() {
			for time.Now().Before(until) {
				if err := flushOne(filepath.Join(dir, strconv.FormatInt(n.Add(1), 10))); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return float64(n.Load()) / 2
}

func flushOne(name string) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	_, err = f.Write(make([]byte, 4096))
	return errors.Join(err, f.Sync(), f.Close())
}

// folderIn is a new folder in another.
func folderIn(b *testing.B, in string) string {
	b.Helper()
	dir, err := os.MkdirTemp(in, "")
	if err != nil {
		b.Fatal(err)
	}
	return dir
}

// worked records jobs, starts an engine and returns how long it takes until the last job has ended.
func worked(b *testing.B, dir string, workers int) time.Duration {
	b.Helper()
	e, ends, shut := engineIn(b, dir, workers)
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
	wg.Go(e.start(ctx))
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
