package jobtest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// BatchIndexHarness is an index as [BatchIndex] tests it, with the ports that fill what it is made of.
type BatchIndexHarness struct {
	Index       job.BatchIndex
	Batches     job.Batches
	BatchEraser job.BatchEraser
	Records     job.Records // of the jobs that are counted
	Eraser      job.Eraser
	// Settle waits until the index shows every write that has returned. Nil: it never lags.
	Settle func(t *testing.T)
}

// BatchIndex runs the contract of job.BatchIndex. What is due is asked of all owners at once, so the stores that open
// returns must not share their batches.
func BatchIndex(t *testing.T, open func(t *testing.T) BatchIndexHarness) {
	for name, test := range map[string]func(*testing.T, BatchIndexHarness){
		"a list holds whole batches":             batchesWhole,
		"a list begins with the newest":          batchesNewest,
		"a list is one owner's":                  batchesOwner,
		"an owner may have any name":             batchesOwnerNames,
		"pages join without a gap":               batchesPages,
		"a list follows updates and erasures":    batchesFollow,
		"due comes oldest first":                 batchesDue,
		"due heeds its bounds":                   batchesDueBounds,
		"a batch without a due is never due":     batchesNeverDue,
		"jobs are counted by their states":       countStates,
		"a batch without jobs counts to nothing": countNothing,
		"jobs of others are not counted":         countOthers,
		"more than a page of jobs are counted":   countMany,
		"counts follow updates":                  countUpdated,
		"counts follow erasures":                 countErased,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func (h BatchIndexHarness) settle(t *testing.T) {
	t.Helper()
	if h.Settle != nil {
		h.Settle(t)
	}
}

// fill stores n batches of one owner, a second apart, changed by edit, in an order that is neither theirs nor its reverse.
func (h BatchIndexHarness) fill(t *testing.T, n int, edit func(n int, b *job.Batch)) []job.Batch {
	t.Helper()
	owner, prefix := fresh("owner"), fresh("batch")
	batches := make([]job.Batch, n)
	for n := range batches {
		b := bulk(fmt.Sprintf("%s-%03d", prefix, n))
		b.Owner, b.CreatedAt = owner, day.Add(time.Duration(n)*time.Second)
		if edit != nil {
			edit(n, &b)
		}
		batches[n] = b
	}
	for _, odd := range []int{1, 0} {
		for n, b := range batches {
			if n%2 == odd {
				createBatch(t, h.Batches, b)
			}
		}
	}
	h.settle(t)
	return batches
}

// list pages through an owner's batches to their end. A page may be short, or empty, while there is more.
func (h BatchIndexHarness) list(t *testing.T, owner string, limit int) []job.Batch {
	t.Helper()
	var all []job.Batch
	var after *job.Mark
	for range 1000 {
		page, more, err := h.Index.ListBatches(t.Context(), owner, after, limit)
		if err != nil {
			t.Fatalf("list: %v", err)
		}
		if len(page) > limit {
			t.Fatalf("list returned %d batches, the limit is %d", len(page), limit)
		}
		all = append(all, page...)
		if more == nil {
			return all
		}
		after = more
	}
	t.Fatal("the list has no end")
	return nil
}

// expect compares a list with batches picked by their numbers.
func (h BatchIndexHarness) expect(t *testing.T, owner string, limit int, batches []job.Batch, numbers ...int) {
	t.Helper()
	want, got := []string{}, []string{}
	for _, n := range numbers {
		want = append(want, batches[n].ID)
	}
	for _, b := range h.list(t, owner, limit) {
		got = append(got, b.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("list, limit %d (-want +got):\n%s", limit, diff)
	}
}

func batchesWhole(t *testing.T, h BatchIndexHarness) {
	want := fullBatch(fresh("batch"))
	want.Owner = fresh("owner")
	createBatch(t, h.Batches, want)
	h.settle(t)
	if diff := cmp.Diff([]job.Batch{want}, h.list(t, want.Owner, 10)); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
}

// batchesNewest has three batches of one instant: the higher ID comes first.
func batchesNewest(t *testing.T, h BatchIndexHarness) {
	batches := h.fill(t, 6, func(n int, b *job.Batch) {
		if n >= 1 && n <= 3 {
			b.CreatedAt = day.Add(time.Minute)
		}
	})
	h.expect(t, batches[0].Owner, 100, batches, 3, 2, 1, 5, 4, 0)
}

func batchesOwner(t *testing.T, h BatchIndexHarness) {
	other := fresh("owner")
	batches := h.fill(t, 4, func(n int, b *job.Batch) {
		if n == 1 || n == 2 {
			b.Owner = other
		}
	})
	h.expect(t, batches[0].Owner, 100, batches, 3, 0)
	h.expect(t, other, 100, batches, 2, 1)
	h.expect(t, fresh("owner"), 100, batches)
}

func batchesOwnerNames(t *testing.T, h BatchIndexHarness) {
	owners := hard()
	batches := h.fill(t, len(owners), func(n int, b *job.Batch) { b.Owner = owners[n] })
	for n, owner := range owners {
		h.expect(t, owner, 100, batches, n)
	}
}

// batchesPages has batches of one instant in fours.
func batchesPages(t *testing.T, h BatchIndexHarness) {
	batches := h.fill(t, 21, func(n int, b *job.Batch) { b.CreatedAt = *at(n / 4) })
	var newest []int
	for n := range slices.Backward(batches) {
		newest = append(newest, n)
	}
	for _, limit := range []int{1, 2, 7, 21, 100} {
		h.expect(t, batches[0].Owner, limit, batches, newest...)
	}
}

func batchesFollow(t *testing.T, h BatchIndexHarness) {
	batches := h.fill(t, 3, nil)
	batches[1].Name, batches[1].CanceledAt = "another", &day
	batches[1] = updateBatch(t, h.Batches, batches[1])
	if err := h.BatchEraser.EraseBatch(t.Context(), batches[2].ID, 1); err != nil {
		t.Fatal(err)
	}
	h.settle(t)
	if diff := cmp.Diff([]job.Batch{batches[1], batches[0]}, h.list(t, batches[0].Owner, 10)); diff != "" {
		t.Errorf("listed (-want +got):\n%s", diff)
	}
}

// expectDue compares what is due with batches picked by their numbers.
func (h BatchIndexHarness) expectDue(t *testing.T, until time.Time, limit int, batches []job.Batch, numbers ...int) {
	t.Helper()
	want := []string{}
	for _, n := range numbers {
		want = append(want, batches[n].ID)
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
	batches := h.fill(t, 6, func(n int, b *job.Batch) {
		b.Owner, b.Due = fresh("owner"), at([]int{4, 1, 5, 0, 3, 2}[n])
	})
	h.expectDue(t, day.Add(time.Hour), 100, batches, 3, 1, 5, 4, 0, 2)
}

func batchesDueBounds(t *testing.T, h BatchIndexHarness) {
	batches := h.fill(t, 6, func(n int, b *job.Batch) { b.Due = at(n) })
	h.expectDue(t, *at(3), 100, batches, 0, 1, 2, 3)
	h.expectDue(t, *at(3), 2, batches, 0, 1)
	h.expectDue(t, *at(-1), 100, batches)
}

// batchesNeverDue has one batch that was born without a due, one that loses its due and one that gets one.
func batchesNeverDue(t *testing.T, h BatchIndexHarness) {
	batches := h.fill(t, 4, func(n int, b *job.Batch) {
		if b.Due = at(n); n < 2 {
			b.Due = nil
		}
	})
	h.expectDue(t, *at(100), 100, batches, 2, 3)
	batches[1].Due, batches[2].Due = at(50), nil
	for _, n := range []int{1, 2} {
		updateBatch(t, h.Batches, batches[n])
	}
	if err := h.BatchEraser.EraseBatch(t.Context(), batches[3].ID, 1); err != nil {
		t.Fatal(err)
	}
	h.settle(t)
	h.expectDue(t, *at(100), 100, batches, 1)
}
