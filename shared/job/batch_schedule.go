package job

import (
	"context"
	"time"
)

// touchEvery is how old the touch of a flow may be when a job is written that waits in it. A later look at the flow, which
// allows for IndexSlack, would count as the later one.
const touchEvery = IndexSlack / 2

// touchFlows touches the flows in which the rows of a request are going to wait: for each cancel number that the batch has
// meanwhile, and again where the last touch was a while ago. What is going to wait counts once.
func (s *Submitter) touchFlows(ctx context.Context, p *batchPlan) error {
	again := p.touched > p.counters.CancelNo
	if again && s.Clock().Sub(p.touchedAt) < touchEvery {
		return nil
	}
	waiting := map[string]int64{}
	for r := range p.todo() {
		waiting[r.job.Model]++
	}
	var touches []Touch
	for id, n := range waiting {
		if again {
			n = 0
		}
		flow := FlowKey{Model: id, Owner: p.batch.Owner, BatchID: p.batch.ID, CancelNo: p.counters.CancelNo}
		touches = append(touches, Touch{FlowKey: flow, At: s.Clock(), Waiting: n})
	}
	if len(touches) > 0 {
		if err := s.Dispatcher.Touch(ctx, touches...); err != nil {
			return err
		}
	}
	p.touched, p.touchedAt = p.counters.CancelNo+1, s.Clock()
	return nil
}

// linedUp lets the sweep know of jobs that were recorded. Those that wait for a call under way have a message.
func (s *Submitter) linedUp(ctx context.Context, jobs []Job) {
	var out []Job
	for _, j := range jobs {
		if j.Enqueued && j.Status == Queued {
			out = append(out, j)
		}
	}
	_ = s.Deliver(ctx, s.Dispatcher, out...) // found by their timers if the queue did not take them
	if len(jobs) > len(out) {
		s.Dispatcher.wake()
	}
}

// estimate says how long it takes until the last row is made: behind what the batch has of its model already, and beside
// the other owners in the line.
func (s *Submitter) estimate(ctx context.Context, p *batchPlan) {
	p.plan.Time = 0
	for id, part := range p.plan.Models {
		flow := FlowKey{Model: id, Owner: p.batch.Owner, BatchID: p.batch.ID, CancelNo: p.counters.CancelNo}
		interval := s.Dispatcher.Limiter.Interval(ctx, id, p.now)
		n := p.counters.Models[id][Queued] + int64(part.Jobs)
		d := time.Duration(n) * interval
		if standing, f, err := s.Standings.Standing(ctx, flow); err == nil {
			d = standing.Wait(f, n, interval)
		}
		p.plan.Time = max(p.plan.Time, d+UsualCall)
	}
	s.estimateMoney(ctx, p)
}

// estimateMoney makes the plan longer where the daily budget does not pay for all of it as fast as the pace allows.
func (s *Submitter) estimateMoney(ctx context.Context, p *batchPlan) {
	var last *planRow
	for r := range p.todo() {
		last = r
	}
	if last == nil {
		return
	}
	paid, err := s.paidBy(ctx, last.job, p.plan.Cost+p.counters.Waiting)
	if until := paid.Sub(p.now) + UsualCall; err == nil && paid.After(p.now) && until > p.plan.Time {
		p.plan.Time, p.plan.Daily = until, s.Budget
	}
}

// IndexSlack is by how much clocks differ and an index is usually behind.
const IndexSlack = 10 * time.Second
