package jobtest

import (
	"errors"
	"testing"

	"easel/shared/job"
)

// advanceDepends changes a flow from virtual times that it does not have.
func advanceDepends(t *testing.T, h Harness) {
	key := single(fresh("model"))
	h.touch(t, job.Touch{FlowKey: key, At: *moment(1), Waiting: 5})
	want := job.Flow{FlowKey: key, Touched: *moment(1), First: *moment(1), Waiting: 5}
	cannotAdvance(t, h, job.Advance{FlowKey: key, Was: 1, Time: 2, Given: 1, Looked: *moment(3)})
	h.expectFlows(t, key.Model, want)
	h.advance(t, job.Advance{FlowKey: key, Time: 7, First: *moment(1)})
	want.Time = 7
	for _, was := range []int64{0, 6, 8, -7} {
		cannotAdvance(t, h, job.Advance{FlowKey: key, Was: was, Time: 20, Given: 1, Turns: 1, Looked: *moment(3)})
	}
	h.expectFlows(t, key.Model, want)
}

func advanceMakes(t *testing.T, h Harness) {
	key := single(fresh("model"))
	cannotAdvance(t, h, job.Advance{FlowKey: key, Time: 7, First: *moment(1)})
	cannotAdvance(t, h, job.Advance{FlowKey: key, Was: 7, Time: 8, First: *moment(1)})
	h.expectFlows(t, key.Model)
}

// advanceRace has sweeps that have read the same flow.
func advanceRace(t *testing.T, h Harness) {
	key := single(fresh("model"))
	h.touch(t, job.Touch{FlowKey: key, At: *moment(1), Waiting: 5})
	won := winner(t, racers, job.ErrConflict, func(n int) error {
		return h.Advance(t.Context(), job.Advance{FlowKey: key, Time: int64(n + 100), Given: 1, First: *moment(1)})
	})
	h.expectFlows(t, key.Model, job.Flow{FlowKey: key, Time: int64(won + 100), Touched: *moment(1), First: *moment(1), Waiting: 4})
}

// advanceTouchRace has one sweep, and others who touch the flow.
func advanceTouchRace(t *testing.T, h Harness) {
	key := single(fresh("model"))
	h.touch(t, job.Touch{FlowKey: key, At: *moment(1), Waiting: 100})
	race(t, func(n int) error {
		if n > 0 {
			return h.Touch(t.Context(), []job.Touch{{FlowKey: key, At: *moment(1), Waiting: 2}})
		}
		for now := range int64(20) {
			if err := h.Advance(t.Context(), job.Advance{FlowKey: key, Was: now, Time: now + 1, Given: 3, First: *moment(1)}); err != nil {
				return err
			}
		}
		return nil
	})
	h.expectFlows(t, key.Model, job.Flow{FlowKey: key, Time: 20, Touched: *moment(1), First: *moment(1), Waiting: 100 + 2*(racers-1) - 60})
}

// leaves removes a flow, or ends the test.
func leaves(t *testing.T, h Harness, f job.Flow) {
	t.Helper()
	succeeds(t, "leave", h.Leave(t.Context(), f))
}

// leaveRemoves removes flows that were touched, that took a direct turn, and both. Nothing else of a flow counts.
func leaveRemoves(t *testing.T, h Harness) {
	model := fresh("model")
	once, turned, both, other := single(model), single(model), single(model), single(model)
	h.touch(t, job.Touch{FlowKey: once, At: *moment(1)}, job.Touch{FlowKey: turned, At: *moment(2), Direct: true})
	h.enter(t, both)
	stays := h.enter(t, other)
	h.advance(t, job.Advance{FlowKey: once, Time: 5})
	leaves(t, h, job.Flow{FlowKey: once, Touched: *moment(1)})
	leaves(t, h, job.Flow{FlowKey: turned, Direct: *moment(2), Turns: 99})
	leaves(t, h, job.Flow{FlowKey: both, Touched: *moment(6), Direct: *moment(3)})
	h.expectFlows(t, model, stays)
}

// leaveTouched tries to remove flows of which something else is known than what is there.
func leaveTouched(t *testing.T, h Harness) {
	key := single(fresh("model"))
	want := h.enter(t, key)
	never := job.Touch{}.At
	for _, f := range []job.Flow{
		{Touched: *moment(5), Direct: *moment(3)},
		{Touched: *moment(7), Direct: *moment(3)},
		{Touched: never, Direct: *moment(3)},
		{Touched: *moment(6), Direct: *moment(2)},
		{Touched: *moment(6), Direct: *moment(4)},
		{Touched: *moment(6), Direct: never},
		{},
	} {
		f.FlowKey, f.Time = key, want.Time
		if err := h.Leave(t.Context(), f); !errors.Is(err, job.ErrConflict) {
			t.Errorf("leave as touched at %v, direct at %v: %v; want ErrConflict", f.Touched, f.Direct, err)
		}
	}
	h.expectFlows(t, key.Model, want)
}

func leaveMissing(t *testing.T, h Harness) {
	key, other := single(fresh("model")), single(fresh("model"))
	leaves(t, h, job.Flow{FlowKey: key})
	leaves(t, h, job.Flow{FlowKey: key, Touched: *moment(1), Direct: *moment(2)})
	stays := h.enter(t, other)
	leaves(t, h, stays)
	leaves(t, h, stays)
	h.expectFlows(t, other.Model)
}

func leaveAgain(t *testing.T, h Harness) {
	key := single(fresh("model"))
	leaves(t, h, h.enter(t, key))
	h.touch(t, job.Touch{FlowKey: key, At: *moment(80), Waiting: 1})
	h.expectFlows(t, key.Model, job.Flow{FlowKey: key, Touched: *moment(80), First: *moment(80), Waiting: 1})
}
