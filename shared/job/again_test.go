package job_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"easel/shared/job"
	"easel/shared/job/jobtest"
	"easel/shared/request"
)

// breakOff lets a request fail at an operation.
func (h *harness) breakOff(o job.BatchRequest, op string) {
	h.t.Helper()
	h.fault.Rule = jobtest.Fail(op, jobtest.Before, jobtest.Forever)
	_, err := h.submit.SubmitBatch(h.t.Context(), ann, o)
	h.fault.Rule = nil
	want(h.t, err, job.ErrUnavailable, "unavailable")
}

func TestABoundDoesNotRefuseWhatItHasTakenBefore(t *testing.T) {
	inHarness(t, func(h *harness) {
		r := job.BatchRequest{Key: "k", Lines: rows("a fox", "a hare"), MaxCost: 80_000}
		h.breakOff(r, "creator.create")
		if p := h.batch(r); p.Added != 2 {
			t.Errorf("completed: %+v", p)
		}
		if p := h.batch(r); p.Added != 0 || p.Existing != 2 {
			t.Errorf("sent again: %+v", p)
		}
		_, err := h.submit.SubmitBatch(h.t.Context(), ann, job.BatchRequest{BatchID: h.batch(r).Batch.ID, Key: "more", Lines: many(1, "")})
		want(t, err, job.ErrBudget, "over_max_cost")
	})
}

func TestARetryIsCompletedBySendingItAgain(t *testing.T) {
	inHarness(t, func(h *harness) {
		id := h.batch(job.BatchRequest{Lines: rows("a fox", "a hare")}).Batch.ID
		if _, _, err := h.submit.CancelBatch(h.t.Context(), ann, id); err != nil {
			t.Fatal(err)
		}
		o := job.BatchRequest{BatchID: id, Key: "again", Lines: rows("a fox", "a hare"), Retry: []job.Status{job.Canceled}}
		h.breakOff(o, "records.update")
		if p := h.batch(o); p.Restarted != 2 {
			t.Errorf("sent again: %+v", p)
		}
		if p := h.batch(o); p.Restarted != 0 || p.Cost != 0 {
			t.Errorf("sent a third time: %+v", p)
		}
		if b := h.runBatch(id); b.Counters.Sum()[job.Succeeded] != 2 || h.studio.calls != 2 {
			t.Errorf("%v after %d calls", b.Counters.Sum(), h.studio.calls)
		}
	})
}

func TestDeletedPicturesStayPaid(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.budget(1e9)
		id := h.batch(job.BatchRequest{Lines: rows("a fox", "a hare"), Open: true}).Batch.ID
		single := h.order(request.Request{Settings: request.Settings{Prompt: "a wolf"}}, "k")
		for range 3 {
			h.deliver()
		}
		for _, j := range append(h.listed(id), single) {
			if err := h.submit.Delete(h.t.Context(), ann, j.ID); err != nil {
				t.Fatal(err)
			}
		}
		if _, _, err := h.submit.Seal(h.t.Context(), ann, id); err != nil {
			t.Fatal(err)
		}
		if b := h.shown(id); b.Status != job.BatchCompleted || b.Counters.Cost != 80_000 || b.Counters.Sum()[job.Succeeded] != 2 || h.spent() != 120_000 {
			t.Errorf("it is %s: %+v, and %d spent for 3 pictures", b.Status, b.Counters, h.spent())
		}
	})
}

func TestADeletionIsNoReasonToPayAgain(t *testing.T) {
	inHarness(t, func(h *harness) {
		ctx := h.t.Context()
		single := h.run(h.order(fox, "k").ID)
		r := job.BatchRequest{Key: "b", Lines: rows("a fox", "a hare")}
		id := h.batch(r).Batch.ID
		h.runBatch(id)
		for _, gone := range []string{single.ID, h.listed(id)[0].ID} {
			if err := h.submit.Delete(ctx, ann, gone); err != nil {
				t.Fatal(err)
			}
			_, err := h.reader.Get(ctx, ann, gone)
			want(t, err, job.ErrNotFound, "job_not_found")
		}
		_, err := h.submit.Submit(ctx, ann, fox, "k")
		want(t, err, job.ErrState, "deleted")
		if p := h.batch(r); p.Added != 0 || p.Existing != 2 || p.Deleted != 1 {
			t.Errorf("the batch's request again: %+v", p)
		}
		if n := len(h.listed(id)); n != 1 {
			t.Errorf("%d jobs are listed, want the one that is left", n)
		}
		if _, _, err := h.submit.DeleteBatch(ctx, ann, id); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			h.sweep()
			wait(11 * time.Second)
		}
		_, err = h.submit.SubmitBatch(ctx, ann, r)
		want(t, err, job.ErrState, "deleted")
		wait(90 * 24 * time.Hour)
		if receipt, err := h.submit.Submit(ctx, ann, fox, "k"); err != nil || !receipt.Created {
			t.Errorf("90 days later the key is still taken: %v", err)
		}
		if p := h.batch(r); p.Added != 2 || !p.Created {
			t.Errorf("90 days later the batch's request: %+v", p)
		}
	})
}

// turn lets a message come, or time pass.
func (h *harness) turn() {
	h.t.Helper()
	stats, err := h.queue.Stats(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	if stats.Visible+stats.Delayed+stats.InFlight > 0 {
		h.deliver()
		return
	}
	wait(10 * time.Second)
	h.sweep()
}

func TestBatchesTakeTurnsWhenThePaceHasFallen(t *testing.T) {
	inHarness(t, func(h *harness) {
		setting := every(10 * time.Second)
		first := h.batch(job.BatchRequest{Lines: many(600, "")}).Batch.ID // one a second, it seems
		h.submit.Limiter.Limits = setting
		for began := time.Now(); time.Since(began) < 20*time.Minute; {
			h.turn()
		}
		second := h.batch(job.BatchRequest{Lines: many(10, "")}).Batch.ID
		for began := time.Now(); time.Since(began) < time.Hour; {
			h.turn()
		}
		a, b := h.shown(first).Counters.Sum()[job.Succeeded], h.shown(second).Counters.Sum()[job.Succeeded]
		if b < 10 || a < 200 {
			t.Errorf("%d of the first and %d of the second are made, want all 10", a, b)
		}
	})
}

func TestAJobOfABatchEndsAtItsDeadlineAlsoBeforeItsTurn(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.submit.Limiter.Limits = every(30 * time.Second)
		lines := many(60, "")
		for n := range lines {
			lines[n].Request.DeadlineSeconds = new(600)
		}
		id := h.batch(job.BatchRequest{Lines: lines}).Batch.ID
		began := time.Now()
		b := h.runBatch(id)
		if took := time.Since(began); took > 15*time.Minute || b.Counters.Sum()[job.Failed] < 30 || b.Counters.Sum()[job.Succeeded] < 15 {
			t.Errorf("after %v %v", took, b.Counters.Sum())
		}
		sent := 0
		for _, j := range h.listed(id, job.Failed) {
			if j.CompletedAt.After(j.Deadline.Add(2 * time.Minute)) {
				t.Errorf("job %d ended %v after its deadline", j.Position, j.CompletedAt.Sub(*j.Deadline))
			}
			sent += sends(j)
		}
		if sent > 6 { // those that were out by then
			t.Errorf("%d messages were sent for jobs past their deadline", sent)
		}
	})
}

func TestACancellationThatOvertakesARequestEndsIt(t *testing.T) {
	inHarness(t, func(h *harness) {
		ctx := h.t.Context()
		id := h.batch(job.BatchRequest{Open: true, Key: "k"}).Batch.ID
		r := job.BatchRequest{BatchID: id, Key: "more", Lines: many(250, ""), Open: true}
		h.beforeCall(2, "creator.create", func() { h.stop(id) })
		for range 2 { // and so does its repetition
			_, err := h.submit.SubmitBatch(ctx, ann, r)
			want(t, err, job.ErrState, "wrong_state")
			if !strings.Contains(fmt.Sprint(err), "97 of its 250") {
				t.Errorf("it does not say how many are in: %v", err)
			}
		}
		h.checkCounters(id)
		if c := h.counters(id); c.Sum()[job.Canceled] != 97 || c.Queued != 0 || c.Unwritten != 97 {
			t.Errorf("%+v", c)
		}
		r.Key = "wanted all the same"
		h.batch(r)
		if c := h.counters(id); c.Queued != 250 {
			t.Errorf("what comes later: %+v", c)
		}
		h.checkCounters(id)
	})
}

func TestACancellationReachesWhatARetryHasBegun(t *testing.T) {
	inHarness(t, func(h *harness) {
		id := h.batch(job.BatchRequest{Lines: rows("a fox", "a hare", "an owl")}).Batch.ID
		for _, do := range []func() error{
			func() error { _, _, err := h.submit.CancelBatch(h.t.Context(), ann, id); return err },
			func() error {
				_, n, _, err := h.submit.RetryBatch(h.t.Context(), ann, id, job.Choice{Statuses: []job.Status{job.Canceled}})
				if n != 3 {
					t.Errorf("%d begin again", n)
				}
				return err
			},
			func() error { _, _, err := h.submit.CancelBatch(h.t.Context(), ann, id); return err },
		} {
			if err := do(); err != nil {
				t.Fatal(err)
			}
			h.checkCounters(id)
		}
		if b := h.runBatch(id); b.Status != job.BatchCanceled || h.studio.calls != 0 {
			t.Errorf("it is %s after %d calls", b.Status, h.studio.calls)
		}
	})
}

func TestABatchHasItsBound(t *testing.T) {
	inHarness(t, func(h *harness) {
		id := h.batch(job.BatchRequest{Open: true, Key: "k"}).Batch.ID
		d := job.Difference{BatchID: id, Models: map[string]job.Counts{"core": {job.Succeeded: job.MaxBatch - 1}}}
		if _, err := h.db.Amend(h.t.Context(), d); err != nil {
			t.Fatal(err)
		}
		for n, c := range []error{job.ErrInvalid, nil} {
			_, err := h.submit.SubmitBatch(h.t.Context(), ann, job.BatchRequest{BatchID: id, Key: fmt.Sprint(n), Lines: many(2-n, ""), Open: true})
			if c == nil && err != nil {
				t.Error(err)
			} else if c != nil {
				want(t, err, c, "too_many_jobs")
			}
		}
	})
}

func TestABoundHoldsForACanceledBatchThatGoesOn(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.budget(1e9)
		lines := rows("a fox", "a hare", "an owl")
		id := h.batch(job.BatchRequest{Lines: lines, MaxCost: 120_000}).Batch.ID
		h.deliver()
		if _, _, err := h.submit.CancelBatch(h.t.Context(), ann, id); err != nil {
			t.Fatal(err)
		}
		p := h.batch(job.BatchRequest{BatchID: id, Lines: lines, Retry: []job.Status{job.Canceled}})
		if p.Restarted != 2 || p.Cost != 80_000 {
			t.Errorf("it goes on: %+v", p)
		}
		if b := h.runBatch(id); b.Counters.Sum()[job.Succeeded] != 3 || b.Counters.Cost != 120_000 || h.spent() != 120_000 {
			t.Errorf("%+v, and %d spent", b.Counters, h.spent())
		}
	})
}

func TestACanceledBatchCanBeDeletedAtOnce(t *testing.T) {
	inHarness(t, func(h *harness) {
		id := h.batch(job.BatchRequest{Lines: many(150, "")}).Batch.ID
		if _, _, err := h.submit.CancelBatch(h.t.Context(), ann, id); err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.submit.DeleteBatch(h.t.Context(), ann, id); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			h.sweep()
			wait(10 * time.Second)
		}
		_, err := h.reader.Batch(h.t.Context(), ann, id)
		want(t, err, job.ErrNotFound, "batch_not_found")
	})
}

func TestTheSweepWritesACancellationWithoutAWorker(t *testing.T) {
	inHarness(t, func(h *harness) {
		id := h.batch(job.BatchRequest{Lines: many(300, "")}).Batch.ID
		h.studio.do = func(context.Context, int) error { return &job.CallError{Class: job.Ambiguous, Code: job.CodeModel} }
		h.deliver() // so that one was begun
		if _, _, err := h.submit.CancelBatch(h.t.Context(), ann, id); err != nil {
			t.Fatal(err)
		}
		for range 3 {
			wait(time.Second)
			h.sweep()
		}
		h.checkCounters(id)
		if c := h.counters(id); c.Unwritten != 0 || c.Sum()[job.Canceled] != 300 || h.get(h.listed(id)[0].ID).Status != job.Canceled {
			t.Errorf("%+v", c)
		}
	})
}
