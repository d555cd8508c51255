package job

import (
	"context"
	"slices"
	"time"

	"easel/shared/pace"
)

// touchEvery is how old the touch of a flow may be when a job is written that waits in it. A later look at the flow, which
// allows for IndexSlack, would count as the later one.
const touchEvery = IndexSlack / 2

// touchFlows touches the flows in which the rows of a request are going to wait: for each cancel number that the batch has
// meanwhile, and again where the last touch was a while ago. What is going to wait counts once.
func (w *batchWriter) touchFlows(ctx context.Context) error {
	again := w.touched > w.counters.CancelNo
	if again && w.Clock().Sub(w.touchedAt) < touchEvery {
		return nil
	}
	waiting := map[string]int64{}
	for r := range w.todo() {
		waiting[r.job.Model]++
	}
	var touches []Touch
	for id, n := range waiting {
		if again {
			n = 0
		}
		flow := FlowKey{Model: id, Owner: w.batch.Owner, BatchID: w.batch.ID, CancelNo: w.counters.CancelNo}
		touches = append(touches, Touch{FlowKey: flow, At: w.Clock(), Waiting: n})
	}
	if len(touches) > 0 {
		if err := w.dispatcher.Touch(ctx, touches...); err != nil {
			return err
		}
	}
	w.touched, w.touchedAt = w.counters.CancelNo+1, w.Clock()
	return nil
}

// linedUp lets the sweep know of jobs that were recorded. Those that wait for a call under way have a message.
func (w *batchWriter) linedUp(ctx context.Context, jobs []Job) {
	var out []Job
	for _, j := range jobs {
		if j.Enqueued && j.Status == Queued {
			out = append(out, j)
		}
	}
	_ = w.Deliver(ctx, w.dispatcher, out...) // found by their timers if the queue did not take them
	if len(jobs) > len(out) {
		w.dispatcher.wake()
	}
}

// estimator says how long it takes until what a plan adds is made.
type estimator struct {
	Recorder
	limiter   *pace.Limiter
	standings StandingReader
	days      Days
}

func newEstimator(s *Submitter) estimator {
	return estimator{s.Recorder, s.Limiter, s.Standings, s.Days}
}

// estimate says how long it takes until the last row is made: behind what the batch has of its model already, and beside
// the other owners in the line.
func (e estimator) estimate(ctx context.Context, p *batchPlan) {
	p.plan.Time = 0
	for id, part := range p.plan.Models {
		flow := FlowKey{Model: id, Owner: p.batch.Owner, BatchID: p.batch.ID, CancelNo: p.counters.CancelNo}
		interval := e.limiter.Interval(ctx, id, p.now)
		n := p.counters.Models[id][Queued] + int64(part.Jobs)
		d := time.Duration(n) * interval
		if standing, f, err := e.standings.Standing(ctx, flow); err == nil {
			d = standing.Wait(f, n, interval)
		}
		p.plan.Time = max(p.plan.Time, d+UsualCall)
	}
	e.estimateMoney(ctx, p)
}

// estimateMoney makes the plan longer where the daily budget does not pay for all of it as fast as the pace allows.
func (e estimator) estimateMoney(ctx context.Context, p *batchPlan) {
	todo, cost := slices.Collect(p.todo()), p.plan.Cost+p.counters.Waiting
	if len(todo) == 0 || e.Budget == 0 || cost == 0 {
		return
	}
	j, now := todo[len(todo)-1].job, e.Clock()
	spent, err := e.days.Spent(ctx, j.Owner, DayOf(now, j.Simulated))
	paid := Fits(e.Budget, spent, cost-j.Price, j.Price, now)
	if until := paid.Sub(p.now) + UsualCall; err == nil && paid.After(p.now) && until > p.plan.Time {
		p.plan.Time, p.plan.Daily = until, e.Budget
	}
}

// IndexSlack is by how much clocks differ and an index is usually behind.
const IndexSlack = 10 * time.Second
