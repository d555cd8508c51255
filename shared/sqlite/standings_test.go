package sqlite

import (
	"errors"
	"sync"
	"testing"

	"easel/shared/job"
)

// entries counts what a memory holds.
func entries(known *sync.Map) (n int) {
	known.Range(func(any, any) bool { n++; return true })
	return n
}

func TestFlowsOfBatchesAreNotRemembered(t *testing.T) {
	db := scratch(t)
	for _, batch := range []string{"a", "b", "", "c", ""} {
		if _, _, err := db.Standing(t.Context(), job.FlowKey{Model: "core", Owner: "ann", BatchID: batch}); err != nil {
			t.Fatal(err)
		}
	}
	if n := entries(db.writer.tx.flows.known.Load()); n != 1 {
		t.Errorf("%d flows are remembered, want that of single jobs alone", n)
	}
}

func TestWhatIsRememberedEndsWithTheDatabase(t *testing.T) {
	db := scratch(t)
	key := job.FlowKey{Model: "core", Owner: "ann"}
	if _, _, err := db.Standing(t.Context(), key); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, _, err := db.Standing(t.Context(), key); !errors.Is(err, ErrClosed) {
		t.Errorf("a standing after Close: %v, want ErrClosed", err)
	}
}
