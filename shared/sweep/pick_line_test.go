package sweep

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"easel/shared/job"
)

// memoryLine is the line of a model as stores keep it. Its index never lags.
type memoryLine struct {
	now      time.Time
	standing job.Standing
	flows    map[job.FlowKey]job.Flow
	waiting  map[job.FlowKey][]job.Waiter
	canceled map[job.FlowKey]bool
}

func newMemoryLine() *memoryLine {
	return &memoryLine{
		now:   time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC),
		flows: map[job.FlowKey]job.Flow{}, waiting: map[job.FlowKey][]job.Waiter{}, canceled: map[job.FlowKey]bool{},
	}
}

// touch is the note in the record of a flow.
func (l *memoryLine) touch(key job.FlowKey, direct bool) {
	f := l.flows[key]
	f.FlowKey = key
	switch {
	case direct:
		f.Turns, f.Direct = f.Turns+1, l.now
	case f.First.IsZero():
		f.First = l.now
		fallthrough
	default:
		f.Touched, f.Waiting = l.now, f.Waiting+1
	}
	l.flows[key] = f
}

// add lets jobs wait in a flow, each at its own place.
func (l *memoryLine) add(key job.FlowKey, jobs ...job.Waiter) {
	for range jobs {
		l.touch(key, false)
	}
	l.waiting[key] = append(l.waiting[key], jobs...)
	slices.SortFunc(l.waiting[key], compareWaiters)
}

func compareWaiters(a, b job.Waiter) int {
	return cmp.Or(a.Queued.Compare(b.Queued), cmp.Compare(a.Position, b.Position), cmp.Compare(a.ID, b.ID))
}

// memoryRun is a run of the sweep over the line.
type memoryRun struct {
	*memoryLine
	*picker
	room   int
	page   int                            // jobs that one look at the index shows
	unpaid func(job.FlowKey) bool         // nil: all is paid for
	lost   func(job.FlowKey) bool         // whether the write of a flow is lost; nil: none is
	stale  bool                           // the standing is not written
	picked func(f *entrant, w job.Waiter) // called with each turn
	waited bool                           // jobs are left that wait for a turn
}

func (r *memoryRun) run() {
	r.picker = newPicker(r.standing, slices.Collect(maps.Values(r.flows)))
	for r.room > 0 {
		f := r.next()
		switch {
		case f == nil:
			r.write()
			return
		case drained(f):
			f.out = true
		case len(f.waiters) == 0:
			r.load(f)
		case r.unpaid != nil && r.unpaid(f.FlowKey):
			f.out = true
		default:
			r.room--
			r.picked(f, r.take(f))
		}
	}
	r.write()
}

func drained(f *entrant) bool { return f.loaded && !f.more && len(f.waiters) == 0 }

// load reads the jobs of a flow, and of others that come soon.
func (r *memoryRun) load(next *entrant) {
	for _, f := range append(r.ahead(32), next) {
		if len(f.waiters) > 0 || drained(f) {
			continue
		}
		all := r.waiting[f.FlowKey]
		if f.last != nil {
			n, found := slices.BinarySearchFunc(all, *f.last, compareWaiters)
			if found {
				n++
			}
			all = all[n:]
		}
		f.waiters = slices.Clone(all[:min(r.page, len(all))])
		f.loaded, f.more = true, len(f.waiters) == r.page
		if len(f.waiters) > 0 {
			f.last = &f.waiters[len(f.waiters)-1]
		}
	}
}

// write writes the flows and then the standing.
func (r *memoryRun) write() {
	s := job.Standing{At: r.now}
	for _, f := range r.all() {
		if !f.out && !drained(f) {
			r.waited = true
			s.Join(1)
		}
	}
	r.rest(r.waited)
	for _, f := range r.all() {
		switch {
		case r.lost != nil && r.lost(f.FlowKey):
		case r.leaves(f):
			delete(r.flows, f.FlowKey)
		default:
			r.advance(f)
		}
	}
	if s.Time = r.time; !r.stale {
		r.standing = s
	}
}

// leaves reports whether the flow's record says nothing any more.
func (r *memoryRun) leaves(f *entrant) bool {
	idle := func(at time.Time) bool { return r.now.Sub(at) >= 10*time.Minute }
	return r.passed(f) && (r.canceled[f.FlowKey] || drained(f) && idle(f.Touched) && idle(f.Direct))
}

func (r *memoryRun) advance(f *entrant) {
	now := f.Flow
	now.Turns, now.Waiting = now.Turns-f.counted, now.Waiting-f.given
	switch {
	case drained(f):
		now.Looked, now.First, now.Waiting = r.now, time.Time{}, 0
	case len(f.waiters) > 0:
		now.First = f.waiters[0].Queued
	}
	r.flows[f.FlowKey] = now
}

// give is a run with room for so many. It returns the jobs that had their turns.
func (l *memoryLine) give(turns int) (ids []string) {
	r := &memoryRun{memoryLine: l, room: turns, page: 8}
	r.picked = func(f *entrant, w job.Waiter) {
		l.waiting[f.FlowKey] = l.waiting[f.FlowKey][1:]
		ids = append(ids, w.ID)
	}
	r.run()
	return ids
}
