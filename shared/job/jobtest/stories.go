package jobtest

import (
	"slices"
	"testing"

	"easel/shared/job"
)

// A story is what happens to a flow, as touches and advances.
type story []any

// touch and direct are touches of the flow of a story.
func touch(at int, waiting int64) job.Touch { return job.Touch{At: *moment(at), Waiting: waiting} }
func direct(at int) job.Touch               { return job.Touch{At: *moment(at), Direct: true} }

// full makes a flow in which no figure is empty.
var full = story{
	touch(1, 50), direct(2), direct(3),
	job.Advance{Time: 1 << 40, Looked: *moment(4), First: *moment(5), FirstPosition: 1 << 35},
	touch(6, 7),
}

// stories are held against what [job.Touch] and [job.Advance] say, after each step.
var stories = map[string]story{
	"a touch adds to what waits":         {touch(5, 1), touch(5, 0), touch(5, 1<<40), touch(5, 97)},
	"an earlier touch replaces as well":  {touch(50, 1), touch(60, 1), touch(5, 1)},
	"a touch notes the first place once": {touch(50, 0), touch(60, 0), touch(5, 0), job.Advance{}, touch(70, 0)},
	"a direct turn is counted":           {direct(9), touch(20, 4), direct(30), direct(25)},
	"a touch leaves all else":            append(slices.Clone(full), touch(80, 2), direct(90)),
	"an advance changes what it says": append(
		slices.Clone(full),
		job.Advance{Time: 1<<40 + 9, Turns: 1, Given: 3, First: *moment(70), FirstPosition: 12},
		job.Advance{Time: 1<<40 + 9, First: *moment(71), FirstPosition: 13},
		job.Advance{Time: 4, First: *moment(71)},
	),
	"an advance loses no touch": {
		touch(1, 5), direct(2), touch(3, 10), direct(4), job.Advance{Time: 8, Turns: 1, Given: 5, First: *moment(3)},
	},
	"more may be taken off than was there": {
		touch(3, 10), direct(4), job.Advance{Time: 9, Turns: 3, Given: 12, First: *moment(3)}, touch(5, 6), direct(6), direct(7), direct(8),
	},
	"what no job waits behind is noted": append(
		slices.Clone(full),
		job.Advance{Time: 1<<40 + 1, Looked: *moment(90), Given: 2},
		job.Advance{Time: 1<<40 + 2, Looked: *moment(89), Given: 2},
		touch(99, 6),
		job.Advance{Time: 1<<40 + 2, Given: 1, First: *moment(99)},
	),
	"an advance may take the first place away": append(slices.Clone(full), job.Advance{Time: 1 << 40}),
}

// lineStories plays each story in a model of its own.
func lineStories(t *testing.T, h Harness) {
	for name, s := range stories {
		t.Run(name, func(t *testing.T) { h.play(t, single(fresh("model")), s) })
	}
}

// play lets a story happen to a flow that is not there yet, the only one of its model, and compares the line after each step.
func (h Harness) play(t *testing.T, key job.FlowKey, s story) job.Flow {
	t.Helper()
	flow := job.Flow{FlowKey: key}
	for _, step := range s {
		flow = h.step(t, flow, step)
		h.expectFlows(t, key.Model, flow)
		h.expectStanding(t, job.Standing{}, flow)
	}
	return flow
}

// step lets something happen to a flow and returns what is there then.
func (h Harness) step(t *testing.T, flow job.Flow, step any) job.Flow {
	t.Helper()
	if step, is := step.(job.Touch); is {
		step.FlowKey = flow.FlowKey
		h.touch(t, step)
		return touched(flow, step)
	}
	a := step.(job.Advance)
	a.FlowKey, a.Was = flow.FlowKey, flow.Time
	h.advance(t, a)
	return advanced(flow, a)
}

// touched is a flow behind a touch.
func touched(f job.Flow, t job.Touch) job.Flow {
	if t.Direct {
		f.Turns, f.Direct = f.Turns+1, t.At
		return f
	}
	if f.First.IsZero() {
		f.First = t.At
	}
	f.Touched, f.Waiting = t.At, f.Waiting+t.Waiting
	return f
}

// advanced is a flow behind an advance.
func advanced(f job.Flow, a job.Advance) job.Flow {
	f.Time, f.Turns, f.Waiting, f.First, f.FirstPosition = a.Time, f.Turns-a.Turns, f.Waiting-a.Given, a.First, a.FirstPosition
	if !a.Looked.IsZero() {
		f.Looked, f.Waiting = a.Looked, 0
	}
	return f
}
