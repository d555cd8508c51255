package jobtest

import (
	"errors"
	"testing"

	"easel/shared/job"
)

// Eraser runs the contract of job.Eraser. The two ports that open returns are of one store.
func Eraser(t *testing.T, open func(t *testing.T) (job.Eraser, job.Records)) {
	t.Run("erased is gone and the ID is free", func(t *testing.T) {
		e, r := open(t)
		j := order(fresh("job"))
		create(t, r, j)
		if err := e.Erase(t.Context(), j.ID, 1); err != nil {
			t.Fatalf("erase: %v", err)
		}
		if _, err := r.Get(t.Context(), j.ID); !errors.Is(err, job.ErrNotFound) {
			t.Errorf("get: %v, want ErrNotFound", err)
		}
		create(t, r, j)
	})
	t.Run("another version is a conflict", func(t *testing.T) {
		e, r := open(t)
		j := order(fresh("job"))
		create(t, r, j)
		for _, version := range []int64{0, 2} {
			if err := e.Erase(t.Context(), j.ID, version); !errors.Is(err, job.ErrConflict) {
				t.Errorf("erase version %d: %v, want ErrConflict", version, err)
			}
		}
		read(t, r, j.ID)
	})
	t.Run("an unknown ID is not found", func(t *testing.T) {
		e, _ := open(t)
		if err := e.Erase(t.Context(), fresh("job"), 1); !errors.Is(err, job.ErrNotFound) {
			t.Errorf("erase: %v, want ErrNotFound", err)
		}
	})
}
