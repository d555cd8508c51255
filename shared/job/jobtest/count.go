package jobtest

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/gate"
	"easel/shared/job"
)

// jobs stores n jobs of one batch, changed by edit.
func (h BatchIndexHarness) jobs(t *testing.T, n int, edit func(n int, j *job.Job)) []job.Job {
	t.Helper()
	batch := fresh("batch")
	return IndexHarness{Records: h.Records, Settle: h.Settle}.fill(t, n, func(n int, j *job.Job) {
		j.BatchID, j.Position = batch, int64(n)
		if edit != nil {
			edit(n, j)
		}
	})
}

// expectCount compares what a batch counts to. States without a job may be missing.
func (h BatchIndexHarness) expectCount(t *testing.T, batch string, want map[job.Status]int64, cost int64) {
	t.Helper()
	got, err := h.Index.CountJobs(t.Context(), batch)
	if err != nil {
		t.Fatalf("count: %v", err)
	}
	seen := map[job.Status]int64{}
	for status, n := range got.Counts {
		if n != 0 {
			seen[status] = n
		}
	}
	got.Counts = seen
	if diff := cmp.Diff(job.Tally{Counts: want, Cost: cost}, got); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
}

// update replaces the record of a job, or ends the test.
func (h BatchIndexHarness) update(t *testing.T, j job.Job) {
	t.Helper()
	if _, err := h.Records.Update(t.Context(), j); err != nil {
		t.Fatalf("update: %v", err)
	}
}

// countStates has one queued job, two running and so on. The cost of the last exceeds 32 bits.
func countStates(t *testing.T, h BatchIndexHarness) {
	jobs := h.jobs(t, 15, func(n int, j *job.Job) {
		j.Status = job.Statuses[[]int{4, 3, 4, 2, 4, 1, 0, 2, 1, 2, 3, 3, 4, 4, 3}[n]]
		j.CostMicroUSD = 1 << (3 * n)
	})
	want := map[job.Status]int64{job.Queued: 1, job.Running: 2, job.Succeeded: 3, job.Failed: 4, job.Canceled: 5}
	h.expectCount(t, jobs[0].BatchID, want, (1<<45-1)/7)
}

func countNothing(t *testing.T, h BatchIndexHarness) {
	b := h.fill(t, 1, nil)[0]
	h.expectCount(t, b.ID, map[job.Status]int64{}, 0)
	h.expectCount(t, fresh("batch"), map[job.Status]int64{}, 0)
}

// countOthers has single jobs, and two batches of which one name begins with the other.
func countOthers(t *testing.T, h BatchIndexHarness) {
	batch := fresh("batch")
	h.jobs(t, 6, func(n int, j *job.Job) {
		j.BatchID = []string{"", batch, batch + "#queued"}[n%3]
		j.CostMicroUSD = 1
	})
	h.expectCount(t, batch, map[job.Status]int64{job.Queued: 2}, 2)
	h.expectCount(t, batch+"#queued", map[job.Status]int64{job.Queued: 2}, 2)
}

func countMany(t *testing.T, h BatchIndexHarness) {
	n := int64(gate.Size(110, 230))
	jobs := h.jobs(t, int(n), func(n int, j *job.Job) {
		j.CostMicroUSD = 40_000
		if n%2 == 1 {
			j.Status, j.Due = job.Succeeded, nil
		}
	})
	h.expectCount(t, jobs[0].BatchID, map[job.Status]int64{job.Queued: n / 2, job.Succeeded: n / 2}, n*40_000)
}

func countUpdated(t *testing.T, h BatchIndexHarness) {
	jobs := h.jobs(t, 4, nil)
	for n := range 3 {
		jobs[n].Status, jobs[n].CostMicroUSD = job.Running, int64(n+1)
		h.update(t, jobs[n])
	}
	h.settle(t)
	h.expectCount(t, jobs[0].BatchID, map[job.Status]int64{job.Queued: 1, job.Running: 3}, 6)
	jobs[0].Version, jobs[0].CostMicroUSD = 2, 5
	h.update(t, jobs[0])
	jobs[1].Version, jobs[1].Status, jobs[1].Due = 2, job.Failed, nil
	h.update(t, jobs[1])
	h.settle(t)
	h.expectCount(t, jobs[0].BatchID, map[job.Status]int64{job.Queued: 1, job.Running: 2, job.Failed: 1}, 10)
}

func countErased(t *testing.T, h BatchIndexHarness) {
	jobs := h.jobs(t, 3, func(n int, j *job.Job) { j.CostMicroUSD = int64(n + 1) })
	if err := h.Eraser.Erase(t.Context(), jobs[1].ID, 1); err != nil {
		t.Fatalf("erase: %v", err)
	}
	h.settle(t)
	h.expectCount(t, jobs[0].BatchID, map[job.Status]int64{job.Queued: 2}, 4)
}
