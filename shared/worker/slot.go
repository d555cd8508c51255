package worker

import (
	"context"
	"time"

	"easel/shared/job"
	"easel/shared/pace"
)

// probes is where the slots of a model's probes are kept: apart from the usual ones, so that those are free as
// soon as a probe has passed.
func probes(model string) string { return model + " probes" }

// turn waits for the model's next slot if it is near, and puts the job back otherwise. While the
// breaker is open slots are probes, further apart.
func (t *task) turn(ctx context.Context) (slot time.Time, out job.Outcome, ok bool) {
	model := t.seen.Model
	for {
		now := t.Clock()
		slots, interval, refused := model, t.Limiter.Interval(ctx, model, now), job.Refusal(ctx, t.Limiter, model, now)
		within := max(2*time.Second, interval*3/2*reach(t.seen))
		if refused != nil {
			slots, interval, within = probes(model), max(interval, t.probe()), 2*time.Second
		}
		within = min(within, t.until.Sub(now)-startTime)
		if within <= 0 {
			return slot, t.pace(ctx, now.Add(time.Second)), false
		}
		at, near, err := t.Pacer.Reserve(ctx, slots, interval, within)
		switch {
		case err != nil:
			return slot, t.retryStore(ctx, err), false
		case !near && refused != nil:
			return slot, t.waitForBreaker(ctx, refused, at.Add(t.Jitter(interval))), false
		case !near:
			return slot, t.pace(ctx, at.Add(t.Jitter(interval))), false
		case !t.rest(ctx, at.Sub(t.Clock())):
			return slot, t.pace(ctx, t.Clock()), false
		case t.Clock().Sub(at) <= lateness:
			return at, done, true
		}
	}
}

// reach lets a job that was put back look further ahead than one that has just come: who finds the next slot taken
// again and again would otherwise be passed by chance alone.
func reach(j job.Job) time.Duration { return time.Duration(min(1+j.Reach, 5)) }

func (w *Worker) probe() time.Duration {
	if w.Probe > 0 {
		return w.Probe
	}
	return pace.ProbeEvery
}

// rest sleeps until the slot. It reports false if the process wants to end before.
func (w *Worker) rest(ctx context.Context, d time.Duration) bool {
	select {
	case <-w.Stopping:
		return false
	default:
	}
	if d <= 0 {
		return ctx.Err() == nil
	}
	select {
	case <-time.After(d):
		return true
	case <-w.Stopping:
	case <-ctx.Done():
	}
	return false
}
