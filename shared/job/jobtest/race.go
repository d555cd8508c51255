package jobtest

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"easel/shared/job"
)

// racers is how many goroutines contend where a suite tests a race.
const racers = 32

// race starts many goroutines at once and fails the test for every error.
func race(t *testing.T, run func(n int) error) {
	t.Helper()
	raceOf(t, racers, run)
}

func raceOf(t *testing.T, goroutines int, run func(n int) error) {
	t.Helper()
	var wg sync.WaitGroup
	start, errs := make(chan struct{}), make([]error, goroutines)
	for n := range goroutines {
		wg.Go(func() {
			<-start
			errs[n] = run(n)
		})
	}
	close(start)
	wg.Wait()
	for n, err := range errs {
		if err != nil {
			t.Errorf("goroutine %d: %v", n, err)
		}
	}
}

func recordCreateRace(t *testing.T, r job.Records) {
	j := order(fresh("job"))
	existing := make([][]job.Job, racers)
	race(t, func(n int) error {
		mine := j
		mine.Stamp = fmt.Sprint("creator ", n)
		var err error
		existing[n], err = r.Create(t.Context(), []job.Job{mine})
		return err
	})
	stored := read(t, r, j.ID)
	for n, jobs := range existing {
		won := stored.Stamp == fmt.Sprint("creator ", n)
		if won != (len(jobs) == 0) {
			t.Errorf("creator %d: won is %v, and %d jobs were there already", n, won, len(jobs))
		}
		if !won && len(jobs) == 1 && jobs[0].Stamp != stored.Stamp {
			t.Errorf("creator %d was shown stamp %q, stored is %q", n, jobs[0].Stamp, stored.Stamp)
		}
	}
}

func recordUpdateRace(t *testing.T, r job.Records) {
	j := order(fresh("job"))
	create(t, r, j)
	won, lost := make([]bool, racers), make([]job.Job, racers)
	race(t, func(n int) error {
		mine := j
		mine.Version, mine.Stamp = 1, fmt.Sprint("writer ", n)
		now, err := r.Update(t.Context(), mine)
		won[n], lost[n] = err == nil, now
		if errors.Is(err, job.ErrConflict) {
			return nil
		}
		return err
	})
	stored, winners := read(t, r, j.ID), 0
	for n := range racers {
		if won[n] {
			winners++
		}
		if lost[n].Stamp != stored.Stamp || lost[n].Version != 2 {
			t.Errorf("writer %d was shown %q at version %d", n, lost[n].Stamp, lost[n].Version)
		}
	}
	if winners != 1 {
		t.Errorf("%d of %d updates of one version went through, want 1", winners, racers)
	}
}

// recordIncrements lets everybody add one by reading again after a conflict.
func recordIncrements(t *testing.T, r job.Records) {
	const writers = 8
	j := order(fresh("job"))
	create(t, r, j)
	raceOf(t, writers, func(int) error {
		mine, err := r.Get(t.Context(), j.ID)
		for range 10 * writers {
			if err != nil && !errors.Is(err, job.ErrConflict) {
				return err
			}
			mine.Delays++
			if mine, err = r.Update(t.Context(), mine); err == nil {
				return nil
			}
		}
		return err
	})
	if got := read(t, r, j.ID); got.Delays != writers || got.Version != writers+1 {
		t.Errorf("%d increments at version %d, want %d at %d", got.Delays, got.Version, writers, writers+1)
	}
}
