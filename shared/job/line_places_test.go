package job_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"easel/shared/job"
	"easel/shared/job/jobtest"
)

func TestABatchThatGoesOnBehindItsCancellationHasATimer(t *testing.T) {
	for name, proceed := range map[string]func(*harness, string) error{
		"appended to": func(h *harness, id string) error {
			_, err := h.submit.SubmitBatch(h.t.Context(), ann, job.BatchRequest{BatchID: id, Key: "more", Lines: many(1, "")})
			return err
		},
		"retried": func(h *harness, id string) error {
			_, _, _, err := h.submit.RetryBatch(h.t.Context(), ann, id, job.Choice{Statuses: []job.Status{job.Canceled}})
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			inHarness(t, func(h *harness) {
				t := h.t
				id := h.inLine(job.BatchRequest{Lines: rows("a fox", "a hare")}).Batch.ID
				h.cancelBatch(id)
				op := "creator.create"
				if name == "retried" {
					op = "records.update"
				}
				h.meanwhile(op, func() {
					for range 3 { // the cancellation is written, and the end told
						h.sweep()
						wait(2 * time.Second)
					}
				})
				if err := proceed(h, id); err != nil {
					t.Fatal(err)
				}
				if c := h.counters(id); c.Queued == 0 || c.When(job.Due) == nil {
					t.Errorf("it has jobs that wait and no timer: %+v", c)
				}
			})
		})
	}
}

// emptyFlows puts flows of so many other owners into the line in which no job waits.
func (h *harness) emptyFlows(n int) {
	h.t.Helper()
	for n := range n {
		touch := job.Touch{FlowKey: job.FlowKey{Model: core, Owner: fmt.Sprint("owner ", n)}, At: time.Now()}
		if err := h.db.Touch(h.t.Context(), []job.Touch{touch}); err != nil {
			h.t.Fatal(err)
		}
	}
}

func TestAJobWhoseTurnWasNotWrittenKeepsItsFlowInTheLine(t *testing.T) {
	inHarness(t, func(h *harness) {
		t := h.t
		h.emptyFlows(400)
		id := h.inLine(job.BatchRequest{Lines: rows("a fox")}).Batch.ID
		wait(30 * time.Second)
		h.fault.Rule = jobtest.Fail("finder.find", jobtest.Before, jobtest.Forever)
		if _, err := h.sweeper.Sweep(t.Context()); !errors.Is(err, jobtest.ErrFault) {
			t.Fatal(err)
		}
		h.fault.Rule = nil
		wait(time.Second)
		h.sweep()
		if j := h.listed(id)[0]; !j.Enqueued {
			t.Errorf("it has no turn: %+v", j)
		}
	})
}

func TestARequestThatTakesLongKeepsItsFlowInTheLine(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.emptyFlows(400)
		h.afterwards("creator.create", func() error {
			wait(12 * time.Second)
			h.sweep() // it gives a turn to each job of the first transaction
			return nil
		})
		id := h.inLine(job.BatchRequest{Lines: many(150, "")}).Batch.ID
		h.sweep()
		for _, j := range h.listed(id) {
			if !j.Enqueued {
				h.t.Fatalf("it has no turn: %+v", j)
			}
		}
	})
}

func TestAJobUnderALeaseIsNotEndedForMoney(t *testing.T) {
	inHarness(t, func(h *harness) {
		t := h.t
		h.budget(1_000_000)
		j := h.order(fox, "")
		release := make(chan struct{})
		h.studio.do = func(context.Context, int) error {
			<-release
			return &job.CallError{Class: job.NotExecuted, Code: job.WaitOutage, Message: "It was busy."}
		}
		h.start()
		wait(time.Second)
		synctest.Wait() // the worker has read what is changed below
		if _, err := h.submit.Cancel(t.Context(), ann, j.ID); err != nil {
			t.Fatal(err)
		}
		h.fault.Rule = jobtest.Fail("queue.send", jobtest.Before, jobtest.Forever)
		if _, err := h.submit.Retry(t.Context(), ann, j.ID); err != nil {
			t.Fatal(err)
		}
		h.fault.Rule = nil
		h.sweeper.Budget = 1
		h.sweep()
		close(release)
		wait(time.Second)
		if spent := h.spent(); spent != 0 {
			t.Errorf("%d are spent for a call that was not executed: %+v", spent, h.get(j.ID))
		}
	})
}

func TestACancellationThatCannotBeWrittenHoldsUpNoFlow(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.studio.do = func(context.Context, int) error {
			return &job.CallError{Class: job.Ambiguous, Code: job.CodeModel, Message: "It broke off."}
		}
		id := h.batch(job.BatchRequest{Lines: rows("a fox", "a hare")}).Batch.ID
		h.deliver() // the image of this one is looked for when it is canceled
		h.cancelBatch(id)
		stat := jobtest.Fail("images.stat", jobtest.Before, jobtest.Forever)
		h.fault.Rule = stat
		_, _ = h.sweeper.Sweep(h.t.Context())
		canceled := h.listed(id)
		wait(2 * time.Second)
		again := canceled[1].ID
		if h.get(again).Attempts > 0 {
			again = canceled[0].ID
		}
		if _, err := h.submit.Retry(h.t.Context(), ann, again); err != nil {
			h.t.Fatal(err)
		}
		_, flows, err := h.db.Flows(h.t.Context(), core)
		for _, f := range flows { // as it does while the index does not show the job
			if err == nil {
				err = h.db.Leave(h.t.Context(), f)
			}
		}
		if err != nil {
			h.t.Fatal(err)
		}
		for range 70 {
			wait(time.Minute)
			_, _ = h.sweeper.Sweep(h.t.Context())
		}
		if j := h.get(again); !j.Enqueued {
			h.t.Errorf("it has no turn: %+v, %+v", j, h.counters(id))
		}
	})
}

func TestAJobInItsFlowWhoseImageIsThereGetsIt(t *testing.T) {
	seconds := 1800
	for name, end := range map[string]func(*harness, string){
		"past its deadline":     func(h *harness, _ string) { wait(time.Hour) },
		"hopeless":              func(h *harness, _ string) { h.budget(1) },
		"canceled with a batch": func(h *harness, id string) { h.cancelBatch(id) },
	} {
		t.Run(name, func(t *testing.T) {
			inHarness(t, func(h *harness) {
				lines := rows("a fox")
				lines[0].Request.DeadlineSeconds = &seconds
				h.budget(1_000_000)
				id := h.batch(job.BatchRequest{Lines: lines, MaxCost: 100_000}).Batch.ID
				h.cannotFinish()
				h.fault.Rule = jobtest.Fail("queue.send", jobtest.Before, jobtest.Forever)
				wait(6 * time.Minute)
				_, _ = h.sweeper.Sweep(h.t.Context()) // its lease has ended, and the queue does not take its message
				if j := h.listed(id)[0]; !j.InLine || j.Lease != nil {
					h.t.Fatalf("it is not in its flow: %+v", j)
				}
				h.fault.Rule = nil
				end(h, id)
				for range 3 {
					h.sweep()
					wait(2 * time.Second)
				}
				want := job.Succeeded
				if name == "canceled with a batch" {
					want = job.Canceled
				}
				if j := h.listed(id)[0]; j.Status != want || len(j.Images) != 1 || j.InLine || j.Due != nil || j.CostMicroUSD != 40_000 {
					h.t.Errorf("want it %s with its image: %+v", want, j)
				}
				if c := h.counters(id); c.Cost != 40_000 || c.Charged != 0 || c.Unwritten != 0 || h.spent() != 40_000 || c.When(job.Told) == nil {
					h.t.Errorf("%d spent, and %+v", h.spent(), c)
				}
				h.checkCounters(id)
			})
		})
	}
}
