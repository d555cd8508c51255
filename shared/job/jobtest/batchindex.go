package jobtest

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"easel/shared/job"
)

// BatchIndex is the contract of job.BatchIndex: of whatever batches there are, it shows what their records say, by
// [agreeOnBatches]. What is due is asked of all owners at once, so the stores must not share their batches.
var BatchIndex = Suite[Harness]{
	"a list holds whole batches":                 batchesWhole,
	"lists and dues go by their instants":        batchesOrder,
	"an owner may have any name":                 batchesOwners,
	"lists and dues follow their records":        batchesFollow,
	"jobs and requests do not look like batches": batchesAlone,
}

// listed is a batch with its counters.
type listed struct {
	batch    job.Batch
	counters job.Counters
}

// fillBatches stores n batches of one owner, a second apart, in an order that is neither theirs nor its reverse. Edit may
// change a batch and returns when it is due.
func fillBatches(t *testing.T, h Harness, n int, edit func(n int, b *job.Batch) *time.Time) []listed {
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
			b = createBatch(t, h, b, d)
			all[n] = listed{b, job.Counters{BatchID: b.ID, MaxCost: b.MaxCost, Next: d.Next, At: d.Set}}
		}
	}
	h.settle(t)
	return all
}

// listAll pages through an owner's batches to their end. A page may be short, or empty, while there is more.
func listAll(t *testing.T, h Harness, owner string, limit int) []listed {
	t.Helper()
	var all []listed
	var after *job.Mark
	for range 1000 {
		page, counters, more, err := h.ListBatches(t.Context(), owner, after, limit)
		succeeds(t, "list", err)
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

// agreeOnBatches compares what is listed of every owner, in pages of several sizes, and what is due with the batches, which
// are all that the store has.
func agreeOnBatches(t *testing.T, h Harness, batches []listed, owners ...string) {
	t.Helper()
	for _, b := range batches {
		if !slices.Contains(owners, b.batch.Owner) {
			owners = append(owners, b.batch.Owner)
		}
	}
	newest := slices.SortedFunc(slices.Values(batches), func(a, b listed) int {
		return cmp.Or(b.batch.CreatedAt.Compare(a.batch.CreatedAt), cmp.Compare(b.batch.ID, a.batch.ID))
	})
	for _, owner := range owners {
		want := slices.DeleteFunc(slices.Clone(newest), func(b listed) bool { return b.batch.Owner != owner })
		for _, limit := range []int{1, 2, 7, 100} {
			got := listAll(t, h, owner, limit)
			if len(got) != len(want) {
				t.Fatalf("list of %.60s, limit %d: %d batches, want %d", owner, limit, len(got), len(want))
			}
			for n := range got {
				same(t, fmt.Sprintf("batch %d, limit %d", n, limit), want[n].batch, got[n].batch)
				sameCounters(t, "counters of what is listed", want[n].counters, got[n].counters)
			}
		}
	}
	agreeOnDues(t, h, batches)
}

// agreeOnDues compares what is due, within bounds of time and of number. No two batches may be due at one time.
func agreeOnDues(t *testing.T, h Harness, batches []listed) {
	t.Helper()
	due := slices.DeleteFunc(slices.Clone(batches), func(b listed) bool { return b.counters.When(job.Due) == nil })
	slices.SortFunc(due, func(a, b listed) int { return a.counters.When(job.Due).Compare(*b.counters.When(job.Due)) })
	ids := []string{}
	for _, b := range due {
		ids = append(ids, b.batch.ID)
	}
	bounds := map[int]time.Time{len(due): sampleTime.Add(time.Hour)} // until when so many are due
	if len(due) > 0 {
		middle := len(due) / 2
		bounds[0], bounds[middle+1] = due[0].counters.When(job.Due).Add(-time.Microsecond), *due[middle].counters.When(job.Due)
	}
	for n, until := range bounds {
		for _, limit := range []int{2, 100} {
			got, err := h.DueBatches(t.Context(), until, limit)
			succeeds(t, "due", err)
			same(t, fmt.Sprintf("due until %v, limit %d", until, limit), ids[:min(n, limit)], append([]string{}, got...))
		}
	}
}

func batchesWhole(t *testing.T, h Harness) {
	b := fullBatch(fresh("batch"))
	b.Owner = fresh("owner")
	d := everything(b.ID)
	b = createBatch(t, h, b, d)
	want, _ := job.Counters{BatchID: b.ID, MaxCost: b.MaxCost}.Apply(d)
	h.settle(t)
	agreeOnBatches(t, h, []listed{{b, want}}, fresh("owner"))
}

// batchesOrder has batches of one instant in fours, of which the higher ID comes first, of two owners. They are due in another
// order, some never.
func batchesOrder(t *testing.T, h Harness) {
	other := fresh("owner")
	agreeOnBatches(t, h, fillBatches(t, h, 24, func(n int, b *job.Batch) *time.Time {
		if b.CreatedAt = *moment(n / 4); n%5 == 2 {
			b.Owner = other
		}
		if n%3 == 1 {
			return nil
		}
		return moment(7 * n % 24)
	}))
}

// batchesOwners has owners of whom a key can be made wrongly.
func batchesOwners(t *testing.T, h Harness) {
	owners := hard()
	agreeOnBatches(t, h, fillBatches(t, h, len(owners), func(n int, b *job.Batch) *time.Time {
		b.Owner = owners[n]
		return moment(n)
	}))
}

// batchesFollow changes batches by each of the ports that do: everything of one, with a cancellation the due of another, and of
// others that they are due, with a job or alone. Two are erased, of which one is remembered.
func batchesFollow(t *testing.T, h Harness) {
	batches := fillBatches(t, h, 7, func(n int, _ *job.Batch) *time.Time { return []*time.Time{nil, moment(n)}[n%2] })
	id := func(n int) string { return batches[n].batch.ID }
	agreeOnBatches(t, h, batches)
	batches[0].counters = amend(t, h, everything(id(0)))
	batches[1].counters = amend(t, h, job.Difference{BatchID: id(1), Clear: []job.Instant{job.Due}})
	batches[2].counters = amend(t, h, job.Difference{
		BatchID: id(2), Cancel: true, Set: map[job.Instant]time.Time{job.Due: *moment(30)}, If: job.Condition{Models: []string{}},
	})
	tr := transaction(createOne(t, h, plainJob(fresh("job"))))
	tr.Counters = &job.Difference{BatchID: id(4), Set: map[job.Instant]time.Time{job.Due: *moment(50)}}
	succeeds(t, "update", last(h.Update(t.Context(), tr)))
	batches[4].counters, _ = batches[4].counters.Apply(*tr.Counters)
	erasesBatch(t, h, id(5), moment(60))
	erasesBatch(t, h, id(6), nil)
	h.settle(t)
	agreeOnBatches(t, h, batches[:5])
}

// batchesAlone has a job that is due and a request, of one owner with the batch.
func batchesAlone(t *testing.T, h Harness) {
	batches := fillBatches(t, h, 1, func(int, *job.Batch) *time.Time { return moment(1) })
	j := plainJob(fresh("job"))
	j.Owner, j.Due = batches[0].batch.Owner, moment(0)
	createOne(t, h, j)
	appends(t, h, requestOf(batches[0].batch))
	h.settle(t)
	agreeOnBatches(t, h, batches)
}
