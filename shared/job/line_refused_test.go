package job_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"easel/shared/job"
	"easel/shared/request"
)

// refuse lets the account be refused, and the breaker open.
func (h *harness) refuse() {
	h.t.Helper()
	h.studio.do = func(context.Context, int) error {
		return &job.CallError{Class: job.Account, Code: job.WaitAccess, Message: "No access to the model."}
	}
	for range 5 {
		h.order(fox, "")
		h.deliver()
	}
}

func TestSingleJobsInTheLineEndWhereTheAccountStaysRefused(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.refuse()
		var ids []string
		for range 30 {
			ids = append(ids, h.order(fox, "").ID)
		}
		for range 40 {
			h.work(time.Minute)
			h.sweep()
		}
		late := h.order(fox, "")
		h.sweep()
		for _, id := range ids {
			if j := h.get(id); j.Status != job.Failed || j.Failure.Code != job.CodeUnavailable || !j.Failure.Retryable {
				t.Errorf("after 40 minutes without access it is %s: %+v", j.Status, j.Failure)
			}
		}
		if j := h.get(late.ID); j.Status != job.Queued {
			t.Errorf("a job that has just come is %s", j.Status)
		}
		if h.studio.calls > 50 {
			t.Errorf("%d calls of a model to which the account has no access", h.studio.calls)
		}
	})
}

func TestNoSingleJobGoesOutAtOnceWhileTheBreakerIsOpen(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.refuse()
		for range 10 {
			if j := h.order(fox, ""); j.Enqueued {
				t.Errorf("it is in the queue, where %d wait for a probe", h.out()-1)
			}
		}
	})
}

func TestJobsWhoseBatchIsGoneAreRemoved(t *testing.T) {
	for name, r := range map[string]request.Request{"lost": fox, "past its deadline": {Settings: request.Settings{Prompt: "a fox"}, DeadlineSeconds: new(600)}} {
		t.Run(name, func(t *testing.T) {
			inHarness(t, func(h *harness) {
				id := h.batch(job.BatchRequest{Lines: []job.Line{{Number: 1, Request: r}}}).Batch.ID
				j := h.listed(id)[0]
				if err := h.db.EraseBatch(h.t.Context(), id, job.Condition{}, time.Now(), nil); err != nil {
					h.t.Fatal(err)
				}
				for range 24 { // its messages are lost, one after the other
					wait(time.Hour)
					h.sweep()
				}
				if _, err := h.db.Get(h.t.Context(), j.ID); !errors.Is(err, job.ErrNotFound) {
					h.t.Errorf("its timer fires for ever: %v", err)
				}
			})
		})
	}
}
