package job_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"easel/shared/job"
	"easel/shared/job/jobtest"
)

// spent is what stands in ann's books for today.
func (h *house) spent() int64 {
	h.t.Helper()
	n, err := h.db.Spent(h.t.Context(), "ann", time.Now().UTC().Format(time.DateOnly))
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

func TestABatchStaysWithinItsBound(t *testing.T) {
	inHouse(t, func(h *house) {
		_, err := h.submit.Order(h.t.Context(), ann, job.Order{Lines: many(10, ""), MaxCost: 300_000})
		want(t, err, job.ErrBudget, "over_max_cost")
		if !strings.Contains(err.Error(), "7 of them fit") {
			t.Errorf("it does not say how many fit: %v", err)
		}
		id := h.batch(job.Order{Lines: many(7, ""), MaxCost: 300_000, Open: true}).Batch.ID
		_, err = h.submit.Order(h.t.Context(), ann, job.Order{BatchID: id, Lines: rows("a fox")})
		want(t, err, job.ErrBudget, "over_max_cost")
		if n := len(h.listed(id)); n != 7 {
			t.Errorf("%d jobs", n)
		}
	})
}

func TestABudgetEndsAtMidnight(t *testing.T) {
	inHouse(t, func(h *house) {
		h.submit.Budget = 200_000
		h.batch(job.Order{Lines: many(4, "")})
		h.order(job.Request{Prompt: "a fox"}, "k")
		h.order(job.Request{Prompt: "a fox"}, "k") // the same again costs nothing
		_, err := h.submit.Submit(h.t.Context(), ann, job.Request{Prompt: "one too many"}, "")
		want(t, err, job.ErrBudget, "budget_exceeded")
		midnight := time.Now().UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
		if known, _ := errors.AsType[*job.Error](err); known.Wait != time.Until(midnight) || !strings.Contains(known.Message, "$0.20 of it") {
			t.Errorf("%v, to be sent again in %v", err, known.Wait)
		}
		_, err = h.submit.Order(h.t.Context(), ann, job.Order{Lines: rows("a hare"), Key: "late"})
		want(t, err, job.ErrBudget, "budget_exceeded")
		if page, err := h.reader.Batches(h.t.Context(), ann, job.BatchFilter{Limit: 10}); err != nil || len(page.Batches) != 1 {
			t.Errorf("%d batches after a refused one, %v", len(page.Batches), err)
		}
		if _, err := h.submit.Submit(h.t.Context(), bob, job.Request{Prompt: "another owner"}, ""); err != nil {
			t.Error(err)
		}
		wait(time.Until(midnight))
		if _, err := h.submit.Order(h.t.Context(), ann, job.Order{Lines: rows("a hare"), Key: "late"}); err != nil {
			t.Error(err)
		}
	})
}

// Whatever becomes of the jobs, once they have ended the books say what the calls cost.
func TestTheBooksEqualTheLedger(t *testing.T) {
	inHouse(t, func(h *house) {
		h.submit.Budget = 100_000_000
		paid := 0
		var mu sync.Mutex
		h.studio.do = func(_ context.Context, n int) error {
			mu.Lock()
			defer mu.Unlock()
			switch n % 5 {
			case 0:
				paid++
				return &job.CallError{Class: job.Rejected, Code: job.CodeFiltered, Charged: true}
			case 1:
				return &job.CallError{Class: job.Rejected, Code: job.CodeInvalid}
			case 2:
				paid++
				return &job.CallError{Class: job.Ambiguous, Code: job.CodeModel}
			}
			paid++
			return nil
		}
		id := h.batch(job.Order{Lines: many(40, "")}).Batch.ID
		var singles []string
		for n := range 12 {
			singles = append(singles, h.order(job.Request{Prompt: fmt.Sprint("a fox ", n)}, "").ID)
		}
		if _, err := h.submit.Cancel(h.t.Context(), ann, singles[0]); err != nil {
			t.Fatal(err)
		}
		if got := h.spent(); got != 51*40_000 {
			t.Errorf("%d reserved for 51 jobs", got)
		}
		h.runBatch(id)
		for _, one := range singles {
			h.run(one)
		}
		if _, err := h.submit.Retry(h.t.Context(), ann, singles[0]); err != nil {
			t.Fatal(err)
		}
		h.run(singles[0])
		if _, _, _, err := h.submit.RetryBatch(h.t.Context(), ann, id, job.Choice{}); err != nil {
			t.Fatal(err)
		}
		h.runBatch(id)
		if got := h.spent(); got != int64(paid)*40_000 {
			t.Errorf("the books say %d, %d calls were paid: %d", got, paid, paid*40_000)
		}
	})
}

func TestRacingSubmittersKeepToTheBudget(t *testing.T) {
	inHouse(t, func(h *house) {
		h.submit.Budget = 1_000_000 // 25 pictures
		var mu sync.Mutex
		var taken int64
		var wg sync.WaitGroup
		for n := range 64 {
			wg.Go(func() {
				var err error
				cost := int64(40_000)
				if n%2 == 0 {
					_, err = h.submit.Submit(h.t.Context(), ann, job.Request{Prompt: "a fox"}, "")
				} else {
					cost *= 3
					_, err = h.submit.Order(h.t.Context(), ann, job.Order{Lines: rows("a fox", "a hare", "an owl")})
				}
				mu.Lock()
				defer mu.Unlock()
				if err == nil {
					taken += cost
				} else if !errors.Is(err, job.ErrBudget) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if got := h.spent(); got != taken || got > 1_000_000 || got < 1_000_000-2*40_000 {
			t.Errorf("%d reserved, %d taken, of 1,000,000", got, taken)
		}
		before := h.studio.calls
		for range 400 {
			if stats, err := h.queue.Stats(h.t.Context()); err != nil {
				t.Fatal(err)
			} else if stats.Visible+stats.Delayed+stats.InFlight > 0 {
				h.deliver()
				continue
			}
			wait(10 * time.Second)
			h.sweep()
		}
		if made := int64(h.studio.calls-before) * 40_000; made != h.spent() || made != taken {
			t.Errorf("%d paid, %d in the books, %d taken", made, h.spent(), taken)
		}
	})
}

// TestWhateverFailsAnOrderIsCompletedBySendingItAgain lets each call that an order makes fail, before and after it has
// taken effect, for good as far as the order goes; the same order again must make each job once.
func TestWhateverFailsAnOrderIsCompletedBySendingItAgain(t *testing.T) {
	ops := []string{"batches.createbatch", "batches.getbatch", "budgets.post", "records.create", "finder.find", "queue.send", "inputs.putinput", "index.countout"}
	for _, op := range ops {
		for _, how := range []jobtest.Failure{jobtest.Before, jobtest.After} {
			for _, lasting := range []bool{false, true} {
				t.Run(fmt.Sprint(op, how, lasting), func(t *testing.T) {
					inHouse(t, func(h *house) { h.interrupt(op, how, lasting) })
				})
			}
		}
	}
}

func (h *house) interrupt(op string, how jobtest.Failure, lasting bool) {
	h.t.Helper()
	h.submit.Budget = 1e12
	lines := many(250, "sd35")
	for n := range lines {
		lines[n].Request.CustomID = fmt.Sprint(n)
	}
	lines[7].Request.Image = pixel(64, 64)
	o := job.Order{Key: "k", Lines: lines}
	failed := 0
	h.fault.Rule = func(called string, n int) jobtest.Failure {
		if called != op || (!lasting && failed > 0) {
			return jobtest.None
		}
		failed++
		return how
	}
	_, first := h.submit.Order(h.t.Context(), ann, o)
	h.fault.Rule = nil
	if first != nil && !errors.Is(first, job.ErrUnavailable) {
		h.t.Errorf("the order failed with %v", first)
	}
	p, err := h.submit.Order(h.t.Context(), ann, o)
	if err != nil {
		h.t.Fatalf("sent again: %v (first: %v, after %d failures)", err, first, failed)
	}
	jobs := h.listed(p.Batch.ID)
	if len(jobs) != 250 || p.Batch.Booked != 250*80_000 || h.spent() != 250*80_000 {
		h.t.Errorf("%d jobs, %d booked, %d in the books", len(jobs), p.Batch.Booked, h.spent())
	}
	for n, j := range jobs {
		if j.CustomID != fmt.Sprint(n) {
			h.t.Fatalf("job %d is row %s", n, j.CustomID)
		}
	}
}
