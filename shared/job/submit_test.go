package job_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"easel/shared/job"
	"easel/shared/job/jobtest"
	"easel/shared/request"
)

func TestAKeyGivesTheSameJobAgain(t *testing.T) {
	inHarness(t, func(h *harness) {
		first := h.order(fox, "order 1")
		again, err := h.submit.Submit(h.t.Context(), ann, fox, "order 1")
		if err != nil || again.Created || again.Job.ID != first.ID || again.Job.Sent.Seed != first.Sent.Seed {
			t.Errorf("got %+v, %v", again, err)
		}
		other := fox
		other.Prompt = "a wolf"
		_, err = h.submit.Submit(h.t.Context(), ann, other, "order 1")
		want(t, err, job.ErrMismatch, "idempotency_key_reused")
		theirs, err := h.submit.Submit(h.t.Context(), bob, other, "order 1")
		if err != nil || theirs.Job.ID == first.ID {
			t.Errorf("another owner's key must be another job: %v", err)
		}
		if _, err := h.submit.Submit(h.t.Context(), ann, fox, "näh"); err == nil {
			t.Error("a key that is not ASCII was accepted")
		}
	})
}

func TestAKeyReusedLeavesTheFirstImageAlone(t *testing.T) {
	inHarness(t, func(h *harness) {
		r := request.Request{Settings: request.Settings{Prompt: "a fox", Model: "sd35"}, Image: pixel(64, 64)}
		first := h.order(r, "k")
		r.Image = pixel(65, 65)
		_, err := h.submit.Submit(h.t.Context(), ann, r, "k")
		want(t, err, job.ErrMismatch, "idempotency_key_reused")
		if data, err := h.store.GetInput(h.t.Context(), first.Input.Image.Key); err != nil || !bytes.Equal(data, pixel(64, 64)) {
			t.Errorf("the first job's image is gone or another: %v", err)
		}
	})
}

func TestAcceptedMeansRecorded(t *testing.T) {
	for name, c := range map[string]struct {
		rule     func(string, int) jobtest.Failure
		accepted bool
	}{
		"the record's reply is lost":   {jobtest.Fail("creator.create", jobtest.After, 1), true},
		"the record cannot be written": {jobtest.Fail("creator.create", jobtest.Before, 99), false},
		"the queue is down":            {jobtest.Fail("queue.send", jobtest.Before, 99), true},
		"the queue's reply is lost":    {jobtest.Fail("queue.send", jobtest.After, 99), true},
		"nobody can count":             {jobtest.Fail("timers.dispatched", jobtest.Before, 1), true},
	} {
		t.Run(name, func(t *testing.T) {
			inHarness(t, func(h *harness) {
				h.fault.Rule = c.rule
				receipt, err := h.submit.Submit(h.t.Context(), ann, fox, "")
				if !c.accepted {
					want(t, err, job.ErrUnavailable, "unavailable")
					return
				}
				if err != nil || !receipt.Created {
					t.Fatalf("got %+v, %v", receipt, err)
				}
				h.fault.Rule = nil
				wait(time.Second)
				h.sweep()
				if j := h.run(receipt.Job.ID); j.Status != job.Succeeded || h.studio.calls != 1 {
					t.Errorf("got %s after %d calls", j.Status, h.studio.calls)
				}
			})
		})
	}
}

func TestDefaultsAreFilledIn(t *testing.T) {
	inHarness(t, func(h *harness) {
		j := h.order(request.Request{Settings: request.Settings{Prompt: "a fox", StylePreset: "cinematic"}}, "")
		if j.Input.Seed != nil || j.Sent.Seed == 0 || j.Sent.OutputFormat != "png" || j.Sent.AspectRatio != "1:1" || j.MaxCalls != 2 {
			t.Errorf("got %+v", j)
		}
		if !strings.HasPrefix(j.Sent.Prompt, "a fox, cinematic") || j.Input.Prompt != "a fox" {
			t.Errorf("input %q, sent %q", j.Input.Prompt, j.Sent.Prompt)
		}
		seed := int64(7)
		if j = h.order(request.Request{Settings: request.Settings{Prompt: "a fox", Seed: &seed}}, ""); j.Sent.Seed != 7 {
			t.Errorf("seed %d", j.Sent.Seed)
		}
	})
}

func TestCancel(t *testing.T) {
	inHarness(t, func(h *harness) {
		ctx := h.t.Context()
		j := h.order(fox, "")
		for range 2 {
			if got, err := h.submit.Cancel(ctx, ann, j.ID); err != nil || got.Status != job.Canceled || got.CompletedAt == nil {
				t.Errorf("got %s, %v", got.Status, err)
			}
		}
		h.deliver()
		if h.studio.calls != 0 {
			t.Error("a canceled job was made")
		}
		done := h.run(h.order(fox, "").ID)
		_, err := h.submit.Cancel(ctx, ann, done.ID)
		want(t, err, job.ErrState, "wrong_state")
	})
}

func TestRetryStartsANewRound(t *testing.T) {
	inHarness(t, func(h *harness) {
		ctx := h.t.Context()
		h.studio.do = func(_ context.Context, n int) error {
			if n == 1 {
				return &job.CallError{Class: job.Rejected, Code: job.CodeFiltered, Charged: true}
			}
			return nil
		}
		j := h.run(h.order(fox, "").ID)
		for range 2 { // the second changes nothing
			var err error
			if j, err = h.submit.Retry(ctx, ann, j.ID); err != nil || j.Generation != 2 || j.Status != job.Queued || j.Calls != 0 || j.Failure != nil {
				t.Fatalf("got %+v, %v", j, err)
			}
		}
		if j = h.run(j.ID); j.Status != job.Succeeded || j.CostMicroUSD != 80_000 {
			t.Errorf("got %s, cost %d", j.Status, j.CostMicroUSD)
		}
		_, err := h.submit.Retry(ctx, ann, j.ID)
		want(t, err, job.ErrState, "wrong_state")
		_, err = h.submit.Retry(ctx, ann, h.order(fox, "").ID)
		want(t, err, job.ErrState, "wrong_state")
	})
}

func TestDelete(t *testing.T) {
	inHarness(t, func(h *harness) {
		ctx := h.t.Context()
		j := h.run(h.order(request.Request{Settings: request.Settings{Prompt: "a fox", Model: "sd35"}, Image: pixel(64, 64)}, "k").ID)
		if err := h.submit.Delete(ctx, ann, j.ID); err != nil {
			t.Fatal(err)
		}
		if _, err := h.store.Stat(ctx, j.Images[0].Key); err == nil {
			t.Error("the picture is still there")
		}
		if _, err := h.store.GetInput(ctx, j.Input.Image.Key); err == nil {
			t.Error("the input image is still there")
		}
		_, err := h.reader.Get(ctx, ann, j.ID)
		want(t, err, job.ErrNotFound, "job_not_found")
		if left := h.get(j.ID); left.DeletedAt == nil || left.Input.Prompt != "" || left.Owner != "" {
			t.Errorf("what is remembered: %+v", left)
		}
	})
}

func TestDeleteOfARunningJobIsRefused(t *testing.T) {
	inHarness(t, func(h *harness) {
		j := h.order(fox, "")
		h.studio.do = func(ctx context.Context, _ int) error {
			want(t, h.submit.Delete(ctx, ann, j.ID), job.ErrState, "wrong_state")
			return nil
		}
		h.deliver()
		if j = h.get(j.ID); j.Status != job.Succeeded {
			t.Errorf("got %s", j.Status)
		}
	})
}

func TestOthersDoNotSeeAJob(t *testing.T) {
	inHarness(t, func(h *harness) {
		ctx := h.t.Context()
		j := h.order(fox, "")
		_, get := h.reader.Get(ctx, bob, j.ID)
		_, wait := h.reader.Wait(ctx, bob, j.ID, time.Hour)
		_, image := h.reader.Image(ctx, bob, j.ID, 0)
		_, cancel := h.submit.Cancel(ctx, bob, j.ID)
		_, retry := h.submit.Retry(ctx, bob, j.ID)
		for _, err := range []error{get, wait, image, cancel, retry, h.submit.Delete(ctx, bob, j.ID)} {
			want(t, err, job.ErrNotFound, "job_not_found")
		}
		if shown, err := h.reader.Get(ctx, job.Caller{Owner: "root", Operator: true}, j.ID); err != nil || shown.Job.ID != j.ID {
			t.Errorf("an operator sees every job: %v", err)
		}
	})
}

func TestAnOrderIsAnsweredBeforeItsProcessIsEnded(t *testing.T) {
	inHarness(t, func(h *harness) {
		ctx, cancel := context.WithTimeout(h.t.Context(), time.Second)
		defer cancel()
		_, err := h.submit.Submit(ctx, ann, fox, "k")
		if !errors.Is(err, job.ErrUnavailable) {
			t.Errorf("with a second left: %v, want that it cannot be recorded", err)
		}
		if _, err := h.submit.Submit(h.t.Context(), ann, fox, "k"); err != nil {
			t.Errorf("sent again: %v", err)
		}
	})
}
