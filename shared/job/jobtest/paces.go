package jobtest

import (
	"errors"
	"testing"

	"easel/shared/pace"
)

// Paces is the contract of pace.Store.
var Paces = Suite[Harness]{
	"a pace is replaced in its version alone": pacesStories,
	"increments of many lose nothing":         pacesIncrements,
}

// filled is a pace in which no field is empty, whatever fields a pace may have.
func filled(version int64) pace.State {
	p := sample[pace.State]()
	p.Version = version
	return p
}

// sees compares a stored pace with what should be.
func sees(t *testing.T, p pace.Store, model string, want pace.State) {
	t.Helper()
	got, err := p.Pace(t.Context(), model)
	succeeds(t, "get", err)
	same(t, "stored pace", want, got)
}

// paceStories are writes of one model's pace, those of a version that is not stored among them.
var paceStories = map[string][]pace.State{
	"a model that was never called":       {},
	"every field comes back":              {filled(0), filled(1)},
	"the first is written once":           {{Start: 1}, {Start: 2}},
	"there is no other version":           {{Version: 3}},
	"a stale write":                       {filled(0), {Version: 1, Start: 2}, filled(1), {Version: 3}},
	"a smaller one leaves nothing behind": {filled(0), {Version: 1}},
}

// pacesStories compares what each write returns, and what is stored then, with what was written last. The pace of another model
// stays as it is.
func pacesStories(t *testing.T, p Harness) {
	for name, writes := range paceStories {
		t.Run(name, func(t *testing.T) {
			model, other, stored := fresh("model"), fresh("model"), pace.State{}
			apart, err := p.SetPace(t.Context(), other, pace.State{Start: 9})
			succeeds(t, "set", err)
			sees(t, p, model, stored)
			for _, s := range writes {
				now, err := p.SetPace(t.Context(), model, s)
				if s.Version != stored.Version {
					refused(t, "another version", err, pace.ErrConflict)
				} else {
					succeeds(t, "set", err)
					stored = s
					stored.Version++
				}
				same(t, "what came back", stored, now)
				sees(t, p, model, stored)
			}
			sees(t, p, other, apart)
		})
	}
}

// pacesIncrements has each of several writers add one to the state that its conflict returned.
func pacesIncrements(t *testing.T, p Harness) {
	const writers = 8
	model := fresh("model")
	raceOf(t, writers, func(int) error {
		mine, err := p.Pace(t.Context(), model)
		for range 10 * writers {
			if err != nil && !errors.Is(err, pace.ErrConflict) {
				return err
			}
			mine.Ceiling++
			if mine, err = p.SetPace(t.Context(), model, mine); err == nil {
				return nil
			}
		}
		return err
	})
	sees(t, p, model, pace.State{Version: writers, Ceiling: writers})
}
