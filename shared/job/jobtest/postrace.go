package jobtest

import (
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// posters is how many post at once. A store that detects conflicts has to repeat most of them.
const posters = 16

// contend lets everybody post at once. It returns what each was shown and how many were taken; the others were refused
// with the error given.
func (b books) contend(t *testing.T, refusal error, entry func(n int) (job.Entry, *job.Batch)) (shown []job.Posted, taken int) {
	t.Helper()
	shown, won := make([]job.Posted, posters), make(chan int, posters)
	raceOf(t, posters, func(n int) error {
		e, batch := entry(n)
		var err error
		if shown[n], err = b.Post(t.Context(), e, batch); err == nil {
			won <- n
		}
		if errors.Is(err, refusal) {
			return nil
		}
		return err
	})
	return shown, len(won)
}

// postRaceLimit has room for five.
func postRaceLimit(t *testing.T, b books) {
	owner := fresh("owner")
	_, taken := b.contend(t, job.ErrBudget, func(int) (job.Entry, *job.Batch) { return amount(owner, 300, 1799), nil })
	if taken != 5 {
		t.Errorf("%d entries were taken, want 5", taken)
	}
	b.spent(t, owner, today, 1500)
}

func postRaceSum(t *testing.T, b books) {
	owner := fresh("owner")
	_, taken := b.contend(t, nil, func(n int) (job.Entry, *job.Batch) { return amount(owner, int64(n-8), 0), nil })
	if taken != posters {
		t.Errorf("%d entries were taken, want %d", taken, posters)
	}
	b.spent(t, owner, today, -8)
}

func postRaceName(t *testing.T, b books) {
	e := amount(fresh("owner"), 3, 10)
	shown, taken := b.contend(t, job.ErrExists, func(n int) (job.Entry, *job.Batch) {
		mine := e
		mine.Fingerprint = fmt.Sprint("poster ", n)
		return mine, nil
	})
	if taken != 1 {
		t.Errorf("%d entries of one name were taken, want 1", taken)
	}
	for n, s := range shown {
		if s.Entry != shown[0].Entry {
			t.Errorf("poster %d was shown %+v, another %+v", n, s.Entry, shown[0].Entry)
		}
	}
	b.spent(t, e.Owner, today, 3)
}

func postRaceBatch(t *testing.T, b books) {
	owner, batch := fresh("owner"), b.stored(t)
	shown, taken := b.contend(t, job.ErrConflict, func(n int) (job.Entry, *job.Batch) {
		mine := batch
		mine.Stamp = fmt.Sprint("poster ", n)
		return amount(owner, 3, 0), &mine
	})
	if taken != 1 {
		t.Errorf("%d entries with one version of a batch were taken, want 1", taken)
	}
	for n, s := range shown {
		if diff := cmp.Diff(shown[0].Batch, s.Batch); diff != "" {
			t.Errorf("poster %d was shown another batch (-poster 0 +poster %d):\n%s", n, n, diff)
		}
	}
	seesBatch(t, b.batches, shown[0].Batch)
	b.spent(t, owner, today, 3)
}
