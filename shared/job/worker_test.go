package job_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"easel/shared/job"
	"easel/shared/job/jobtest"
	"easel/shared/request"
	"easel/shared/sqlite"
)

var fox = request.Request{Settings: request.Settings{Prompt: "a fox"}}

func TestAJobBecomesAPicture(t *testing.T) {
	inHarness(t, func(h *harness) {
		j := h.order(fox, "")
		if out := h.deliver(); out.Retry {
			t.Errorf("the message was kept: %+v", out)
		}
		j = h.get(j.ID)
		if j.Status != job.Succeeded || len(j.Images) != 1 || j.Attempts != 1 || j.Calls != 1 || j.CostMicroUSD != 40_000 || j.Due != nil {
			t.Fatalf("got %+v", j)
		}
		if img := j.Images[0]; img.Seed != j.Sent.Seed || img.Seed == 0 || img.Width != 1 || img.ContentType != "image/png" {
			t.Errorf("got %+v for %+v", img, j.Sent)
		}
		if want := []string{">queued", "queued>running", "running>succeeded"}; !slices.Equal(h.steps, want) {
			t.Errorf("watched %v, want %v", h.steps, want)
		}
	})
}

func TestADuplicateMessageChangesNothing(t *testing.T) {
	inHarness(t, func(h *harness) {
		j := h.order(fox, "")
		m := job.Message{V: 1, ID: j.ID, MessageNo: j.MessageNo}
		h.studio.do = func(context.Context, int) error {
			if out := h.do(m); !out.Retry || out.After < 2*time.Minute {
				t.Errorf("a duplicate under a live lease must hide until it ends, got %+v", out)
			}
			return nil
		}
		h.deliver()
		if out := h.do(m); out.Retry || h.studio.calls != 1 {
			t.Errorf("after the end: %+v, %d calls", out, h.studio.calls)
		}
	})
}

func TestMessagesThatMeanNothingAreAcknowledged(t *testing.T) {
	inHarness(t, func(h *harness) {
		j := h.order(fox, "")
		for name, m := range map[string]job.Message{
			"an unknown job": {V: 1, ID: "nobody", MessageNo: 1},
			"an old number":  {V: 1, ID: j.ID, MessageNo: j.MessageNo - 1},
			"a later number": {V: 1, ID: j.ID, MessageNo: j.MessageNo + 1},
		} {
			if out := h.do(m); out.Retry || h.fault.Calls("pacer.reserve") > 0 {
				t.Errorf("%s: %+v, %d slots taken", name, out, h.fault.Calls("pacer.reserve"))
			}
		}
	})
}

func TestCallErrors(t *testing.T) {
	for _, c := range []struct {
		name     string
		err      *job.CallError
		times    int // how many calls fail
		maxCalls int
		status   job.Status
		code     string
		calls    int   // that reached the model
		cost     int64 // micro-dollars
	}{
		{"filtered is an answer", &job.CallError{Class: job.Rejected, Code: job.CodeFiltered, Charged: true}, 1, 2, job.Failed, job.CodeFiltered, 1, 40_000},
		{"a refusal costs nothing", &job.CallError{Class: job.Rejected, Code: job.CodeInvalid}, 1, 2, job.Failed, job.CodeInvalid, 1, 0},
		{"throttles count for nothing", &job.CallError{Class: job.NotExecuted, Code: job.WaitThrottled}, 20, 1, job.Succeeded, "", 21, 40_000},
		{"an outage is waited out", &job.CallError{Class: job.NotExecuted, Code: job.WaitOutage}, 20, 1, job.Succeeded, "", 21, 40_000},
		{"access comes after a while", &job.CallError{Class: job.Account, Code: job.WaitAccess}, 10, 1, job.Succeeded, "", 11, 40_000},
		{"access never comes", &job.CallError{Class: job.Account, Code: job.WaitAccess}, 1000, 1, job.Failed, job.CodeUnavailable, -1, 0},
		{"unsure and one call allowed", &job.CallError{Class: job.Ambiguous, Code: job.CodeModel}, 1, 1, job.Failed, job.CodeModel, 1, 40_000},
		{"unsure and two calls allowed", &job.CallError{Class: job.Ambiguous, Code: job.CodeModel}, 1, 2, job.Succeeded, "", 2, 80_000},
		{"unsure for ever", &job.CallError{Class: job.Ambiguous, Code: job.CodeModel}, 1000, 3, job.Failed, job.CodeModel, 3, 120_000},
	} {
		t.Run(c.name, func(t *testing.T) {
			inHarness(t, func(h *harness) {
				h.studio.do = func(_ context.Context, n int) error {
					if n <= c.times {
						return c.err
					}
					return nil
				}
				r := fox
				r.MaxModelCalls = &c.maxCalls
				j := h.run(h.order(r, "").ID)
				if j.Status != c.status || (j.Failure != nil && j.Failure.Code != c.code) || j.CostMicroUSD != c.cost {
					t.Errorf("got %s, %+v, cost %d", j.Status, j.Failure, j.CostMicroUSD)
				}
				if c.calls >= 0 && h.studio.calls != c.calls {
					t.Errorf("the model was called %d times, want %d", h.studio.calls, c.calls)
				}
			})
		})
	}
}

func TestThrottlesOfARoundAreCounted(t *testing.T) {
	inHarness(t, func(h *harness) {
		id := h.order(fox, "").ID
		h.studio.do = func(ctx context.Context, n int) error {
			switch n {
			case 1, 2, 5:
				return &job.CallError{Class: job.NotExecuted, Code: job.WaitThrottled}
			case 3:
				return &job.CallError{Class: job.NotExecuted, Code: job.WaitOutage}
			case 4: // the answer comes when the worker no longer waits for it
				_, err := h.submit.Cancel(ctx, ann, id)
				return errors.Join(err, &job.CallError{Class: job.NotExecuted, Code: job.WaitThrottled})
			}
			return nil
		}
		if j := h.run(id); j.Status != job.Canceled || j.Throttles != 3 {
			t.Fatalf("got %s and %d throttles, want 3", j.Status, j.Throttles)
		}
		if _, err := h.submit.Retry(h.t.Context(), ann, id); err != nil {
			t.Fatal(err)
		}
		if j := h.run(id); j.Status != job.Succeeded || j.Throttles != 1 {
			t.Errorf("got %s and %d throttles, want 1", j.Status, j.Throttles)
		}
	})
}

func TestARefusedAccountIsProbedOnceAMinute(t *testing.T) {
	inHarness(t, func(h *harness) {
		start := time.Now()
		h.studio.do = func(context.Context, int) error {
			return &job.CallError{Class: job.Account, Code: job.WaitCredentials, Message: "Sign in."}
		}
		var ids []string
		for range 5 {
			ids = append(ids, h.order(fox, "").ID)
		}
		for range 20 {
			h.deliver()
		}
		j := h.get(ids[0])
		if j.Waiting == nil || j.Waiting.Code != job.WaitCredentials || j.Attempts != 0 || j.Calls != 0 || j.CostMicroUSD != 0 {
			t.Errorf("nothing may be counted while the account is refused, got %+v, waiting %+v", j, j.Waiting)
		}
		if most := 5 + int(time.Since(start)/time.Minute) + 1; h.studio.calls > most {
			t.Errorf("%d calls in %v; once the breaker is open there is one a minute", h.studio.calls, time.Since(start))
		}
		for _, id := range ids {
			if j := h.run(id); j.Failure == nil || j.Failure.Code != job.CodeUnavailable {
				t.Errorf("got %+v", j.Failure)
			}
		}
	})
}

func TestAStoredPictureIsNeverMadeAgain(t *testing.T) {
	for name, rule := range map[string]func(string, int) jobtest.Failure{
		"the store's reply is lost": jobtest.Fail("images.put", jobtest.After, 1),
		"the worker cannot finish": func(op string, n int) jobtest.Failure {
			if op == "records.update" && n >= 2 && n < 20 {
				return jobtest.Before
			}
			return jobtest.None
		},
		"the finish loses its reply": func(op string, n int) jobtest.Failure {
			if op == "records.update" && n == 2 {
				return jobtest.After
			}
			return jobtest.None
		},
	} {
		t.Run(name, func(t *testing.T) {
			inHarness(t, func(h *harness) {
				h.fault.Rule = rule
				one := 1
				r := fox
				r.MaxModelCalls = &one
				j := h.run(h.order(r, "").ID)
				if j.Status != job.Succeeded || len(j.Images) != 1 || h.studio.calls != 1 {
					t.Errorf("got %s %+v with %d images after %d calls", j.Status, j.Failure, len(j.Images), h.studio.calls)
				}
			})
		})
	}
}

func TestALostReplyOfTheClaimIsRecognised(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.fault.Rule = jobtest.Fail("records.update", jobtest.After, 1)
		j := h.order(fox, "")
		h.deliver()
		if j = h.get(j.ID); j.Status != job.Succeeded || j.Attempts != 1 || h.studio.calls != 1 {
			t.Errorf("got %s after %d attempts and %d calls", j.Status, j.Attempts, h.studio.calls)
		}
	})
}

func TestAClaimThatIsNeverConfirmedCostsNoCall(t *testing.T) {
	for name, canceled := range map[string]bool{"left alone": false, "canceled meanwhile": true} {
		t.Run(name, func(t *testing.T) {
			inHarness(t, func(h *harness) {
				j := h.order(request.Request{Settings: request.Settings{Prompt: "a fox"}, MaxModelCalls: new(1)}, "")
				h.fault.Rule = func(op string, n int) jobtest.Failure {
					if op != "records.update" || n > 8 {
						return jobtest.None
					}
					if n == 8 && canceled {
						now := h.get(j.ID)
						now.Status, now.Due, now.Enqueued, now.WriteID = job.Canceled, nil, false, "another"
						if _, err := h.db.Update(context.Background(), job.Transaction{Jobs: []job.Job{now}}); err != nil {
							t.Error(err)
						}
					}
					return jobtest.After
				}
				h.deliver()
				if j = h.get(j.ID); j.Attempts != 0 || j.Calls != 0 || j.CostMicroUSD != 0 || j.Lease != nil || h.studio.calls != 0 {
					t.Errorf("no call was begun, and the %s job says: %d attempts, %d calls, cost %d, lease %+v", j.Status, j.Attempts, j.Calls, j.CostMicroUSD, j.Lease)
				}
				if j = h.run(j.ID); !canceled && (j.Status != job.Succeeded || h.studio.calls != 1 || j.CostMicroUSD != 40_000) {
					t.Errorf("got %s %+v after %d calls, cost %d", j.Status, j.Failure, h.studio.calls, j.CostMicroUSD)
				}
			})
		})
	}
}

func TestAClaimThatIsNeverConfirmedEndsTheJobAtLast(t *testing.T) {
	inHarness(t, func(h *harness) {
		j := h.order(fox, "")
		h.fault.Rule = func(op string, n int) jobtest.Failure {
			if op == "records.update" && n%9 != 0 { // eight claims, and then the job is put back
				return jobtest.After
			}
			return jobtest.None
		}
		if j = h.run(j.ID); j.Failure == nil || j.Failure.Code != job.CodeInternal {
			t.Errorf("got %s %+v", j.Status, j.Failure)
		}
	})
}

func TestACanceledJobKeepsThePictureThatWasPaidFor(t *testing.T) {
	inHarness(t, func(h *harness) {
		j := h.order(fox, "")
		h.studio.do = func(ctx context.Context, _ int) error {
			_, err := h.submit.Cancel(ctx, ann, j.ID)
			return err
		}
		h.deliver()
		if j = h.get(j.ID); j.Status != job.Canceled || len(j.Images) != 1 || j.CostMicroUSD != 40_000 {
			t.Fatalf("got %s with %d images, cost %d", j.Status, len(j.Images), j.CostMicroUSD)
		}
		if _, err := h.submit.Retry(h.t.Context(), ann, j.ID); err != nil {
			t.Fatal(err)
		}
		if j = h.run(j.ID); j.Status != job.Succeeded || h.studio.calls != 1 {
			t.Errorf("a retry must take the picture that is there: %s after %d calls", j.Status, h.studio.calls)
		}
	})
}

func TestAnImageThatArrivesAfterTheDeletionGoesWithIt(t *testing.T) {
	for name, again := range map[string]time.Duration{"remembered": 0, "and the key is free again": 91 * 24 * time.Hour} {
		t.Run(name, func(t *testing.T) {
			inHarness(t, func(h *harness) {
				j := h.order(fox, "k")
				h.studio.do = func(ctx context.Context, n int) error {
					if n > 1 {
						return nil
					}
					wait(5 * time.Minute) // the lease ends, as if the process had been frozen
					_, err := h.submit.Cancel(h.t.Context(), ann, j.ID)
					if err := errors.Join(err, h.submit.Delete(h.t.Context(), ann, j.ID)); err != nil {
						t.Error(err)
					}
					if again > 0 {
						wait(again)
						h.run(h.order(fox, "k").ID)
					}
					return nil
				}
				h.deliver()
				if _, err := h.store.Stat(h.t.Context(), fmt.Sprintf("images/single/%s/1-%d.png", j.ID, j.CreatedAt.UnixMilli())); !errors.Is(err, job.ErrNotFound) {
					t.Errorf("the image that arrived after the deletion was kept: %v", err)
				}
				if now := h.get(j.ID); again == 0 && now.DeletedAt == nil || again > 0 && (now.Status != job.Succeeded || len(now.Images) != 1) {
					t.Errorf("the record now: %+v", now)
				}
			})
		})
	}
}

func TestALateWorkerOnlyAddsItsPicture(t *testing.T) {
	inHarness(t, func(h *harness) {
		j := h.order(fox, "")
		h.studio.do = func(_ context.Context, n int) error {
			if n > 1 {
				wait(90 * time.Second)
				return nil
			}
			wait(5 * time.Minute) // the lease ends, as if the process had been frozen
			h.sweep()
			h.start()
			wait(time.Minute)
			return nil
		}
		h.deliver()
		if j = h.get(j.ID); j.Status != job.Running || len(j.Images) != 1 {
			t.Fatalf("the job is the second worker's to end, got %s with %d images", j.Status, len(j.Images))
		}
		wait(time.Minute)
		j = h.get(j.ID)
		if j.Status != job.Succeeded || len(j.Images) != 1 || j.Calls != 2 {
			t.Errorf("got %s, %d images, %d calls", j.Status, len(j.Images), j.Calls)
		}
	})
}

func TestAKilledWorkerIsFoundByTheSweep(t *testing.T) {
	inHarness(t, func(h *harness) {
		j := h.order(fox, "")
		d := h.receive()
		h.studio.do = func(context.Context, int) error { panic("killed") }
		func() {
			defer func() { _ = recover() }()
			m, _ := job.ParseMessage(d.Body)
			h.do(m)
		}()
		h.studio.do = nil
		if j = h.run(j.ID); j.Status != job.Succeeded || j.Calls != 2 {
			t.Errorf("got %s after %d calls", j.Status, j.Calls)
		}
	})
}

func TestOneCallMeansOneCallAlsoAfterACrash(t *testing.T) {
	inHarness(t, func(h *harness) {
		one := 1
		j := h.order(request.Request{Settings: request.Settings{Prompt: "a fox"}, MaxModelCalls: &one}, "")
		h.studio.do = func(context.Context, int) error { panic("killed") }
		d := h.receive()
		func() {
			defer func() { _ = recover() }()
			m, _ := job.ParseMessage(d.Body)
			h.do(m)
		}()
		if j = h.run(j.ID); j.Failure == nil || j.Failure.Code != job.CodeExhausted || h.studio.calls != 1 {
			t.Errorf("got %s %+v after %d calls", j.Status, j.Failure, h.studio.calls)
		}
	})
}

func TestTheDeadlineEndsAJobBeforeItsCall(t *testing.T) {
	inHarness(t, func(h *harness) {
		seconds := 60
		r := fox
		r.DeadlineSeconds = &seconds
		j := h.order(r, "")
		wait(2 * time.Minute)
		h.deliver()
		if j = h.get(j.ID); j.Status != job.Failed || j.Failure.Code != job.CodeExpired || h.studio.calls != 0 {
			t.Errorf("got %s %+v after %d calls", j.Status, j.Failure, h.studio.calls)
		}
	})
}

func TestADeadlineIsToldByTheWorkersClock(t *testing.T) {
	for _, ahead := range []time.Duration{11 * time.Minute, -10 * time.Minute} {
		inHarness(t, func(h *harness) {
			clock := func() time.Time { return time.Now().Add(ahead) }
			pacer, err := sqlite.Open(h.t.Context(), filepath.Join(h.dir, "pace.db"), sqlite.Options{Unsafe: true, Now: clock})
			if err != nil {
				t.Fatal(err)
			}
			defer pacer.Close()
			h.submit.Now, h.worker.Now, h.worker.Pacer = clock, clock, pacer
			j := h.order(fox, "")
			h.studio.do = func(context.Context, int) error {
				if left := h.get(j.ID).Lease.Until.Sub(clock()); left < 3*time.Minute || left > 200*time.Second {
					t.Errorf("with a clock that is off by %v the lease lasts %v", ahead, left)
				}
				return nil
			}
			h.deliver()
			if j = h.get(j.ID); j.Status != job.Succeeded {
				t.Errorf("with a clock that is off by %v the job is %s, waiting %+v", ahead, j.Status, j.Waiting)
			}
		})
	}
}

func TestStoppingPutsWaitingJobsBackAtOnce(t *testing.T) {
	inHarness(t, func(h *harness) {
		stop := make(chan struct{})
		close(stop)
		h.worker.Stopping = stop
		j := h.order(fox, "")
		h.deliver()
		if j = h.get(j.ID); j.Status != job.Queued || !j.Enqueued || j.Attempts != 0 || h.studio.calls != 0 {
			t.Fatalf("got %+v", j)
		}
		h.worker.Stopping = nil
		if j = h.run(j.ID); j.Status != job.Succeeded {
			t.Errorf("got %s", j.Status)
		}
	})
}

func TestATakenAwayInputImageFailsTheJob(t *testing.T) {
	inHarness(t, func(h *harness) {
		j := h.order(request.Request{Settings: request.Settings{Prompt: "a fox", Model: "sd35"}, Image: pixel(64, 64)}, "")
		if err := h.store.DeleteInput(h.t.Context(), j.Input.Image.Key); err != nil {
			t.Fatal(err)
		}
		if j = h.run(j.ID); j.Failure == nil || j.Failure.Code != job.CodeInternal || j.CostMicroUSD != 0 {
			t.Errorf("got %+v", j)
		}
	})
}
