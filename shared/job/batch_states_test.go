package job_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"easel/shared/job"
)

func TestABatchIsDeletedWhenItsCallsHaveEndedOrItWasCanceled(t *testing.T) {
	inHarness(t, func(h *harness) {
		id := h.batch(job.BatchRequest{Lines: rows("a fox")}).Batch.ID
		is := func(want job.BatchStatus) {
			if got := h.shown(id).Status; got != want {
				t.Errorf("it is %s, want %s", got, want)
			}
		}
		h.studio.do = func(context.Context, int) error {
			is(job.BatchRunning)
			_, _, err := h.submit.DeleteBatch(h.t.Context(), ann, id)
			want(t, err, job.ErrState, "wrong_state")
			h.cancelBatch(id)
			is(job.BatchCanceling)
			if _, _, err := h.submit.DeleteBatch(h.t.Context(), ann, id); err != nil {
				t.Errorf("while it is being canceled: %v", err)
			}
			is(job.BatchDeleting)
			return nil
		}
		h.deliver()
		for range 3 {
			h.sweep()
			wait(11 * time.Second)
		}
		if b, _, err := h.db.GetBatch(h.t.Context(), id); err != nil || b.DeletedAt == nil {
			t.Errorf("it is still there: %+v, %v", b, err)
		}
	})
}

func TestWhatADayHasPaidForIsNotThereForASingleJob(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.budget(80_000)
		h.runBatch(h.batch(job.BatchRequest{Lines: rows("a fox", "a hare")}).Batch.ID)
		_, err := h.submit.Submit(h.t.Context(), ann, fox, "")
		want(t, err, job.ErrBudget, "budget_exceeded")
		if known, _ := errors.AsType[*job.Error](err); known == nil || known.Wait > 24*time.Hour {
			t.Errorf("it fits tomorrow: %v", err)
		}
	})
}

func TestSimulatedCallsHaveDaysOfTheirOwn(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.budget(80_000)
		h.submit.Simulated = true
		h.run(h.order(fox, "").ID)
		h.run(h.order(fox, "").ID)
		today := time.Now().UTC().Format(time.DateOnly)
		if paid, simulated := h.spentOn(today), h.spentOn(today+" simulated"); paid != 0 || simulated != 80_000 {
			t.Errorf("%d spent, and %d simulated", paid, simulated)
		}
		h.submit.Simulated = false
		if _, err := h.submit.Submit(h.t.Context(), ann, fox, ""); err != nil {
			t.Errorf("what the simulator has cost is no cost: %v", err)
		}
	})
}
