package jobtest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// BatchIndexHarness is an index as [BatchIndex] tests it, with the records it is made of.
type BatchIndexHarness struct {
	Index job.BatchIndex
	Store Store
	// Settle waits until the index shows every write that has returned. Nil: it never lags.
	Settle func(t *testing.T)
}

// BatchIndex runs the contract of job.BatchIndex. What is due is asked of all owners at once, so the stores that open
// returns must not share their batches.
func BatchIndex(t *testing.T, open func(t *testing.T) BatchIndexHarness) {
	suite(t, open, map[string]func(*testing.T, BatchIndexHarness){
		"a list holds whole batches":                 batchesWhole,
		"a list begins with the newest":              batchesNewest,
		"a list is one owner's":                      batchesOwner,
		"an owner may have any name":                 batchesOwnerNames,
		"pages join without a gap":                   batchesPages,
		"a list follows differences and erasures":    batchesFollow,
		"due comes oldest first":                     batchesDue,
		"due heeds its bounds":                       batchesDueBounds,
		"a batch without a due is never due":         batchesNeverDue,
		"a batch that is canceled may be due":        batchesCanceledDue,
		"what is remembered is in no index":          batchesRemembered,
		"jobs and requests do not look like batches": batchesAlone,
	})
}

func (h BatchIndexHarness) settle(t *testing.T) {
	t.Helper()
	if h.Settle != nil {
		h.Settle(t)
	}
}

// listed is a batch with its counters.
type listed struct {
	batch    job.Batch
	counters job.Counters
}

// fill stores n batches of one owner, a second apart, in an order that is neither theirs nor its reverse. Edit may change
// a batch and returns when it is due.
func (h BatchIndexHarness) fill(t *testing.T, n int, edit func(n int, b *job.Batch) *time.Time) []listed {
	t.Helper()
	owner, prefix := fresh("owner"), fresh("batch")
	all := make([]listed, n)
	for _, odd := range []int{1, 0} {
		for n := odd; n < len(all); n += 2 {
			b := plainBatch(fmt.Sprintf("%s-%03d", prefix, n))
			b.Owner, b.CreatedAt, b.MaxCost = owner, sampleTime.Add(time.Duration(n)*time.Second), int64(n)
			d := job.Difference{Next: int64(n + 1)}
			if due := edit(n, &b); due != nil {
				d.Set = map[job.Instant]time.Time{job.Due: *due}
			}
			b = createBatch(t, h.Store, b, d)
			all[n] = listed{b, job.Counters{BatchID: b.ID, MaxCost: b.MaxCost, Next: d.Next, At: d.Set}}
		}
	}
	h.settle(t)
	return all
}

// undated leaves a batch as it is, without a due.
func undated(int, *job.Batch) *time.Time { return nil }

// list pages through an owner's batches to their end. A page may be short, or empty, while there is more.
func (h BatchIndexHarness) list(t *testing.T, owner string, limit int) []listed {
	t.Helper()
	var all []listed
	var after *job.Mark
	for range 1000 {
		page, counters, more, err := h.Index.ListBatches(t.Context(), owner, after, limit)
		if err != nil {
			t.Fatalf("list: %v", err)
		}
		if len(page) > limit || len(counters) != len(page) {
			t.Fatalf("list returned %d batches and %d counters, the limit is %d", len(page), len(counters), limit)
		}
		for n := range page {
			all = append(all, listed{page[n], counters[n]})
		}
		if more == nil {
			return all
		}
		after = more
	}
	t.Fatal("the list has no end")
	return nil
}

// expect compares a list with batches picked by their numbers.
func (h BatchIndexHarness) expect(t *testing.T, owner string, limit int, batches []listed, numbers ...int) {
	t.Helper()
	got := h.list(t, owner, limit)
	if len(got) != len(numbers) {
		t.Fatalf("list, limit %d: %d batches, want %d", limit, len(got), len(numbers))
	}
	for n, number := range numbers {
		want := batches[number]
		if diff := cmp.Diff(want.batch, got[n].batch); diff != "" {
			t.Errorf("list, limit %d, place %d (-want +got):\n%s", limit, n, diff)
		}
		sameCounters(t, "counters of "+want.batch.ID, want.counters, got[n].counters)
	}
}

func batchesWhole(t *testing.T, h BatchIndexHarness) {
	b := fullBatch(fresh("batch"))
	b.Owner = fresh("owner")
	d := everything(b.ID)
	b = createBatch(t, h.Store, b, d)
	want, _ := job.Counters{BatchID: b.ID, MaxCost: b.MaxCost}.Apply(d)
	h.settle(t)
	h.expect(t, b.Owner, 10, []listed{{b, want}}, 0)
}

// batchesNewest has three batches of one instant: the higher ID comes first.
func batchesNewest(t *testing.T, h BatchIndexHarness) {
	batches := h.fill(t, 6, func(n int, b *job.Batch) *time.Time {
		if n >= 1 && n <= 3 {
			b.CreatedAt = sampleTime.Add(time.Minute)
		}
		return nil
	})
	h.expect(t, batches[0].batch.Owner, 100, batches, 3, 2, 1, 5, 4, 0)
}

func batchesOwner(t *testing.T, h BatchIndexHarness) {
	other := fresh("owner")
	batches := h.fill(t, 4, func(n int, b *job.Batch) *time.Time {
		if n == 1 || n == 2 {
			b.Owner = other
		}
		return nil
	})
	h.expect(t, batches[0].batch.Owner, 100, batches, 3, 0)
	h.expect(t, other, 100, batches, 2, 1)
	h.expect(t, fresh("owner"), 100, batches)
}

func batchesOwnerNames(t *testing.T, h BatchIndexHarness) {
	owners := hard()
	batches := h.fill(t, len(owners), func(n int, b *job.Batch) *time.Time {
		b.Owner = owners[n]
		return nil
	})
	for n, owner := range owners {
		h.expect(t, owner, 100, batches, n)
	}
}

// batchesPages has batches of one instant in fours.
func batchesPages(t *testing.T, h BatchIndexHarness) {
	batches := h.fill(t, 21, func(n int, b *job.Batch) *time.Time {
		b.CreatedAt = *moment(n / 4)
		return nil
	})
	var newest []int
	for n := range slices.Backward(batches) {
		newest = append(newest, n)
	}
	for _, limit := range []int{1, 2, 7, 21, 100} {
		h.expect(t, batches[0].batch.Owner, limit, batches, newest...)
	}
}

func batchesFollow(t *testing.T, h BatchIndexHarness) {
	batches := h.fill(t, 4, undated)
	batches[1].counters = amend(t, h.Store, everything(batches[1].batch.ID))
	batches[3].counters = amend(t, h.Store, job.Difference{
		BatchID: batches[3].batch.ID, Cancel: true, If: job.Condition{Models: []string{}},
	})
	erasesBatch(t, h.Store, batches[2].batch.ID, nil)
	h.settle(t)
	h.expect(t, batches[0].batch.Owner, 10, batches, 3, 1, 0)
}
