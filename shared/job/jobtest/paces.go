package jobtest

import (
	"errors"
	"testing"

	"easel/shared/pace"
)

// Paces is the contract of pace.Store.
var Paces = Suite[Harness]{
	"a model that was never called has the zero pace": pacesZero,
	"every field comes back":                          pacesRoundTrip,
	"the first is written once":                       pacesFirst,
	"a stale write brings what is stored":             pacesStale,
	"a smaller record leaves nothing behind":          pacesSmaller,
	"models have records of their own":                pacesModels,
	"increments of many lose nothing":                 pacesIncrements,
}

// filled is a pace in which no field is empty, whatever fields a pace may have.
func filled(version int64) pace.State {
	p := sample[pace.State]()
	p.Version = version
	return p
}

// set writes a record that must be taken, or ends the test.
func set(t *testing.T, p pace.Store, model string, state pace.State) pace.State {
	t.Helper()
	now, err := p.SetPace(t.Context(), model, state)
	succeeds(t, "set", err)
	state.Version++
	same(t, "what came back of what was set", state, now)
	return now
}

func sees(t *testing.T, p pace.Store, model string, want pace.State) {
	t.Helper()
	got, err := p.Pace(t.Context(), model)
	succeeds(t, "get", err)
	same(t, "stored pace", want, got)
}

// conflicts writes a record that must not be taken.
func conflicts(t *testing.T, p pace.Store, model string, state, stored pace.State) {
	t.Helper()
	now, err := p.SetPace(t.Context(), model, state)
	if !errors.Is(err, pace.ErrConflict) {
		t.Errorf("version %d over %d: %v, want a conflict", state.Version, stored.Version, err)
	}
	same(t, "pace that the conflict shows", stored, now)
	sees(t, p, model, stored)
}

func pacesZero(t *testing.T, p Harness) { sees(t, p, fresh("model"), pace.State{}) }

func pacesRoundTrip(t *testing.T, p Harness) {
	model := fresh("model")
	now := set(t, p, model, filled(0))
	sees(t, p, model, now)
	now.Ceiling++
	sees(t, p, model, set(t, p, model, now))
}

func pacesFirst(t *testing.T, p Harness) {
	model := fresh("model")
	first := set(t, p, model, pace.State{Start: 1})
	conflicts(t, p, model, pace.State{Start: 2}, first)
	conflicts(t, p, fresh("model"), pace.State{Version: 3}, pace.State{})
}

func pacesStale(t *testing.T, p Harness) {
	model := fresh("model")
	first := set(t, p, model, filled(0))
	second := set(t, p, model, pace.State{Version: first.Version, Start: 2})
	conflicts(t, p, model, first, second)
	conflicts(t, p, model, pace.State{Version: second.Version + 1}, second)
}

func pacesSmaller(t *testing.T, p Harness) {
	model := fresh("model")
	now := set(t, p, model, filled(0))
	sees(t, p, model, set(t, p, model, pace.State{Version: now.Version}))
}

func pacesModels(t *testing.T, p Harness) {
	one, other := fresh("model"), fresh("model")
	mine := set(t, p, one, filled(0))
	set(t, p, other, pace.State{Start: 9})
	sees(t, p, one, mine)
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
