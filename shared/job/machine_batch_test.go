package job_test

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"easel/shared/job"
)

// request makes a batch, or adds to the last one.
func (m *machine) request(c command) {
	r := job.BatchRequest{Key: fmt.Sprint("batch ", c.which), Open: c.which%2 == 0}
	if c.do == "append" {
		if len(m.groups) == 0 {
			return
		}
		r.BatchID, r.Key = m.groups[len(m.groups)-1], fmt.Sprint("append ", c.which)
	} else if c.other {
		r.MaxCost = 80_000
	}
	for n := range c.times {
		r.Lines = append(r.Lines, job.Line{Number: n + 1, Request: bodies[c.body]})
		r.Lines[n].Request.CustomID = fmt.Sprint(c.body, "-", n)
	}
	p, err := m.h.submit.SubmitBatch(m.h.t.Context(), ann, r)
	refused := errors.Is(err, job.ErrMismatch) || errors.Is(err, job.ErrState) || errors.Is(err, job.ErrBudget) || errors.Is(err, job.ErrInvalid) || errors.Is(err, job.ErrNotFound)
	if err != nil && !refused && !m.anyExpired() { // the former batch of the key has to be removed first
		m.allow(c.do, err, job.ErrUnavailable)
	}
	m.register(ann.Owner, "", c.body)
	for _, l := range m.incarnations {
		if id := l.record.BatchID; id != "" && !slices.Contains(m.groups, id) {
			m.groups = append(m.groups, id)
		}
	}
	m.must(err != nil || slices.Contains(m.groups, p.Batch.ID), "a batch was accepted and not recorded")
}

// anyExpired reports whether a batch is there whose time is over.
func (m *machine) anyExpired() bool {
	return slices.ContainsFunc(m.groups, func(id string) bool {
		at := m.counters(id).When(job.Expires)
		return at != nil && !time.Now().Before(*at)
	})
}

// control does to a batch what a command says.
func (m *machine) control(c command, id string) {
	ctx, before := m.h.t.Context(), m.counters(id)
	var err error
	switch c.do {
	case "cancel batch":
		_, _, err = m.h.submit.CancelBatch(ctx, ann, id)
		if now := m.counters(id); err == nil {
			m.must(now.Queued == 0, "%d jobs are queued after a cancellation", now.Queued)
		}
	case "retry batch":
		_, _, _, err = m.h.submit.RetryBatch(ctx, ann, id, job.Choice{Statuses: []job.Status{job.Failed, job.Canceled}})
	case "seal batch":
		_, _, err = m.h.submit.Seal(ctx, ann, id)
	case "delete batch":
		_, _, err = m.h.submit.DeleteBatch(ctx, ann, id)
		over := before.Queued == 0 && (before.Running == 0 || before.When(job.Stopped) != nil)
		m.must(errors.Is(err, job.ErrState) != over || before.Next == 0 || !m.calm, "a batch that is over (%v) answers DELETE with %v", over, err)
		if !errors.Is(err, job.ErrState) {
			m.askAll(id)
		}
	}
	if !errors.Is(err, job.ErrState) && !errors.Is(err, job.ErrNotFound) && !errors.Is(err, job.ErrBudget) {
		m.allow(c.do, err, job.ErrUnavailable)
	}
}

// askAll notes that the jobs of a batch may go.
func (m *machine) askAll(id string) {
	for _, l := range m.incarnations {
		l.asked = l.asked || l.record.BatchID == id
	}
}

// counters are those of a batch, and zero where it is gone.
func (m *machine) counters(id string) job.Counters {
	_, c, err := m.h.db.GetBatch(m.h.t.Context(), id)
	m.must(err == nil || errors.Is(err, job.ErrNotFound), "get batch: %v", err)
	return c
}

// account adds up what was charged to each day and given back to it, told from the records alone.
func (m *machine) account(was, now job.Job) {
	switch amount := now.CostMicroUSD - was.CostMicroUSD; {
	case amount > 0:
		m.days[now.Owner+now.Lease.Day] += amount
	case amount < 0:
		m.days[was.Owner+was.Lease.Day] += amount
	}
}

// checkLedger holds counters and days against the records, and against what was deleted.
func (m *machine) checkLedger() {
	for _, id := range m.groups {
		stored := m.counters(id)
		if stored.Next == 0 {
			continue // it is gone
		}
		var records []job.Job
		for _, l := range m.incarnations {
			if l.record.BatchID == id {
				records = append(records, l.record)
			}
		}
		diff := unbalanced(stored, records)
		m.must(diff == "", "counters of %s differ from its records (-records +counters):\n%s", id, diff)
		m.must(stored.MaxCost == 0 || stored.Cost <= stored.MaxCost, "%d paid, bound %d", stored.Cost, stored.MaxCost)
	}
	for _, key := range slices.Sorted(maps.Keys(m.days)) {
		spent, err := m.h.db.Spent(m.h.t.Context(), key[:3], key[3:])
		m.must(err == nil && spent == m.days[key], "day %s: %d spent, the records say %d: %v", key, spent, m.days[key], err)
	}
}

func (m *machine) groupsSettled() bool {
	return !slices.ContainsFunc(m.groups, func(id string) bool { return !m.groupSettled(id) })
}

// groupSettled reports whether a batch waits for nothing, or for people: an open one does.
func (m *machine) groupSettled(id string) bool {
	c := m.counters(id)
	gone := c.Next == 0
	return gone || c.Unwritten == 0 && (c.When(job.Sealed) == nil || c.When(job.Told) != nil || c.When(job.Removing) != nil)
}

// deleted reports whether a job of the key was deleted, so that the key stays taken.
func (m *machine) deleted(owner, key string) bool {
	return slices.ContainsFunc(m.incarnations, func(l *incarnation) bool { return l.owner == owner && l.key == key && l.asked })
}

// expired reports whether a job is kept no longer.
func expired(j job.Job) bool { return j.ExpiresAt != nil && !time.Now().Before(*j.ExpiresAt) }

// expires reports whether what the job waits for is the end of the time that it is kept.
func expires(j job.Job) bool { return j.ExpiresAt != nil && j.Due != nil && j.Due.Equal(*j.ExpiresAt) }

// expire removes the records whose time is over and that have no timer, as DynamoDB does by itself.
func (m *machine) expire() {
	for _, l := range m.incarnations {
		if l.gone || !expired(l.record) || l.record.Lease != nil || l.record.Due != nil {
			continue
		}
		err := m.h.db.Erase(m.h.t.Context(), l.id, l.record.Version, time.Now(), nil)
		m.must(err == nil || errors.Is(err, job.ErrNotFound) || errors.Is(err, job.ErrConflict), "expire: %v", err)
	}
}
