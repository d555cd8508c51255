package job_test

import (
	"context"
	"testing"
	"time"

	"easel/shared/job"
	"easel/shared/job/jobtest"
)

func TestALongBacklogWaitsInItsRecords(t *testing.T) {
	inHouse(t, func(h *house) {
		var ids []string
		for range 700 { // at one call a second 600 may be out
			ids = append(ids, h.order(fox, "").ID)
		}
		out, err := h.db.CountEnqueued(h.t.Context(), h.get(ids[0]).Model)
		if err != nil || out != 600 {
			t.Fatalf("%d are out, %v; want 600 s of the pace", out, err)
		}
		last := h.get(ids[699])
		if last.Enqueued || last.Waiting == nil || last.Waiting.Code != job.WaitPace {
			t.Errorf("the last must wait in its record and say why: %+v", last.Waiting)
		}
		for range 460 {
			h.deliver()
		}
		h.sweep()
		if last = h.get(ids[699]); last.Enqueued {
			t.Error("while 140 are out only 10 may follow")
		}
		if j := h.get(ids[600]); !j.Enqueued {
			t.Errorf("the oldest held job must be sent first: %+v", j)
		}
		for _, id := range ids {
			h.run(id)
		}
		if h.studio.calls != 700 {
			t.Errorf("%d calls for 700 jobs", h.studio.calls)
		}
	})
}

func TestASingleJobPassesABacklogThatIsBehind(t *testing.T) {
	inHouse(t, func(h *house) {
		var ids []string
		for range 1000 {
			ids = append(ids, h.order(fox, "").ID)
		}
		for range 500 {
			h.deliver()
		}
		if j := h.get(ids[600]); j.Enqueued {
			t.Fatal("the backlog must wait in its records")
		}
		if j := h.order(fox, ""); !j.Enqueued || j.Visible.After(j.CreatedAt.Add(100*time.Second)) {
			t.Errorf("with 100 s of the pace out it must go out at once, and be seen then: %+v", j)
		}
	})
}

func TestThoseWhoWaitGetHalfOfThePaceHoweverManyPassThem(t *testing.T) {
	inHouse(t, func(h *house) {
		var waits []string
		for len(waits) < 60 {
			if j := h.order(fox, ""); !j.Enqueued {
				waits = append(waits, j.ID)
			}
		}
		for range 2 { // nothing is taken from the queue: it stays full
			wait(time.Minute)
			h.sweep()
		}
		for n, id := range waits {
			if j := h.get(id); j.Enqueued != (n < 60) {
				t.Fatalf("after two minutes at one call a second job %d is out: %v", n, j.Enqueued)
			}
		}
		late := h.order(fox, "")
		h.sweep()
		if j := h.get(late.ID); j.Enqueued {
			t.Error("the share of these minutes was used up")
		}
	})
}

func TestAModelThatTakesNothingIsNotFedForEver(t *testing.T) {
	inHouse(t, func(h *house) {
		var j job.Job
		for range 1000 {
			j = h.order(fox, "")
		}
		for range 15 {
			wait(time.Minute)
			h.sweep()
		}
		if out, err := h.db.CountEnqueued(h.t.Context(), j.Model); err != nil || out > 780 {
			t.Errorf("%d are out, %v; want 750 s of the pace and a minute's share at the most", out, err)
		}
	})
}

func TestALostMessageIsSentAgain(t *testing.T) {
	inHouse(t, func(h *house) {
		j := h.order(fox, "")
		lose := func() { h.settle(h.receive(), job.Outcome{}) }
		lose()
		wait(19 * time.Minute)
		h.sweep()
		if j = h.get(j.ID); j.LostMessages != 0 || j.MessageNo != 1 {
			t.Errorf("not lost yet: %+v", j)
		}
		for n := 1; n < 5; n++ {
			wait(20*time.Minute<<(n-1) + time.Minute)
			h.sweep()
			if j = h.get(j.ID); j.LostMessages != n || j.MessageNo != n+1 {
				t.Fatalf("after %d losses: lost %d, sends %d", n, j.LostMessages, j.MessageNo)
			}
			lose()
		}
		wait(6 * time.Hour)
		h.sweep()
		if j = h.get(j.ID); j.Failure == nil || j.Failure.Code != job.CodeInternal {
			t.Errorf("after five losses: %s %+v", j.Status, j.Failure)
		}
	})
}

func TestTheSweepEndsWhatIsPastItsDeadline(t *testing.T) {
	inHouse(t, func(h *house) {
		seconds := 30
		r := fox
		r.DeadlineSeconds = &seconds
		sent := h.order(r, "")
		for range 500 {
			h.order(fox, "")
		}
		delayed := h.order(r, "")
		for range 200 {
			h.order(fox, "")
		}
		held := h.order(r, "")
		if held.Enqueued || !sent.Enqueued || !delayed.Enqueued || delayed.Visible.Before(*delayed.Deadline) {
			t.Fatal("the first must be out, the second delayed beyond its deadline, the last held")
		}
		wait(time.Minute)
		h.sweep()
		for _, j := range []job.Job{h.get(sent.ID), h.get(delayed.ID), h.get(held.ID)} {
			if j.Failure == nil || j.Failure.Code != job.CodeExpired || j.Calls != 0 {
				t.Errorf("got %s %+v", j.Status, j.Failure)
			}
		}
	})
}

func TestTheSweepLeavesALiveLeaseAlone(t *testing.T) {
	inHouse(t, func(h *house) {
		j := h.order(fox, "")
		h.studio.do = nil
		h.worker.Generator = nil // claim only: the call panics
		func() {
			defer func() { _ = recover() }()
			m, _ := job.ParseMessage(h.receive().Body)
			h.do(m)
		}()
		wait(time.Minute)
		h.sweep()
		if j = h.get(j.ID); j.Status != job.Running || j.MessageNo != 1 {
			t.Errorf("got %s, sends %d", j.Status, j.MessageNo)
		}
		wait(4 * time.Minute)
		h.sweep()
		if j = h.get(j.ID); j.Status != job.Queued || j.MessageNo != 2 || j.Lease != nil {
			t.Errorf("got %s, sends %d", j.Status, j.MessageNo)
		}
	})
}

func TestWhatASweepHasMarkedIsSentThoughItsTimeIsOver(t *testing.T) {
	inHouse(t, func(h *house) {
		var model string
		for range 700 {
			model = h.order(fox, "").Model
		}
		ctx, cancel := context.WithTimeout(h.t.Context(), time.Minute)
		defer cancel()
		updates := h.fault.Calls("records.update")
		h.fault.Rule = func(op string, n int) jobtest.Failure {
			if op == "records.update" && n == updates+5 {
				cancel()
			}
			return jobtest.None
		}
		_, _ = h.sweeper.Sweep(ctx) // what it could not finish is due again
		h.fault.Rule = nil
		out, err := h.db.CountEnqueued(h.t.Context(), model)
		if err != nil {
			t.Fatal(err)
		}
		messages, err := h.queue.Stats(h.t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if out <= 600 || messages.Visible+messages.Delayed != out {
			t.Errorf("%d jobs are marked as sent, and in the queue is %+v", out, messages)
		}
	})
}

func TestManyLostMessagesAreNotSentForOneMoment(t *testing.T) {
	inHouse(t, func(h *house) {
		var ids []string
		for range 100 {
			ids = append(ids, h.order(fox, "").ID)
		}
		for range ids {
			h.settle(h.receive(), job.Outcome{}) // acknowledged unworked: lost
		}
		wait(30 * time.Minute)
		h.sweep()
		first, last := time.Now().Add(time.Hour), time.Time{}
		for _, id := range ids {
			j := h.get(id)
			if !j.Enqueued || j.LostMessages != 1 {
				t.Fatalf("it was not sent again: %+v", j)
			}
			if j.Visible.Before(first) {
				first = j.Visible
			}
			if j.Visible.After(last) {
				last = j.Visible
			}
		}
		if spread := last.Sub(first); spread < 90*time.Second {
			t.Errorf("100 jobs at one call a second come back within %v", spread)
		}
	})
}
