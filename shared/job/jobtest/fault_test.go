package jobtest_test

import (
	"errors"
	"io"
	"path/filepath"
	"sync"
	"testing"

	"easel/shared/job"
	"easel/shared/job/jobtest"
	"easel/shared/sqlite"
)

func open(t *testing.T) *sqlite.DB {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "easel.db"), sqlite.Options{Unsafe: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	return db
}

func TestFaultLosesTheReplyAlone(t *testing.T) {
	db := open(t)
	f := &jobtest.Fault{Err: io.ErrUnexpectedEOF, Rule: func(op string, n int) jobtest.Failure {
		return map[int]jobtest.Failure{1: jobtest.Before, 2: jobtest.After}[n]
	}}
	c := struct{ job.Creator }{db}
	f.On(&c)
	for n, want := range []error{io.ErrUnexpectedEOF, io.ErrUnexpectedEOF, job.ErrExists} {
		there, err := c.Create(t.Context(), job.Transaction{WriteID: "w", Jobs: []job.Job{{ID: "a"}}})
		if !errors.Is(err, want) {
			t.Errorf("create %d: %v, want %v", n+1, err, want)
		}
		_, stored := db.Get(t.Context(), "a")
		if done := stored == nil; done != (n > 0) {
			t.Errorf("after create %d the record is there: %v", n+1, done)
		}
		if (len(there.Jobs) == 1) != (n == 2) {
			t.Errorf("create %d returned %d records", n+1, len(there.Jobs))
		}
	}
}

func TestFaultReturnsWhatItDidNotSend(t *testing.T) {
	q := open(t).Queue(sqlite.QueueOptions{})
	broken := struct{ job.Queue }{q}
	f := &jobtest.Fault{Rule: jobtest.Fail("queue.send", jobtest.After, 1)}
	f.On(&broken)
	out := []job.Outgoing{{Message: job.Message{V: 1, ID: "a"}}, {Message: job.Message{V: 1, ID: "b"}}}
	unsent, err := broken.Send(t.Context(), out)
	if len(unsent) != 2 || !errors.Is(err, jobtest.ErrFault) {
		t.Errorf("%d unsent, error %v; want 2 and the fault", len(unsent), err)
	}
	if s, err := q.Stats(t.Context()); err != nil || s.Visible != 2 {
		t.Errorf("%d messages are in the queue, want 2: %v", s.Visible, err)
	}
}

func TestFaultCountsRacingCallsOnce(t *testing.T) {
	db, seen := open(t), map[int]bool{}
	f := &jobtest.Fault{Rule: func(_ string, n int) jobtest.Failure {
		seen[n] = true
		return jobtest.None
	}}
	timers := struct{ job.Timers }{db}
	f.On(&timers)
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := timers.Dispatched(t.Context(), "core"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(seen) != 20 || f.Calls("timers.dispatched") != 20 {
		t.Errorf("%d numbers and %d calls, want 20", len(seen), f.Calls("timers.dispatched"))
	}
}
