package jobtest

import (
	"testing"

	"easel/shared/job"
)

// indexStarred has a job that gets its star late, and one that loses it.
func indexStarred(t *testing.T, h IndexHarness) {
	batch := fresh("batch")
	jobs := h.fill(t, 8, func(n int, j *job.Job) {
		j.BatchID, j.Position, j.Status, j.Starred = batch, int64(n), job.Statuses[n%5], n%3 == 0
	})
	q := job.Query{Owner: jobs[0].Owner, Starred: true}
	h.expect(t, q, jobs, 6, 3, 0)
	for n, starred := range map[int]bool{3: false, 4: true} {
		jobs[n].Starred = starred
		jobs[n] = updateOne(t, h.Store, jobs[n])
	}
	h.settle(t)
	h.expect(t, q, jobs, 6, 4, 0)
	q.BatchID = batch
	h.expect(t, q, jobs, 0, 4, 6)
	erase(t, h.Store, jobs[4], nil)
	h.settle(t)
	h.expect(t, q, jobs, 0, 6)
	h.expect(t, job.Query{Owner: fresh("owner"), Starred: true}, jobs)
}

// indexStarredFew combines stars with other filters, on pages that are smaller than what an index may look at.
func indexStarredFew(t *testing.T, h IndexHarness) {
	batch, other := fresh("batch"), fresh("model")
	jobs := h.fill(t, 40, func(n int, j *job.Job) {
		j.BatchID, j.Position, j.Starred = batch, int64(n), n%4 == 1
		j.Status = job.Statuses[n%2]
		if n%3 == 0 {
			j.Model = other
		}
	})
	q := job.Query{Owner: jobs[0].Owner, Starred: true, Limit: 2}
	h.expect(t, q, jobs, 37, 33, 29, 25, 21, 17, 13, 9, 5, 1)
	q.Model = other
	h.expect(t, q, jobs, 33, 21, 9)
	q.Statuses = []job.Status{job.Queued}
	h.expect(t, q, jobs)
	q.Statuses = []job.Status{job.Running, job.Failed}
	h.expect(t, q, jobs, 33, 21, 9)
	q.BatchID = batch
	h.expect(t, q, jobs, 9, 21, 33)
}
