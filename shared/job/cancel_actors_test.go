//go:build !race

package job

import (
	"slices"
	"time"
)

// The phases of an actor.
const (
	resting byte = iota
	reading      // it has read something and goes on reading
	writing      // it has decided on a transaction
	calling      // it holds a lease
)

// cancelActor is one program of a world.
type cancelActor struct {
	name  string
	role  func(w *cancelWorld, n int) []cancelStep // its steps while it rests or reads
	job   string                                   // the only one that it looks at; empty: each
	alike bool                                     // it may change places with others that are alike
	times int                                      // how often it may begin, where that is bounded
}

// cancelProgress is where an actor stands, and what it knows. What it points at is never changed in place.
type cancelProgress struct {
	left       int // how often it may begin yet
	phase      byte
	op         string       // what it is about to write
	saw        string       // the token that was there when it looked
	token      string       // of its own lease
	day        int          // on which it claims
	generation int          // of the job that it retries
	number     int64        // the cancel number on which an append or a retry stands
	lost       bool         // the write took effect and the reply did not come
	e          *Edition     // what it has read
	t          *Transaction // what it is about to write
}

// cancelStep is one atomic step.
type cancelStep struct {
	text string
	to   *cancelWorld
}

// step makes a copy of the world in which one actor has done something. What it returns is added to the text.
func (w *cancelWorld) step(n int, text string, do func(w *cancelWorld, a *cancelProgress) string) cancelStep {
	to := w.copy()
	return cancelStep{w.cast[n].name + ": " + text + do(to, &to.actors[n]), to}
}

// steps are all that can happen next.
func (w *cancelWorld) steps() (all []cancelStep) {
	for n := range w.actors {
		a := &w.actors[n]
		switch a.phase {
		case resting, reading:
			all = append(all, w.cast[n].role(w, n)...)
		case writing:
			all = append(all, w.step(n, a.target(), (*cancelWorld).write))
			if !a.lost {
				all = w.lose(all, n)
			}
		case calling:
			all = append(all, w.called(n, "finish"), w.called(n, "fail"), w.called(n, "put back"))
		}
		if a.phase != resting {
			all = append(all, w.step(n, "crash", func(_ *cancelWorld, a *cancelProgress) string { return a.rest() }))
		}
	}
	return all
}

// target names the write of an actor.
func (a *cancelProgress) target() string {
	text := a.op
	for _, j := range a.t.Jobs {
		text += " job " + j.ID
	}
	return text
}

// rest forgets everything.
func (a *cancelProgress) rest() string {
	*a = cancelProgress{left: a.left}
	return ""
}

// lose adds the step in which a write takes effect and its reply is lost.
func (w *cancelWorld) lose(all []cancelStep, n int) []cancelStep {
	took := false
	step := w.step(n, w.actors[n].target()+", the reply is lost", func(w *cancelWorld, a *cancelProgress) string {
		_, err := w.attempt(a)
		took, a.lost = err == nil, true
		return ""
	})
	if !took {
		return all
	}
	return append(all, step)
}

// called is the end of a call, by the transaction that follows from it.
func (w *cancelWorld) called(n int, op string) cancelStep {
	return w.step(n, "the call ends, to "+op, func(w *cancelWorld, a *cancelProgress) string {
		a.op = op
		w.draft(a)
		return ""
	})
}

// draft makes the transaction of an actor as the Recorder does, from what the actor knows.
func (w *cancelWorld) draft(a *cancelProgress) {
	if a.op == "claim" {
		a.day = w.today
	}
	e, editor := *a.e, *a
	now := w.now()
	e.Recorder = Recorder{Budget: w.budget, Now: func() time.Time { return now }}
	e.Edit = func(j *Job, cancelNo int64) error { return editor.edit(w, j, cancelNo) }
	if a.op == "retry" {
		e.reopen = func(d *Difference) error {
			return (&batchPlan{now: now, counters: Counters{CancelNo: editor.number}}).reopen(&e, d)
		}
	}
	t, from, err := e.draft()
	if err != nil || len(t.Jobs) == 0 {
		a.rest()
		return
	}
	if w.spoil != nil && t.Counters != nil {
		w.spoil(&t, from)
	}
	a.t, a.phase, a.lost = &t, writing, false
}

// attempt writes once, and keeps the account by which the days are checked.
func (w *cancelWorld) attempt(a *cancelProgress) (there Obstacle, err error) {
	if a.op == "append" {
		return w.create(*a.t)
	}
	there, err = w.update(*a.t)
	if err != nil || w.budget == 0 {
		return there, err
	}
	switch a.op {
	case "claim":
		w.paid[a.day] += a.t.Jobs[0].Price
	case "put back":
		w.paid[a.day] -= a.t.Jobs[0].Price
	}
	return there, nil
}

// write is one round of the Recorder's loop: it goes on behind a write that took effect, and otherwise learns what stood in
// the way and decides again.
func (w *cancelWorld) write(a *cancelProgress) string {
	there, err := w.attempt(a)
	if err == nil || there.holds(a.t.WriteID) {
		w.conclude(a)
		return ", written"
	}
	if a.e == nil {
		a.rest() // it looks at the batch anew, if it goes on at all
		return ": " + err.Error()
	}
	e := *a.e
	e.Jobs = slices.Clone(e.Jobs)
	again := e.learn(there, err)
	if a.e = &e; again {
		w.draft(a)
	} else {
		a.rest()
	}
	return ": " + err.Error()
}

func (w *cancelWorld) conclude(a *cancelProgress) {
	if a.op != "claim" {
		a.rest()
		return
	}
	taken := a.t.Jobs[0]
	taken.Version++
	a.e = &Edition{Jobs: []Job{taken}, Counters: a.e.Counters, single: true}
	a.phase, a.op, a.t, a.lost = calling, "", nil, false
}

// tokenOf is the token of a job's lease, or empty.
func tokenOf(j Job) string {
	if j.Lease == nil {
		return ""
	}
	return j.Lease.Token
}
