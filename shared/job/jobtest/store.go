package jobtest

import (
	"errors"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"easel/shared/job"
)

// Store is what the suites of records, batches and days ask of an adapter: these ports over the same records.
type Store interface {
	job.Records
	job.Creator
	job.Finder
	job.Eraser
	job.Batches
	job.BatchEraser
	job.Days
}

// suite runs tests by their names, each with a store of its own. Stores may share their records.
func suite[T any](t *testing.T, open func(t *testing.T) T, tests map[string]func(*testing.T, T)) {
	t.Helper()
	for name, test := range tests {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
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
		if _, err := c.Create(t.Context(), tr); err != nil {
			t.Fatalf("create: %v", err)
		}
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
	if _, err := c.Create(t.Context(), tr); err != nil {
		t.Fatalf("create: %v", err)
	}
	return b
}

// update replaces records, or ends the test. It returns them as they are stored.
func update(t *testing.T, r job.Records, jobs ...job.Job) []job.Job {
	t.Helper()
	tr := transaction(jobs...)
	if _, err := r.Update(t.Context(), tr); err != nil {
		t.Fatalf("update: %v", err)
	}
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
	if err != nil {
		t.Fatalf("get: %v", err)
	}
	return j
}

// seesJobs compares stored records with what should be.
func seesJobs(t *testing.T, r job.Records, want ...job.Job) {
	t.Helper()
	for _, j := range want {
		if diff := cmp.Diff(j, read(t, r, j.ID)); diff != "" {
			t.Errorf("stored job (-want +got):\n%s", diff)
		}
	}
}

// missesJobs checks that none of the IDs is taken.
func missesJobs(t *testing.T, r job.Records, ids ...string) {
	t.Helper()
	for _, id := range ids {
		if j, err := r.Get(t.Context(), id); !errors.Is(err, job.ErrNotFound) {
			t.Errorf("get %s: version %d, %v; want ErrNotFound", id, j.Version, err)
		}
	}
}

// seesBatch compares a stored batch with what should be and returns its counters.
func seesBatch(t *testing.T, b job.Batches, want job.Batch) job.Counters {
	t.Helper()
	got, counters, err := b.GetBatch(t.Context(), want.ID)
	if err != nil {
		t.Fatalf("get batch: %v", err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("stored batch (-want +got):\n%s", diff)
	}
	return counters
}

// readCounters gets the counters of a batch, or ends the test.
func readCounters(t *testing.T, b job.Batches, id string) job.Counters {
	t.Helper()
	_, counters, err := b.GetBatch(t.Context(), id)
	if err != nil {
		t.Fatalf("get batch: %v", err)
	}
	return counters
}

// sameCounters compares counters. A state without a job may be missing.
func sameCounters(t *testing.T, what string, want, got job.Counters) {
	t.Helper()
	if diff := cmp.Diff(compact(want), compact(got), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}

// seesCounters compares stored counters with what should be.
func seesCounters(t *testing.T, b job.Batches, want job.Counters) {
	t.Helper()
	sameCounters(t, "stored counters", want, readCounters(t, b, want.BatchID))
}

// spends compares what an owner's day has come to with what should be.
func spends(t *testing.T, d job.Days, owner, date string, want int64) {
	t.Helper()
	got, err := d.Spent(t.Context(), owner, date)
	if err != nil {
		t.Fatalf("spent: %v", err)
	}
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

// shows compares the jobs of an obstacle with those that must be in it.
func shows(t *testing.T, got, want []job.Job) {
	t.Helper()
	if diff := cmp.Diff(byID(want), byID(got)); diff != "" || len(got) != len(want) {
		t.Errorf("%d jobs in the way, want %d (-want +got):\n%s", len(got), len(want), diff)
	}
}
