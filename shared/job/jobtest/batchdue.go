package jobtest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// expectDue compares what is due with batches picked by their numbers.
func (h BatchIndexHarness) expectDue(t *testing.T, until time.Time, limit int, batches []listed, numbers ...int) {
	t.Helper()
	want := []string{}
	for _, n := range numbers {
		want = append(want, batches[n].batch.ID)
	}
	got, err := h.Index.DueBatches(t.Context(), until, limit)
	if err != nil {
		t.Fatalf("due: %v", err)
	}
	if diff := cmp.Diff(want, append([]string{}, got...)); diff != "" {
		t.Errorf("due until %v, limit %d (-want +got):\n%s", until, limit, diff)
	}
}

// batchesDue has an owner for each batch.
func batchesDue(t *testing.T, h BatchIndexHarness) {
	batches := h.fill(t, 6, func(n int, b *job.Batch) *time.Time {
		b.Owner = fresh("owner")
		return moment([]int{4, 1, 5, 0, 3, 2}[n])
	})
	h.expectDue(t, sampleTime.Add(time.Hour), 100, batches, 3, 1, 5, 4, 0, 2)
}

func batchesDueBounds(t *testing.T, h BatchIndexHarness) {
	batches := h.fill(t, 6, func(n int, _ *job.Batch) *time.Time { return moment(n) })
	h.expectDue(t, *moment(3), 100, batches, 0, 1, 2, 3)
	h.expectDue(t, *moment(3), 2, batches, 0, 1)
	h.expectDue(t, *moment(-1), 100, batches)
}

// batchesNeverDue has one batch that was born without a due, one that loses its due and one that gets one, each by
// another port.
func batchesNeverDue(t *testing.T, h BatchIndexHarness) {
	batches := h.fill(t, 4, func(n int, _ *job.Batch) *time.Time {
		if n < 2 {
			return nil
		}
		return moment(n)
	})
	h.expectDue(t, *moment(100), 100, batches, 2, 3)
	tr := transaction(createOne(t, h.Store, plainJob(fresh("job"))))
	tr.Counters = &job.Difference{BatchID: batches[1].batch.ID, Set: map[job.Instant]time.Time{job.Due: *moment(50)}}
	if _, err := h.Store.Update(t.Context(), tr); err != nil {
		t.Fatalf("update: %v", err)
	}
	amend(t, h.Store, job.Difference{BatchID: batches[2].batch.ID, Clear: []job.Instant{job.Due}})
	erasesBatch(t, h.Store, batches[3].batch.ID, nil)
	h.settle(t)
	h.expectDue(t, *moment(100), 100, batches, 1)
}

// batchesCanceledDue sets the due of a batch in the difference that cancels it.
func batchesCanceledDue(t *testing.T, h BatchIndexHarness) {
	batches := h.fill(t, 2, undated)
	amend(t, h.Store, job.Difference{
		BatchID: batches[1].batch.ID, Cancel: true, Set: map[job.Instant]time.Time{job.Due: *moment(3)}, If: job.Condition{Models: []string{}},
	})
	h.settle(t)
	h.expectDue(t, *moment(3), 100, batches, 1)
	h.expectDue(t, *moment(2), 100, batches)
}

func batchesRemembered(t *testing.T, h BatchIndexHarness) {
	batches := h.fill(t, 3, func(n int, _ *job.Batch) *time.Time { return moment(n) })
	erasesBatch(t, h.Store, batches[1].batch.ID, moment(5))
	h.settle(t)
	h.expect(t, batches[0].batch.Owner, 1, batches, 2, 0)
	h.expectDue(t, *moment(100), 100, batches, 0, 2)
}

// batchesAlone has a job that is due and a request, of one owner with the batch.
func batchesAlone(t *testing.T, h BatchIndexHarness) {
	batches := h.fill(t, 1, func(int, *job.Batch) *time.Time { return moment(1) })
	j := plainJob(fresh("job"))
	j.Owner, j.Due = batches[0].batch.Owner, moment(0)
	createOne(t, h.Store, j)
	appends(t, h.Store, requestOf(batches[0].batch))
	h.settle(t)
	h.expect(t, j.Owner, 10, batches, 0)
	h.expectDue(t, *moment(100), 100, batches, 0)
}
