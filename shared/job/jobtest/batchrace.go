package jobtest

import (
	"errors"
	"fmt"
	"testing"

	"easel/shared/job"
)

func batchCreateRace(t *testing.T, r job.Batches) {
	b, shown := bulk(fresh("batch")), make([]string, racers)
	winner := make(chan string, racers)
	race(t, func(n int) error {
		mine := b
		mine.Stamp = fmt.Sprint("creator ", n)
		stored, err := r.CreateBatch(t.Context(), mine)
		shown[n] = stored.Stamp
		if err == nil {
			winner <- mine.Stamp
		}
		if errors.Is(err, job.ErrExists) {
			return nil
		}
		return err
	})
	if len(winner) != 1 {
		t.Fatalf("%d of %d creators of one ID won, want 1", len(winner), racers)
	}
	b.Stamp = <-winner
	for n, stamp := range shown {
		if stamp != b.Stamp {
			t.Errorf("creator %d was shown stamp %q, want %q", n, stamp, b.Stamp)
		}
	}
	seesBatch(t, r, b)
}

func batchUpdateRace(t *testing.T, r job.Batches) {
	b := bulk(fresh("batch"))
	createBatch(t, r, b)
	winner, shown := make(chan string, racers), make([]job.Batch, racers)
	race(t, func(n int) error {
		mine := b
		mine.Stamp = fmt.Sprint("writer ", n)
		stored, err := r.UpdateBatch(t.Context(), mine)
		shown[n] = stored
		if err == nil {
			winner <- mine.Stamp
		}
		if errors.Is(err, job.ErrConflict) {
			return nil
		}
		return err
	})
	if len(winner) != 1 {
		t.Fatalf("%d of %d updates of one version went through, want 1", len(winner), racers)
	}
	b.Stamp, b.Version = <-winner, 2
	for n, s := range shown {
		if s.Stamp != b.Stamp || s.Version != 2 {
			t.Errorf("writer %d was shown %q at version %d, want %q at 2", n, s.Stamp, s.Version, b.Stamp)
		}
	}
	seesBatch(t, r, b)
}

// batchIncrements lets everybody add one, upon what a conflict shows.
func batchIncrements(t *testing.T, r job.Batches) {
	const writers = 8
	b := bulk(fresh("batch"))
	createBatch(t, r, b)
	raceOf(t, writers, func(int) error {
		mine, err := r.GetBatch(t.Context(), b.ID)
		for range 10 * writers {
			if err != nil && !errors.Is(err, job.ErrConflict) {
				return err
			}
			mine.Next++
			if mine, err = r.UpdateBatch(t.Context(), mine); err == nil {
				return nil
			}
		}
		return err
	})
	b.Next, b.Version = writers, writers+1
	seesBatch(t, r, b)
}
