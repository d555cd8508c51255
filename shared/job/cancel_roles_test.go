//go:build !race

package job

import (
	"maps"
	"slices"
	"time"
)

// work reads a job, then the counters of its batch, then claims.
func (w *cancelWorld) work(n int) (all []cancelStep) {
	if w.actors[n].phase == reading {
		return []cancelStep{w.step(n, "read the counters", func(w *cancelWorld, a *cancelProgress) string {
			a.e = &Edition{Jobs: a.e.Jobs, Counters: w.counters, single: true}
			if a.e.Jobs[0].CancelNo < w.counters.CancelNo {
				return a.rest() + ": canceled"
			}
			a.op, a.token = "claim", newID()
			w.draft(a)
			return ""
		})}
	}
	return w.each(n, "read", func(j Job) bool { return j.Status == Queued || j.Status == Running }, func(_ *cancelWorld, a *cancelProgress, j Job) {
		a.phase, a.saw, a.e = reading, tokenOf(j), &Edition{Jobs: []Job{j}}
	})
}

// each makes a step for every job that is meant.
func (w *cancelWorld) each(n int, verb string, means func(Job) bool, do func(*cancelWorld, *cancelProgress, Job)) (all []cancelStep) {
	for _, j := range w.jobs {
		if only := w.cast[n].job; j != nil && (only == "" || only == j.ID) && means(*j) {
			all = append(all, w.step(n, verb+" job "+j.ID, func(w *cancelWorld, a *cancelProgress) string {
				do(w, a, *j)
				return ""
			}))
		}
	}
	return all
}

// lapse settles a lease: it may come at any moment, as clocks differ.
func (w *cancelWorld) lapse(n int) []cancelStep {
	return w.each(n, "read", func(j Job) bool { return j.Lease != nil }, func(w *cancelWorld, a *cancelProgress, j Job) {
		a.op, a.saw, a.e = "settle the lease of", tokenOf(j), &Edition{Jobs: []Job{j}, single: true}
		w.draft(a)
	})
}

// readCounters is the first step of those who read the counters before the jobs.
func (w *cancelWorld) readCounters(n int) []cancelStep {
	return []cancelStep{w.step(n, "read the counters", func(w *cancelWorld, a *cancelProgress) string {
		a.left--
		a.phase, a.e = reading, &Edition{Counters: w.counters}
		return ""
	})}
}

// propagate writes all canceled rows in one transaction.
func (w *cancelWorld) propagate(n int) []cancelStep {
	switch a := w.actors[n]; {
	case a.phase == reading:
		return []cancelStep{w.step(n, "read the rows", func(w *cancelWorld, a *cancelProgress) string {
			a.op, a.e = "propagate the cancel to", &Edition{Counters: a.e.Counters, Jobs: w.rows(a.e.Counters.CancelNo)}
			w.draft(a)
			return ""
		})}
	case w.counters.Unwritten == 0:
		return nil
	}
	w = w.copy()
	w.actors[n].left = 1 // it is not bounded
	return w.readCounters(n)
}

func (w *cancelWorld) retryOne(n int) []cancelStep {
	switch a := w.actors[n]; {
	case a.phase == resting && a.left == 0:
		return nil
	case a.phase == resting:
		return w.readCounters(n)
	}
	cancelNo := w.actors[n].e.Counters.CancelNo
	again := func(j Job) bool { s := j.view(cancelNo); return s == Failed || s == Canceled }
	return w.each(n, "read", again, func(w *cancelWorld, a *cancelProgress, j Job) {
		a.generation = j.Generation
		a.number = a.e.Counters.CancelNo
		a.op, a.e = "retry", &Edition{Counters: a.e.Counters, Jobs: []Job{j}, single: true}
		w.draft(a)
	})
}

func (w *cancelWorld) cancelOne(n int) []cancelStep {
	if w.actors[n].left == 0 {
		return nil
	}
	return w.each(n, "read", func(j Job) bool { return !j.Status.Ended() }, func(w *cancelWorld, a *cancelProgress, j Job) {
		a.left--
		a.op, a.e = "cancel", &Edition{Jobs: []Job{j}, single: true}
		w.draft(a)
	})
}

// cancelAll reads the models and cancels the batch.
func (w *cancelWorld) cancelAll(n int) []cancelStep {
	c := w.counters
	return w.amendOnce(n, "cancel the batch", Difference{
		Cancel: true, Set: map[Instant]time.Time{Stopped: w.now(), Due: w.now()},
		If: Condition{Models: slices.AppendSeq([]string{}, maps.Keys(c.Models)), Is: map[Instant]*time.Time{Removing: nil}},
	})
}

func (w *cancelWorld) remove(n int) []cancelStep {
	return w.amendOnce(n, "mark the batch as removed", Difference{
		Set: map[Instant]time.Time{Removing: w.now()}, If: Condition{NoneActive: true, Is: map[Instant]*time.Time{Removing: nil}},
	})
}

// amendOnce reads the counters and goes on to a change that stands on what was read.
func (w *cancelWorld) amendOnce(n int, op string, d Difference) []cancelStep {
	if w.actors[n].left == 0 {
		return nil
	}
	return []cancelStep{w.step(n, "read the counters", func(w *cancelWorld, a *cancelProgress) string {
		d.BatchID, d.If.CancelNo = w.counters.BatchID, &w.counters.CancelNo
		a.left--
		a.number = w.counters.CancelNo
		a.phase, a.op, a.t = writing, op, &Transaction{WriteID: newID(), Counters: &d}
		return ""
	})}
}

// appendRow makes the second job, which no request makes after a cancellation that came behind its first look.
func (w *cancelWorld) appendRow(n int) []cancelStep {
	if w.actors[n].left == 0 || w.jobs[1] != nil {
		return nil
	}
	return []cancelStep{w.step(n, "read the counters", func(w *cancelWorld, a *cancelProgress) string {
		c := w.counters
		j := cancelJob(1)
		j.CancelNo, j.WriteID = c.CancelNo, newID()
		d := Difference{BatchID: c.BatchID, Ordered: j.Price, If: Condition{CancelNo: &c.CancelNo, Is: map[Instant]*time.Time{Removing: nil}}}
		d.Count(j, c.CancelNo, 1)
		a.left--
		a.number = c.CancelNo
		a.phase, a.op, a.t = writing, "append", &Transaction{WriteID: j.WriteID, Jobs: []Job{j}, Counters: &d}
		if w.spoil != nil {
			w.spoil(a.t, nil)
		}
		return ""
	})}
}

func (w *cancelWorld) passMidnight(n int) []cancelStep {
	if w.actors[n].left == 0 {
		return nil
	}
	return []cancelStep{w.step(n, "the day ends", func(w *cancelWorld, a *cancelProgress) string {
		a.left, w.today = 0, 1
		return ""
	})}
}
