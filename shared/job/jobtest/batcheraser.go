package jobtest

import (
	"errors"
	"testing"

	"easel/shared/job"
)

// BatchEraserHarness is a job.BatchEraser with the ports that show what it has done, all of one store.
type BatchEraserHarness struct {
	Eraser  job.BatchEraser
	Batches job.Batches
	Tallies job.Tallies
}

// BatchEraser runs the contract of job.BatchEraser.
func BatchEraser(t *testing.T, open func(t *testing.T) BatchEraserHarness) {
	for name, test := range map[string]func(*testing.T, BatchEraserHarness){
		"erased is gone and the ID is free":     eraseBatch,
		"a batch without a tally can be erased": eraseUncounted,
		"another version is a conflict":         eraseConflict,
		"an unknown ID is not found":            eraseUnknown,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// gone erases a batch, or ends the test.
func (h BatchEraserHarness) gone(t *testing.T, b job.Batch) {
	t.Helper()
	if err := h.Eraser.EraseBatch(t.Context(), b.ID, b.Version); err != nil {
		t.Fatalf("erase: %v", err)
	}
	if _, err := h.Batches.GetBatch(t.Context(), b.ID); !errors.Is(err, job.ErrNotFound) {
		t.Errorf("get: %v, want ErrNotFound", err)
	}
}

func eraseBatch(t *testing.T, h BatchEraserHarness) {
	b, other := bulk(fresh("batch")), bulk(fresh("batch"))
	createBatch(t, h.Batches, b)
	createBatch(t, h.Batches, other)
	b = updateBatch(t, h.Batches, b)
	setTally(t, h.Tallies, b.ID, counted(0))
	kept := setTally(t, h.Tallies, other.ID, counted(0))
	h.gone(t, b)
	seesTally(t, h.Tallies, b.ID, job.Tally{})
	seesBatch(t, h.Batches, other)
	seesTally(t, h.Tallies, other.ID, kept)
	createBatch(t, h.Batches, b)
	setTally(t, h.Tallies, b.ID, counted(0))
}

func eraseUncounted(t *testing.T, h BatchEraserHarness) {
	b := bulk(fresh("batch"))
	createBatch(t, h.Batches, b)
	h.gone(t, b)
}

func eraseConflict(t *testing.T, h BatchEraserHarness) {
	b := bulk(fresh("batch"))
	createBatch(t, h.Batches, b)
	kept := setTally(t, h.Tallies, b.ID, counted(0))
	for _, version := range []int64{0, 2} {
		if err := h.Eraser.EraseBatch(t.Context(), b.ID, version); !errors.Is(err, job.ErrConflict) {
			t.Errorf("erase version %d: %v, want ErrConflict", version, err)
		}
	}
	seesBatch(t, h.Batches, b)
	seesTally(t, h.Tallies, b.ID, kept)
}

func eraseUnknown(t *testing.T, h BatchEraserHarness) {
	if err := h.Eraser.EraseBatch(t.Context(), fresh("batch"), 1); !errors.Is(err, job.ErrNotFound) {
		t.Errorf("erase: %v, want ErrNotFound", err)
	}
}
