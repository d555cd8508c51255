package job

import (
	"context"
	"sync"
	"time"
)

// Figures of direct turns.
const (
	directAhead = 5           // messages in the queue beyond the room that the sweep fills
	directEvery = time.Minute // between two direct turns of an owner in a line that is not empty
)

// placement is where a single job goes.
type placement struct {
	flow    FlowKey
	direct  bool          // into the queue at once, by a turn that the sweep does not give
	noted   bool          // the turn counts for the owner
	visible time.Time     // of a direct one: when a worker can see it
	wait    time.Duration // about how long it takes until the call begins
}

// place decides where a single job goes. It takes a direct turn where the queue is as good as empty, or where its owner had
// none in the last minute, however many wait in the line: so one job is made at once beside any backlog. A second one
// within the minute goes into the line if there is one.
func (s *Submitter) place(ctx context.Context, flow FlowKey, now time.Time) (placement, error) {
	p := placement{flow: flow, visible: now}
	interval := s.Dispatcher.Tempo.interval(ctx, flow.Model, now)
	standing, f, err := s.Standings.Standing(ctx, flow)
	if err != nil {
		return p, s.joinLine(ctx, flow, now, 1)
	}
	n, err := s.Dispatcher.enqueued.count(ctx, s.Timers, flow.Model, now)
	empty := standing.owners() == 0
	p.wait = time.Duration(min(n, near)+max(0, n-room(interval))) * interval // behind those who took direct turns just now
	switch {
	case err != nil || n >= room(interval)+directAhead:
	case empty && n < near:
		p.direct = true
	case f.Direct.IsZero() || now.Sub(f.Direct) >= directEvery:
		p.direct, p.noted = true, true
	case empty && n < room(interval):
		p.direct, p.noted, p.visible, p.wait = true, true, now.Add(delay(interval, n)), time.Duration(n)*interval
	}
	if p.direct {
		s.Dispatcher.enqueued.add(flow.Model, 1)
		return p, nil
	}
	p.wait = standing.wait(f, f.Waiting+1, interval)
	return p, s.joinLine(ctx, flow, now, 1)
}

// joinLine touches a flow in which n jobs are going to wait.
func (s *Submitter) joinLine(ctx context.Context, flow FlowKey, now time.Time, n int64) error {
	return s.Dispatcher.touch(ctx, Touch{FlowKey: flow, At: now, Waiting: n})
}

// put writes the placement into the job.
func (p placement) put(j *Job, now time.Time) {
	if !p.direct {
		j.joinLine(now)
		return
	}
	j.enqueue(p.visible, now)
	j.Waiting = nil
	if p.wait > 0 {
		j.Waiting = &Waiting{Code: WaitPace, Message: "Other jobs of this model stand before it.", Until: now.Add(p.wait)}
	}
}

// shown is the job as a person sees it: one in the line waits for the pace.
func (p placement) shown(j Job, now time.Time) Job {
	if j.InLine {
		j.Waiting = waitInLine(now.Add(p.wait))
	}
	return j
}

func waitInLine(until time.Time) *Waiting {
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
		_ = s.Dispatcher.touch(ctx, Touch{FlowKey: p.flow, At: s.now(), Direct: true})
	}
	_ = s.deliver(ctx, s.Dispatcher, j) // found by its timer if the queue did not take it
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
	e.models[model] = enqueuedCount{n: countEnqueued(all, now), at: now}
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
