package sweep

import (
	"context"
	"errors"
	"slices"
	"time"

	"easel/shared/job"
)

// Figures of giving out turns, for one model and run.
const (
	flowsAtOnce = 32               // flows that are read or written at a time
	maxKeys     = 1000             // waiting jobs of a flow that are passed over because their deadline has passed
	maxEmpty    = 500              // flows that turn out to have no waiting job
	maxSuspects = 100              // flows that were empty at their last look and are looked at again
	idleTime    = 10 * time.Minute // after which an empty flow leaves the line
)

// lineRun gives out the turns of one model in one run.
type lineRun struct {
	*sweepRun
	*picker
	money    *spending
	model    string
	now      time.Time
	interval time.Duration
	was      job.Standing
	enqueued int // messages in the queue
	upcoming int // of them those that are going to take slots
	room     int // for more of them
	turns    []turn
	hopeless []*hopeless
	empties  int // flows that turned out to have no waiting job
}

// turn is a job that was picked.
type turn struct {
	flow *entrant
	id   string
}

// dispatchAll gives out the turns of all models. Jobs that nothing pays for come back.
func (r *sweepRun) dispatchAll(ctx context.Context) (sent int, all []*hopeless, errs error) {
	now := r.Clock()
	queued := map[string][]job.Dispatched{}
	for _, id := range spoken() {
		list, err := r.Timers.Dispatched(ctx, id)
		if err != nil { // a model of which it is not known what is in the queue gets nothing more
			errs = errors.Join(errs, err)
			continue
		}
		queued[id] = list
	}
	money, err := r.newSpending(ctx, queued, now)
	errs = errors.Join(errs, err)
	for _, id := range spoken() {
		list, known := queued[id]
		if !known {
			continue
		}
		line := &lineRun{
			sweepRun: r, money: money, model: id, now: now,
			interval: r.Limiter.Interval(ctx, id, now), enqueued: job.CountEnqueued(list, now), upcoming: job.CountUpcoming(list, now),
		}
		n, err := line.run(ctx)
		sent, all, errs = sent+n, append(all, line.hopeless...), errors.Join(errs, err)
	}
	return sent, all, errs
}

func (r *lineRun) run(ctx context.Context) (int, error) {
	standing, flows, unread := r.Lines.Flows(ctx, r.model)
	if unread != nil && len(flows) == 0 {
		return 0, unread
	}
	r.was, r.picker = standing, newPicker(standing, flows)
	r.room = job.QueueRoom(r.interval) - r.enqueued
	if refused := job.Refusal(ctx, r.Limiter, r.model, r.now); refused != nil { // jobs for the probes of the breaker are enough
		r.room = job.NearTurns - r.enqueued
		r.giveUp(ctx, refused)
	}
	errs := errors.Join(r.lookAgain(ctx), r.give(ctx))
	errs = errors.Join(errs, r.writeFlows(ctx))
	sent, err := r.writeJobs(ctx)
	return sent, errors.Join(unread, errs, err, r.writeStanding(ctx, sent))
}

// lookAgain leaves out the flows that showed no job since they were touched last. Some of them are looked at again, since
// the index may have been behind; those that may leave the line come first.
func (r *lineRun) lookAgain(ctx context.Context) error {
	var empty []*entrant
	for _, f := range r.all() {
		switch {
		case f.Looked.Before(f.Touched):
		case f.Touched.IsZero(): // only direct turns were ever noted
			f.loaded, f.out = true, true
		default:
			f.out = true
			empty = append(empty, f)
		}
	}
	for last := len(empty) - 1; last > 0; last-- {
		other := r.Draw(int64(last) + 1)
		empty[last], empty[other] = empty[other], empty[last]
	}
	rank := func(f *entrant) int {
		if f.idle(r.now) {
			return 0
		}
		return 1
	}
	slices.SortStableFunc(empty, func(a, b *entrant) int { return rank(a) - rank(b) })
	empty = empty[:min(len(empty), maxSuspects)]
	errs := r.money.learn(ctx, empty)
	return errors.Join(errs, job.Parallel(len(empty), flowsAtOnce, func(n int) error { return r.readAgain(ctx, empty[n]) }))
}

// readAgain lets a flow take turns again if a job waits in it all the same.
func (r *lineRun) readAgain(ctx context.Context, f *entrant) error {
	if err := r.read(ctx, f, 8); err != nil || len(f.waiters) == 0 {
		return err
	}
	f.out = false
	return r.Dispatcher.Touch(ctx, job.Touch{FlowKey: f.FlowKey, At: r.now, Waiting: int64(len(f.waiters))})
}

// give picks jobs until the room is used up or no flow takes turns.
func (r *lineRun) give(ctx context.Context) (errs error) {
	for r.room > 0 && r.empties < maxEmpty && !r.over() {
		f := r.next()
		switch {
		case f == nil:
			return errs
		case f.drained():
			f.out = true
		case len(f.waiters) == 0:
			errs = errors.Join(errs, r.load(ctx, f))
		case !r.pay(f):
			f.out = true
		default:
			r.turns = append(r.turns, turn{flow: f, id: r.take(f).ID})
			r.room--
		}
	}
	return errs
}

// drained reports whether no job that may have a turn is left in the flow.
func (f *entrant) drained() bool { return f.loaded && !f.more && len(f.waiters) == 0 }

// load reads jobs of the flow that needs them and of those that come next.
func (r *lineRun) load(ctx context.Context, f *entrant) error {
	flows := []*entrant{f}
	for _, g := range r.ahead(flowsAtOnce) {
		if g != f && len(g.waiters) == 0 && !g.loaded {
			flows = append(flows, g)
		}
	}
	errs := r.money.learn(ctx, flows)
	limit := max(8, r.room/len(flows)+1)
	errs = errors.Join(errs, job.Parallel(len(flows), flowsAtOnce, func(n int) error { return r.read(ctx, flows[n], limit) }))
	for _, g := range flows {
		if g.drained() && g.last == nil {
			r.empties++
		}
	}
	f.out = f.out || len(f.waiters) == 0 // whatever became of the reading, it is asked once
	return errs
}

// read takes the next jobs of a flow from the index, and passes over those whose deadline has passed: they need no turn.
func (r *lineRun) read(ctx context.Context, f *entrant, limit int) error {
	for passed := 0; len(f.waiters) == 0 && passed < maxKeys; limit = maxKeys {
		found, err := r.Waiters.Waiters(ctx, f.FlowKey, f.last, limit)
		if err != nil {
			f.out = true
			return err
		}
		f.loaded, f.more = true, len(found) == limit
		if len(found) > 0 {
			f.last = &found[len(found)-1]
		}
		f.waiters = slices.DeleteFunc(slices.Clone(found), func(w job.Waiter) bool { return w.Past(r.now) || r.leavesAlone(w.ID) })
		passed += len(found) - len(f.waiters)
		if !f.more {
			break
		}
	}
	f.out = f.out || len(f.waiters) == 0
	return nil
}

// writeJobs raises the message numbers of the jobs that were picked and sends their messages, spread along the pace. A job
// that does not wait any more has cost its flow a turn.
func (r *lineRun) writeJobs(ctx context.Context) (sent int, errs error) {
	for part := range slices.Chunk(r.turns, 100) {
		ids := make([]string, len(part))
		place := map[string]int{}
		for n, t := range part {
			ids[n], place[t.id] = t.id, r.upcoming+sent+n
		}
		jobs, err := r.find(ctx, ids)
		slices.SortFunc(jobs, func(a, b job.Job) int { return place[a.ID] - place[b.ID] })
		marked, failed := r.mark(ctx, jobs, place)
		errs = errors.Join(errs, err, failed, r.Deliver(ctx, r.Dispatcher, marked...))
		sent += len(marked)
	}
	return sent, errs
}

// mark writes into the records of jobs when their messages can be seen, by their places in the queue. Those that still wait
// come back, in their order.
func (r *lineRun) mark(ctx context.Context, jobs []job.Job, place map[string]int) ([]job.Job, error) {
	now := r.Clock()
	return job.Gather(len(jobs), sweepers, func(n int) (j job.Job, waits bool, err error) {
		j, err = r.Change(ctx, jobs[n], func(j *job.Job) error {
			if _, waits = j.Flow(); !waits || j.Past(now) {
				waits = false
				return job.ErrNoChange
			}
			at := now.Add(job.Delay(r.interval, place[j.ID]))
			j.Waiting = &job.Waiting{Code: job.WaitPace, Message: "It is sent to a worker when its turn is near.", Until: at}
			j.Enqueue(at, now)
			return nil
		})
		return j, waits && err == nil, job.IgnoreOvertaken(err)
	})
}
