package sqlite

import (
	"fmt"
	"testing"
	"time"

	"easel/shared/job"
)

// fillLine fills the line of a model with so many flows.
func fillLine(b *testing.B, db *DB, flows int) {
	b.Helper()
	touches := make([]job.Touch, flows)
	for n := range touches {
		touches[n] = job.Touch{FlowKey: flowNo(int64(n)), At: instant(), Waiting: 100}
	}
	if err := db.Touch(b.Context(), touches); err != nil {
		b.Fatal(err)
	}
}

func flowNo(n int64) job.FlowKey {
	return job.FlowKey{Model: "core", Owner: "arn:aws:iam::123456789012:user/local", BatchID: fmt.Sprintf("0198f0f2-7c11-7000-8000-%012d", n)}
}

// BenchmarkFlows reads a line of 5,000 flows.
func BenchmarkFlows(b *testing.B) {
	const flows = 5000
	db := durable(b)
	fillLine(b, db, flows)
	for b.Loop() {
		_, all, err := db.Flows(b.Context(), "core")
		if err != nil || len(all) != flows {
			b.Fatalf("%d flows: %v", len(all), err)
		}
	}
}

// BenchmarkTouch makes durable touches of 5,000 flows, from one goroutine and from 32.
func BenchmarkTouch(b *testing.B) {
	for _, goroutines := range []int{1, 32} {
		b.Run(fmt.Sprint(goroutines), func(b *testing.B) {
			db := durable(b)
			fillLine(b, db, 5000)
			drive(b, goroutines, func(n int64) error {
				return db.Touch(b.Context(), []job.Touch{{FlowKey: flowNo(n % 5000), At: instant(), Waiting: 1}})
			})
		})
	}
}

// BenchmarkAdvance makes durable advances of 5,000 flows, from one goroutine and from 32.
func BenchmarkAdvance(b *testing.B) {
	for _, goroutines := range []int{1, 32} {
		b.Run(fmt.Sprint(goroutines), func(b *testing.B) {
			db := durable(b)
			fillLine(b, db, 5000)
			drive(b, goroutines, func(n int64) error {
				turn := (n - 1) / 5000
				return db.Advance(b.Context(), job.Advance{FlowKey: flowNo((n - 1) % 5000), Was: turn, Time: turn + 1, Given: 1})
			})
		})
	}
}

// fillFlow stores jobs that wait in one flow.
func fillFlow(b *testing.B, db *DB, transactions int64) job.FlowKey {
	b.Helper()
	var key job.FlowKey
	for n := range transactions {
		jobs := many("batch", n*job.MaxTogether)
		for i := range jobs {
			jobs[i].InLine = true
		}
		if _, err := db.Create(b.Context(), written(jobs...)); err != nil {
			b.Fatal(err)
		}
		key, _ = jobs[0].Flow()
	}
	return key
}

// BenchmarkWaiters reads jobs in the middle of a flow of 100,000, a few and as many as a sweep passes over.
func BenchmarkWaiters(b *testing.B) {
	db := durable(b)
	key := fillFlow(b, db, 100_000/job.MaxTogether+1)
	for _, limit := range []int{10, 1000} {
		b.Run(fmt.Sprint(limit), func(b *testing.B) {
			for b.Loop() {
				some, err := db.Waiters(b.Context(), key, &job.Waiter{Queued: instant(), Position: 50_000}, limit)
				if err != nil || len(some) != limit || some[0].Position != 50_000 {
					b.Fatalf("%d jobs: %v", len(some), err)
				}
			}
		})
	}
}

// BenchmarkFired reads the timers that have fired of 100,000, of which each job has one.
func BenchmarkFired(b *testing.B) {
	db := durable(b)
	fillFlow(b, db, 100_000/job.MaxTogether+1)
	for b.Loop() {
		some, err := db.Fired(b.Context(), "core", instant().Add(24*time.Hour), 1000)
		if err != nil || len(some) != 1000 {
			b.Fatalf("%d timers: %v", len(some), err)
		}
	}
}
