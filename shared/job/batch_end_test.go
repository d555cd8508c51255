package job_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"easel/shared/job"
	"easel/shared/job/jobtest"
	"easel/shared/pace"
)

func TestAnEndIsSeenAtOnceHoweverManyBatchesWait(t *testing.T) {
	inHarness(t, func(h *harness) {
		setting := h.submit.Limiter.Limits
		h.submit.Limiter.Limits = func(model string) pace.Limits {
			if model == "core" {
				return setting(model)
			}
			return every(time.Hour)(model)
		}
		for n := range manyBatches {
			h.inLine(job.BatchRequest{Name: fmt.Sprint(n), Lines: many(5, "sd35")})
		}
		id := h.batch(job.BatchRequest{Lines: many(5, "core")}).Batch.ID
		for made := 0; made < 5; {
			before := h.studio.calls
			h.turn()
			if h.studio.calls > before && h.counters(id).Sum()[job.Succeeded] > int64(made) {
				made++
			}
		}
		if b := h.shown(id); b.Status != job.BatchCompleted || !slices.Contains(h.ended, id) {
			t.Errorf("in the next look it is %s, told: %v", b.Status, slices.Contains(h.ended, id))
		}
		if _, _, err := h.submit.DeleteBatch(h.t.Context(), ann, id); err != nil {
			t.Error(err)
		}
	})
}

func TestAnEndIsToldByTheTimerWhereTheWorkerDies(t *testing.T) {
	for _, op := range []string{"batches.getbatch", "batches.amend"} {
		t.Run(op, func(t *testing.T) {
			inHarness(t, func(h *harness) {
				id := h.batch(job.BatchRequest{Lines: rows("a fox", "a hare")}).Batch.ID
				h.deliver()
				var seen atomic.Int32
				h.fault.Before = func(_ context.Context, now string) error {
					if now == "images.put" {
						seen.Store(1)
					}
					if now == op && seen.CompareAndSwap(1, 2) { // after the finish
						runtime.Goexit()
					}
					return nil
				}
				h.start()
				wait(5 * time.Second)
				if b := h.shown(id); b.Status != job.BatchCompleted || len(h.ended) != 0 {
					t.Fatalf("it is %s, told %d times", b.Status, len(h.ended))
				}
				for range 3 {
					wait(time.Minute)
					h.sweep()
				}
				if len(h.ended) != 1 || h.counters(id).When(job.Told) == nil {
					t.Errorf("told %d times", len(h.ended))
				}
			})
		})
	}
}

// A status and the answer to DELETE come from the same figures.
func TestWhatLooksOverCanBeDeleted(t *testing.T) {
	inHarness(t, func(h *harness) {
		id := h.batch(job.BatchRequest{Lines: many(20, "")}).Batch.ID
		over := false
		for range 60 {
			h.turn()
			status := h.shown(id).Status
			s := *h.submit
			s.Batches = deletedElsewhere{s.Batches}
			_, _, err := s.DeleteBatch(h.t.Context(), ann, id)
			if refused := errors.Is(err, job.ErrState); refused == status.Ended() {
				t.Fatalf("it is %s, and DELETE says %v", status, err)
			}
			over = over || status.Ended()
		}
		if !over {
			t.Error("it never ended")
		}
	})
}

// deletedElsewhere decides as the batches do and changes nothing.
type deletedElsewhere struct{ job.Batches }

func (d deletedElsewhere) Amend(ctx context.Context, diff job.Difference) (job.Counters, error) {
	_, c, err := d.GetBatch(ctx, diff.BatchID)
	after, ok := c.Apply(diff)
	if err == nil && !ok {
		return c, job.ErrCounters
	}
	return after, err
}

func TestADeletionThatACrashHasLeftIsFinished(t *testing.T) {
	inHarness(t, func(h *harness) {
		id := h.batch(job.BatchRequest{Lines: rows("a fox", "a hare")}).Batch.ID
		h.runBatch(id)
		for _, j := range []job.Job{h.run(h.order(fox, "k").ID), h.listed(id)[0]} {
			h.fault.Rule = jobtest.Fail("eraser.erase", jobtest.Before, jobtest.Forever)
			want(t, h.submit.Delete(h.t.Context(), ann, j.ID), job.ErrUnavailable, "unavailable")
			h.fault.Rule = nil
			_, err := h.reader.Get(h.t.Context(), ann, j.ID)
			want(t, err, job.ErrNotFound, "job_not_found")
			for range 3 {
				wait(time.Minute)
				h.sweep()
			}
			if left, err := h.db.Get(h.t.Context(), j.ID); err != nil || left.DeletedAt == nil || left.Input.Prompt != "" {
				t.Errorf("the record is left: %+v, %v", left, err)
			}
		}
		if c := h.counters(id); c.Sum()[job.Succeeded] != 2 || c.Cost != 80_000 {
			t.Errorf("a deletion changed what was counted: %+v", c)
		}
	})
}

func TestNothingIsDeletedUnderACallThatRuns(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.budget(1e9)
		id := h.batch(job.BatchRequest{Lines: rows("a fox")}).Batch.ID
		j := h.listed(id)[0]
		h.studio.do = func(context.Context, int) error {
			if _, _, err := h.submit.CancelBatch(h.t.Context(), ann, id); err != nil {
				t.Error(err)
			}
			if _, err := h.submit.Cancel(h.t.Context(), ann, j.ID); err != nil {
				t.Error(err)
			}
			err := h.submit.Delete(h.t.Context(), ann, j.ID)
			want(t, err, job.ErrState, "wrong_state")
			if known, _ := errors.AsType[*job.Error](err); known == nil || known.Wait <= 0 {
				t.Errorf("it does not say when: %v", err)
			}
			if _, _, err := h.submit.DeleteBatch(h.t.Context(), ann, id); err != nil {
				t.Error(err)
			}
			for range 3 {
				wait(20 * time.Second)
				h.sweep()
			}
			return &job.CallError{Class: job.NotExecuted, Code: job.WaitThrottled}
		}
		h.deliver()
		if c := h.counters(id); c.Cost+c.Charged != 0 || h.spent() != 0 {
			t.Errorf("a call that was not executed: %d spent, %+v", h.spent(), c)
		}
		for range 3 {
			h.sweep()
			wait(11 * time.Second)
		}
		if left := len(h.records(id)); left != 0 {
			t.Errorf("%d jobs are left", left)
		}
	})
}

func TestOneOfManyEqualRequestsAddsTheJobs(t *testing.T) {
	for _, rows := range []int{20, 300} {
		t.Run(fmt.Sprint(rows), func(t *testing.T) { inHarness(t, func(h *harness) { h.equalRequests(rows) }) })
	}
}

func (h *harness) equalRequests(rows int) {
	t := h.t
	var mu sync.Mutex
	made, added := 0, 0
	id := ""
	var wg sync.WaitGroup
	for range 30 {
		wg.Go(func() {
			p, err := h.submit.SubmitBatch(h.t.Context(), ann, job.BatchRequest{Key: "k", Lines: many(rows, "")})
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if p.Created {
				made++
			}
			added += p.Added
			id = p.Batch.ID
		})
	}
	wg.Wait()
	if made != 1 || added != rows || h.counters(id).Queued != int64(rows) {
		t.Errorf("%d made the batch, %d jobs were added: %+v", made, added, h.counters(id))
	}
	h.checkCounters(id)
}
