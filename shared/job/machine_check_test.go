package job_test

import (
	"errors"
	"reflect"
	"slices"
	"time"

	"easel/shared/job"
)

// written holds a record that was just written against the one before it.
func (m *machine) written(w *hand, now job.Job) {
	l := m.lived(now)
	if l == nil { // while it is being submitted
		m.must(w == nil && now.Status == job.Queued, "job %s is %s and nobody ordered it", now.ID, now.Status)
		return
	}
	was := l.record
	l.record = now
	m.account(was, now)
	m.must(now.Version > was.Version, "version %d came after %d", now.Version, was.Version)
	m.must(legal(was, now), "job went from %s in round %d to %s in round %d", was.Status, was.Generation, now.Status, now.Generation)
	m.must(now.Attempts >= 0 && now.Calls >= 0 && now.CostMicroUSD >= 0, "attempts %d, calls %d, cost %d", now.Attempts, now.Calls, now.CostMicroUSD)
	m.must(now.Calls <= now.MaxCalls, "%d calls begun, %d allowed", now.Calls, now.MaxCalls)
	m.must(len(now.Images) >= len(was.Images), "a picture left the record")
	if now.CostMicroUSD > was.CostMicroUSD {
		w.incarnation, w.round, w.until = l, now.Generation, now.Lease.Until
	} else if w != nil && w.incarnation == nil && now.Status == job.Running {
		w.incarnation, w.round = l, now.Generation
	}
}

// legal is the diagram of the states, seen from outside: one write may take a job through running, where
// its picture is found, and from one worker to the next.
func legal(was, now job.Job) bool {
	switch {
	case was.Status == now.Status && now.Status == job.Queued && was.Generation != now.Generation: // canceled with its batch, and begun again
		return now.Generation == was.Generation+1 && was.CancelNo < now.CancelNo
	case was.Status == now.Status:
		return was.Generation == now.Generation
	case was.Status == job.Queued && now.Status == job.Succeeded:
		return len(now.Images) > 0
	case now.Status == job.Queued && was.Status.Ended():
		return was.Status != job.Succeeded && now.Generation == was.Generation+1
	}
	return was.Status.Can(now.Status) && was.Generation == now.Generation
}

// check holds every record against what was written last, and against what was called.
func (m *machine) check() {
	for _, l := range m.incarnations {
		if l.gone {
			continue
		}
		j, err := m.h.db.Get(m.h.t.Context(), l.id)
		if errors.Is(err, job.ErrNotFound) || err == nil && (j.DeletedAt != nil || !j.CreatedAt.Equal(l.created)) {
			m.must(l.asked || expired(l.record), "job %s is gone and nobody deleted it", l.id)
			l.gone = true
			continue
		}
		m.must(err == nil, "get: %v", err)
		m.must(j.Version >= l.record.Version, "version %d came after %d", j.Version, l.record.Version)
		m.must(j.Version > l.record.Version || reflect.DeepEqual(j.WriteID, l.record.WriteID), "version %d was given twice", j.Version)
		m.must(j.Status == l.record.Status && j.Owner == l.owner, "record changed past the core")
		l.record = j
		m.must(j.CostMicroUSD >= int64(l.paid())*j.Price, "%d calls were executed, the job says it cost %d", l.paid(), j.CostMicroUSD)
	}
	m.checkLedger()
}

func (l *incarnation) paid() (n int) {
	for _, calls := range l.calls {
		n += calls
	}
	return n
}

// drain ends all trouble and works until nothing is left to do.
func (m *machine) drain() {
	clear(m.armed)
	for len(m.standing) > 0 {
		m.let(m.standing[0], command{do: "release", answer: "picture"})
	}
	for n := 0; n < 2000 && !m.settled(); n++ {
		m.deliver(command{answer: "picture"})
		if stats, _ := m.h.queue.Stats(m.h.t.Context()); stats.Visible == 0 {
			wait(time.Minute)
			m.carryOut(command{do: "sweep"})
		}
		m.check()
	}
	for _, l := range m.incarnations {
		if !l.gone {
			m.ended(l)
		}
	}
	for _, g := range m.groups {
		m.must(m.groupSettled(g), "batch %s waits for ever: %+v", g, m.counters(g))
	}
}

// settled reports whether every job has ended and no message is left.
func (m *machine) settled() bool {
	stats, _ := m.h.queue.Stats(m.h.t.Context())
	return stats.Visible+stats.Delayed+stats.InFlight == 0 &&
		m.find(func(l *incarnation) bool { return !l.record.Status.Ended() || l.record.Lease != nil }) == nil && m.groupsSettled()
}

// ended is what must be true of a job in the end.
func (m *machine) ended(l *incarnation) {
	j := l.record
	m.must(j.Status.Ended() && (j.Due == nil || j.Deleting || expires(j)) && j.CompletedAt != nil, "job %s is %s for ever: due %v", j.ID, j.Status, j.Due)
	m.must(!m.calm || j.CostMicroUSD == int64(l.paid())*j.Price, "%d calls were executed, the job says it cost %d", l.paid(), j.CostMicroUSD)
	if l.asked || expired(j) { // its deletion began and can be sent again, or its images may be gone
		return
	}
	for key := range l.stored {
		m.must(slices.ContainsFunc(j.Images, func(i job.Image) bool { return i.Key == key }), "%s was paid for and stored, and is not in the record of its job, which is %s", key, j.Status)
	}
	for _, img := range j.Images {
		_, err := m.h.store.Stat(m.h.t.Context(), img.Key)
		m.must(err == nil, "%s is in the record and not in the store: %v", img.Key, err)
	}
}
