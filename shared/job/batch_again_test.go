package job_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"easel/shared/job"
)

// Two equal requests with a key; the first one is canceled halfway. The second must not make the other half.
func TestACanceledRequestIsNotCompletedByItsRival(t *testing.T) {
	inHarness(t, func(h *harness) {
		r := job.BatchRequest{Key: "k", Lines: many(150, "")}
		made := 0
		first := true
		var rivalErr error
		h.fault.Before = func(ctx context.Context, op string) error {
			if op != "creator.create" {
				return nil
			}
			made++
			if first { // the rival comes first
				first = false
				_, rivalErr = h.submit.SubmitBatch(ctx, ann, r)
			}
			return nil
		}
		h.fault.After = func(ctx context.Context, op string, brought any, err error) error {
			if w, is := brought.(job.Transaction); is && op == "creator.create" && err == nil && w.Batch != nil {
				h.cancelBatch(w.Batch.ID)
			}
			return nil
		}
		p, err := h.submit.SubmitBatch(h.t.Context(), ann, r)
		want(t, rivalErr, job.ErrState, "wrong_state")
		want(t, err, job.ErrState, "wrong_state")
		if p.Batch.ID != "" {
			if c := h.counters(p.Batch.ID); c.Queued != 0 {
				t.Errorf("%d jobs are queued behind the cancellation", c.Queued)
			}
		}
	})
}

// An answer that no repetition changes comes at once.
func TestAFinalAnswerIsNotRepeated(t *testing.T) {
	inHarness(t, func(h *harness) {
		id := h.batch(job.BatchRequest{Lines: rows("a fox"), Open: true}).Batch.ID
		r := job.BatchRequest{BatchID: id, Key: "more", Lines: many(150, ""), Open: true}
		calls, begun := 0, time.Now()
		h.fault.After = func(_ context.Context, op string, _ any, err error) error {
			if op == "creator.create" {
				if calls++; calls == 1 {
					h.cancelBatch(id)
				}
			}
			return nil
		}
		_, err := h.submit.SubmitBatch(h.t.Context(), ann, r)
		want(t, err, job.ErrState, "wrong_state")
		if calls > 2 {
			t.Errorf("%d transactions in %v", calls, time.Since(begun))
		}
	})
}

func TestRacingAppendsKeepToTheBoundOfABatch(t *testing.T) {
	inHarness(t, func(h *harness) {
		id := h.batch(job.BatchRequest{Lines: rows("a fox"), Open: true}).Batch.ID
		h.meanwhile("creator.create", func() { // as another append does
			_, err := h.db.Amend(h.t.Context(), job.Difference{
				BatchID: id, Next: job.MaxBatch - 1, Models: map[string]job.Counts{"stability.stable-image-core-v1:1": {job.Failed: job.MaxBatch - 1}},
			})
			if err != nil {
				t.Error(err)
			}
		})
		_, err := h.submit.SubmitBatch(h.t.Context(), ann, job.BatchRequest{BatchID: id, Key: "more", Lines: many(10, ""), Open: true})
		if c := h.counters(id); err == nil {
			t.Errorf("it has %d jobs", c.Sum().Total())
		}
	})
}

// A deletion of the job that a retry means is no reason to say that the batch is not there.
func TestARetryThatADeletionOvertakesIsDone(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.studio.do = func(context.Context, int) error {
			return &job.CallError{Class: job.Rejected, Code: job.CodeFiltered, Charged: true}
		}
		id := h.batch(job.BatchRequest{Lines: rows("a fox")}).Batch.ID
		h.runBatch(id)
		gone := h.listed(id)[0]
		h.meanwhile("records.update", func() {
			if err := h.submit.Delete(h.t.Context(), ann, gone.ID); err != nil {
				t.Error(err)
			}
		})
		_, _, _, err := h.submit.RetryBatch(h.t.Context(), ann, id, job.Choice{})
		var e *job.Error
		if errors.As(err, &e) && e.Code == "batch_not_found" {
			t.Errorf("the batch is there: %v", err)
		}
	})
}

// A keyed request that is sent again retries nothing that it has retried or made itself.
func TestACreationWithRetrySentAgainPaysOnce(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.studio.do = func(context.Context, int) error {
			return &job.CallError{Class: job.Rejected, Code: job.CodeFiltered, Charged: true}
		}
		r := job.BatchRequest{Key: "k", Lines: rows("a fox"), Retry: []job.Status{job.Failed}}
		id := h.batch(r).Batch.ID
		h.runBatch(id)
		if p := h.batch(r); p.Restarted != 0 {
			t.Errorf("the same request again began %d jobs again", p.Restarted)
		}
		h.runBatch(id)
		if c := h.counters(id); c.Cost != 40_000 {
			t.Errorf("it cost %d", c.Cost)
		}
	})
}

func TestARetryByCodeComesToTheLastJob(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.studio.do = func(context.Context, int) error {
			return &job.CallError{Class: job.Rejected, Code: job.CodeFiltered, Charged: true}
		}
		id := h.batch(job.BatchRequest{Lines: rows("a fox")}).Batch.ID
		h.runBatch(id)
		h.submit.Index = deep{h.submit.Index, h.listed(id)[0]}
		retried := 0
		for range 5 {
			_, n, more, err := h.submit.RetryBatch(h.t.Context(), ann, id, job.Choice{Codes: []string{job.CodeFiltered}})
			if err != nil {
				t.Fatal(err)
			}
			if retried += n; !more {
				break
			}
		}
		if retried != 1 {
			t.Errorf("%d jobs began again in five calls", retried)
		}
	})
}

// deep lists ten thousand jobs that failed for one reason before the one that failed for another.
type deep struct {
	job.Index
	last job.Job
}

func (d deep) List(ctx context.Context, q job.Query) ([]job.Job, *job.Mark, error) {
	page := int64(0)
	if q.After != nil {
		page = q.After.Position + 1
	}
	if page >= 100 {
		return []job.Job{d.last}, nil, nil
	}
	page1 := make([]job.Job, 100)
	for n := range page1 {
		page1[n] = d.last
		page1[n].ID, page1[n].Failure = "x", &job.Failure{Code: job.CodeInvalid}
	}
	return page1, &job.Mark{Position: page}, nil
}
