package job_test

import (
	"context"
	"testing"
	"time"

	"easel/shared/job"
)

// hole is a queue that loses what it takes.
type hole struct{}

func (hole) Send(context.Context, []job.Outgoing) ([]job.Outgoing, error) { return nil, nil }

// lost has so many jobs of ann whose messages the queue has lost.
func (h *harness) lost(n int) (ids []string) {
	h.t.Helper()
	d := h.submit.Dispatcher
	limiter := h.submit.Limiter
	queue, setting := d.Queue, limiter.Limits
	d.Queue, limiter.Limits = hole{}, every(time.Millisecond)
	for range n {
		ids = append(ids, h.order(fox, "").ID)
	}
	d.Queue, limiter.Limits = queue, setting
	wait(30 * time.Minute)
	return ids
}

func TestARunThatEndsAmongManyTimersSendsWhatItHasMarked(t *testing.T) {
	inHarness(t, func(h *harness) {
		ids := h.lost(1200)
		h.fault.Before = func(_ context.Context, op string) error {
			if op == "records.update" {
				wait(200 * time.Millisecond)
			}
			return nil
		}
		ctx, cancel := context.WithTimeout(h.t.Context(), 30*time.Second)
		defer cancel()
		if _, err := h.sweeper.Sweep(ctx); err != nil {
			h.t.Errorf("out of time is no error: %.300v", err)
		}
		marked := 0
		for _, id := range ids {
			if sends(h.get(id)) == 2 {
				marked++
			}
		}
		stats, err := h.queue.Stats(h.t.Context())
		if sent := stats.Visible + stats.Delayed; err != nil || marked == 0 || sent != marked {
			h.t.Errorf("%d jobs are marked and %d messages are in the queue: %v", marked, sent, err)
		}
	})
}

// behind is an index of timers that shows none of the changes of a run.
type behind struct {
	job.Timers
	refs map[string][]job.Ref
}

func (b behind) Fired(ctx context.Context, m string, until time.Time, limit int) ([]job.Ref, error) {
	if b.refs[m] == nil {
		refs, err := b.Timers.Fired(ctx, m, until, 1_000_000)
		if err != nil {
			return nil, err
		}
		b.refs[m] = refs
	}
	return b.refs[m][:min(limit, len(b.refs[m]))], nil
}

func TestEachOfManyTimersIsFiredInOneRun(t *testing.T) {
	for name, lags := range map[string]bool{"with an index that shows each change": false, "with one that is behind": true} {
		t.Run(name, func(t *testing.T) {
			inHarness(t, func(h *harness) {
				ids := h.lost(1200)
				if lags {
					h.sweeper.Timers = behind{h.sweeper.Timers, map[string][]job.Ref{}}
				}
				h.sweep()
				for _, id := range ids {
					if j := h.get(id); sends(j) != 2 {
						h.t.Fatalf("it was left out, or sent twice: %+v", j)
					}
				}
			})
		})
	}
}

func TestManyTimersOfOneFlowTouchItOnce(t *testing.T) {
	inHarness(t, func(h *harness) {
		for range 500 {
			h.order(fox, "")
		}
		wait(time.Hour)
		touches := h.fault.Calls("toucher.touch")
		h.sweep()
		if n := h.fault.Calls("toucher.touch") - touches; n == 0 || n > 10 {
			h.t.Errorf("it was touched %d times", n)
		}
	})
}
