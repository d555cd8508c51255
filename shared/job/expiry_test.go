package job_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"easel/shared/job"
	"easel/shared/job/jobtest"
	"easel/shared/read"
	"easel/shared/request"
)

const day = 24 * time.Hour

func TestWhateverEndsAJobSaysWhenItExpires(t *testing.T) {
	for name, end := range map[string]func(*harness, job.Job){
		"its picture": func(h *harness, _ job.Job) { h.deliver() },
		"a refusal": func(h *harness, _ job.Job) {
			h.studio.do = func(context.Context, int) error { return &job.CallError{Class: job.Rejected, Code: job.CodeFiltered} }
			h.deliver()
		},
		"its owner": func(h *harness, j job.Job) {
			if _, err := h.submit.Cancel(h.t.Context(), ann, j.ID); err != nil {
				h.t.Fatal(err)
			}
		},
		"the sweep": func(h *harness, _ job.Job) {
			h.settle(h.receive(), job.Outcome{})
			wait(time.Minute)
			h.sweep()
		},
	} {
		t.Run(name, func(t *testing.T) {
			inHarness(t, func(h *harness) {
				h.retention(day)
				j := h.order(request.Request{Settings: request.Settings{Prompt: "a fox"}, DeadlineSeconds: new(30)}, "")
				if j.ExpiresAt != nil {
					t.Errorf("before its end it expires at %v", j.ExpiresAt)
				}
				end(h, j)
				if j = h.get(j.ID); !j.Status.Ended() || j.ExpiresAt == nil || !j.ExpiresAt.Equal(j.CompletedAt.Add(day)) {
					t.Errorf("%s at %v, expires at %v", j.Status, j.CompletedAt, j.ExpiresAt)
				}
			})
		})
	}
}

func TestARetryTakesTheExpiryBack(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.retention(day)
		j := h.order(fox, "")
		h.again(j.ID)
		if j = h.get(j.ID); j.Status != job.Queued || j.ExpiresAt != nil {
			t.Errorf("got %s, expires at %v", j.Status, j.ExpiresAt)
		}
		wait(2 * day)
		if j = h.run(j.ID); j.Status != job.Succeeded || j.ExpiresAt == nil || time.Until(*j.ExpiresAt) < day/2 {
			t.Errorf("got %s, expires at %v", j.Status, j.ExpiresAt)
		}
	})
}

func TestAnExpiredJobIsNotFound(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.retention(day)
		ctx, id := h.t.Context(), h.run(h.order(fox, "").ID).ID
		calls := map[string]func() error{
			"get":    func() error { return second(h.reader.Get(ctx, ann, id)) },
			"wait":   func() error { return second(h.reader.Wait(ctx, ann, id, time.Second)) },
			"image":  func() error { return second(h.reader.Image(ctx, ann, id, 0)) },
			"cancel": func() error { return second(h.submit.Cancel(ctx, ann, id)) },
			"retry":  func() error { return second(h.submit.Retry(ctx, ann, id)) },
		}
		wait(time.Until(*h.get(id).ExpiresAt) - time.Microsecond)
		for name, call := range calls {
			if err := call(); errors.Is(err, job.ErrNotFound) {
				t.Errorf("%s, a microsecond before it expires: %v", name, err)
			}
		}
		wait(time.Microsecond)
		calls["delete"] = func() error { return h.submit.Delete(ctx, ann, id) }
		for name, call := range calls {
			if err := call(); !errors.Is(err, job.ErrNotFound) {
				t.Errorf("%s, when it has expired: %v", name, err)
			}
		}
	})
}

func TestListsLeaveOutWhatHasExpired(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.retention(day)
		old := h.run(h.order(fox, "").ID)
		wait(day - time.Second)
		var ids []string
		for range 2 {
			ids = append(ids, h.order(fox, "").ID)
			wait(time.Millisecond)
		}
		count := func() (n int) {
			for f := (read.Filter{Limit: 1}); ; {
				page, err := h.reader.List(h.t.Context(), ann, f)
				if err != nil {
					t.Fatal(err)
				}
				n += len(page.Jobs)
				if f.Cursor = page.Next; f.Cursor == "" {
					return n
				}
			}
		}
		if n := count(); n != 3 {
			t.Errorf("%d jobs are listed before the first of 3 expires", n)
		}
		wait(time.Until(*old.ExpiresAt))
		if n := count(); n != len(ids) {
			t.Errorf("%d jobs are listed, want %d", n, len(ids))
		}
	})
}

func TestAnExpiredKeyIsFree(t *testing.T) {
	for name, order := range map[string]request.Request{
		"for the same order":    {Settings: request.Settings{Prompt: "a fox", Model: "sd35"}, Image: pixel(64, 64)},
		"for a different order": {Settings: request.Settings{Prompt: "a wolf"}},
	} {
		t.Run(name, func(t *testing.T) {
			inHarness(t, func(h *harness) {
				h.retention(day)
				first := h.run(h.order(request.Request{Settings: request.Settings{Prompt: "a fox", Model: "sd35"}, Image: pixel(64, 64)}, "k").ID)
				wait(2 * day)
				receipt, err := h.submit.Submit(h.t.Context(), ann, order, "k")
				if err != nil || !receipt.Created || receipt.Job.ID != first.ID || receipt.Job.Version <= first.Version {
					t.Fatalf("got %+v, %v", receipt, err)
				}
				if _, err := h.store.Stat(h.t.Context(), first.Images[0].Key); !errors.Is(err, job.ErrNotFound) {
					t.Errorf("the former picture is still there: %v", err)
				}
				if _, err := h.store.GetInput(h.t.Context(), first.Input.Image.Key); !errors.Is(err, job.ErrNotFound) {
					t.Errorf("the former input is still there: %v", err)
				}
				j := h.run(first.ID)
				if j.Status != job.Succeeded || len(j.Images) != 1 || h.studio.calls != 2 || j.Input.Prompt != order.Prompt {
					t.Errorf("got %s with %d images after %d calls", j.Status, len(j.Images), h.studio.calls)
				}
				again, err := h.submit.Submit(h.t.Context(), ann, order, "k")
				if err != nil || again.Created || again.Job.ID != j.ID {
					t.Errorf("the same again: %+v, %v", again, err)
				}
			})
		})
	}
}

func TestAnExpiredKeyThatCannotBeFreedMakesNoReceipt(t *testing.T) {
	for failures := 1; failures < 10; failures++ {
		inHarness(t, func(h *harness) {
			h.retention(day)
			h.run(h.order(fox, "k").ID)
			wait(2 * day)
			h.fault.Rule = jobtest.Fail("eraser.erase", jobtest.Before, failures)
			receipt, err := h.submit.Submit(h.t.Context(), ann, fox, "k")
			switch {
			case err != nil:
				want(t, err, job.ErrUnavailable, "unavailable")
			case h.get(receipt.Job.ID).WriteID != receipt.Job.WriteID:
				t.Errorf("after %d failures: a receipt for a job that was not recorded", failures)
			}
			h.fault.Rule = nil
			if j := h.run(h.order(fox, "k").ID); j.Status != job.Succeeded || h.studio.calls != 2 {
				t.Errorf("after %d failures: %s and %d calls", failures, j.Status, h.studio.calls)
			}
		})
	}
}

func TestTwoWhoTakeAnExpiredKeyMakeOneJob(t *testing.T) {
	for _, op := range []string{"creator.create", "records.update", "images.delete", "eraser.erase"} {
		inHarness(t, func(h *harness) {
			h.retention(day)
			h.run(h.order(fox, "k").ID)
			wait(2 * day)
			var other job.Receipt
			h.meanwhile(op, func() {
				var err error
				if other, err = h.submit.Submit(h.t.Context(), ann, fox, "k"); err != nil {
					t.Error(err)
				}
			})
			receipt, err := h.submit.Submit(h.t.Context(), ann, fox, "k")
			if err != nil || receipt.Created || !other.Created || receipt.Job.WriteID != other.Job.WriteID {
				t.Errorf("the other came before %s: got %+v and %+v, %v", op, receipt, other, err)
			}
			if j := h.run(receipt.Job.ID); j.Status != job.Succeeded || h.studio.calls != 2 {
				t.Errorf("the other came before %s: %s after %d calls", op, j.Status, h.studio.calls)
			}
		})
	}
}

func TestAJobThatIsStartedAgainKeepsItsKeyAndItsPicture(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.retention(day)
		j := h.order(fox, "k")
		h.studio.do = func(ctx context.Context, _ int) error { return second(h.submit.Cancel(ctx, ann, j.ID)) }
		h.deliver()
		wait(2 * day)
		h.meanwhile("records.update", func() { // by a server whose clock is behind
			s := *h.submit
			s.Now = func() time.Time { return time.Now().Add(-2 * day) }
			if _, err := s.Retry(h.t.Context(), ann, j.ID); err != nil {
				t.Error(err)
			}
		})
		receipt, err := h.submit.Submit(h.t.Context(), ann, fox, "k")
		if err != nil || receipt.Created || receipt.Job.Generation != 2 {
			t.Fatalf("got %+v, %v", receipt, err)
		}
		if j = h.run(j.ID); j.Status != job.Succeeded || len(j.Images) != 1 || h.studio.calls != 1 {
			t.Errorf("got %s with %d images after %d calls", j.Status, len(j.Images), h.studio.calls)
		}
	})
}

func TestAnInputGoesWithItsJob(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.retention(day)
		r := request.Request{Settings: request.Settings{Prompt: "a fox", Model: "sd35"}, Image: pixel(64, 64), CustomID: "a"}
		single := h.run(h.order(r, "").ID)
		id := h.batch(job.BatchRequest{Lines: []job.Line{{Number: 1, Request: r}}}).Batch.ID
		h.runBatch(id)
		shared := h.listed(id)[0]
		if shared.ExpiresAt != nil {
			t.Errorf("a job that shares its input expires at %v", shared.ExpiresAt)
		}
		wait(day - time.Hour)
		h.sweep()
		for _, in := range []string{single.Input.Image.Key, shared.Input.Image.Key} {
			if _, err := h.store.GetInput(h.t.Context(), in); err != nil {
				t.Errorf("before its job expires: %v", err)
			}
		}
		for range 4 {
			wait(time.Hour)
			h.sweep()
		}
		for _, in := range []string{single.Input.Image.Key, shared.Input.Image.Key} {
			if _, err := h.store.GetInput(h.t.Context(), in); !errors.Is(err, job.ErrNotFound) {
				t.Errorf("after its job has expired: %v", err)
			}
		}
		for _, gone := range []string{single.ID, shared.ID} {
			if _, err := h.db.Get(h.t.Context(), gone); !errors.Is(err, job.ErrNotFound) {
				t.Errorf("the record is left: %v", err)
			}
		}
	})
}
