package sqlite

import (
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/uuid"

	"easel/shared/job"
)

func durable(b *testing.B) *DB {
	b.Helper()
	db, err := Open(b.Context(), filepath.Join(b.TempDir(), "easel.db"), Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { db.Close() })
	return db
}

// drive makes b.N calls from so many goroutines.
func drive(b *testing.B, goroutines int, call func(n int64) error) {
	b.Helper()
	var n atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range goroutines {
		wg.Go(func() {
			for i := n.Add(1); i <= int64(b.N); i = n.Add(1) {
				if err := call(i); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
}

// BenchmarkCreate makes durable single creates from 32 goroutines, as so many clients of POST /jobs do.
func BenchmarkCreate(b *testing.B) {
	db := durable(b)
	drive(b, 32, func(n int64) error {
		_, err := db.Create(b.Context(), []job.Job{order(strconv.FormatInt(n, 10))})
		return err
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "creates/s")
}

// hundred are jobs of a batch as an order of many prompts makes them, in the order of the file.
func hundred(batch string, first int64) []job.Job {
	jobs := make([]job.Job, 100)
	for n := range jobs {
		j := order(uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, batch, first, n)).String())
		j.BatchID, j.Position, j.CustomID = batch, first+int64(n), fmt.Sprint("row-", first+int64(n))
		j.Input.Prompt = strings.Repeat("a lighthouse at dusk ", 10)
		j.Sent = job.Sent{Prompt: j.Input.Prompt, Seed: first, OutputFormat: "png"}
		due := j.Due.Add(time.Duration(j.Position) * time.Second)
		j.Due = &due
		jobs[n] = j
	}
	return jobs
}

// BenchmarkCreateHundred makes durable creates of a hundred jobs each from four goroutines, as a batch does.
func BenchmarkCreateHundred(b *testing.B) {
	db, batch := durable(b), uuid.NewString()
	drive(b, 4, func(n int64) error {
		_, err := db.Create(b.Context(), hundred(batch, n*100))
		return err
	})
	b.ReportMetric(float64(100*b.N)/b.Elapsed().Seconds(), "jobs/s")
}

// BenchmarkCountJobs counts a batch of 100,000 jobs beside another of that size.
func BenchmarkCountJobs(b *testing.B) {
	db, batches := durable(b), [2]string{uuid.NewString(), uuid.NewString()}
	for n := range int64(2000) {
		jobs := hundred(batches[n%2], n/2*100)
		for i := range jobs {
			jobs[i].Status, jobs[i].CostMicroUSD = job.Statuses[i%5], int64(i%5)*40_000
		}
		if _, err := db.Create(b.Context(), jobs); err != nil {
			b.Fatal(err)
		}
	}
	for b.Loop() {
		t, err := db.CountJobs(b.Context(), batches[1])
		if err != nil || t.Total() != 100_000 {
			b.Fatalf("%d jobs: %v", t.Total(), err)
		}
	}
}

func instant() time.Time { return time.Date(2031, 2, 3, 4, 5, 6, 789000, time.UTC) }
