package jobtest

import (
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"easel/shared/job"
)

func advanceChanges(t *testing.T, h LineHarness) {
	key := single(fresh("model"))
	want := h.enter(t, key)
	h.advance(t, job.Advance{
		FlowKey: key, Was: want.Time, Time: want.Time + 9, Turns: 1, Given: 3, First: *moment(70), FirstPosition: 12,
	})
	want.Time, want.Turns, want.Waiting, want.First, want.FirstPosition = want.Time+9, 1, 4, *moment(70), 12
	h.expect(t, key.Model, want)
	h.advance(t, job.Advance{FlowKey: key, Was: want.Time, Time: want.Time, First: *moment(71), FirstPosition: 13})
	want.First, want.FirstPosition = *moment(71), 13
	h.expect(t, key.Model, want)
	h.advance(t, job.Advance{FlowKey: key, Was: want.Time, Time: 4, First: *moment(71)})
	want.Time, want.FirstPosition = 4, 0
	h.expect(t, key.Model, want)
}

// advanceDepends changes a flow from virtual times that it does not have.
func advanceDepends(t *testing.T, h LineHarness) {
	key := single(fresh("model"))
	h.touch(t, job.Touch{FlowKey: key, At: *moment(1), Waiting: 5})
	want := job.Flow{FlowKey: key, Touched: *moment(1), First: *moment(1), Waiting: 5}
	h.cannotAdvance(t, job.Advance{FlowKey: key, Was: 1, Time: 2, Given: 1, Looked: *moment(3)})
	h.expect(t, key.Model, want)
	h.advance(t, job.Advance{FlowKey: key, Time: 7, First: *moment(1)})
	want.Time = 7
	for _, was := range []int64{0, 6, 8, -7} {
		h.cannotAdvance(t, job.Advance{FlowKey: key, Was: was, Time: 20, Given: 1, Turns: 1, Looked: *moment(3)})
	}
	h.expect(t, key.Model, want)
}

func advanceMakes(t *testing.T, h LineHarness) {
	key := single(fresh("model"))
	h.cannotAdvance(t, job.Advance{FlowKey: key, Time: 7, First: *moment(1)})
	h.cannotAdvance(t, job.Advance{FlowKey: key, Was: 7, Time: 8, First: *moment(1)})
	h.expect(t, key.Model)
}

// advanceTouched has touches between the read of a flow and its change, by which more is taken off than was there.
func advanceTouched(t *testing.T, h LineHarness) {
	key := single(fresh("model"))
	h.touch(t, job.Touch{FlowKey: key, At: *moment(1), Waiting: 5})
	h.touch(t, job.Touch{FlowKey: key, At: *moment(2), Direct: true})
	h.touch(t, job.Touch{FlowKey: key, At: *moment(3), Waiting: 10})
	h.touch(t, job.Touch{FlowKey: key, At: *moment(4), Direct: true})
	h.advance(t, job.Advance{FlowKey: key, Time: 8, Turns: 1, Given: 5, First: *moment(3)})
	want := job.Flow{FlowKey: key, Time: 8, Touched: *moment(3), Direct: *moment(4), Turns: 1, Waiting: 10, First: *moment(3)}
	h.expect(t, key.Model, want)
	h.advance(t, job.Advance{FlowKey: key, Was: 8, Time: 9, Turns: 3, Given: 12, First: *moment(3)})
	h.touch(t, job.Touch{FlowKey: key, At: *moment(5), Waiting: 6})
	for n := range 3 {
		h.touch(t, job.Touch{FlowKey: key, At: *moment(6 + n), Direct: true})
	}
	want.Time, want.Touched, want.Direct, want.Turns, want.Waiting = 9, *moment(5), *moment(8), 1, 4
	h.expect(t, key.Model, want)
}

// advanceLooked notes twice that no job is left, and once that some are.
func advanceLooked(t *testing.T, h LineHarness) {
	key := single(fresh("model"))
	want := h.enter(t, key)
	for n := range 2 {
		h.advance(t, job.Advance{FlowKey: key, Was: want.Time, Time: want.Time + 1, Looked: *moment(90 - n), Given: 2})
		want.Time, want.Looked, want.Waiting = want.Time+1, *moment(90 - n), 0
		want.First, want.FirstPosition = time.Time{}, 0
		h.expect(t, key.Model, want)
	}
	h.touch(t, job.Touch{FlowKey: key, At: *moment(99), Waiting: 6})
	h.advance(t, job.Advance{FlowKey: key, Was: want.Time, Time: want.Time, Given: 1, First: *moment(99)})
	want.Touched, want.First, want.Waiting = *moment(99), *moment(99), 5
	h.expect(t, key.Model, want)
}

func advanceFirst(t *testing.T, h LineHarness) {
	key := single(fresh("model"))
	want := h.enter(t, key)
	h.advance(t, job.Advance{FlowKey: key, Was: want.Time, Time: want.Time})
	want.First, want.FirstPosition = time.Time{}, 0
	h.expect(t, key.Model, want)
}

// advanceRace has sweeps that have read the same flow.
func advanceRace(t *testing.T, h LineHarness) {
	key := single(fresh("model"))
	h.touch(t, job.Touch{FlowKey: key, At: *moment(1), Waiting: 5})
	var won atomic.Int64
	race(t, func(n int) error {
		err := h.Lines.Advance(t.Context(), job.Advance{FlowKey: key, Time: int64(n + 100), Given: 1, First: *moment(1)})
		if errors.Is(err, job.ErrConflict) {
			return nil
		}
		if err == nil && won.Swap(int64(n+100)) != 0 {
			return errors.New("a second advance from one virtual time went through")
		}
		return err
	})
	h.expect(t, key.Model, job.Flow{FlowKey: key, Time: won.Load(), Touched: *moment(1), First: *moment(1), Waiting: 4})
}

// advanceTouchRace has one sweep, and others who touch the flow.
func advanceTouchRace(t *testing.T, h LineHarness) {
	key := single(fresh("model"))
	h.touch(t, job.Touch{FlowKey: key, At: *moment(1), Waiting: 100})
	race(t, func(n int) error {
		if n > 0 {
			return h.Toucher.Touch(t.Context(), []job.Touch{{FlowKey: key, At: *moment(1), Waiting: 2}})
		}
		for now := range int64(20) {
			if err := h.Lines.Advance(t.Context(), job.Advance{FlowKey: key, Was: now, Time: now + 1, Given: 3, First: *moment(1)}); err != nil {
				return err
			}
		}
		return nil
	})
	h.expect(t, key.Model, job.Flow{FlowKey: key, Time: 20, Touched: *moment(1), First: *moment(1), Waiting: 100 + 2*(racers-1) - 60})
}

// leaves removes a flow, or ends the test.
func (h LineHarness) leaves(t *testing.T, f job.Flow) {
	t.Helper()
	if err := h.Lines.Leave(t.Context(), f); err != nil {
		t.Fatalf("leave: %v", err)
	}
}

// leaveRemoves removes flows that were touched, that took a direct turn, and both. Nothing else of a flow counts.
func leaveRemoves(t *testing.T, h LineHarness) {
	model := fresh("model")
	touched, direct, both, other := single(model), single(model), single(model), single(model)
	h.touch(t, job.Touch{FlowKey: touched, At: *moment(1)}, job.Touch{FlowKey: direct, At: *moment(2), Direct: true})
	h.enter(t, both)
	stays := h.enter(t, other)
	h.advance(t, job.Advance{FlowKey: touched, Time: 5})
	h.leaves(t, job.Flow{FlowKey: touched, Touched: *moment(1)})
	h.leaves(t, job.Flow{FlowKey: direct, Direct: *moment(2), Turns: 99})
	h.leaves(t, job.Flow{FlowKey: both, Touched: *moment(6), Direct: *moment(3)})
	h.expect(t, model, stays)
}

// leaveTouched tries to remove flows of which something else is known than what is there.
func leaveTouched(t *testing.T, h LineHarness) {
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
		if err := h.Lines.Leave(t.Context(), f); !errors.Is(err, job.ErrConflict) {
			t.Errorf("leave as touched at %v, direct at %v: %v; want ErrConflict", f.Touched, f.Direct, err)
		}
	}
	h.expect(t, key.Model, want)
}

func leaveMissing(t *testing.T, h LineHarness) {
	key, other := single(fresh("model")), single(fresh("model"))
	h.leaves(t, job.Flow{FlowKey: key})
	h.leaves(t, job.Flow{FlowKey: key, Touched: *moment(1), Direct: *moment(2)})
	stays := h.enter(t, other)
	h.leaves(t, stays)
	h.leaves(t, stays)
	h.expect(t, other.Model)
}

func leaveAgain(t *testing.T, h LineHarness) {
	key := single(fresh("model"))
	h.leaves(t, h.enter(t, key))
	h.touch(t, job.Touch{FlowKey: key, At: *moment(80), Waiting: 1})
	h.expect(t, key.Model, job.Flow{FlowKey: key, Touched: *moment(80), First: *moment(80), Waiting: 1})
}
