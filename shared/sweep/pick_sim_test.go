package sweep

import (
	"fmt"
	"slices"
	"time"

	"easel/shared/job"
)

// Figures of the simulated model: 10 calls a minute, and messages for 150 s of them in the queue.
const (
	simInterval = 6 * time.Second
	simRoom     = 25
)

// lineSim is a line, its queue and a worker that begins a call in each interval, in virtual time.
type lineSim struct {
	*memoryLine
	cadence time.Duration // between two runs of the sweep
	start   time.Time
	queue   []simCall
	begun   []simCall
	made    int
	onBegin func(simCall)
	each    func(time.Duration) // called in each second
}

// simCall is a job in the queue, or whose call was begun.
type simCall struct {
	job.FlowKey
	id     string
	queued time.Time
	at     time.Time // when its message is visible, and then when its call begins
}

func newLineSim(cadence time.Duration) *lineSim {
	l := newMemoryLine()
	return &lineSim{memoryLine: l, cadence: cadence, start: l.now, onBegin: func(simCall) {}, each: func(time.Duration) {}}
}

func (s *lineSim) run(d time.Duration) {
	for end := s.now.Add(d); s.now.Before(end); s.now = s.now.Add(time.Second) {
		past := s.now.Sub(s.start)
		s.each(past)
		if past%s.cadence == 0 {
			s.sweep()
		}
		if past%simInterval == 0 {
			s.begin()
		}
	}
}

// sweep fills the queue.
func (s *lineSim) sweep() {
	if len(s.queue) >= simRoom {
		return
	}
	r := &memoryRun{memoryLine: s.memoryLine, room: simRoom - len(s.queue), page: 8}
	r.picked = func(f *entrant, w job.Waiter) {
		s.waiting[f.FlowKey] = s.waiting[f.FlowKey][1:]
		s.enqueue(f.FlowKey, w, job.Delay(simInterval, len(s.queue)))
	}
	r.run()
}

func (s *lineSim) enqueue(key job.FlowKey, w job.Waiter, in time.Duration) {
	s.queue = append(s.queue, simCall{FlowKey: key, id: w.ID, queued: w.Queued, at: s.now.Add(in)})
}

// begin begins the call of the message that is visible longest.
func (s *lineSim) begin() {
	if len(s.queue) == 0 {
		return
	}
	slices.SortStableFunc(s.queue, func(a, b simCall) int { return a.at.Compare(b.at) })
	if c := s.queue[0]; !c.at.After(s.now) {
		s.queue = s.queue[1:]
		c.at = s.now
		s.begun = append(s.begun, c)
		s.onBegin(c)
	}
}

func (s *lineSim) waiter() job.Waiter {
	s.made++
	return job.Waiter{ID: fmt.Sprintf("%06d", s.made), Queued: s.now, Position: int64(s.made)}
}

func (s *lineSim) batch(owner string, n int) {
	key := job.FlowKey{Owner: owner, BatchID: s.waiter().ID}
	var jobs []job.Waiter
	for range n {
		jobs = append(jobs, s.waiter())
	}
	s.add(key, jobs...)
}

// single submits a single job.
func (s *lineSim) single(owner string) {
	key, w := job.FlowKey{Owner: owner}, s.waiter()
	way, noted := job.QueueView{Standing: s.standing, Flow: s.flows[key], Enqueued: len(s.queue), Room: simRoom}.Way()
	if noted {
		s.touch(key, true)
	}
	switch way {
	case job.InLine:
		s.add(key, w)
	case job.AtOnce:
		s.enqueue(key, w, 0)
	case job.Behind:
		s.enqueue(key, w, job.Delay(simInterval, len(s.queue)))
	}
}

// every calls do in each interval.
func (s *lineSim) every(interval time.Duration, do func(n int)) {
	s.each = func(past time.Duration) {
		if past%interval == 0 {
			do(int(past / interval))
		}
	}
}

// waits are how long the single jobs waited until their calls began, in ascending order. Those of the first minutes, which
// began before there was a queue, do not count.
func (s *lineSim) waits() (all []time.Duration) {
	for _, c := range s.begun {
		if c.BatchID == "" && c.queued.Sub(s.start) >= 5*time.Minute {
			all = append(all, c.at.Sub(c.queued))
		}
	}
	slices.Sort(all)
	return all
}

// share is an owner's part of the calls that were begun in a span, in percent.
func (s *lineSim) share(owner string, from, to time.Duration) int {
	own, all := 0, 0
	for _, c := range s.begun {
		if at := c.at.Sub(s.start); at >= from && at < to {
			all++
			if c.Owner == owner {
				own++
			}
		}
	}
	return 100 * own / max(all, 1)
}
