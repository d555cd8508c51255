package sqlite

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"easel/shared/job/jobtest"
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

func TestContracts(t *testing.T) {
	for name, suite := range jobtest.Stores {
		t.Run(name, func(t *testing.T) {
			suite.Run(t, func(t *testing.T) jobtest.Harness { return jobtest.Harness{Store: scratch(t)} })
		})
	}
}

func TestQueue(t *testing.T) {
	jobtest.Queue.Run(t, func(t *testing.T) jobtest.QueueHarness {
		clock := jobtest.NewClock(time.Date(2031, 2, 3, 4, 5, 6, 789, time.UTC))
		db := reopen(t, filepath.Join(t.TempDir(), "easel.db"), Options{Now: clock.Now, Unsafe: true})
		q := db.Queue(QueueOptions{Visibility: 3 * time.Second, MaxReceives: 3})
		return jobtest.QueueHarness{
			Queue: q, Visibility: 3 * time.Second, MaxReceives: 3,
			Receive: func(ctx context.Context) (jobtest.Delivery, bool, error) {
				c, err := q.claim(ctx, receipt{})
				return jobtest.Delivery(c.Delivery), c.found, err
			},
			Ack: q.Ack, Hide: q.Hide, Pass: clock.Advance,
			Dead: func(ctx context.Context) ([]string, error) {
				return collect(ctx, db.read, word, "SELECT body FROM dead_letters ORDER BY id")
			},
		}
	})
}
