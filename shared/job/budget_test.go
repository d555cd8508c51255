package job_test

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"easel/shared/job"
	"easel/shared/job/jobtest"
	"easel/shared/request"
)

// spent is what ann's calls of today have come to.
func (h *harness) spent() int64 { return h.spentOn(time.Now().UTC().Format(time.DateOnly)) }

func (h *harness) spentOn(day string) int64 {
	h.t.Helper()
	n, err := h.db.Spent(h.t.Context(), "ann", day)
	if err != nil {
		h.t.Fatal(err)
	}
	return n
}

func TestABatchStaysWithinItsBound(t *testing.T) {
	inHarness(t, func(h *harness) {
		_, err := h.submit.SubmitBatch(h.t.Context(), ann, job.BatchRequest{Lines: many(10, ""), MaxCost: 300_000})
		want(t, err, job.ErrBudget, "over_max_cost")
		if !strings.Contains(err.Error(), "7 of them fit") {
			t.Errorf("it does not say how many fit: %v", err)
		}
		id := h.batch(job.BatchRequest{Lines: many(7, ""), MaxCost: 300_000, Open: true}).Batch.ID
		_, err = h.submit.SubmitBatch(h.t.Context(), ann, job.BatchRequest{BatchID: id, Lines: rows("a fox")})
		want(t, err, job.ErrBudget, "over_max_cost")
		if n := len(h.listed(id)); n != 7 {
			t.Errorf("%d jobs", n)
		}
	})
}

func TestABoundIsABoundOfWhatIsPaid(t *testing.T) {
	for name, bound := range map[string]func(*harness, *job.BatchRequest){
		"max_cost_usd":     func(_ *harness, r *job.BatchRequest) { r.MaxCost = 400_000 },
		"the daily budget": func(h *harness, _ *job.BatchRequest) { h.budget(400_000) },
		"both": func(h *harness, r *job.BatchRequest) {
			h.budget(400_000)
			r.MaxCost = 400_000
		},
	} {
		t.Run(name, func(t *testing.T) {
			inHarness(t, func(h *harness) {
				h.studio.do = func(_ context.Context, n int) error {
					if n%2 == 0 {
						return nil
					}
					return &job.CallError{Class: job.Ambiguous, Code: job.CodeModel, Message: "It broke off."}
				}
				r := job.BatchRequest{Lines: many(10, "")}
				bound(h, &r)
				id := h.batch(r).Batch.ID
				for range 150 {
					h.turn()
				}
				c := h.counters(id)
				if h.studio.calls != 10 || c.Cost != 400_000 || c.Charged != 0 {
					t.Errorf("%d calls were paid for, want 10: %+v", h.studio.calls, c)
				}
				h.checkCounters(id)
				for _, j := range h.listed(id, job.Queued, job.Failed) {
					waits := j.Status == job.Queued && j.Waiting.Code == job.WaitBudget && r.MaxCost == 0
					over := j.Failure != nil && (j.Failure.Code == job.CodeOverMaxCost || j.Failure.Code == job.CodeModel)
					if !waits && !over {
						t.Errorf("job %d is %s: %+v, %+v", j.Position, j.Status, j.Waiting, j.Failure)
					}
				}
				if r.MaxCost == 0 {
					today := h.spent()
					wait(24 * time.Hour)
					if b := h.runBatch(id); today != 400_000 || h.spent() > 400_000 || b.Counters.Cost != today+h.spent() {
						t.Errorf("%d, and the next day %d: %+v", today, h.spent(), b.Counters)
					}
				}
			})
		})
	}
}

func TestABudgetGoesOnAtMidnight(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.budget(200_000)
		for n := range 5 {
			h.order(fox, fmt.Sprint(n))
		}
		h.order(fox, "4") // the same again costs nothing
		_, err := h.submit.Submit(h.t.Context(), ann, request.Request{Settings: request.Settings{Prompt: "one too many"}}, "")
		want(t, err, job.ErrBudget, "budget_exceeded")
		tomorrow := time.Now().UTC().Truncate(24 * time.Hour).Add(24 * time.Hour)
		if known, _ := errors.AsType[*job.Error](err); known.Wait != time.Until(tomorrow) || !strings.Contains(known.Message, tomorrow.Format(time.DateOnly)) {
			t.Errorf("%v, to be sent again in %v", err, known.Wait)
		}
		if _, err := h.submit.Submit(h.t.Context(), bob, request.Request{Settings: request.Settings{Prompt: "another owner"}}, ""); err != nil {
			t.Error(err)
		}
		p := h.batch(job.BatchRequest{Lines: many(12, "")}) // a batch may be larger than a day
		if p.Daily != 200_000 || p.Time < 48*time.Hour || p.Time > 72*time.Hour {
			t.Errorf("a plan of 12 jobs where a day pays for 5: %v, %d", p.Time, p.Daily)
		}
		_, err = h.submit.SubmitBatch(h.t.Context(), ann, job.BatchRequest{Lines: many(1, "ultra")})
		if err != nil {
			t.Error(err)
		}
		h.budget(100_000)
		_, err = h.submit.SubmitBatch(h.t.Context(), ann, job.BatchRequest{Lines: many(1, "ultra")}) // no day pays for it
		want(t, err, job.ErrBudget, "over_max_cost")
		_, err = h.submit.Submit(h.t.Context(), ann, request.Request{Settings: request.Settings{Prompt: "a fox", Model: "ultra"}}, "")
		want(t, err, job.ErrBudget, "over_max_cost")
	})
}

func TestARefusalNamesTheDayOnWhichAJobFits(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.budget(1_000_000)
		accepted, days := 0, map[string]int{}
		for n := range 1000 {
			_, err := h.submit.Submit(h.t.Context(), ann, fox, fmt.Sprint(n))
			known, refused := errors.AsType[*job.Error](err)
			if !refused {
				accepted++
				continue
			}
			days[time.Now().Add(known.Wait).Format(time.DateOnly)]++
		}
		tomorrow := time.Now().UTC().Add(24 * time.Hour).Format(time.DateOnly)
		if accepted != 25 || days[tomorrow] != 975 {
			t.Errorf("%d accepted, the others for %v", accepted, days)
		}
		h.budget(80_000) // it is lowered: those that wait use up 12 more days
		_, err := h.submit.Submit(h.t.Context(), ann, fox, "late")
		if known, _ := errors.AsType[*job.Error](err); known == nil || known.Wait < 11*24*time.Hour || known.Wait > 14*24*time.Hour {
			t.Errorf("behind 25 jobs at two a day: %v", err)
		}
	})
}

func TestDaysAreChargedByTheCallsOfTheDay(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.budget(1e9)
		today := time.Now().UTC().Format(time.DateOnly)
		wait(time.Until(time.Now().UTC().Truncate(24 * time.Hour).Add(24*time.Hour - 2*time.Second)))
		id := h.batch(job.BatchRequest{Lines: rows("a fox")}).Batch.ID
		h.studio.do = func(_ context.Context, n int) error {
			if n > 1 {
				return nil
			}
			wait(3 * time.Second) // past midnight
			return &job.CallError{Class: job.NotExecuted, Code: job.WaitThrottled}
		}
		h.deliver()
		tomorrow := time.Now().UTC().Format(time.DateOnly)
		if a, b := h.spentOn(today), h.spentOn(tomorrow); a != 0 || b != 0 || h.counters(id).Cost != 0 {
			t.Errorf("a call that was thrown back after midnight: %d and %d spent, %+v", a, b, h.counters(id))
		}
		h.runBatch(id)
		if a, b := h.spentOn(today), h.spentOn(tomorrow); a != 0 || b != 40_000 {
			t.Errorf("made after midnight: %d and %d spent", a, b)
		}
	})
}

// Whatever becomes of the jobs, at every moment counters and days say what the calls cost.
func TestTheLedgerEqualsTheCalls(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.budget(100_000_000)
		h.retention(24 * time.Hour)
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
		id := h.batch(job.BatchRequest{Lines: many(40, "")}).Batch.ID
		var singles []string
		for n := range 12 {
			singles = append(singles, h.order(request.Request{Settings: request.Settings{Prompt: fmt.Sprint("a fox ", n)}}, "").ID)
		}
		if _, err := h.submit.Cancel(h.t.Context(), ann, singles[0]); err != nil {
			t.Fatal(err)
		}
		for range 60 {
			h.turn()
			if got := h.spent(); got != int64(paid)*40_000 {
				t.Fatalf("%d spent, %d calls were paid for", got, paid)
			}
			h.checkCounters(id)
		}
		h.runBatch(id)
		for _, one := range singles {
			h.run(one)
		}
		var wg sync.WaitGroup
		for range 2 { // two at a time
			wg.Go(func() {
				if _, err := h.submit.Retry(h.t.Context(), ann, singles[0]); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		h.run(singles[0])
		if _, _, _, err := h.submit.RetryBatch(h.t.Context(), ann, id, job.Choice{}); err != nil {
			t.Fatal(err)
		}
		h.runBatch(id)
		if got := h.spent(); got != int64(paid)*40_000 {
			t.Errorf("%d spent, %d calls were paid for: %d", got, paid, paid*40_000)
		}
	})
}

func TestABatchThatOutlivesItsJobsSaysWhatItCost(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.budget(1e9)
		h.retention(24 * time.Hour)
		h.submit.Limiter.Limits = every(2 * time.Hour)
		id := h.batch(job.BatchRequest{Lines: many(30, "")}).Batch.ID
		began := time.Now()
		for h.counters(id).When(job.Told) == nil {
			if message, ok := h.next(); ok {
				m, _ := job.ParseMessage(message.Body)
				h.settle(message, h.do(m))
				continue
			}
			wait(10 * time.Minute)
			h.sweep()
			h.expire(id)
		}
		if took := time.Since(began); took < 48*time.Hour || len(h.listed(id)) > 15 {
			t.Errorf("it took %v, and %d jobs have not expired", took, len(h.listed(id)))
		}
		days := int64(0)
		for d := began.UTC(); !d.After(time.Now().Add(24 * time.Hour)); d = d.Add(24 * time.Hour) {
			days += h.spentOn(d.Format(time.DateOnly))
		}
		if c := h.counters(id); c.Cost != 1_200_000 || days != 1_200_000 || c.Sum()[job.Succeeded] != 30 || h.studio.calls != 30 {
			t.Errorf("after %v and %d calls: %d by the days, %+v", time.Since(began), h.studio.calls, days, c)
		}
	})
}

// expire removes the records of a batch whose time is over, as the sweep does.
func (h *harness) expire(id string) {
	h.t.Helper()
	jobs, _, err := h.db.List(h.t.Context(), job.Query{BatchID: id, Statuses: []job.Status{job.Succeeded}, Limit: 100})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, j := range jobs {
		if j.ExpiresAt.Before(time.Now()) {
			if err := h.db.Erase(h.t.Context(), j.ID, j.Version, time.Now(), nil); err != nil {
				h.t.Fatal(err)
			}
		}
	}
}

func TestACallIsPaidForThoughItsJobIsCanceledAndItsWorkerDies(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.budget(1e9)
		id := h.batch(job.BatchRequest{Lines: rows("a fox"), MaxCost: 80_000}).Batch.ID
		j := h.listed(id)[0]
		h.studio.do = func(ctx context.Context, n int) error {
			if n == 1 {
				return &job.CallError{Class: job.Ambiguous, Code: job.CodeModel}
			}
			if _, err := h.submit.Cancel(h.t.Context(), ann, j.ID); err != nil {
				t.Error(err)
			}
			<-ctx.Done() // its worker dies
			runtime.Goexit()
			return nil
		}
		h.deliver()
		h.start()
		for range 30 {
			h.turn()
		}
		c := h.counters(id)
		if c.Cost != 80_000 || c.Charged != 0 || h.spent() != 80_000 || h.get(j.ID).Lease != nil || h.get(j.ID).Due != nil {
			t.Errorf("two calls: %d spent, %+v, %+v", h.spent(), c, h.get(j.ID).Lease)
		}
		h.checkCounters(id)
	})
}

func TestRacingSubmittersAndWorkersNeverPayMoreThanTheBudget(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.budget(1_000_000) // 25 pictures
		h.submit.Limiter.Limits = every(time.Millisecond)
		var wg sync.WaitGroup
		for n := range 64 {
			wg.Go(func() {
				var err error
				if n%2 == 0 {
					_, err = h.submit.Submit(h.t.Context(), ann, request.Request{Settings: request.Settings{Prompt: "a fox"}}, "")
				} else {
					_, err = h.submit.SubmitBatch(h.t.Context(), ann, job.BatchRequest{Lines: rows("a fox", "a hare", "an owl")})
				}
				if err != nil && !errors.Is(err, job.ErrBudget) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for range 20 {
			wg.Go(func() {
				for range 30 {
					if message, ok := h.next(); ok {
						m, _ := job.ParseMessage(message.Body)
						h.settle(message, h.do(m))
					}
					wait(time.Second)
				}
			})
		}
		wg.Go(func() {
			for range 30 {
				wait(time.Second)
				_, _ = h.sweeper.Sweep(h.t.Context())
			}
		})
		wg.Wait()
		if paid := int64(h.studio.calls) * 40_000; paid != 1_000_000 || h.spent() != paid {
			t.Errorf("%d paid, %d in the ledger, of 1,000,000", paid, h.spent())
		}
	})
}

// TestWhateverFailsAnOrderIsCompletedBySendingItAgain lets each call that an order makes fail, before and after it has
// taken effect, for good as far as the order goes; the same order again must make each job once.
func TestWhateverFailsAnOrderIsCompletedBySendingItAgain(t *testing.T) {
	ops := []string{"batches.getbatch", "batches.amend", "creator.create", "finder.find", "queue.send", "inputs.putinput", "timers.dispatched"}
	for _, op := range ops {
		for _, how := range []jobtest.Failure{jobtest.Before, jobtest.After} {
			for _, lasting := range []bool{false, true} {
				t.Run(fmt.Sprint(op, how, lasting), func(t *testing.T) {
					inHarness(t, func(h *harness) { h.interrupt(op, how, lasting) })
				})
			}
		}
	}
}

func (h *harness) interrupt(op string, how jobtest.Failure, lasting bool) {
	h.t.Helper()
	h.budget(1e12)
	lines := many(250, "sd35")
	for n := range lines {
		lines[n].Request.CustomID = fmt.Sprint(n)
	}
	lines[7].Request.Image = pixel(64, 64)
	o := job.BatchRequest{Key: "k", Lines: lines}
	failed := 0
	h.fault.Rule = func(called string, n int) jobtest.Failure {
		if called != op || (!lasting && failed > 0) {
			return jobtest.None
		}
		failed++
		return how
	}
	_, first := h.submit.SubmitBatch(h.t.Context(), ann, o)
	h.fault.Rule = nil
	if first != nil && !errors.Is(first, job.ErrUnavailable) {
		h.t.Errorf("the order failed with %v", first)
	}
	p, err := h.submit.SubmitBatch(h.t.Context(), ann, o)
	if err != nil {
		h.t.Fatalf("sent again: %v (first: %v, after %d failures)", err, first, failed)
	}
	jobs := h.listed(p.Batch.ID)
	if c := h.counters(p.Batch.ID); len(jobs) != 250 || c.Waiting != 250*80_000 || c.Ordered != 250*80_000 || c.Queued != 250 || c.When(job.Sealed) == nil {
		h.t.Errorf("%d jobs, %+v", len(jobs), c)
	}
	h.checkCounters(p.Batch.ID)
	for n, j := range jobs {
		if j.CustomID != fmt.Sprint(n) {
			h.t.Fatalf("job %d is row %s", n, j.CustomID)
		}
	}
}

func TestTwoWorkersShareTheLastRoomOfABound(t *testing.T) {
	for name, bound := range map[string]func(*harness, *job.BatchRequest){
		"max_cost_usd":     func(_ *harness, r *job.BatchRequest) { r.MaxCost = 40_000 },
		"the daily budget": func(h *harness, _ *job.BatchRequest) { h.budget(40_000) },
	} {
		t.Run(name, func(t *testing.T) {
			inHarness(t, func(h *harness) {
				first := job.BatchRequest{Lines: many(1, ""), Open: true}
				bound(h, &first)
				id := h.batch(first).Batch.ID
				second := first
				second.BatchID, second.Key, second.Lines = id, "more", many(1, "")
				if _, err := h.submit.SubmitBatch(h.t.Context(), ann, second); first.MaxCost > 0 {
					want(t, err, job.ErrBudget, "over_max_cost") // so it comes past the question, as a rival of the first would
					s := *h.submit
					s.Batches = boundless{s.Batches}
					if _, err := s.SubmitBatch(h.t.Context(), ann, second); err != nil {
						t.Fatal(err)
					}
				}
				h.meanwhile("pacer.reserve", func() { h.deliver() })
				h.deliver()
				if c := h.counters(id); c.Cost != 40_000 || h.studio.calls != 1 {
					t.Errorf("%d calls: %+v", h.studio.calls, c)
				}
				h.checkCounters(id)
			})
		})
	}
}

// boundless shows batches that have no bound.
type boundless struct{ job.Batches }

func (b boundless) GetBatch(ctx context.Context, id string) (job.Batch, job.Counters, error) {
	batch, c, err := b.Batches.GetBatch(ctx, id)
	batch.MaxCost, c.MaxCost = 0, 0
	return batch, c, err
}
