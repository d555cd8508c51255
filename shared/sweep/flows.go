package sweep

import (
	"context"
	"errors"
	"slices"
	"time"

	"easel/shared/job"
)

// writeFlows writes what the run gave to each flow, before the jobs that were picked: where another run was here first
// the picks of this one are dropped. Flows that say nothing any more leave the line.
func (r *lineRun) writeFlows(ctx context.Context) error {
	r.rest(slices.ContainsFunc(r.all(), (*entrant).waits))
	var changed []*entrant
	for _, f := range r.all() {
		if f.Time != f.was || r.leaves(f) || f.empty() && f.Looked.Before(f.Touched) {
			changed = append(changed, f)
		}
	}
	err := job.Parallel(len(changed), flowsAtOnce, func(n int) error {
		err := r.writeFlow(ctx, changed[n])
		changed[n].lost = err != nil
		if errors.Is(err, job.ErrConflict) {
			return nil
		}
		return err
	})
	r.turns = slices.DeleteFunc(r.turns, func(t turn) bool { return t.flow.lost })
	return err
}

// waits reports whether the flow is thought to have jobs that wait for a turn. Those that are not paid for do not.
func (f *entrant) waits() bool {
	return !f.out && !f.drained()
}

// empty reports whether the index showed no job of the flow that may have a turn. One that has just given jobs away is looked
// at once more, since their records may not be written.
func (f *entrant) empty() bool { return f.drained() && f.given == 0 }

func (r *lineRun) writeFlow(ctx context.Context, f *entrant) error {
	if r.leaves(f) {
		return r.Lines.Leave(ctx, f.Flow)
	}
	a := job.Advance{FlowKey: f.FlowKey, Was: f.was, Time: f.Time, Turns: f.counted, Given: f.given, First: f.First, FirstPosition: f.FirstPosition}
	switch {
	case f.empty():
		a.Looked, a.First, a.FirstPosition = r.now.Add(-job.IndexSlack), time.Time{}, 0
	case f.drained():
		a.First, a.FirstPosition = time.Time{}, 0
	case len(f.waiters) > 0:
		a.First, a.FirstPosition = f.waiters[0].Queued, f.waiters[0].Position
	}
	return r.Lines.Advance(ctx, a)
}

// leaves reports whether the flow leaves the line: its batch was canceled or is gone, or it has been without jobs for a
// while. The line's time has to pass what it remembers first: an owner who cancels and orders anew would else have the
// turns again that it had.
func (r *lineRun) leaves(f *entrant) bool {
	return f.given == 0 && r.passed(f) && (r.money.gone(f) || f.drained() && f.idle(r.now))
}

// idle reports whether neither a job nor a direct turn was noted for a while.
func (f *entrant) idle(now time.Time) bool {
	last := f.Touched
	if f.Direct.After(last) {
		last = f.Direct
	}
	return now.Sub(last) >= idleTime
}

// writeStanding leaves what estimates are made from, and what the next run goes on from.
func (r *lineRun) writeStanding(ctx context.Context, sent int) error {
	s := job.Standing{Model: r.model, At: r.now, Time: r.time, Enqueued: r.enqueued + sent}
	var waiting []*contender
	for _, o := range r.owners {
		jobs := int64(0)
		for _, f := range o.flows {
			if f.waits() {
				jobs += max(1, f.Waiting-f.given)
			}
		}
		if jobs > 0 {
			s.Join(jobs)
			waiting = append(waiting, o)
		}
	}
	s.Round = r.round(waiting)
	if s.Like(r.was) {
		return nil
	}
	return r.Standings.SetStanding(ctx, s)
}
