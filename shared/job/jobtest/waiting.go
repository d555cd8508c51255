package jobtest

import (
	"testing"

	"easel/shared/job"
)

func (h IndexHarness) expectWaiting(t *testing.T, owner string, want int64) {
	t.Helper()
	backlog, is := h.Index.(job.Backlog)
	if !is {
		t.Fatalf("%T is no backlog", h.Index)
	}
	got, err := backlog.Waiting(t.Context(), owner)
	if err != nil {
		t.Fatalf("waiting: %v", err)
	}
	if got != want {
		t.Errorf("%d micro-dollars wait, want %d", got, want)
	}
}

// indexWaiting has jobs of all states and two models, alone and in a batch. Their prices exceed 32 bits.
func indexWaiting(t *testing.T, h IndexHarness) {
	batch, other, want := fresh("batch"), fresh("model"), int64(0)
	jobs := h.fill(t, 40, func(n int, j *job.Job) {
		j.Status, j.Price = job.Statuses[n%5], 1<<n
		if n%2 == 1 {
			j.Model = other
		}
		if n%4 == 3 {
			j.BatchID = batch
		}
		if j.Status == job.Queued && j.BatchID == "" {
			want += j.Price
		}
	})
	h.expectWaiting(t, jobs[0].Owner, want)
}

func indexWaitingFollows(t *testing.T, h IndexHarness) {
	jobs := h.fill(t, 5, func(n int, j *job.Job) { j.Price = 1 << n })
	jobs[0].Status = job.Running
	jobs[1].Status, jobs[1].Due = job.Canceled, nil
	now := update(t, h.Store, jobs[0], jobs[1])
	erase(t, h.Store, jobs[2], nil)
	h.settle(t)
	h.expectWaiting(t, jobs[0].Owner, 1<<3+1<<4)
	now[0].Status = job.Queued
	update(t, h.Store, now[0])
	h.settle(t)
	h.expectWaiting(t, jobs[0].Owner, 1<<0+1<<3+1<<4)
}

func indexWaitingOwners(t *testing.T, h IndexHarness) {
	owners := hard()
	h.fill(t, len(owners), func(n int, j *job.Job) { j.Owner, j.Price = owners[n], int64(n+1) })
	for n, owner := range owners {
		h.expectWaiting(t, owner, int64(n+1))
	}
	h.expectWaiting(t, fresh("owner"), 0)
}

// indexCount counts the jobs of a batch of which the two that were queued first were canceled.
func indexCount(t *testing.T, h IndexHarness) {
	batch := fresh("batch")
	jobs := h.fill(t, 7, func(n int, j *job.Job) {
		j.BatchID, j.Position, j.Price, j.CostMicroUSD = batch, int64(n), 10, 1
		switch {
		case n < 2:
			return
		case n == 2:
			j.Status, j.Lease = job.Running, &job.Lease{Token: "token", Until: sampleTime, Amount: 4}
		case n == 3:
			j.Status, j.Due = job.Failed, nil
		}
		j.CancelNo = 1
	})
	want := job.Counters{
		BatchID: batch, Queued: 3, Running: 1, Cost: 7, Charged: 4, Waiting: 30, Unwritten: 2,
		Models: map[string]job.Counts{jobs[0].Model: {job.Queued: 3, job.Running: 1, job.Failed: 1, job.Canceled: 2}},
	}
	sameCounters(t, "counted", want, CountJobs(t, h.Index, batch, 1))
	want.Models = map[string]job.Counts{jobs[0].Model: {job.Queued: 5, job.Running: 1, job.Failed: 1}}
	want.Queued, want.Waiting, want.Unwritten = 5, 50, 0
	stored := want
	stored.MaxCost, stored.Next, stored.Ordered = 1, 2, 3
	sameCounters(t, "counted", Figures(stored), CountJobs(t, h.Index, batch, 0))
}
