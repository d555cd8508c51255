package jobtest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// expectDue compares what is due with jobs picked by their numbers.
func (h IndexHarness) expectDue(t *testing.T, enqueued bool, until time.Time, limit int, jobs []job.Job, numbers ...int) {
	t.Helper()
	want := []job.Ref{}
	for _, n := range numbers {
		want = append(want, job.Ref{ID: jobs[n].ID, Due: *jobs[n].Due, Deadline: jobs[n].Deadline})
	}
	got, err := h.Index.Due(t.Context(), jobs[0].Model, enqueued, until, limit)
	if err != nil {
		t.Fatalf("due: %v", err)
	}
	if diff := cmp.Diff(want, append([]job.Ref{}, got...)); diff != "" {
		t.Errorf("due, enqueued %v, limit %d (-want +got):\n%s", enqueued, limit, diff)
	}
}

func (h IndexHarness) expectEnqueued(t *testing.T, model string, want int) {
	t.Helper()
	got, err := h.Index.CountEnqueued(t.Context(), model)
	if err != nil {
		t.Fatalf("count: %v", err)
	}
	if got != want {
		t.Errorf("%d jobs are enqueued, want %d", got, want)
	}
}

func indexDue(t *testing.T, h IndexHarness) {
	jobs := h.fill(t, 6, func(n int, j *job.Job) {
		j.Due = at([]int{4, 1, 5, 0, 3, 2}[n])
	})
	h.expectDue(t, false, day.Add(time.Hour), 100, jobs, 3, 1, 5, 4, 0, 2)
}

func indexDueBounds(t *testing.T, h IndexHarness) {
	jobs := h.fill(t, 6, func(n int, j *job.Job) { j.Due = at(n) })
	h.expectDue(t, false, *at(3), 100, jobs, 0, 1, 2, 3)
	h.expectDue(t, false, *at(3), 2, jobs, 0, 1)
	h.expectDue(t, false, *at(-1), 100, jobs)
	other := h.fill(t, 1, nil)
	h.expectDue(t, false, *at(100), 100, other, 0)
}

func indexEnqueued(t *testing.T, h IndexHarness) {
	jobs := h.fill(t, 7, func(n int, j *job.Job) {
		j.Due, j.Enqueued = at(n), n%3 == 0
		if n == 3 {
			j.Status = job.Running
		}
	})
	h.expectDue(t, true, *at(100), 100, jobs, 0, 3, 6)
	h.expectDue(t, false, *at(100), 100, jobs, 1, 2, 4, 5)
	h.expectEnqueued(t, jobs[0].Model, 3)
	h.expectEnqueued(t, fresh("model"), 0)

	jobs[1].Enqueued, jobs[1].Due = true, at(50)
	jobs[3].Enqueued = false
	update(t, h.Store, jobs[1], jobs[3], jobs[6])
	h.settle(t)
	h.expectDue(t, true, *at(100), 100, jobs, 0, 6, 1)
	h.expectDue(t, false, *at(100), 100, jobs, 2, 3, 4, 5)
	h.expectEnqueued(t, jobs[0].Model, 3)
}

func indexDeadline(t *testing.T, h IndexHarness) {
	jobs := h.fill(t, 3, func(n int, j *job.Job) {
		j.Due = at(n)
		if n > 0 {
			j.Deadline = at(1000 * n)
		}
	})
	h.expectDue(t, false, *at(100), 100, jobs, 0, 1, 2)
}

// indexEnded ends one job by an update and has one that was born ended and says that it is enqueued.
func indexEnded(t *testing.T, h IndexHarness) {
	jobs := h.fill(t, 4, func(n int, j *job.Job) {
		j.Due, j.Enqueued = at(n), true
		if n == 3 {
			j.Status, j.Due = job.Failed, nil
		}
	})
	h.expectDue(t, true, *at(100), 100, jobs, 0, 1, 2)
	h.expectEnqueued(t, jobs[0].Model, 3)
	jobs[1].Status, jobs[1].Due, jobs[1].Enqueued = job.Succeeded, nil, false
	updateOne(t, h.Store, jobs[1])
	h.settle(t)
	h.expectDue(t, true, *at(100), 100, jobs, 0, 2)
	h.expectDue(t, false, *at(100), 100, jobs)
	h.expectEnqueued(t, jobs[0].Model, 2)
}

// indexRemembered deletes jobs that every index shows.
func indexRemembered(t *testing.T, h IndexHarness) {
	batch := fresh("batch")
	jobs := h.fill(t, 6, func(n int, j *job.Job) {
		j.Due, j.Enqueued, j.Price = at(n), n%2 == 0, 1<<n
		if n > 3 {
			j.BatchID = batch
		}
	})
	for _, n := range []int{0, 1, 4} {
		erase(t, h.Store, jobs[n], at(n))
	}
	h.settle(t)
	owner := jobs[0].Owner
	h.expect(t, job.Query{Owner: owner}, jobs, 5, 3, 2)
	h.expect(t, job.Query{BatchID: batch}, jobs, 5)
	h.expectDue(t, true, *at(100), 100, jobs, 2)
	h.expectDue(t, false, *at(100), 100, jobs, 3, 5)
	h.expectEnqueued(t, jobs[0].Model, 1)
	h.expectWaiting(t, owner, 1<<2+1<<3)
}
