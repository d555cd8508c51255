package job

import (
	"context"
	"sync"
	"time"
)

// Figures of direct turns.
const (
	directAhead = 5 // messages in the queue beyond the room that the sweep fills
	directReach = 2 // spans more than others that such a job looks ahead for a slot, so that it is not put back among them
	directEarly = 3 // turns by which an owner's single jobs may be ahead of the line before one more goes out at once
)

// placement is where a single job goes.
type placement struct {
	flow    FlowKey
	direct  bool          // into the queue at once, by a turn that the sweep does not give
	noted   bool          // the turn counts for the owner
	touch   *Touch        // of the flow in which it waits; nil: it waits in none
	visible time.Time     // of a direct one: when a worker can see it
	wait    time.Duration // about how long it takes until the call begins
}

// QueueView is what submit knows of a model when a single job comes.
type QueueView struct {
	Standing Standing
	Flow     Flow // of the owner's single jobs
	Enqueued int  // messages in the queue
	Room     int  // for messages that the sweep sends
	Open     bool // the circuit breaker is: jobs for its probes are enough
}

// Way is how a single job goes.
type Way int

// The ways of a single job.
const (
	InLine Way = iota // it waits for its turn
	AtOnce            // into the queue, before anything that waits
	Behind            // into the queue, behind what is there
)

// Way decides how a single job goes, and whether its turn is noted at its owner's flow. A job goes out at once where the
// queue is as good as empty, or where few direct turns of its owner are not made up for by the line's time. So one job is
// made at once beside any backlog, and many owners who send one now and then do not take the turns of those who wait. No
// job passes one of its owner that waits.
func (v QueueView) Way() (w Way, noted bool) {
	empty := v.Standing.owners() == 0
	switch early := max(v.Flow.Time-v.Standing.Time, 0) + v.Flow.Turns; {
	case v.Flow.Waiting > 0 || v.Enqueued >= v.Room+directAhead:
		return InLine, false
	case empty && v.Enqueued < NearTurns:
		return AtOnce, false
	case v.Open:
		return InLine, false
	case early < directEarly:
		return AtOnce, true
	case empty && v.Enqueued < v.Room:
		return Behind, true
	}
	return InLine, false
}

// place decides where a single job goes. Where the line or the queue cannot be read the job waits for its turn.
func (s *Submitter) place(ctx context.Context, flow FlowKey, now time.Time) placement {
	p := placement{flow: flow, visible: now, touch: &Touch{FlowKey: flow, At: now, Waiting: 1}}
	d := s.Dispatcher
	interval := s.Limiter.Interval(ctx, flow.Model, now)
	standing, f, err := s.Standings.Standing(ctx, flow)
	if err != nil {
		return p
	}
	n, err := d.enqueued.count(ctx, s.Timers, flow.Model, now)
	if err != nil {
		return p
	}
	v := QueueView{standing, f, n, QueueRoom(interval), s.Limiter.Refusal(ctx, flow.Model, now) != nil}
	w, noted := v.Way()
	switch w {
	case InLine:
		p.wait = standing.Wait(f, f.Waiting+1, interval)
		return p
	case AtOnce: // behind those who took direct turns just now
		p.wait = time.Duration(min(n, NearTurns)+max(0, n-v.Room)) * interval
	case Behind:
		p.visible, p.wait = now.Add(Delay(interval, n)), time.Duration(n)*interval
	}
	p.direct, p.noted, p.touch = true, noted, nil
	d.enqueued.add(flow.Model, 1)
	return p
}

// put writes the placement into the job.
func (p placement) put(j *Job, now time.Time) {
	if !p.direct {
		j.JoinLine(now)
		return
	}
	j.Enqueue(p.visible, now)
	j.Reach = directReach
	j.Waiting = nil
	if p.wait > 0 {
		j.Waiting = &Waiting{Code: WaitPace, Message: "Other jobs of this model stand before it.", Until: now.Add(p.wait)}
	}
}

// shown is the job as a person sees it: one in the line waits for the pace.
func (p placement) shown(j Job, now time.Time) Job {
	if j.InLine {
		j.Waiting = WaitInLine(now.Add(p.wait))
	}
	return j
}

// WaitInLine says that a job waits for its turn, which comes at about that time.
func WaitInLine(until time.Time) *Waiting {
	return &Waiting{Code: WaitPace, Message: "Its turn in the line comes then at the present pace.", Until: until}
}

// placed sends a job that was recorded, or lets the sweep know of it.
func (s *Submitter) placed(ctx context.Context, p placement, j Job) {
	switch {
	case j.InLine:
		s.Dispatcher.wake()
		return
	case !j.Enqueued:
		return
	case p.noted: // a turn that is not noted costs fairness, never a job
		_ = s.Dispatcher.Touch(ctx, Touch{FlowKey: p.flow, At: s.Clock(), Direct: true})
	}
	_ = s.Deliver(ctx, s.Dispatcher, j) // found by its timer if the queue did not take it
}

// enqueuedCounts remembers for a second how many messages of each model are in the queue, with what this process sends.
type enqueuedCounts struct {
	mu     sync.Mutex
	models map[string]enqueuedCount
}

type enqueuedCount struct {
	n  int
	at time.Time
}

func (e *enqueuedCounts) count(ctx context.Context, timers Timers, model string, now time.Time) (int, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	c, ok := e.models[model]
	if age := now.Sub(c.at); ok && age >= 0 && age < time.Second {
		return c.n, nil
	}
	all, err := timers.Dispatched(ctx, model)
	if err != nil {
		return 0, err
	}
	if e.models == nil {
		e.models = map[string]enqueuedCount{}
	}
	e.models[model] = enqueuedCount{n: CountEnqueued(all, now), at: now}
	return e.models[model].n, nil
}

func (e *enqueuedCounts) add(model string, n int) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if c, ok := e.models[model]; ok {
		c.n += n
		e.models[model] = c
	}
}
