package sqlite

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"easel/shared/job"
)

// Orders share commits, some of them fail there, and a sweep comes between: each flow counts what was recorded, and a reader who
// is told from memory is told what is stored.
func TestTouchesThatShareACommitAreCountedEach(t *testing.T) {
	db := scratch(t)
	keys := []job.FlowKey{{Model: "core", Owner: "ann"}, {Model: "core", Owner: "bob"}, {Model: "core", Owner: "ann", BatchID: "b", CancelNo: 1}}
	var mu sync.Mutex
	waiting, turns := map[job.FlowKey]int64{}, map[job.FlowKey]int64{}
	count := func(n map[job.FlowKey]int64, key job.FlowKey) {
		mu.Lock()
		defer mu.Unlock()
		n[key]++
	}
	var wg sync.WaitGroup
	for worker := range 16 {
		wg.Go(func() {
			r := rand.New(rand.NewPCG(uint64(worker), 1))
			for n := range 60 {
				key := keys[r.IntN(len(keys))]
				touch := job.Touch{FlowKey: key, At: time.UnixMicro(int64(1000*worker + n + 1)), Waiting: 1}
				tr := job.Transaction{WriteID: "w", Jobs: []job.Job{{ID: fmt.Sprint(worker, "-", n), Owner: "ann", Status: job.Queued}}, Touch: &touch}
				if r.IntN(4) == 0 {
					tr.Counters = &job.Difference{BatchID: "none"} // which undoes the piece after its touch
				}
				switch _, err := db.Create(t.Context(), tr); {
				case err == nil:
					count(waiting, key)
				case tr.Counters == nil || !errors.Is(err, job.ErrCounters):
					t.Error(err)
				}
				if r.IntN(5) == 0 {
					if err := db.Touch(t.Context(), []job.Touch{{FlowKey: key, At: touch.At, Direct: true}}); err != nil {
						t.Error(err)
					}
					count(turns, key)
				}
				if _, f, err := db.Standing(t.Context(), key); err != nil {
					t.Error(err)
				} else if err := db.Advance(t.Context(), job.Advance{FlowKey: key, Was: f.Time, Time: f.Time + 1, First: touch.At}); err != nil && !errors.Is(err, job.ErrConflict) {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	_, stored, err := db.Flows(t.Context(), "core")
	if err != nil || len(stored) != len(keys) {
		t.Fatalf("%d flows: %v", len(stored), err)
	}
	for _, f := range stored {
		if f.Waiting != waiting[f.FlowKey] || f.Turns != turns[f.FlowKey] {
			t.Errorf("%v: %d wait after %d turns, want %d and %d", f.FlowKey, f.Waiting, f.Turns, waiting[f.FlowKey], turns[f.FlowKey])
		}
		if _, told, err := db.Standing(t.Context(), f.FlowKey); err != nil || told != f {
			t.Errorf("told %+v, stored %+v: %v", told, f, err)
		}
	}
}
