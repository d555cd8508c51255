package jobtest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"easel/shared/job"
)

// Tallies runs the contract of job.Tallies. The batches that the tallies are of have no record.
func Tallies(t *testing.T, open func(t *testing.T) job.Tallies) {
	for name, test := range map[string]func(*testing.T, job.Tallies){
		"a batch that was never counted has the zero tally": talliesZero,
		"every field comes back":                            talliesRoundTrip,
		"the first is written once":                         talliesFirst,
		"a stale write brings what is stored":               talliesStale,
		"a smaller tally leaves nothing behind":             talliesSmaller,
		"batches have tallies of their own":                 talliesBatches,
		"one of many writers wins":                          talliesRace,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// counted is a tally in which no field is empty, whatever fields a tally may have.
func counted(version int64) job.Tally {
	c := sample[job.Tally]()
	c.Version = version
	return c
}

// setTally writes a tally that must be taken, or ends the test.
func setTally(t *testing.T, s job.Tallies, batch string, c job.Tally) job.Tally {
	t.Helper()
	now, err := s.SetTally(t.Context(), batch, c)
	if err != nil {
		t.Fatalf("set: %v", err)
	}
	c.Version++
	if d := cmp.Diff(c, now, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("what was set (-) and what came back (+):\n%s", d)
	}
	return now
}

func seesTally(t *testing.T, s job.Tallies, batch string, want job.Tally) {
	t.Helper()
	got, err := s.Tally(t.Context(), batch)
	if err != nil {
		t.Fatalf("get: %v", err)
	}
	if d := cmp.Diff(want, got, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("want (-), stored (+):\n%s", d)
	}
}

// refusesTally writes a tally that must not be taken.
func refusesTally(t *testing.T, s job.Tallies, batch string, c, stored job.Tally) {
	t.Helper()
	now, err := s.SetTally(t.Context(), batch, c)
	if !errors.Is(err, job.ErrConflict) {
		t.Errorf("version %d over %d: %v, want a conflict", c.Version, stored.Version, err)
	}
	if d := cmp.Diff(stored, now, cmpopts.EquateEmpty()); d != "" {
		t.Errorf("stored (-), shown by the conflict (+):\n%s", d)
	}
	seesTally(t, s, batch, stored)
}

func talliesZero(t *testing.T, s job.Tallies) { seesTally(t, s, fresh("batch"), job.Tally{}) }

func talliesRoundTrip(t *testing.T, s job.Tallies) {
	batch := fresh("batch")
	now := setTally(t, s, batch, counted(0))
	seesTally(t, s, batch, now)
	now.Cost++
	seesTally(t, s, batch, setTally(t, s, batch, now))
}

func talliesFirst(t *testing.T, s job.Tallies) {
	batch := fresh("batch")
	first := setTally(t, s, batch, job.Tally{Cost: 1, At: day})
	refusesTally(t, s, batch, job.Tally{Cost: 2, At: day}, first)
	refusesTally(t, s, fresh("batch"), job.Tally{Version: 3, At: day}, job.Tally{})
}

func talliesStale(t *testing.T, s job.Tallies) {
	batch := fresh("batch")
	first := setTally(t, s, batch, counted(0))
	second := setTally(t, s, batch, job.Tally{Version: first.Version, Cost: 2, At: day})
	refusesTally(t, s, batch, first, second)
	refusesTally(t, s, batch, job.Tally{Version: second.Version + 1, At: day}, second)
}

func talliesSmaller(t *testing.T, s job.Tallies) {
	batch := fresh("batch")
	now := setTally(t, s, batch, counted(0))
	smaller := job.Tally{Version: now.Version, At: day, Counts: map[job.Status]int64{job.Failed: 1}}
	now = setTally(t, s, batch, smaller)
	seesTally(t, s, batch, now)
	seesTally(t, s, batch, setTally(t, s, batch, job.Tally{Version: now.Version, At: day}))
}

func talliesBatches(t *testing.T, s job.Tallies) {
	one, other := fresh("batch"), fresh("batch")
	mine := setTally(t, s, one, counted(0))
	setTally(t, s, other, job.Tally{Cost: 9, At: day})
	seesTally(t, s, one, mine)
}

func talliesRace(t *testing.T, s job.Tallies) {
	batch, won := fresh("batch"), make(chan job.Tally, racers)
	race(t, func(n int) error {
		now, err := s.SetTally(t.Context(), batch, job.Tally{Cost: int64(n), At: day})
		if err == nil {
			won <- now
		}
		if errors.Is(err, job.ErrConflict) {
			return nil
		}
		return err
	})
	if len(won) != 1 {
		t.Fatalf("%d of %d writers of the first tally won, want 1", len(won), racers)
	}
	seesTally(t, s, batch, <-won)
}
