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
		_, err := db.Create(b.Context(), written(order(strconv.FormatInt(n, 10))))
		return err
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "creates/s")
}

// row is a job of a batch as a file of many prompts makes it.
func row(batch string, position int64) job.Job {
	j := order(uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, batch, position)).String())
	j.BatchID, j.Position, j.CustomID = batch, position, fmt.Sprint("row-", position)
	j.Input.Prompt = strings.Repeat("a lighthouse at dusk ", 10)
	j.Sent = job.Sent{Prompt: j.Input.Prompt, Seed: position, OutputFormat: "png"}
	due := j.Due.Add(time.Duration(position) * time.Second)
	j.Due = &due
	return j
}

// many are jobs of a batch in the order of its file.
func many(batch string, first int64) []job.Job {
	jobs := make([]job.Job, job.MaxTogether)
	for n := range jobs {
		jobs[n] = row(batch, first+int64(n))
	}
	return jobs
}

// fill stores a batch of so many transactions, with their figures.
func fill(b *testing.B, db *DB, id string, transactions int64) {
	b.Helper()
	t := job.Transaction{WriteID: "w", Batch: &job.Batch{ID: id, Owner: "local"}}
	if _, err := db.Create(b.Context(), t); err != nil {
		b.Fatal(err)
	}
	for n := range transactions {
		if err := appendTo(b, db, id, n); err != nil {
			b.Fatal(err)
		}
	}
}

func appendTo(b *testing.B, db *DB, id string, n int64) error {
	jobs := many(id, n*job.MaxTogether)
	d := difference(id, nil, jobs)
	_, err := db.Create(b.Context(), job.Transaction{WriteID: "w", Jobs: jobs, Counters: &d})
	return err
}

// difference is what jobs add to a batch.
func difference(id string, was, is []job.Job) job.Difference {
	var cancelNo int64
	d := job.Difference{BatchID: id, If: job.Condition{CancelNo: &cancelNo}}
	for _, j := range was {
		d.Count(j, 0, -1)
	}
	for _, j := range is {
		d.Count(j, 0, 1)
	}
	return d
}

// BenchmarkCreateMany makes durable creates of 97 jobs each, with the figures of their batch, from four goroutines.
func BenchmarkCreateMany(b *testing.B) {
	db, batch := durable(b), uuid.NewString()
	fill(b, db, batch, 0)
	drive(b, 4, func(n int64) error { return appendTo(b, db, batch, n) })
	b.ReportMetric(float64(job.MaxTogether*b.N)/b.Elapsed().Seconds(), "jobs/s")
}

// BenchmarkClaim claims jobs of one batch from 32 goroutines, each with the figures of the batch and the owner's day.
func BenchmarkClaim(b *testing.B) {
	db, batch := durable(b), uuid.NewString()
	fill(b, db, batch, int64(b.N/job.MaxTogether+1))
	drive(b, 32, func(n int64) error {
		j := row(batch, n-1)
		is := j
		is.Status, is.Attempts, is.Calls, is.CostMicroUSD = job.Running, 1, 1, 40_000
		is.Lease = &job.Lease{Token: "token", Until: instant().Add(time.Hour), Amount: 40_000, Day: "2031-02-03"}
		d := difference(batch, []job.Job{j}, []job.Job{is})
		c := job.Charge{Owner: "local", Day: "2031-02-03", Amount: 40_000, Limit: 1 << 50, At: instant()}
		_, err := db.Update(b.Context(), job.Transaction{WriteID: "w", Jobs: []job.Job{is}, Counters: &d, Day: &c})
		return err
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "claims/s")
}

// BenchmarkUpdate writes single jobs from 32 goroutines.
func BenchmarkUpdate(b *testing.B) {
	db := durable(b)
	for n := range b.N {
		if _, err := db.Create(b.Context(), written(order(strconv.Itoa(n)))); err != nil {
			b.Fatal(err)
		}
	}
	drive(b, 32, func(n int64) error {
		_, err := db.Update(b.Context(), written(order(strconv.FormatInt(n-1, 10))))
		return err
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "updates/s")
}

func instant() time.Time { return time.Date(2031, 2, 3, 4, 5, 6, 789000, time.UTC) }
