package job_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
	"easel/shared/job/jobtest"
)

// breakOff lets the order fail after it was booked.
func (h *house) breakOff(o job.Order, op string) {
	h.t.Helper()
	h.fault.Rule = func(called string, _ int) jobtest.Failure {
		if called == op {
			return jobtest.Before
		}
		return jobtest.None
	}
	_, err := h.submit.Order(h.t.Context(), ann, o)
	h.fault.Rule = nil
	want(h.t, err, job.ErrUnavailable, "unavailable")
}

func TestAnOrderThatIsCompletedLateIsBookedAgain(t *testing.T) {
	inHouse(t, func(h *house) {
		h.submit.Budget = 1e9
		o := job.Order{Key: "k", Lines: rows("a fox", "a hare")}
		h.breakOff(o, "records.create")
		for range 10 { // nothing came, so the batch ends and gives the money back
			wait(time.Minute)
			h.sweep()
		}
		if h.spent() != 0 {
			t.Errorf("%d are held for an order that was given up", h.spent())
		}
		id := h.batch(o).Batch.ID
		if b := h.shown(id); b.Status != job.BatchRunning || h.spent() != 80_000 {
			t.Errorf("completed late it is %s, with %d in the books", b.Status, h.spent())
		}
		if b := h.runBatch(id); b.Tally.Counts[job.Succeeded] != 2 || h.spent() != 80_000 || b.Batch.Booked != 80_000 {
			t.Errorf("%v, %d in the books, %d booked", b.Tally.Counts, h.spent(), b.Batch.Booked)
		}
	})
}

func TestABoundDoesNotRefuseWhatItHasTakenBefore(t *testing.T) {
	inHouse(t, func(h *house) {
		o := job.Order{Key: "k", Lines: rows("a fox", "a hare"), MaxCost: 80_000}
		h.breakOff(o, "records.create")
		if p := h.batch(o); p.Added != 2 || p.Batch.Booked != 80_000 {
			t.Errorf("completed: %+v", p)
		}
		_, err := h.submit.Order(h.t.Context(), ann, job.Order{BatchID: h.batch(o).Batch.ID, Key: "more", Lines: many(1, "")})
		want(t, err, job.ErrBudget, "over_max_cost")
	})
}

func TestARetryIsCompletedBySendingItAgain(t *testing.T) {
	inHouse(t, func(h *house) {
		id := h.batch(job.Order{Lines: rows("a fox", "a hare")}).Batch.ID
		if _, err := h.submit.CancelBatch(h.t.Context(), ann, id); err != nil {
			t.Fatal(err)
		}
		o := job.Order{BatchID: id, Key: "again", Lines: rows("a fox", "a hare"), Retry: []job.Status{job.Canceled}}
		h.breakOff(o, "records.update")
		if p := h.batch(o); p.Restarted != 2 {
			t.Errorf("sent again: %+v", p)
		}
		if p := h.batch(o); p.Restarted != 0 || p.Cost != 0 {
			t.Errorf("sent a third time: %+v", p)
		}
		if b := h.runBatch(id); b.Tally.Counts[job.Succeeded] != 2 || h.studio.calls != 2 {
			t.Errorf("%v after %d calls", b.Tally.Counts, h.studio.calls)
		}
	})
}

func TestDeletedPicturesStayPaid(t *testing.T) {
	inHouse(t, func(h *house) {
		h.submit.Budget = 1e9
		id := h.batch(job.Order{Lines: rows("a fox", "a hare"), Open: true}).Batch.ID
		single := h.order(job.Request{Prompt: "a wolf"}, "k")
		for range 3 {
			h.deliver()
		}
		for _, j := range append(h.listed(id), single) {
			if err := h.submit.Delete(h.t.Context(), ann, j.ID); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := h.submit.Seal(h.t.Context(), ann, id); err != nil {
			t.Fatal(err)
		}
		h.order(job.Request{Prompt: "a wolf"}, "k") // a new life of the key
		if b := h.runBatch(id); b.Batch.Booked != 80_000 || h.spent() != 160_000 {
			t.Errorf("%d booked, %d in the books for 4 pictures", b.Batch.Booked, h.spent())
		}
	})
}

// A row is edited again and again, and at last back to what it was.
func TestOnlyTheLastChangeOfARowIsMade(t *testing.T) {
	inHouse(t, func(h *house) {
		id := h.batch(job.Order{Lines: rows("A"), Open: true}).Batch.ID
		for _, prompt := range []string{"B", "C", "A", "B", "D"} {
			h.batch(job.Order{BatchID: id, Lines: rows(prompt), Changed: job.ChangedRedo, Open: true})
			live := map[string]bool{}
			for _, j := range h.listed(id, job.Queued) {
				live[j.Input.Prompt] = true
			}
			if diff := cmp.Diff(map[string]bool{prompt: true}, live); diff != "" {
				t.Errorf("after %s: %s", prompt, diff)
			}
		}
		for range 200 {
			h.turn()
		}
		if h.studio.calls != 1 {
			t.Errorf("%d calls for one row", h.studio.calls)
		}
	})
}

// turn lets a message come, or time pass.
func (h *house) turn() {
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

func TestAChangeIsCompletedBySendingItAgain(t *testing.T) {
	inHouse(t, func(h *house) {
		id := h.batch(job.Order{Lines: rows("A"), Open: true}).Batch.ID
		o := job.Order{BatchID: id, Lines: rows("B"), Changed: job.ChangedRedo, Open: true}
		h.breakOff(o, "records.update") // the first job is still to be canceled
		h.batch(o)
		if live := h.listed(id, job.Queued); len(live) != 1 || live[0].Input.Prompt != "B" {
			t.Errorf("%d jobs wait, want the changed one: %v", len(live), prompts(live))
		}
	})
}

func TestBatchesTakeTurnsWhenThePaceHasFallen(t *testing.T) {
	inHouse(t, func(h *house) {
		setting := every(10 * time.Second)
		first := h.batch(job.Order{Lines: many(600, "")}).Batch.ID // one a second, it seems
		h.submit.Feed.Tempo.Setting = setting
		for began := time.Now(); time.Since(began) < 20*time.Minute; {
			h.turn()
		}
		second := h.batch(job.Order{Lines: many(10, "")}).Batch.ID
		for began := time.Now(); time.Since(began) < time.Hour; {
			h.turn()
		}
		a, b := h.shown(first).Tally.Counts[job.Succeeded], h.shown(second).Tally.Counts[job.Succeeded]
		if b < 10 || a < 200 {
			t.Errorf("%d of the first and %d of the second are made, want all 10", a, b)
		}
	})
}

func TestAJobOfABatchEndsAtItsDeadlineAlsoBeforeItsTurn(t *testing.T) {
	inHouse(t, func(h *house) {
		h.submit.Feed.Tempo.Setting = every(30 * time.Second)
		lines := many(60, "")
		for n := range lines {
			lines[n].Request.DeadlineSeconds = new(600)
		}
		id := h.batch(job.Order{Lines: lines}).Batch.ID
		began := time.Now()
		b := h.runBatch(id)
		if took := time.Since(began); took > 15*time.Minute || b.Tally.Counts[job.Failed] < 30 || b.Tally.Counts[job.Succeeded] < 15 {
			t.Errorf("after %v %v", took, b.Tally.Counts)
		}
		sent := 0
		for _, j := range h.listed(id, job.Failed) {
			if j.CompletedAt.After(j.Deadline.Add(2 * time.Minute)) {
				t.Errorf("job %d ended %v after its deadline", j.Position, j.CompletedAt.Sub(*j.Deadline))
			}
			sent += j.Sends
		}
		if sent > 6 { // those that were out by then
			t.Errorf("%d messages were sent for jobs past their deadline", sent)
		}
	})
}

func TestACancellationReachesWhatARetryIsBeginning(t *testing.T) {
	inHouse(t, func(h *house) {
		id := h.batch(job.Order{Lines: rows("a fox", "a hare", "an owl")}).Batch.ID
		if _, err := h.submit.CancelBatch(h.t.Context(), ann, id); err != nil {
			t.Fatal(err)
		}
		h.fault.Rule = func(op string, n int) jobtest.Failure {
			if op == "records.update" { // while the retry writes
				b, err := h.db.GetBatch(h.t.Context(), id)
				if now := b.AppendedAt; err == nil && b.CanceledAt.Before(now) {
					b.CanceledAt = &now
					_, err = h.db.UpdateBatch(h.t.Context(), b)
				}
				if err != nil {
					t.Error(err)
				}
			}
			return jobtest.None
		}
		if _, n, _, err := h.submit.RetryBatch(h.t.Context(), ann, id, job.Choice{Statuses: []job.Status{job.Canceled}}); err != nil || n != 3 {
			t.Errorf("%d, %v", n, err)
		}
		h.fault.Rule = nil
		h.runBatch(id)
		if h.studio.calls != 0 {
			t.Errorf("%d calls after the cancellation", h.studio.calls)
		}
	})
}

func TestTheEndIsToldAlsoWhereItsReplyIsLost(t *testing.T) {
	inHouse(t, func(h *house) {
		h.submit.Budget = 1e9
		id := h.batch(job.Order{Lines: rows("a fox", "a hare")}).Batch.ID
		if _, err := h.submit.CancelBatch(h.t.Context(), ann, id); err != nil { // so that there is something to give back
			t.Fatal(err)
		}
		told := 0
		h.sweeper.Ended = func(_ context.Context, _ job.Batch, _ job.Tally) { told++ }
		lost := false
		h.fault.Rule = func(op string, _ int) jobtest.Failure {
			if op == "budgets.post" && !lost {
				lost = true
				return jobtest.After
			}
			return jobtest.None
		}
		h.runBatch(id)
		if told != 1 || h.spent() != 0 {
			t.Errorf("told %d times, %d in the books", told, h.spent())
		}
	})
}

func TestABatchHasItsBound(t *testing.T) {
	inHouse(t, func(h *house) {
		id := h.batch(job.Order{Open: true, Key: "k"}).Batch.ID
		b, err := h.db.GetBatch(h.t.Context(), id)
		b.Parts = map[string]job.Part{"core": {Jobs: job.MaxBatch - 1}}
		if _, failed := h.db.UpdateBatch(h.t.Context(), b); err != nil || failed != nil {
			t.Fatal(err, failed)
		}
		for n, c := range []error{job.ErrInvalid, nil} {
			_, err := h.submit.Order(h.t.Context(), ann, job.Order{BatchID: id, Key: fmt.Sprint(n), Lines: many(2-n, ""), Open: true})
			if c == nil && err != nil {
				t.Error(err)
			} else if c != nil {
				want(t, err, c, "too_many_jobs")
			}
		}
	})
}

// What is begun again without having cost anything is paid for by what was reserved the first time.
func TestABoundHoldsForACanceledBatchThatGoesOn(t *testing.T) {
	inHouse(t, func(h *house) {
		h.submit.Budget = 1e9
		lines := rows("a fox", "a hare", "an owl")
		id := h.batch(job.Order{Lines: lines, MaxCost: 120_000}).Batch.ID
		h.deliver()
		if _, err := h.submit.CancelBatch(h.t.Context(), ann, id); err != nil {
			t.Fatal(err)
		}
		p := h.batch(job.Order{BatchID: id, Lines: lines, Retry: []job.Status{job.Canceled}})
		if p.Restarted != 2 || p.Cost != 80_000 || p.Batch.Booked != 120_000 {
			t.Errorf("it goes on: %+v", p)
		}
		if b := h.runBatch(id); b.Tally.Counts[job.Succeeded] != 3 || b.Batch.Booked != 120_000 || h.spent() != 120_000 {
			t.Errorf("%v, %d booked, %d in the books", b.Tally.Counts, b.Batch.Booked, h.spent())
		}
	})
}

func TestACanceledBatchCanBeDeletedAtOnce(t *testing.T) {
	inHouse(t, func(h *house) {
		h.submit.Budget = 1e9
		id := h.batch(job.Order{Lines: many(5, "")}).Batch.ID
		if _, err := h.submit.CancelBatch(h.t.Context(), ann, id); err != nil {
			t.Fatal(err)
		}
		if b, err := h.submit.DeleteBatch(h.t.Context(), ann, id); err != nil || !b.Deleting {
			t.Fatalf("%+v, %v", b, err)
		}
		for range 10 {
			wait(10 * time.Second)
			h.sweep()
		}
		_, err := h.reader.Batch(h.t.Context(), ann, id)
		want(t, err, job.ErrNotFound, "batch_not_found")
		if h.spent() != 0 {
			t.Errorf("%d are still reserved", h.spent())
		}
	})
}
