package jobtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// Batches runs the contract of job.Batches. Stores that open returns may share their records.
func Batches(t *testing.T, open func(t *testing.T) job.Batches) {
	for name, test := range map[string]func(*testing.T, job.Batches){
		"a batch survives a round trip":        batchRoundTrip,
		"instants keep their microseconds":     batchInstants,
		"an unknown ID is not found":           batchUnknown,
		"a taken ID brings what is there":      batchTaken,
		"one of many creators wins":            batchCreateRace,
		"an update replaces every field":       batchReplace,
		"an update counts the version":         batchVersion,
		"a conflict returns the present batch": batchConflict,
		"one of many updates wins":             batchUpdateRace,
		"no increment is lost":                 batchIncrements,
		"a context that has ended is an error": batchEndedContext,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// bulk is a batch as a submitter would write it, without what it may leave out.
func bulk(id string) job.Batch {
	due := day
	return job.Batch{
		V: job.RecordVersion, ID: id, Version: 1, Owner: "owner of " + id, Stamp: "first",
		CreatedAt: day, AppendedAt: day, Due: &due,
	}
}

// fullBatch is a batch in which no field is empty, whatever fields a batch may have.
func fullBatch(id string) job.Batch {
	b := sample[job.Batch]()
	b.V, b.ID, b.Version = job.RecordVersion, id, 1
	return b
}

// createBatch stores a new batch, or ends the test.
func createBatch(t *testing.T, r job.Batches, b job.Batch) {
	t.Helper()
	now, err := r.CreateBatch(t.Context(), b)
	if err != nil {
		t.Fatalf("create: %v", err)
	}
	if diff := cmp.Diff(b, now); diff != "" {
		t.Errorf("created (-want +got):\n%s", diff)
	}
}

func updateBatch(t *testing.T, r job.Batches, b job.Batch) job.Batch {
	t.Helper()
	now, err := r.UpdateBatch(t.Context(), b)
	if err != nil {
		t.Fatalf("update: %v", err)
	}
	b.Version++
	if diff := cmp.Diff(b, now); diff != "" {
		t.Errorf("update returned (-want +got):\n%s", diff)
	}
	return now
}

// seesBatch compares what is stored with what should be.
func seesBatch(t *testing.T, r job.Batches, want job.Batch) {
	t.Helper()
	got, err := r.GetBatch(t.Context(), want.ID)
	if err != nil {
		t.Fatalf("get: %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stored (-want +got):\n%s", diff)
	}
}

func batchRoundTrip(t *testing.T, r job.Batches) {
	for _, want := range []job.Batch{fullBatch(fresh("batch")), bulk(fresh("batch"))} {
		createBatch(t, r, want)
		seesBatch(t, r, want)
	}
}

func batchInstants(t *testing.T, r job.Batches) {
	b := bulk(fresh("batch"))
	late := time.Date(2041, 12, 31, 23, 59, 59, 999999000, time.UTC)
	b.CreatedAt, b.CanceledAt, b.Due = late, &late, &late
	createBatch(t, r, b)
	seesBatch(t, r, b)
}

func batchUnknown(t *testing.T, r job.Batches) {
	b := bulk(fresh("batch"))
	if _, err := r.GetBatch(t.Context(), b.ID); !errors.Is(err, job.ErrNotFound) {
		t.Errorf("get: %v, want ErrNotFound", err)
	}
	for _, version := range []int64{0, 1} {
		b.Version = version
		if _, err := r.UpdateBatch(t.Context(), b); !errors.Is(err, job.ErrNotFound) {
			t.Errorf("update from version %d: %v, want ErrNotFound", version, err)
		}
	}
	if _, err := r.GetBatch(t.Context(), b.ID); !errors.Is(err, job.ErrNotFound) {
		t.Errorf("get after the updates: %v, want ErrNotFound", err)
	}
}

func batchTaken(t *testing.T, r job.Batches) {
	first := fullBatch(fresh("batch"))
	createBatch(t, r, first)
	got, err := r.CreateBatch(t.Context(), bulk(first.ID))
	if !errors.Is(err, job.ErrExists) {
		t.Errorf("create: %v, want ErrExists", err)
	}
	if diff := cmp.Diff(first, got); diff != "" {
		t.Errorf("what was there (-want +got):\n%s", diff)
	}
	seesBatch(t, r, first)
}

// batchReplace goes from a full batch to a nearly empty one and back: nothing of a former value may shine through.
func batchReplace(t *testing.T, r job.Batches) {
	id := fresh("batch")
	rich, poor, smaller := fullBatch(id), bulk(id), fullBatch(id)
	smaller.Metadata = map[string]string{"a": "other"}
	smaller.Parts = map[string]job.Part{"another": {Jobs: 1, Due: day}}
	createBatch(t, r, rich)
	for n, want := range []job.Batch{smaller, poor, rich, poor} {
		want.Version = int64(n + 1)
		seesBatch(t, r, updateBatch(t, r, want))
	}
}

func batchVersion(t *testing.T, r job.Batches) {
	b := bulk(fresh("batch"))
	b.Version = 1 << 50
	createBatch(t, r, b)
	for range 4 {
		b = updateBatch(t, r, b)
	}
	if b.Version != 1<<50+4 {
		t.Errorf("version %d after 4 updates of %d", b.Version, int64(1<<50))
	}
	seesBatch(t, r, b)
}

func batchConflict(t *testing.T, r job.Batches) {
	b := bulk(fresh("batch"))
	createBatch(t, r, b)
	winner := b
	winner.Stamp, winner.CanceledAt = "winner", &day
	now := updateBatch(t, r, winner)
	for _, version := range []int64{1, 3, 0} {
		b.Version, b.Stamp = version, "loser"
		got, err := r.UpdateBatch(t.Context(), b)
		if !errors.Is(err, job.ErrConflict) {
			t.Fatalf("update from version %d: %v, want ErrConflict", version, err)
		}
		if diff := cmp.Diff(now, got); diff != "" {
			t.Errorf("conflict from version %d returned (-want +got):\n%s", version, diff)
		}
	}
	seesBatch(t, r, now)
}

func batchEndedContext(t *testing.T, r job.Batches) {
	b := bulk(fresh("batch"))
	createBatch(t, r, b)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, created := r.CreateBatch(ctx, bulk(fresh("batch")))
	_, updated := r.UpdateBatch(ctx, b)
	_, got := r.GetBatch(ctx, b.ID)
	for call, err := range map[string]error{"create": created, "update": updated, "get": got} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want context.Canceled", call, err)
		}
	}
}
