package jobtest

import (
	"errors"
	"maps"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"easel/shared/job"
	"easel/shared/pace"
)

// Store is what an adapter of the records has: these ports over the same records.
type Store interface {
	job.Records
	job.Creator
	job.Finder
	job.Eraser
	job.Batches
	job.BatchEraser
	job.CountersReader
	job.Days

	job.Index
	job.Backlog
	job.Timers
	job.Waiters
	job.BatchIndex

	job.Lines
	job.Toucher
	job.StandingReader
	job.StandingWriter
	pace.Pacer
	pace.Store
}

// Harness is a store as the suites test it.
type Harness struct {
	Store
	// Settle waits until the indexes show every write that has returned. Nil: they never lag.
	Settle func(t *testing.T)
}

func (h Harness) settle(t *testing.T) {
	t.Helper()
	if h.Settle != nil {
		h.Settle(t)
	}
}

// Suite holds the tests of a contract by their names.
type Suite[H any] map[string]func(*testing.T, H)

// Run runs each test of the suite with what open returns. That may be the same service each time: tests use names that
// nothing else has.
func (s Suite[H]) Run(t *testing.T, open func(t *testing.T) H) {
	t.Helper()
	for name, test := range s {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

// Stores are the contracts of all ports of a store. What is due of batches is asked of all owners at once, so
// that the stores of the batch index must not share their batches.
var Stores = map[string]Suite[Harness]{
	"records": Records, "creator": Creator, "finder": Finder, "eraser": Eraser, "batches": Batches, "batch eraser": BatchEraser, "days": Days,
	"counters reader": CountersReader, "index": Index, "batch index": BatchIndex,
	"line": Line, "pacer": Pacer, "paces": Paces, "contexts": Contexts,
}

// transaction is a new attempt to write the jobs.
func transaction(jobs ...job.Job) job.Transaction {
	tr := job.Transaction{WriteID: fresh("w"), Jobs: slices.Clone(jobs)}
	for n := range tr.Jobs {
		tr.Jobs[n].WriteID = tr.WriteID
	}
	return tr
}

// create stores new jobs, or ends the test. It returns them as they are stored.
func create(t *testing.T, c job.Creator, jobs ...job.Job) []job.Job {
	t.Helper()
	stored := make([]job.Job, 0, len(jobs))
	for some := range slices.Chunk(jobs, job.MaxTogether) {
		tr := transaction(some...)
		succeeds(t, "create", last(c.Create(t.Context(), tr)))
		stored = append(stored, tr.Jobs...)
	}
	return stored
}

// createOne stores a new job, or ends the test.
func createOne(t *testing.T, c job.Creator, j job.Job) job.Job {
	t.Helper()
	return create(t, c, j)[0]
}

// createBatch stores a new batch whose counters are those of the difference, or ends the test.
func createBatch(t *testing.T, c job.Creator, b job.Batch, d job.Difference) job.Batch {
	t.Helper()
	tr := transaction()
	b.WriteID, d.BatchID = tr.WriteID, b.ID
	tr.Batch, tr.Counters = &b, &d
	succeeds(t, "create", last(c.Create(t.Context(), tr)))
	return b
}

// update replaces records, or ends the test. It returns them as they are stored.
func update(t *testing.T, r job.Records, jobs ...job.Job) []job.Job {
	t.Helper()
	tr := transaction(jobs...)
	succeeds(t, "update", last(r.Update(t.Context(), tr)))
	return raised(tr.Jobs)
}

// updateOne replaces one record, or ends the test.
func updateOne(t *testing.T, r job.Records, j job.Job) job.Job {
	t.Helper()
	return update(t, r, j)[0]
}

// raised are jobs as they are stored after an update.
func raised(jobs []job.Job) []job.Job {
	jobs = slices.Clone(jobs)
	for n := range jobs {
		jobs[n].Version++
	}
	return jobs
}

// read gets a record, or ends the test.
func read(t *testing.T, r job.Records, id string) job.Job {
	t.Helper()
	j, err := r.Get(t.Context(), id)
	succeeds(t, "get", err)
	return j
}

// seesJobs compares stored records with what should be, got each alone and found together.
func seesJobs(t *testing.T, h Harness, want ...job.Job) {
	t.Helper()
	for _, j := range want {
		same(t, "stored job", j, read(t, h, j.ID))
	}
	finds(t, h, names(want), want...)
}

// missesJobs checks that none of the IDs is taken.
func missesJobs(t *testing.T, h Harness, ids ...string) {
	t.Helper()
	for _, id := range ids {
		refused(t, "get "+id, last(h.Get(t.Context(), id)), job.ErrNotFound)
	}
	finds(t, h, ids)
}

// finds looks for IDs and compares what is found with the jobs.
func finds(t *testing.T, h Harness, ids []string, want ...job.Job) {
	t.Helper()
	for some := range slices.Chunk(ids, 100) {
		got, err := h.Find(t.Context(), some)
		succeeds(t, "find", err)
		there := slices.DeleteFunc(slices.Clone(want), func(j job.Job) bool { return !slices.Contains(some, j.ID) })
		shows(t, "found", got, there)
	}
}

// seesBatch compares a stored batch with what should be and returns its counters.
func seesBatch(t *testing.T, b job.Batches, want job.Batch) job.Counters {
	t.Helper()
	got, counters, err := b.GetBatch(t.Context(), want.ID)
	succeeds(t, "get batch", err)
	same(t, "stored batch", want, got)
	return counters
}

// readCounters gets the counters of a batch, with it and among those of others, or ends the test.
func readCounters(t *testing.T, h Harness, id string) job.Counters {
	t.Helper()
	_, counters, err := h.GetBatch(t.Context(), id)
	succeeds(t, "get batch", err)
	all, err := h.ReadCounters(t.Context(), []string{fresh("batch"), id})
	if err != nil || len(all) != 1 {
		t.Fatalf("read counters: those of %d batches, want 1: %v", len(all), err)
	}
	sameCounters(t, "counters read with others", counters, all[id])
	return counters
}

// sameCounters compares counters. A state without a job may be missing.
func sameCounters(t *testing.T, what string, want, got job.Counters) {
	t.Helper()
	same(t, what, compact(want), compact(got), cmpopts.EquateEmpty())
}

// seesCounters compares stored counters with what should be.
func seesCounters(t *testing.T, h Harness, want job.Counters) {
	t.Helper()
	sameCounters(t, "stored counters", want, readCounters(t, h, want.BatchID))
}

// spends compares what an owner's day has come to with what should be.
func spends(t *testing.T, d job.Days, owner, date string, want int64) {
	t.Helper()
	got, err := d.Spent(t.Context(), owner, date)
	succeeds(t, "spent", err)
	if got != want {
		t.Errorf("spent on %s: %d, want %d", date, got, want)
	}
}

// byID lets jobs be compared in any order.
func byID(jobs []job.Job) map[string]job.Job {
	m := map[string]job.Job{}
	for _, j := range jobs {
		m[j.ID] = j
	}
	return m
}

// shows compares jobs that come in any order with those that must.
func shows(t *testing.T, where string, got, want []job.Job) {
	t.Helper()
	if diff := cmp.Diff(byID(want), byID(got)); diff != "" || len(got) != len(want) {
		t.Errorf("%d jobs %s, want %d (-want +got):\n%s", len(got), where, len(want), diff)
	}
}

// same compares what is there with what should be.
func same(t *testing.T, what string, want, got any, opts ...cmp.Option) {
	t.Helper()
	if diff := cmp.Diff(want, got, opts...); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// succeeds ends the test where a call failed.
func succeeds(t *testing.T, what string, err error) {
	t.Helper()
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
}

// refused checks that a call was refused for the reason that it must be.
func refused(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: %v, want %v", what, err, want)
	}
}

// last is the error of a call.
func last(results ...any) error {
	err, _ := results[len(results)-1].(error)
	return err
}

// Figures returns of counters what the records of the jobs say as well.
func Figures(c job.Counters) job.Counters {
	return compact(job.Counters{
		BatchID: c.BatchID, Models: c.Models, Queued: c.Queued, Running: c.Running,
		Cost: c.Cost, Charged: c.Charged, Waiting: c.Waiting, Unwritten: c.Unwritten,
	})
}

// compact leaves out the states without a job, and the models without one.
func compact(c job.Counters) job.Counters {
	models := map[string]job.Counts{}
	for id, counts := range c.Models {
		some := maps.Clone(counts)
		maps.DeleteFunc(some, func(_ job.Status, n int64) bool { return n == 0 })
		if len(some) > 0 {
			models[id] = some
		}
	}
	c.Models = models
	return c
}
