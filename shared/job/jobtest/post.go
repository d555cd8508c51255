package jobtest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// stored makes a batch whose budget is posted with it.
func (b books) stored(t *testing.T) job.Batch {
	t.Helper()
	batch := bulk(fresh("batch"))
	createBatch(t, b.batches, batch)
	return batch
}

// shows compares the batch that came back with a refusal.
func (b books) shows(t *testing.T, want, got job.Batch) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the batch that came back (-want +got):\n%s", diff)
	}
	seesBatch(t, b.batches, want)
}

// postBatch replaces a nearly empty batch by a full one and back: nothing of a former value may shine through.
func postBatch(t *testing.T, b books) {
	poor := b.stored(t)
	rich := fullBatch(poor.ID)
	owner, noDay := fresh("owner"), amount(poor.Owner, 7, 0)
	b.takes(t, amount(owner, 7, 7), &rich)
	poor.Version, noDay.Day = 2, ""
	b.takes(t, noDay, &poor)
	rich.Version = 3
	b.takes(t, amount(owner, -2, 0), &rich)
	b.spent(t, owner, today, 5)
}

func postConflict(t *testing.T, b books) {
	batch, owner := b.stored(t), fresh("owner")
	now := updateBatch(t, b.batches, batch)
	e := amount(owner, 5, 0)
	batch.Stamp = "loser"
	for _, version := range []int64{1, 3, 0} {
		batch.Version = version
		got := b.refuses(t, e, &batch, job.ErrConflict)
		b.shows(t, now, got.Batch)
	}
	b.takes(t, e, &now)
	b.spent(t, owner, today, 5)
}

func postMissing(t *testing.T, b books) {
	batch, e := bulk(fresh("batch")), amount(fresh("owner"), 5, 0)
	b.refuses(t, e, &batch, job.ErrNotFound)
	createBatch(t, b.batches, batch)
	b.takes(t, e, &batch)
}

func postRefused(t *testing.T, b books) {
	batch, e := b.stored(t), amount(fresh("owner"), 6, 5)
	changed := batch
	changed.Next = 100
	b.refuses(t, e, &changed, job.ErrBudget)
	seesBatch(t, b.batches, batch)
	e.Amount = 5
	b.takes(t, e, &changed)
}

// postExists posts a name again with all that could be refused beside it.
func postExists(t *testing.T, b books) {
	owner := fresh("owner")
	first := amount(owner, 10, 10)
	b.takes(t, first, nil)
	again := first
	again.Fingerprint, again.Owner, again.Day = "another", fresh("owner"), "2041-05-07"
	fitting, stale, missing := b.stored(t), b.stored(t), bulk(fresh("batch"))
	now := updateBatch(t, b.batches, stale)
	for name, batch := range map[string]*job.Batch{"none": nil, "fitting": &fitting, "stale": &stale, "missing": &missing} {
		for _, e := range []job.Entry{first, again} {
			if got := b.refuses(t, e, batch, job.ErrExists); got.Entry != first {
				t.Errorf("with a batch that is %s the entry that came back is %+v", name, got.Entry)
			}
		}
	}
	seesBatch(t, b.batches, fitting)
	seesBatch(t, b.batches, now)
	b.spent(t, owner, today, 10)
	b.spent(t, again.Owner, again.Day, 0)
}

// postOrder posts what no day has room for, with a batch that is stale or missing.
func postOrder(t *testing.T, b books) {
	stale, missing, e := b.stored(t), bulk(fresh("batch")), amount(fresh("owner"), 6, 5)
	now := updateBatch(t, b.batches, stale)
	got := b.refuses(t, e, &stale, job.ErrConflict)
	b.shows(t, now, got.Batch)
	b.refuses(t, e, &missing, job.ErrNotFound)
}
