package jobtest

import (
	"context"
	"errors"
	"testing"

	"easel/shared/job"
)

// CountersHarness is a reader of counters as [CountersReader] tests it, with the batches that have them.
type CountersHarness struct {
	Reader job.CountersReader
	Store  Store
}

// CountersReader runs the contract of job.CountersReader.
func CountersReader(t *testing.T, open func(t *testing.T) CountersHarness) {
	suite(t, open, map[string]func(*testing.T, CountersHarness){
		"counters come as they are now":           countersNow,
		"batches that are not there are left out": countersMissing,
		"counters of many batches come":           countersMany,
		"an ended context is an error of a read":  countersEndedContext,
	})
}

// read reads counters, or ends the test.
func (h CountersHarness) read(t *testing.T, ids ...string) map[string]job.Counters {
	t.Helper()
	all, err := h.Reader.ReadCounters(t.Context(), ids)
	if err != nil {
		t.Fatalf("read counters: %v", err)
	}
	return all
}

// expect compares what is read of batches with the counters that the store shows of some of them.
func (h CountersHarness) expect(t *testing.T, ids []string, there ...string) {
	t.Helper()
	all := h.read(t, ids...)
	if len(all) != len(there) {
		t.Errorf("counters of %d batches, want those of %d", len(all), len(there))
	}
	for _, id := range there {
		got, is := all[id]
		if !is {
			t.Errorf("the counters of %s are missing", id)
			continue
		}
		sameCounters(t, "counters read with others", readCounters(t, h.Store, id), got)
	}
}

// countersNow has counters with every figure, and changes them.
func countersNow(t *testing.T, h CountersHarness) {
	full := createBatch(t, h.Store, fullBatch(fresh("batch")), everything("")).ID
	empty := createBatch(t, h.Store, plainBatch(fresh("batch")), job.Difference{}).ID
	h.expect(t, []string{full, empty}, full, empty)
	for range 3 {
		want := amend(t, h.Store, everything(full))
		sameCounters(t, "counters after a change", want, h.read(t, full)[full])
	}
}

// countersMissing asks for a batch that never was, one that is remembered, one that was erased, and a job.
func countersMissing(t *testing.T, h CountersHarness) {
	ids := []string{fresh("batch"), createOne(t, h.Store, plainJob(fresh("job"))).ID}
	for range 3 {
		ids = append(ids, createBatch(t, h.Store, plainBatch(fresh("batch")), job.Difference{Next: 3}).ID)
	}
	erasesBatch(t, h.Store, ids[2], moment(100))
	erasesBatch(t, h.Store, ids[3], nil)
	h.expect(t, ids, ids[4])
	h.expect(t, ids[:4])
	h.expect(t, nil)
}

// countersMany asks for more batches than a service reads at a time.
func countersMany(t *testing.T, h CountersHarness) {
	ids := make([]string, 110)
	for n := range ids {
		ids[n] = fresh("batch")
		createBatch(t, h.Store, plainBatch(ids[n]), job.Difference{Next: int64(n)})
	}
	all := h.read(t, append(ids, fresh("batch"))...)
	if len(all) != len(ids) {
		t.Errorf("counters of %d batches, want %d", len(all), len(ids))
	}
	for n, id := range ids {
		if c := all[id]; c.BatchID != id || c.Next != int64(n) {
			t.Errorf("batch %d of %s has the next position %d, want %d of %s", n, c.BatchID, c.Next, n, id)
		}
	}
}

func countersEndedContext(t *testing.T, h CountersHarness) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Reader.ReadCounters(ctx, []string{fresh("batch")}); !errors.Is(err, context.Canceled) {
		t.Errorf("read counters: %v, want context.Canceled", err)
	}
}
