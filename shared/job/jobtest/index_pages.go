package jobtest

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// indexFew has one job in twenty of another model and one in thirty that failed: an index that bounds how many it looks at
// finds none of them on many pages.
func indexFew(t *testing.T, h IndexHarness) {
	batch, other := fresh("batch"), fresh("model")
	jobs := h.fill(t, 60, func(n int, j *job.Job) {
		j.BatchID, j.Position = batch, int64(n)
		if n%20 == 3 {
			j.Model = other
		}
		if n%30 == 3 {
			j.Status = job.Failed
		}
	})
	q := job.Query{Owner: jobs[0].Owner, Limit: 2}
	ofModel, failed := q, q
	ofModel.Model, failed.Statuses = other, []job.Status{job.Failed}
	both := ofModel
	both.Statuses = []job.Status{job.Queued, job.Canceled}
	h.expect(t, ofModel, jobs, 43, 23, 3)
	h.expect(t, failed, jobs, 33, 3)
	h.expect(t, both, jobs, 43, 23)
	ofModel.BatchID, failed.BatchID, both.BatchID = batch, batch, batch
	h.expect(t, ofModel, jobs, 3, 23, 43)
	h.expect(t, failed, jobs, 3, 33)
	h.expect(t, both, jobs, 23, 43)
}

func indexNone(t *testing.T, h IndexHarness) {
	batch := fresh("batch")
	jobs := h.fill(t, 25, func(n int, j *job.Job) { j.BatchID, j.Position = batch, int64(n) })
	owner := jobs[0].Owner
	for _, q := range []job.Query{
		{Owner: owner, Statuses: []job.Status{job.Running}},
		{Owner: owner, Statuses: []job.Status{job.Canceled, job.Failed}, BatchID: batch},
		{Owner: owner, Model: fresh("model")},
		{Owner: owner, Model: fresh("model"), Statuses: []job.Status{job.Queued}},
		{Owner: owner, Model: fresh("model"), BatchID: batch},
		{Owner: owner, BatchID: fresh("batch")},
		{Owner: fresh("owner"), BatchID: batch},
		{Owner: fresh("owner"), BatchID: batch, Statuses: []job.Status{job.Queued}},
		{Owner: fresh("owner"), Statuses: []job.Status{job.Queued}},
	} {
		h.expect(t, q, jobs)
	}
}

func indexNamedTwice(t *testing.T, h IndexHarness) {
	batch := fresh("batch")
	jobs := h.fill(t, 6, func(n int, j *job.Job) {
		j.Status, j.BatchID, j.Position = []job.Status{job.Queued, job.Failed, job.Running}[n%3], batch, int64(n)
	})
	q := job.Query{Owner: jobs[0].Owner, Statuses: []job.Status{job.Queued, job.Failed, job.Queued}, Limit: 3}
	h.expect(t, q, jobs, 4, 3, 1, 0)
	q.BatchID = batch
	h.expect(t, q, jobs, 0, 1, 3, 4)
}

// indexChanging changes the states of a third of all jobs behind each page: of some that were listed and of some that were not.
func indexChanging(t *testing.T, h IndexHarness) {
	active := []job.Status{job.Running, job.Queued}
	for _, states := range [][]job.Status{job.Statuses, active} {
		for _, named := range []bool{true, false} {
			for _, batch := range []string{"", fresh("batch")} {
				jobs := h.fill(t, 12, func(n int, j *job.Job) { j.BatchID, j.Position = batch, int64(n) })
				q := job.Query{Owner: jobs[0].Owner, BatchID: batch, Limit: 5}
				want := slices.Clone(jobs)
				if named {
					q.Statuses = states
				}
				if batch == "" {
					slices.Reverse(want)
				}
				got := h.listWhile(t, q, func(page int) { h.change(t, jobs, page%3, states) })
				if diff := cmp.Diff(names(want), names(got)); diff != "" {
					t.Errorf("list of %+v while jobs become one of %v (-want +got):\n%s", q, states, diff)
				}
			}
		}
	}
}

// change gives each third job, from the first one on, the next of the states.
func (h IndexHarness) change(t *testing.T, jobs []job.Job, first int, states []job.Status) {
	t.Helper()
	for n := first; n < len(jobs); n += 3 {
		jobs[n].Status = states[(slices.Index(states, jobs[n].Status)+1)%len(states)]
		jobs[n] = updateOne(t, h.Store, jobs[n])
	}
	h.settle(t)
}

func names(jobs []job.Job) []string {
	all := make([]string, len(jobs))
	for n, j := range jobs {
		all[n] = j.ID
	}
	return all
}
