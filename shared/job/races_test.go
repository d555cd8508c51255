package job_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"easel/shared/gate"
	"easel/shared/job"
	"easel/shared/job/jobtest"
	"easel/shared/request"
)

// again cancels and retries a job, as an impatient person does.
func (h *harness) again(id string) {
	h.t.Helper()
	_, canceled := h.submit.Cancel(h.t.Context(), ann, id)
	_, retried := h.submit.Retry(h.t.Context(), ann, id)
	if err := errors.Join(canceled, retried); err != nil {
		h.t.Error(err)
	}
}

func TestCancelAndRetryDuringACallWaitForItsPicture(t *testing.T) {
	inHarness(t, func(h *harness) {
		j := h.order(fox, "")
		h.studio.do = func(context.Context, int) error {
			h.again(j.ID)
			wait(30 * time.Second)
			return nil
		}
		h.deliver()
		if j = h.get(j.ID); j.Status != job.Succeeded || len(j.Images) != 1 || h.studio.calls != 1 || j.CostMicroUSD != 40_000 {
			t.Errorf("got %s with %d images after %d calls, cost %d", j.Status, len(j.Images), h.studio.calls, j.CostMicroUSD)
		}
		h.deliver() // the message of the retry finds the job ended
		if h.studio.calls != 1 {
			t.Error("the picture was made again")
		}
	})
}

func TestARetryGoesOnWhenTheOldCallBringsNothing(t *testing.T) {
	for name, answer := range map[string]*job.CallError{
		"rejected":  {Class: job.Rejected, Code: job.CodeFiltered, Charged: true},
		"throttled": {Class: job.NotExecuted, Code: job.WaitThrottled},
		"unsure":    {Class: job.Ambiguous, Code: job.CodeModel},
	} {
		t.Run(name, func(t *testing.T) {
			inHarness(t, func(h *harness) {
				j := h.order(fox, "")
				h.studio.do = func(_ context.Context, n int) error {
					if n > 1 {
						return nil
					}
					wait(2 * time.Second) // the count is kept for so long
					h.fault.Rule = jobtest.Fail("timers.dispatched", jobtest.Before, 99)
					h.again(j.ID)
					h.fault.Rule = nil
					return answer
				}
				h.deliver()
				if j = h.get(j.ID); j.Status != job.Queued || j.Generation != 2 || j.Attempts != 0 || j.Calls != 0 {
					t.Fatalf("the call of the first round changed the second: %s %+v, attempts %d, calls %d", j.Status, j.Failure, j.Attempts, j.Calls)
				}
				start := time.Now()
				j = h.run(j.ID)
				paid := int64(80_000)
				if name == "throttled" {
					paid = 40_000
				}
				if j.Status != job.Succeeded || h.studio.calls != 2 || j.CostMicroUSD != paid || time.Since(start) > time.Minute {
					t.Errorf("got %s after %d calls and %v, cost %d", j.Status, h.studio.calls, time.Since(start), j.CostMicroUSD)
				}
			})
		})
	}
}

func TestACanceledCallThatWasNotExecutedCostsNothing(t *testing.T) {
	inHarness(t, func(h *harness) {
		j := h.order(fox, "")
		h.studio.do = func(ctx context.Context, _ int) error {
			if _, err := h.submit.Cancel(ctx, ann, j.ID); err != nil {
				t.Error(err)
			}
			return &job.CallError{Class: job.NotExecuted, Code: job.WaitThrottled}
		}
		h.deliver()
		if j = h.get(j.ID); j.Status != job.Canceled || j.Calls != 0 || j.CostMicroUSD != 0 {
			t.Errorf("got %s, %d calls, cost %d", j.Status, j.Calls, j.CostMicroUSD)
		}
	})
}

func TestAClaimDoesNotTrustWhatItSawBefore(t *testing.T) {
	inHarness(t, func(h *harness) {
		one := 1
		j := h.order(request.Request{Settings: request.Settings{Prompt: "a fox"}, MaxModelCalls: &one}, "")
		h.meanwhile("records.update", func() { // another worker of the same message called, and was killed
			now, past := h.get(j.ID), time.Now().Add(-time.Second)
			now.Status, now.Attempts, now.Calls, now.WriteID = job.Running, 1, 1, "another"
			now.Lease, now.Due = &job.Lease{Token: "another", Until: past}, &past
			if _, err := h.db.Update(context.Background(), job.Transaction{Jobs: []job.Job{now}}); err != nil {
				t.Error(err)
			}
		})
		if j = h.run(j.ID); j.Failure == nil || j.Failure.Code != job.CodeExhausted || h.studio.calls != 0 {
			t.Errorf("got %s %+v after %d more calls", j.Status, j.Failure, h.studio.calls)
		}
	})
}

func TestAPictureWhoseReplyWasLostIsFound(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.fault.Rule = func(op string, n int) jobtest.Failure {
			switch {
			case op == "images.put" && n == 1:
				return jobtest.After
			case op == "images.put" || op == "images.stat":
				return jobtest.Before
			}
			return jobtest.None
		}
		one := 1
		j := h.order(request.Request{Settings: request.Settings{Prompt: "a fox"}, MaxModelCalls: &one}, "")
		h.deliver()
		h.fault.Rule = nil
		if j = h.run(j.ID); j.Status != job.Succeeded || h.studio.calls != 1 {
			t.Errorf("got %s %+v after %d calls", j.Status, j.Failure, h.studio.calls)
		}
	})
}

func TestHeldJobsAreNotPassedByLaterOnes(t *testing.T) {
	inHarness(t, func(h *harness) {
		held := gate.Size(200, 700)
		var first []string
		for range held {
			first = append(first, h.order(fox, "").ID)
		}
		for range 12 * held / 7 { // at full load: one more for each that is made
			h.deliver()
			h.sweep()
			h.order(fox, "")
		}
		for n, id := range first {
			if j := h.get(id); !j.Status.Ended() {
				t.Fatalf("job %d of the first %d is %s after %d calls", n, held, j.Status, h.studio.calls)
			}
		}
	})
}

func TestAVerySlowModelGetsItsSlots(t *testing.T) {
	for _, interval := range []time.Duration{0, 2 * time.Minute, 1000 * time.Hour} {
		inHarness(t, func(h *harness) {
			h.submit.Limiter.Limits = every(interval)
			a, b := h.order(fox, ""), h.order(fox, "")
			start := time.Now()
			if j := h.run(a.ID); j.Status != job.Succeeded {
				t.Errorf("at %v: %s", interval, j.Status)
			}
			if interval > time.Hour {
				return
			}
			if j := h.run(b.ID); j.Status != job.Succeeded || sends(j) > 20 {
				t.Errorf("at %v: %s after %d messages and %v", interval, j.Status, sends(j), time.Since(start))
			}
		})
	}
}

func TestAClientThatHangsUpLeavesAWholeJob(t *testing.T) {
	inHarness(t, func(h *harness) {
		ctx, hangUp := context.WithCancel(h.t.Context())
		h.meanwhile("queue.send", hangUp)
		receipt, err := h.submit.Submit(ctx, ann, fox, "")
		if err != nil {
			t.Fatal(err)
		}
		if stats, err := h.queue.Stats(h.t.Context()); err != nil || stats.Visible != 1 {
			t.Errorf("got %+v, %v", stats, err)
		}
		if j := h.run(receipt.Job.ID); j.Status != job.Succeeded {
			t.Errorf("got %s", j.Status)
		}
	})
}

func TestAStoreThatNeverAnswersEndsTheJob(t *testing.T) {
	inHarness(t, func(h *harness) {
		told := ""
		h.worker.Report = func(_ context.Context, _ job.Job, err error) { told = err.Error() }
		h.studio.do = func(_ context.Context, n int) error { return &job.CallError{Class: job.Ambiguous, Code: job.CodeModel} }
		j := h.order(fox, "")
		h.deliver()
		h.fault.Rule = jobtest.Fail("images.stat", jobtest.Before, 1<<30)
		if j = h.run(j.ID); j.Failure == nil || j.Failure.Code != job.CodeInternal || !strings.Contains(told, jobtest.ErrFault.Error()) {
			t.Errorf("got %s %+v; told %q", j.Status, j.Failure, told)
		}
	})
}

func TestTheGracePeriodBeginsAnew(t *testing.T) {
	inHarness(t, func(h *harness) {
		start := time.Now()
		h.studio.do = func(context.Context, int) error {
			switch since := time.Since(start); {
			case since < 30*time.Second:
				return &job.CallError{Class: job.Account, Code: job.WaitAccess}
			case since < 50*time.Minute:
				return &job.CallError{Class: job.NotExecuted, Code: job.WaitThrottled}
			case since < 60*time.Minute:
				return &job.CallError{Class: job.Account, Code: job.WaitAccess}
			}
			return nil
		}
		if j := h.run(h.order(fox, "").ID); j.Status != job.Succeeded {
			t.Errorf("got %s %+v", j.Status, j.Failure)
		}
	})
}

func TestADeletionThatBeganCannotBeUndone(t *testing.T) {
	inHarness(t, func(h *harness) {
		ctx := h.t.Context()
		j := h.order(request.Request{Settings: request.Settings{Prompt: "a fox", Model: "sd35"}, Image: pixel(64, 64)}, "")
		if _, err := h.submit.Cancel(ctx, ann, j.ID); err != nil {
			t.Fatal(err)
		}
		h.fault.Rule = jobtest.Fail("eraser.erase", jobtest.Before, 1)
		want(t, h.submit.Delete(ctx, ann, j.ID), job.ErrUnavailable, "unavailable")
		_, err := h.submit.Retry(ctx, ann, j.ID)
		want(t, err, job.ErrState, "wrong_state")
		if err := h.submit.Delete(ctx, ann, j.ID); err != nil {
			t.Error(err)
		}
	})
}

func TestASlotThatPassedDuringTheClaimIsGivenUp(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.meanwhile("records.update", func() { wait(10 * time.Second) })
		j := h.order(fox, "")
		h.deliver()
		if j = h.get(j.ID); j.Status != job.Queued || h.studio.calls != 0 || j.Calls != 0 || j.CostMicroUSD != 0 {
			t.Errorf("got %s after %d calls, cost %d", j.Status, h.studio.calls, j.CostMicroUSD)
		}
		if j = h.run(j.ID); j.Status != job.Succeeded {
			t.Errorf("got %s", j.Status)
		}
	})
}

func TestAKeyOutlivesItsModel(t *testing.T) {
	inHarness(t, func(h *harness) {
		j := h.order(fox, "k")
		h.submit.Model = "no such model"
		again, err := h.submit.Submit(h.t.Context(), ann, fox, "k")
		if err != nil || again.Job.ID != j.ID {
			t.Errorf("got %+v, %v", again, err)
		}
	})
}

func TestADeletionThatComesTwiceAtATimeIsDone(t *testing.T) {
	inHarness(t, func(h *harness) {
		id := h.batch(job.BatchRequest{Lines: rows("a fox")}).Batch.ID
		h.runBatch(id)
		gone := h.listed(id)[0]
		h.meanwhile("eraser.erase", func() {
			if err := h.submit.Delete(h.t.Context(), ann, gone.ID); err != nil {
				t.Error(err)
			}
		})
		if err := h.submit.Delete(h.t.Context(), ann, gone.ID); err != nil {
			t.Errorf("the other was quicker: %v", err)
		}
	})
}
