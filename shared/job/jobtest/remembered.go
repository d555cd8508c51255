package jobtest

import (
	"testing"

	"easel/shared/job"
)

// indexRemembered deletes jobs that every index shows.
func indexRemembered(t *testing.T, h IndexHarness) {
	batch := fresh("batch")
	jobs := h.fill(t, 6, func(n int, j *job.Job) {
		j.Due, j.Enqueued, j.Price = moment(n), n%2 == 0, 1<<n
		if n > 3 {
			j.BatchID = batch
		}
	})
	for _, n := range []int{0, 1, 4} {
		erase(t, h.Store, jobs[n], moment(n))
	}
	h.settle(t)
	owner := jobs[0].Owner
	h.expect(t, job.Query{Owner: owner}, jobs, 5, 3, 2)
	h.expect(t, job.Query{BatchID: batch}, jobs, 5)
	h.expectWaiting(t, owner, 1<<2+1<<3)
}
