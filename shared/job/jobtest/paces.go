package jobtest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// Paces runs the contract of job.Paces.
func Paces(t *testing.T, open func(t *testing.T) job.Paces) {
	for name, test := range map[string]func(*testing.T, job.Paces){
		"a model that was never called has the zero pace": pacesZero,
		"every field comes back":                          pacesRoundTrip,
		"the first is written once":                       pacesFirst,
		"a stale write brings what is stored":             pacesStale,
		"a smaller record leaves nothing behind":          pacesSmaller,
		"models have records of their own":                pacesModels,
		"increments of many lose nothing":                 pacesIncrements,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// filled is a pace in which no field is empty, whatever fields a pace may have.
func filled(version int64) job.Pace {
	p := sample[job.Pace]()
	p.Version = version
	return p
}

// set writes a record that must be taken, or ends the test.
func set(t *testing.T, p job.Paces, model string, pace job.Pace) job.Pace {
	t.Helper()
	now, err := p.SetPace(t.Context(), model, pace)
	if err != nil {
		t.Fatalf("set: %v", err)
	}
	pace.Version++
	if d := cmp.Diff(pace, now); d != "" {
		t.Errorf("what was set (-) and what came back (+):\n%s", d)
	}
	return now
}

func sees(t *testing.T, p job.Paces, model string, want job.Pace) {
	t.Helper()
	got, err := p.Pace(t.Context(), model)
	if err != nil {
		t.Fatalf("get: %v", err)
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("want (-), stored (+):\n%s", d)
	}
}

// conflicts writes a record that must not be taken.
func conflicts(t *testing.T, p job.Paces, model string, pace, stored job.Pace) {
	t.Helper()
	now, err := p.SetPace(t.Context(), model, pace)
	if !errors.Is(err, job.ErrConflict) {
		t.Errorf("version %d over %d: %v, want a conflict", pace.Version, stored.Version, err)
	}
	if d := cmp.Diff(stored, now); d != "" {
		t.Errorf("stored (-), shown by the conflict (+):\n%s", d)
	}
	sees(t, p, model, stored)
}

func pacesZero(t *testing.T, p job.Paces) { sees(t, p, fresh("model"), job.Pace{}) }

func pacesRoundTrip(t *testing.T, p job.Paces) {
	model := fresh("model")
	now := set(t, p, model, filled(0))
	sees(t, p, model, now)
	now.Ceiling++
	sees(t, p, model, set(t, p, model, now))
}

func pacesFirst(t *testing.T, p job.Paces) {
	model := fresh("model")
	first := set(t, p, model, job.Pace{Start: 1})
	conflicts(t, p, model, job.Pace{Start: 2}, first)
	conflicts(t, p, fresh("model"), job.Pace{Version: 3}, job.Pace{})
}

func pacesStale(t *testing.T, p job.Paces) {
	model := fresh("model")
	first := set(t, p, model, filled(0))
	second := set(t, p, model, job.Pace{Version: first.Version, Start: 2})
	conflicts(t, p, model, first, second)
	conflicts(t, p, model, job.Pace{Version: second.Version + 1}, second)
}

func pacesSmaller(t *testing.T, p job.Paces) {
	model := fresh("model")
	now := set(t, p, model, filled(0))
	sees(t, p, model, set(t, p, model, job.Pace{Version: now.Version}))
}

func pacesModels(t *testing.T, p job.Paces) {
	one, other := fresh("model"), fresh("model")
	mine := set(t, p, one, filled(0))
	set(t, p, other, job.Pace{Start: 9})
	sees(t, p, one, mine)
}

// pacesIncrements lets everybody add one, upon what a conflict shows.
func pacesIncrements(t *testing.T, p job.Paces) {
	const writers = 8
	model := fresh("model")
	raceOf(t, writers, func(int) error {
		mine, err := p.Pace(t.Context(), model)
		for range 10 * writers {
			if err != nil && !errors.Is(err, job.ErrConflict) {
				return err
			}
			mine.Ceiling++
			if mine, err = p.SetPace(t.Context(), model, mine); err == nil {
				return nil
			}
		}
		return err
	})
	sees(t, p, model, job.Pace{Version: writers, Ceiling: writers})
}
