package jobtest

import (
	"errors"
	"fmt"
	"slices"
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

// winners lets many try at once and returns those that were not refused. Any other error fails the test.
func winners(t *testing.T, goroutines int, refusal error, try func(n int) error) (won []int) {
	t.Helper()
	passed := make(chan int, goroutines)
	raceOf(t, goroutines, func(n int) error {
		err := try(n)
		if err == nil {
			passed <- n
		}
		if errors.Is(err, refusal) {
			return nil
		}
		return err
	})
	close(passed)
	for n := range passed {
		won = append(won, n)
	}
	return won
}

// winner is the one of many that may win, or ends the test.
func winner(t *testing.T, goroutines int, refusal error, try func(n int) error) int {
	t.Helper()
	won := winners(t, goroutines, refusal, try)
	if len(won) != 1 {
		t.Fatalf("%d of %d won, want 1", len(won), goroutines)
	}
	return won[0]
}

// answers are the errors by which a store that works refuses a transaction.
var answers = []error{job.ErrConflict, job.ErrNotFound, job.ErrExists, job.ErrCounters, job.ErrBudget}

func answered(err error) bool {
	return err == nil || slices.ContainsFunc(answers, func(kind error) bool { return errors.Is(err, kind) })
}

// insist makes a transaction again while the store does not answer, as the core does: a service that detects conflicts
// may refuse many writers of one record. What an attempt whose reply was lost has written is known by the write ID.
func insist(call func() (job.Obstacle, error), writeID string) (there job.Obstacle, err error) {
	const tries = 50
	for range tries {
		there, err = call()
		if !answered(err) {
			continue
		}
		mine := func(j job.Job) bool { return j.WriteID == writeID }
		if errors.Is(err, job.ErrConflict) && slices.ContainsFunc(there.Jobs, mine) {
			return job.Obstacle{}, nil
		}
		break
	}
	return there, err
}

func insistUpdate(t *testing.T, r job.Records, tr job.Transaction) (job.Obstacle, error) {
	return insist(func() (job.Obstacle, error) { return r.Update(t.Context(), tr) }, tr.WriteID)
}

func insistCreate(t *testing.T, c job.Creator, tr job.Transaction) (job.Obstacle, error) {
	return insist(func() (job.Obstacle, error) { return c.Create(t.Context(), tr) }, tr.WriteID)
}

func recordUpdateRace(t *testing.T, s Harness) {
	j := createOne(t, s, plainJob(fresh("job")))
	shown, ids := make([]job.Obstacle, racers), make([]string, racers)
	won := winner(t, racers, job.ErrConflict, func(n int) (err error) {
		tr := transaction(j)
		ids[n] = tr.WriteID
		shown[n], err = insistUpdate(t, s, tr)
		return err
	})
	stored := read(t, s, j.ID)
	if stored.WriteID != ids[won] || stored.Version != 2 {
		t.Errorf("version %d of %s is stored, want 2 of %s", stored.Version, stored.WriteID, ids[won])
	}
	for n, there := range shown {
		if n != won {
			shows(t, "in the way", there.Jobs, []job.Job{stored})
		}
	}
}

// recordIncrements lets each writer add one by reading again after a conflict.
func recordIncrements(t *testing.T, s Harness) {
	const writers = 8
	j := createOne(t, s, plainJob(fresh("job")))
	raceOf(t, writers, func(int) error {
		mine, err := s.Get(t.Context(), j.ID)
		for range 10 * writers {
			if err != nil {
				return err
			}
			mine.Delays++
			there, err := insistUpdate(t, s, transaction(mine))
			if err == nil || !errors.Is(err, job.ErrConflict) {
				return err
			}
			mine = there.Jobs[0]
		}
		return errors.New("never came through")
	})
	if got := read(t, s, j.ID); got.Delays != writers || got.Version != writers+1 {
		t.Errorf("%d increments at version %d, want %d at %d", got.Delays, got.Version, writers, writers+1)
	}
}

// createRace has writers that create the same batch with the same request and the same job.
func createRace(t *testing.T, s Harness) {
	const writers = 16
	b, a, j := plainBatch(fresh("batch")), appendOf(fresh("append")), plainJob(fresh("job"))
	shown, ids := make([]job.Obstacle, writers), make([]string, writers)
	won := winner(t, writers, job.ErrExists, func(n int) (err error) {
		tr := transaction(j)
		mine, asked := b, a
		ids[n], mine.WriteID, mine.Name, asked.WriteID = tr.WriteID, tr.WriteID, fmt.Sprint("of creator ", n), tr.WriteID
		tr.Batch, tr.Append, tr.Counters = &mine, &asked, &job.Difference{BatchID: b.ID, Next: 1}
		shown[n], err = insistCreate(t, s, tr)
		if there := shown[n].Batch; errors.Is(err, job.ErrExists) && there != nil && there.WriteID == tr.WriteID {
			return nil // an attempt whose reply was lost
		}
		return err
	})
	of := ids[won]
	for n, there := range shown {
		if there.Batch != nil && there.Batch.WriteID != of {
			t.Errorf("creator %d was shown the batch of %s, stored is that of %s", n, there.Batch.WriteID, of)
		}
	}
	if got := read(t, s, j.ID).WriteID; got != of {
		t.Errorf("the job is of %s, the batch of %s", got, of)
	}
	if c := readCounters(t, s, b.ID); c.Next != 1 {
		t.Errorf("next is %d, want 1", c.Next)
	}
}
