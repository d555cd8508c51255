package job_test

import (
	"context"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"easel/shared/job"
	"easel/shared/job/jobtest"
)

// partsOf is how many transactions the requests of these tests are.
const partsOf = 8

// crowd is a request of so many transactions, the last of which has one row.
func crowd() job.BatchRequest {
	return job.BatchRequest{Key: "k", Lines: many((partsOf-1)*job.MaxTogether+1, "")}
}

// slowly lets each creation take a second, and notes how many were under way at the end of each and how many jobs it was about.
func (h *harness) slowly() (under, jobs *[]int) {
	var mu sync.Mutex
	now := 0
	under, jobs = new([]int), new([]int)
	h.fault.Before = func(_ context.Context, op string) error {
		if op == "creator.create" {
			mu.Lock()
			now++
			mu.Unlock()
			time.Sleep(time.Second)
		}
		return nil
	}
	h.fault.After = func(_ context.Context, op string, brought any, _ error) error {
		if t, is := brought.(job.Transaction); is && op == "creator.create" {
			mu.Lock()
			defer mu.Unlock()
			*under, *jobs = append(*under, now), append(*jobs, len(t.Jobs))
			now--
		}
		return nil
	}
	return under, jobs
}

// inPlace fails unless the batch has the jobs of the request, each once and where its row stood.
func (h *harness) inPlace(id string, r job.BatchRequest) {
	h.t.Helper()
	var want []string
	for _, l := range r.Lines {
		want = append(want, l.Request.Prompt)
	}
	jobs := h.listed(id)
	if !slices.Equal(prompts(jobs), want) {
		h.t.Errorf("the batch has %d jobs, want the %d of the request in its order", len(jobs), len(want))
	}
	for n, j := range jobs {
		if j.Position != int64(n) {
			h.t.Fatalf("job %d has position %d", n, j.Position)
		}
	}
	h.checkCounters(id)
}

func TestPartsOfARequestAreRecordedBesideEachOtherWhereTheStoreHasOneWriter(t *testing.T) {
	for _, c := range []struct {
		oneWriter bool
		most      int // under way at a time
	}{{true, 4}, {false, 1}} {
		inHarness(t, func(h *harness) {
			h.submit.OneWriter = c.oneWriter
			under, jobs := h.slowly()
			r := crowd()
			h.inPlace(h.inLine(r).Batch.ID, r)
			last := len(*under) - 1
			if len(*under) != partsOf || slices.Max(*under) != c.most {
				t.Errorf("one writer %v: under way at the end of each creation %v, want %d of at most %d", c.oneWriter, *under, partsOf, c.most)
			}
			if (*under)[0] != 1 || (*under)[last] != 1 || (*jobs)[last] != 1 {
				t.Errorf("one writer %v: the first part, which makes the batch, or the last, which seals it, was not alone: %v", c.oneWriter, *under)
			}
		})
	}
}

// A call of the batch runs. A creation takes a second here, and one of a store whose writes refuse each other a second more,
// which is left to the call.
func TestPartsLeaveEverySecondMomentToCallsWhereWritesRefuseEachOther(t *testing.T) {
	for oneWriter, long := range map[bool]time.Duration{true: 4 * time.Second, false: (2*partsOf - 1) * time.Second} {
		inHarness(t, func(h *harness) {
			h.submit.OneWriter = oneWriter
			id := h.batch(job.BatchRequest{Lines: rows("a fox"), Open: true}).Batch.ID
			h.studio.do = func(context.Context, int) error { wait(time.Minute); return nil }
			h.start()
			synctest.Wait()
			if c := h.counters(id); c.Running != 1 {
				h.t.Fatalf("%d calls run", c.Running)
			}
			h.slowly()
			r := crowd()
			r.BatchID = id
			began := time.Now()
			h.inLine(r)
			if took := time.Since(began).Round(time.Second); took != long {
				h.t.Errorf("one writer %v: it took %v, want %v", oneWriter, took, long)
			}
			wait(time.Minute)
		})
	}
}

// Each creation but the first fails once in each way that a call can.
func TestAPartThatFailsTakesNoOtherWithIt(t *testing.T) {
	for _, how := range []jobtest.Failure{jobtest.Before, jobtest.After} {
		inHarness(t, func(h *harness) {
			h.submit.OneWriter = true
			h.fault.Rule = func(op string, n int) jobtest.Failure {
				if op == "creator.create" && n > 1 && n%2 == 0 {
					return how
				}
				return jobtest.None
			}
			r := crowd()
			h.inPlace(h.inLine(r).Batch.ID, r)
		})
	}
}

// The store refuses the part that comes third. The batch is not sealed without it, and what is sent again adds what is missing.
func TestABatchIsNotSealedWithoutAPartThatFailed(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.submit.OneWriter = true
		var mu sync.Mutex
		var refused, id string
		calls := 0
		h.fault.Before = func(ctx context.Context, op string) error {
			if op != "creator.create" {
				return nil
			}
			mu.Lock()
			defer mu.Unlock()
			if calls++; calls == 3 {
				refused = jobtest.About(ctx)
			}
			if jobtest.About(ctx) == refused {
				return job.ErrConflict // an answer that comes at once, however often it is asked for
			}
			return nil
		}
		h.fault.After = func(_ context.Context, _ string, brought any, _ error) error {
			if w, is := brought.(job.Transaction); is && w.Batch != nil {
				id = w.Batch.ID
			}
			return nil
		}
		r := crowd()
		_, err := h.submit.SubmitBatch(h.t.Context(), ann, r)
		if err == nil {
			h.t.Error("no error")
		}
		if c := h.counters(id); c.Has(job.Sealed) || c.Next != int64(len(r.Lines)) {
			h.t.Errorf("sealed %v, the next row has position %d", c.Has(job.Sealed), c.Next)
		}
		h.checkCounters(id)
		h.fault.Before = nil
		h.inLine(r)
		h.inPlace(id, r)
		if !h.counters(id).Has(job.Sealed) {
			h.t.Error("not sealed in the end")
		}
	})
}

// The batch is canceled when the third creation is done. Parts that come later make no jobs.
func TestACancellationStopsThePartsThatComeLater(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.submit.OneWriter = true
		var id string
		var done atomic.Int64
		h.fault.After = func(_ context.Context, op string, brought any, _ error) error {
			if w, is := brought.(job.Transaction); is && op == "creator.create" && done.Add(1) == 3 {
				id = w.Jobs[0].BatchID
				h.cancelBatch(id)
			}
			return nil
		}
		r := crowd()
		_, err := h.submit.SubmitBatch(h.t.Context(), ann, r)
		want(h.t, err, job.ErrState, "wrong_state")
		if c := h.counters(id); c.Queued != 0 || len(h.records(id)) == len(r.Lines) {
			h.t.Errorf("%d jobs are queued behind the cancellation, and %d were made", c.Queued, len(h.records(id)))
		}
		h.checkCounters(id)
	})
}
