package jobtest_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"easel/shared/job"
	"easel/shared/job/jobtest"
	"easel/shared/model"
	"easel/shared/pace"
	"easel/shared/sqlite"
)

// calls makes one call of every operation through a fault. Behind it there is no port at all.
func calls(ctx context.Context, f *jobtest.Fault) map[string]func() error {
	r, c, ix, e, q, p := f.Records(nil), f.Creator(nil), f.Index(nil), f.Eraser(nil), f.Queue(nil), f.Pacer(nil)
	images, inputs, links, g, paces := f.Images(nil), f.Inputs(nil), f.Links(nil), f.Generator(nil), f.Paces(nil)
	return map[string]func() error{
		"records.get":              func() error { _, err := r.Get(ctx, ""); return err },
		"records.update":           func() error { _, err := r.Update(ctx, job.Transaction{}); return err },
		"creator.create":           func() error { _, err := c.Create(ctx, job.Transaction{}); return err },
		"index.list":               func() error { _, _, err := ix.List(ctx, job.Query{}); return err },
		"backlog.waiting":          func() error { _, err := f.Backlog(nil).Waiting(ctx, ""); return err },
		"eraser.erase":             func() error { return e.Erase(ctx, "", 0, time.Time{}, nil) },
		"queue.send":               func() error { _, err := q.Send(ctx, nil); return err },
		"images.put":               func() error { return images.Put(ctx, "", nil, job.ImageInfo{}) },
		"images.stat":              func() error { _, err := images.Stat(ctx, ""); return err },
		"images.delete":            func() error { return images.Delete(ctx, nil) },
		"inputs.putinput":          func() error { return inputs.PutInput(ctx, "", nil) },
		"inputs.getinput":          func() error { _, err := inputs.GetInput(ctx, ""); return err },
		"inputs.deleteinput":       func() error { return inputs.DeleteInput(ctx, "") },
		"inputeraser.deleteinputs": func() error { return f.InputEraser(nil).DeleteInputs(ctx, "") },
		"links.url":                func() error { _, _, err := links.URL(ctx, "", "", 0); return err },
		"generator.generate":       func() error { _, err := g.Generate(ctx, model.Model{}, model.Request{}); return err },
		"pacer.reserve":            func() error { _, _, err := p.Reserve(ctx, "", 0, 0); return err },
		"store.pace":               func() error { _, err := paces.Pace(ctx, ""); return err },
		"store.setpace":            func() error { _, err := paces.SetPace(ctx, "", pace.State{}); return err },
	}
}

// batchCalls is calls for the ports of batches.
func batchCalls(ctx context.Context, f *jobtest.Fault) map[string]func() error {
	r, ix, e, finder, days := f.Batches(nil), f.BatchIndex(nil), f.BatchEraser(nil), f.Finder(nil), f.Days(nil)
	return map[string]func() error{
		"finder.find":            func() error { _, err := finder.Find(ctx, nil); return err },
		"batches.getbatch":       func() error { _, _, err := r.GetBatch(ctx, ""); return err },
		"batches.amend":          func() error { _, err := r.Amend(ctx, job.Difference{}); return err },
		"batchindex.listbatches": func() error { _, _, _, err := ix.ListBatches(ctx, "", nil, 0); return err },
		"batchindex.duebatches":  func() error { _, err := ix.DueBatches(ctx, time.Time{}, 0); return err },
		"batcheraser.erasebatch": func() error { return e.EraseBatch(ctx, "", job.Condition{}, time.Time{}, nil) },
		"days.spent":             func() error { _, err := days.Spent(ctx, "", ""); return err },
	}
}

// lineCalls is calls for the ports of lines and their indexes.
func lineCalls(ctx context.Context, f *jobtest.Fault) map[string]func() error {
	timers, lines := f.Timers(nil), f.Lines(nil)
	return map[string]func() error{
		"timers.fired":      func() error { _, err := timers.Fired(ctx, "", time.Time{}, 0); return err },
		"timers.dispatched": func() error { _, err := timers.Dispatched(ctx, ""); return err },
		"waiters.waiters":   func() error { _, err := f.Waiters(nil).Waiters(ctx, job.FlowKey{}, nil, 0); return err },
		"toucher.touch":     func() error { return f.Toucher(nil).Touch(ctx, nil) },
		"lines.flows":       func() error { _, _, err := lines.Flows(ctx, ""); return err },
		"lines.advance":     func() error { return lines.Advance(ctx, job.Advance{}) },
		"lines.leave":       func() error { return lines.Leave(ctx, job.Flow{}) },
		"standingreader.standing": func() error {
			_, _, err := f.StandingReader(nil).Standing(ctx, job.FlowKey{})
			return err
		},
		"standingwriter.setstanding":  func() error { return f.StandingWriter(nil).SetStanding(ctx, job.Standing{}) },
		"countersreader.readcounters": func() error { _, err := f.CountersReader(nil).ReadCounters(ctx, nil); return err },
	}
}

// reached reports whether a call came to the port, which is known by the port that is missing.
func reached(call func() error) (yes bool, err error) {
	defer func() { yes = recover() != nil }()
	return false, call()
}

func TestFaultNamesEveryCall(t *testing.T) {
	failure := jobtest.None
	f := &jobtest.Fault{}
	all := calls(t.Context(), f)
	maps.Copy(all, batchCalls(t.Context(), f))
	maps.Copy(all, lineCalls(t.Context(), f))
	for op, call := range all {
		f.Rule = func(got string, n int) jobtest.Failure {
			if got != op {
				t.Errorf("a call of %s is named %s", op, got)
			}
			return failure
		}
		failure = jobtest.Before
		if yes, err := reached(call); yes || !errors.Is(err, jobtest.ErrFault) {
			t.Errorf("%s, failing before: reached %v, error %v", op, yes, err)
		}
		for _, failure = range []jobtest.Failure{jobtest.None, jobtest.After} {
			if yes, _ := reached(call); !yes {
				t.Errorf("%s, failure %d: the port was not reached", op, failure)
			}
		}
		if n := f.Calls(op); n != 3 {
			t.Errorf("%s was counted %d times, want 3", op, n)
		}
	}
}

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
	c := f.Creator(db)
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
	f := &jobtest.Fault{Rule: func(string, int) jobtest.Failure { return jobtest.After }}
	out := []job.Outgoing{{Message: job.Message{V: 1, ID: "a"}}, {Message: job.Message{V: 1, ID: "b"}}}
	unsent, err := f.Queue(q).Send(t.Context(), out)
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
	var wg sync.WaitGroup
	for range 20 {
		wg.Go(func() {
			if _, err := f.Timers(db).Dispatched(t.Context(), "core"); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if len(seen) != 20 || f.Calls("timers.dispatched") != 20 {
		t.Errorf("%d numbers and %d calls, want 20", len(seen), f.Calls("timers.dispatched"))
	}
}
