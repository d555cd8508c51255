package sqlite

import (
	"context"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"easel/shared/job/jobtest"
	"easel/shared/pace"
)

// scratch opens a file of its own for a test, without waiting for the disk.
func scratch(t *testing.T) *DB {
	t.Helper()
	return reopen(t, filepath.Join(t.TempDir(), "easel.db"), Options{Unsafe: true})
}

func reopen(t testing.TB, path string, opts Options) *DB {
	t.Helper()
	db, err := Open(t.Context(), path, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

func records(t *testing.T) jobtest.Store { return scratch(t) }

func TestRecords(t *testing.T) { jobtest.Records(t, records) }

func TestCreator(t *testing.T) { jobtest.Creator(t, records) }

func TestEraser(t *testing.T) { jobtest.Eraser(t, records) }

func TestFinder(t *testing.T) { jobtest.Finder(t, records) }

func TestDays(t *testing.T) { jobtest.Days(t, records) }

func TestBatches(t *testing.T) { jobtest.Batches(t, records) }

func TestBatchEraser(t *testing.T) { jobtest.BatchEraser(t, records) }

func TestIndex(t *testing.T) {
	jobtest.Index(t, func(t *testing.T) jobtest.IndexHarness {
		db := scratch(t)
		return jobtest.IndexHarness{Index: db, Store: db}
	})
}

func TestBatchIndex(t *testing.T) {
	jobtest.BatchIndex(t, func(t *testing.T) jobtest.BatchIndexHarness {
		db := scratch(t)
		return jobtest.BatchIndexHarness{Index: db, Store: db}
	})
}

func TestTimers(t *testing.T) {
	jobtest.Timers(t, func(t *testing.T) jobtest.TimersHarness {
		db := scratch(t)
		return jobtest.TimersHarness{Timers: db, Store: db}
	})
}

func TestWaiters(t *testing.T) {
	jobtest.Waiters(t, func(t *testing.T) jobtest.WaitersHarness {
		db := scratch(t)
		return jobtest.WaitersHarness{Waiters: db, Store: db}
	})
}

func TestLine(t *testing.T) {
	jobtest.Line(t, func(t *testing.T) jobtest.LineHarness {
		db := scratch(t)
		return jobtest.LineHarness{Lines: db, Toucher: db, Standing: db, Writer: db, Creator: db}
	})
}

func TestCountersReader(t *testing.T) {
	jobtest.CountersReader(t, func(t *testing.T) jobtest.CountersHarness {
		db := scratch(t)
		return jobtest.CountersHarness{Reader: db, Store: db}
	})
}

func TestPacer(t *testing.T) {
	jobtest.Pacer(t, func(t *testing.T) pace.Pacer { return scratch(t) })
}

func TestPaces(t *testing.T) {
	jobtest.Paces(t, func(t *testing.T) pace.Store { return scratch(t) })
}

func TestQueue(t *testing.T) {
	jobtest.Queue(t, func(t *testing.T) jobtest.QueueHarness {
		clock := &clock{now: time.Date(2031, 2, 3, 4, 5, 6, 789, time.UTC)}
		db := reopen(t, filepath.Join(t.TempDir(), "easel.db"), Options{Now: clock.Now, Unsafe: true})
		q := db.Queue(QueueOptions{Visibility: 3 * time.Second, MaxReceives: 3})
		return jobtest.QueueHarness{
			Queue: q, Visibility: 3 * time.Second, MaxReceives: 3,
			Receive: func(ctx context.Context) (jobtest.Delivery, bool, error) {
				c, err := q.claim(ctx, receipt{})
				return jobtest.Delivery(c.Delivery), c.found, err
			},
			Ack: q.Ack, Hide: q.Hide, Pass: clock.pass,
			Dead: func(ctx context.Context) ([]string, error) {
				return collect(ctx, db.read, word, "SELECT body FROM dead_letters ORDER BY id")
			},
		}
	})
}

// clock is a clock that a test moves.
type clock struct {
	mu  sync.Mutex
	now time.Time
}

func (c *clock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *clock) pass(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = c.now.Add(d)
}
