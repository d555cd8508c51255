package sweep

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"pgregory.net/rapid"

	"easel/shared/job"
)

// pickModel is a line in which each owner and each flow watches the others.
type pickModel struct {
	*memoryLine
	t      *rapid.T
	lossy  bool
	made   int                            // jobs and batches
	unpaid map[string]bool                // by owner, or by batch
	owners *leads[string]                 // between owners
	rivals map[string]*leads[job.FlowKey] // between the flows of an owner
	turns  map[string]int                 // of each owner
	joined map[job.FlowKey]int            // how many turns its owner had had when the flow came into the line
	since  map[job.FlowKey]int            // the same, when a flow had its last turn or began to wait
	time   int64                          // virtual time at the last turn
}

func newPickModel(t *rapid.T, lossy bool) *pickModel {
	return &pickModel{
		memoryLine: newMemoryLine(), t: t, lossy: lossy, unpaid: map[string]bool{}, owners: newLeads[string](),
		rivals: map[string]*leads[job.FlowKey]{}, turns: map[string]int{}, joined: map[job.FlowKey]int{}, since: map[job.FlowKey]int{},
	}
}

func (m *pickModel) do(s lineStep) {
	key := m.key(s)
	switch s.do {
	case "arrive":
		m.join(key)
		for range s.n {
			m.made++
			w := job.Waiter{ID: fmt.Sprintf("%04d", m.made), Queued: m.now}
			if s.old {
				w.Queued = m.now.Add(-time.Duration(m.made%7) * time.Minute)
			}
			m.add(key, w)
		}
	case "direct":
		key.BatchID = ""
		m.join(key)
		for range min(s.n, 5) {
			m.touch(key, true)
		}
	case "pass":
		m.now = m.now.Add(time.Duration(s.n) * time.Minute)
	case "pay":
		about := s.owner
		if s.old {
			about = key.BatchID
		}
		m.unpaid[about] = !m.unpaid[about] && about != ""
	case "cancel":
		delete(m.waiting, key)
		m.canceled[key] = key.BatchID != ""
	case "run":
		m.sweep(s)
	}
}

func (m *pickModel) key(s lineStep) job.FlowKey {
	key := job.FlowKey{Owner: s.owner}
	switch {
	case s.flow > 2 && s.do == "arrive":
		m.made++
		key.BatchID = fmt.Sprint(s.owner, m.made)
	case s.flow > 0:
		key.BatchID = fmt.Sprint(s.owner, -s.flow)
	}
	return key
}

// join notes when a flow comes into the line.
func (m *pickModel) join(key job.FlowKey) {
	if _, is := m.flows[key]; !is {
		m.joined[key] = m.turns[key.Owner]
	}
	m.canceled[key] = false
	if m.rivals[key.Owner] == nil {
		m.rivals[key.Owner] = newLeads[job.FlowKey]()
	}
}

// look notes who waits.
func (m *pickModel) look() {
	waits := map[string]bool{}
	for key := range m.flows {
		rivals := m.rivals[key.Owner]
		is := len(m.waiting[key]) > 0 && !m.passedOver(key)
		waits[key.Owner] = waits[key.Owner] || is
		if is && rivals.waits[key] == nil {
			m.since[key] = m.turns[key.Owner]
		}
		rivals.watch(key, is)
	}
	for owner := range m.rivals {
		m.owners.watch(owner, waits[owner])
	}
}

func (m *pickModel) passedOver(key job.FlowKey) bool {
	return m.unpaid[key.Owner] || m.unpaid[key.BatchID]
}

// sweep is a run that loses the writes of some flows, and maybe that of the standing.
func (m *pickModel) sweep(s lineStep) {
	lost := m.lost(s)
	m.takeDirect(lost)
	dropped := map[job.FlowKey][]job.Waiter{}
	r := &memoryRun{
		memoryLine: m.memoryLine, room: s.n, page: 2, unpaid: m.passedOver, stale: m.lossy && s.stale,
		lost: func(key job.FlowKey) bool { return lost[key] },
	}
	r.picked = func(f *entrant, w job.Waiter) {
		m.turn(r, f, w, lost[f.FlowKey])
		if lost[f.FlowKey] {
			dropped[f.FlowKey] = append(dropped[f.FlowKey], w)
		}
		m.look()
	}
	was := m.standing.Time
	m.time = was
	r.run()
	m.must(r.room == 0 || len(m.owners.waits) == 0, "room for %d is left although %v wait", r.room, slices.Collect(maps.Keys(m.owners.waits)))
	m.must(m.standing.Time >= was, "the line's time goes back from %d to %d", was, m.standing.Time)
	m.lose(r, lost, dropped)
}

func (m *pickModel) must(ok bool, format string, args ...any) {
	if !ok {
		m.t.Fatalf(format, args...)
	}
}

// lost names the flows whose write is lost.
func (m *pickModel) lost(s lineStep) map[job.FlowKey]bool {
	keys := slices.SortedFunc(maps.Keys(m.flows), func(a, b job.FlowKey) int { return cmp.Compare(a.Name(), b.Name()) })
	lost := map[job.FlowKey]bool{}
	for _, n := range s.lost {
		if m.lossy && n < len(keys) {
			lost[keys[n]] = true
		}
	}
	return lost
}

// takeDirect counts the direct turns that the run is going to find.
func (m *pickModel) takeDirect(lost map[job.FlowKey]bool) {
	for key, f := range m.flows {
		if f.Turns > 0 {
			m.owners.direct(key.Owner, int(f.Turns), !lost[key])
			m.rivals[key.Owner].owe(key, int(f.Turns))
			m.since[key] = m.turns[key.Owner]
		}
	}
}

// turn looks at a turn that is given.
func (m *pickModel) turn(r *memoryRun, f *entrant, w job.Waiter, lost bool) {
	key, rivals := f.FlowKey, m.rivals[f.Owner]
	m.must(m.waiting[key][0].ID == w.ID, "%s passes %s in %s", w.ID, m.waiting[key][0].ID, key.Name())
	m.must(r.time >= m.time && f.Time > f.was, "time goes back: from %d to %d, of %s from %d to %d", m.time, r.time, key.Name(), f.was, f.Time)
	m.waiting[key], m.time = m.waiting[key][1:], r.time
	if !lost {
		m.turns[f.Owner]++
		behind := m.owners.rival(f.Owner)
		m.must(len(behind) == 0, "owner %s is ahead of %v", f.Owner, behind)
		m.must(len(rivals.rival(key)) == 0, "flow %s is ahead of others of its owner", key.Name())
		for other := range rivals.waits {
			m.must(other == key || m.joined[key] <= m.since[other], "flow %s came later and passes %s", key.Name(), other.Name())
		}
	}
	m.owners.own(f.Owner)
	rivals.own(key)
	m.since[key] = m.turns[f.Owner]
}

// lose notes what lost writes cost: the turns of the flow, its place if it was new, so that its owner may come anew, and what
// the line's time knew of others.
func (m *pickModel) lose(r *memoryRun, lost map[job.FlowKey]bool, dropped map[job.FlowKey][]job.Waiter) {
	for key := range lost {
		m.waiting[key] = append(dropped[key], m.waiting[key]...)
		if m.flows[key].Time == 0 {
			m.rivals[key.Owner].owe(key, 1)
			m.since[key] = m.turns[key.Owner]
			m.owners.watch(key.Owner, m.timed(key.Owner) && m.owners.waits[key.Owner] != nil)
		}
	}
	if !r.waited {
		m.owners.forgive()
	}
	for owner := range m.rivals {
		m.owners.owe(owner, int(r.time-m.standing.Time))
	}
}

// timed reports whether virtual time is stored for the owner.
func (m *pickModel) timed(owner string) bool {
	for key, f := range m.flows {
		if key.Owner == owner && f.Time > 0 {
			return true
		}
	}
	return false
}
