package job_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"testing/synctest"
	"time"

	"easel/shared/job"
	"easel/shared/job/jobtest"
)

func (h *harness) cancelBatch(id string) {
	h.t.Helper()
	if _, _, err := h.submit.CancelBatch(h.t.Context(), ann, id); err != nil {
		h.t.Error(err)
	}
}

func TestAJobWhoseWorkerIsGoneIsNotClaimedAfterACancellation(t *testing.T) {
	inHarness(t, func(h *harness) {
		id := h.batch(job.BatchRequest{Lines: rows("a fox")}).Batch.ID
		h.studio.do = func(_ context.Context, n int) error {
			if n == 1 {
				runtime.Goexit() // it was executed all the same
			}
			return nil
		}
		h.start()
		wait(20 * time.Minute) // the lease has ended, and the message comes again
		synctest.Wait()
		h.meanwhile("pacer.reserve", func() { h.cancelBatch(id) })
		h.deliver()
		if c := h.counters(id); h.studio.called() != 1 || c.Cost != 40_000 || c.Sum()[job.Canceled] != 1 || c.Charged != 0 {
			t.Errorf("%d calls: %+v", h.studio.called(), c)
		}
		h.checkCounters(id)
	})
}

func TestARetryWhoseReplyIsLostBeginsOneGeneration(t *testing.T) {
	for name, retry := range map[string]func(*harness, job.Job) error{
		"of a job": func(h *harness, j job.Job) error { return second(h.submit.Retry(h.t.Context(), ann, j.ID)) },
		"of a batch": func(h *harness, j job.Job) error {
			_, _, _, err := h.submit.RetryBatch(h.t.Context(), ann, j.BatchID, job.Choice{})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			inHarness(t, func(h *harness) {
				h.studio.do = func(context.Context, int) error {
					return &job.CallError{Class: job.Rejected, Code: job.CodeFiltered, Charged: true}
				}
				id := h.batch(job.BatchRequest{Lines: rows("a fox")}).Batch.ID
				h.runBatch(id)
				failed := h.listed(id)[0]
				h.afterwards("records.update", func() error {
					message := job.Message{V: job.RecordVersion, ID: failed.ID, MessageNo: h.get(failed.ID).MessageNo}
					if out := h.do(message); out.Retry { // before the queue has it
						t.Errorf("%+v", out)
					}
					return jobtest.ErrFault
				})
				if err := retry(h, failed); err != nil {
					t.Error(err)
				}
				h.runBatch(id)
				if j := h.get(failed.ID); j.Generation != 2 || h.studio.calls != 2 {
					t.Errorf("generation %d after %d calls", j.Generation, h.studio.calls)
				}
			})
		})
	}
}

func TestACancellationThatOvertakesARetryEndsIt(t *testing.T) {
	inHarness(t, func(h *harness) {
		id := h.batch(job.BatchRequest{Lines: many(250, "")}).Batch.ID
		h.cancelBatch(id)
		h.beforeCall(2, "records.update", func() { h.stop(id) })
		_, n, _, err := h.submit.RetryBatch(h.t.Context(), ann, id, job.Choice{Statuses: []job.Status{job.Canceled}})
		want(t, err, job.ErrState, "wrong_state")
		if c := h.counters(id); n != job.MaxTogether || c.Queued != 0 || c.Sum()[job.Canceled] != 250 {
			t.Errorf("%d began again: %+v", n, c)
		}
		h.checkCounters(id)
		if b := h.runBatch(id); b.Status != job.BatchCanceled || h.studio.calls != 0 {
			t.Errorf("it is %s after %d calls", b.Status, h.studio.calls)
		}
	})
}

func TestACallIsGivenBackHoweverLongTheStoreFails(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.budget(1e9)
		id := h.batch(job.BatchRequest{Lines: rows("a fox")}).Batch.ID
		h.studio.do = func(_ context.Context, n int) error {
			if n > 1 {
				return nil
			}
			failures := 0
			h.fault.Rule = func(op string, _ int) jobtest.Failure {
				if failures++; op == "records.update" && failures < 70 {
					return jobtest.Before
				}
				return jobtest.None
			}
			return &job.CallError{Class: job.NotExecuted, Code: job.WaitThrottled}
		}
		h.worker.Keep = 5 * time.Minute
		h.deliver()
		h.fault.Rule = nil
		if c := h.counters(id); c.Cost+c.Charged != 0 || h.spent() != 0 || h.listed(id)[0].Status != job.Queued {
			t.Errorf("%d spent, %+v", h.spent(), c)
		}
		h.checkCounters(id)
		if b := h.runBatch(id); b.Counters.Cost != 40_000 || h.spent() != 40_000 {
			t.Error(fmt.Sprint(b.Counters))
		}
	})
}
