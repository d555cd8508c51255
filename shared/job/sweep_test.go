package job_test

import (
	"context"
	"testing"
	"time"

	"easel/shared/job"
)

// out is how many messages of the usual model are in the queue.
func (h *harness) out() int {
	h.t.Helper()
	out, err := h.db.Dispatched(h.t.Context(), "stability.stable-image-core-v1:1")
	if err != nil {
		h.t.Fatal(err)
	}
	return len(out)
}

// sends is how many messages were made for a job.
func sends(j job.Job) int { return j.MessageNo - int(j.CreatedAt.UnixMicro()) }

func TestALongBacklogWaitsInItsFlow(t *testing.T) {
	inHarness(t, func(h *harness) {
		var ids []string
		for range 400 { // at one call a second 150 may be in the queue
			ids = append(ids, h.order(fox, "").ID)
		}
		if out := h.out(); out != 150 {
			t.Fatalf("%d are out; want 150 s of the pace", out)
		}
		shown, err := h.reader.Get(h.t.Context(), ann, ids[399])
		if err != nil || shown.Job.Enqueued || shown.Job.Waiting == nil || shown.Job.Waiting.Code != job.WaitPace {
			t.Errorf("the last must wait in its flow and say why: %+v, %v", shown.Job.Waiting, err)
		}
		for range 100 {
			h.deliver()
		}
		h.sweep()
		if out := h.out(); out != 150 || h.get(ids[399]).Enqueued {
			t.Errorf("%d are out", out)
		}
		if j := h.get(ids[150]); !j.Enqueued {
			t.Errorf("the oldest that waits must be sent first: %+v", j)
		}
		for _, id := range ids {
			h.run(id)
		}
		if h.studio.calls != 400 {
			t.Errorf("%d calls for 400 jobs", h.studio.calls)
		}
	})
}

func TestASingleJobIsSentAtOnceBesideABacklog(t *testing.T) {
	inHarness(t, func(h *harness) {
		for range 300 {
			h.order(fox, "")
		}
		h.sweep()
		receipt, err := h.submit.Submit(h.t.Context(), bob, fox, "")
		if j := receipt.Job; err != nil || !j.Enqueued || j.Visible.After(time.Now()) || receipt.Wait > 10*time.Second {
			t.Errorf("the first job of another owner must go out at once: %+v, %v", receipt, err)
		}
		for range 3 {
			receipt, err = h.submit.Submit(h.t.Context(), bob, fox, "")
		}
		if err != nil || receipt.Job.Enqueued {
			t.Errorf("the fourth waits in the line: %+v, %v", receipt, err)
		}
		if receipt, err = h.submit.Submit(h.t.Context(), bob, fox, ""); err != nil || receipt.Job.Enqueued {
			t.Errorf("none passes one of its owner that waits: %+v, %v", receipt, err)
		}
		for range 20 {
			h.deliver()
		}
		h.sweep() // the line has given out 20 turns since
		if receipt, err = h.submit.Submit(h.t.Context(), bob, fox, ""); err != nil || !receipt.Job.Enqueued {
			t.Errorf("once its turns are made up for one goes out again: %+v, %v", receipt, err)
		}
	})
}

func TestMessagesThatAreOverdueTakeNoRoom(t *testing.T) {
	inHarness(t, func(h *harness) {
		for range 1000 {
			h.order(fox, "")
		}
		wait(150*time.Second + 2*time.Minute)
		h.sweep()
		if out := h.out(); out <= 150 || out >= 300 {
			t.Errorf("%d are out; the first of them were to be received 4 minutes ago and before", out)
		}
		wait(4*time.Minute - time.Second)
		h.sweep()
		if out := h.out(); out != 300 {
			t.Errorf("%d are out; want another 150 s of the pace beside those that nobody receives", out)
		}
	})
}

func TestALostMessageIsSentAgain(t *testing.T) {
	inHarness(t, func(h *harness) {
		j := h.order(fox, "")
		lose := func() { h.settle(h.receive(), job.Outcome{}) }
		lose()
		wait(19 * time.Minute)
		h.sweep()
		if j = h.get(j.ID); j.LostMessages != 0 || sends(j) != 1 {
			t.Errorf("not lost yet: %+v", j)
		}
		for n := 1; n < 5; n++ {
			wait(20*time.Minute<<(n-1) + time.Minute)
			h.sweep()
			if j = h.get(j.ID); j.LostMessages != n || sends(j) != n+1 {
				t.Fatalf("after %d losses: lost %d, sends %d", n, j.LostMessages, sends(j))
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
	inHarness(t, func(h *harness) {
		seconds := 30
		r := fox
		r.DeadlineSeconds = &seconds
		sent := h.order(r, "")
		for range 100 {
			h.order(fox, "")
		}
		delayed := h.order(r, "")
		for range 200 {
			h.order(fox, "")
		}
		last := h.order(r, "")
		if last.Enqueued || !sent.Enqueued || !delayed.Enqueued || delayed.Visible.Before(*delayed.Deadline) {
			t.Fatal("the first must be out, the second delayed beyond its deadline, the last in its flow")
		}
		wait(time.Minute)
		h.sweep()
		for _, j := range []job.Job{h.get(sent.ID), h.get(delayed.ID), h.get(last.ID)} {
			if j.Failure == nil || j.Failure.Code != job.CodeExpired || j.Calls != 0 {
				t.Errorf("got %s %+v", j.Status, j.Failure)
			}
		}
	})
}

func TestTheSweepLeavesALiveLeaseAlone(t *testing.T) {
	inHarness(t, func(h *harness) {
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
		if j = h.get(j.ID); j.Status != job.Running || sends(j) != 1 {
			t.Errorf("got %s, sends %d", j.Status, sends(j))
		}
		wait(4 * time.Minute)
		h.sweep()
		if j = h.get(j.ID); j.Status != job.Queued || sends(j) != 2 || j.Lease != nil {
			t.Errorf("got %s, sends %d", j.Status, sends(j))
		}
	})
}

func TestWhatASweepHasMarkedIsSentThoughItsTimeIsOver(t *testing.T) {
	inHarness(t, func(h *harness) {
		for range 300 {
			h.order(fox, "")
		}
		for range 100 {
			h.deliver()
		}
		ctx, cancel := context.WithTimeout(h.t.Context(), time.Minute)
		defer cancel()
		h.beforeCall(5, "records.update", cancel)
		_, _ = h.sweeper.Sweep(ctx) // what it could not finish is due again
		messages, err := h.queue.Stats(h.t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if out := h.out(); out <= 50 || messages.Visible+messages.Delayed != out {
			t.Errorf("%d jobs are marked as sent, and in the queue is %+v", out, messages)
		}
	})
}

func TestManyLostMessagesAreNotSentForOneMoment(t *testing.T) {
	inHarness(t, func(h *harness) {
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
