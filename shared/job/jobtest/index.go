package jobtest

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/gate"
	"easel/shared/job"
)

// IndexHarness is an index as [Index] tests it, with the records it is made of.
type IndexHarness struct {
	Index job.Index
	Store Store
	// Settle waits until the index shows every write that has returned. Nil: it never lags.
	Settle func(t *testing.T)
}

// Index runs the contract of job.Index. Indexes that open returns may share their records.
func Index(t *testing.T, open func(t *testing.T) IndexHarness) {
	suite(t, open, map[string]func(*testing.T, IndexHarness){
		"a list holds whole records":              indexWhole,
		"an owner's list begins with the newest":  indexNewest,
		"a batch is listed as in its file":        indexBatch,
		"a list is one owner's":                   indexOwner,
		"a list may be of some states":            indexStatuses,
		"a list may be of one model":              indexModel,
		"a list may be of starred jobs":           indexStarred,
		"stars are found among many":              indexStarredFew,
		"filters hold together":                   indexTogether,
		"pages join without a gap":                indexPages,
		"pages of a batch join without a gap":     indexBatchPages,
		"a list follows an update":                indexUpdated,
		"few are found among many":                indexFew,
		"a list of nothing has an end":            indexNone,
		"a state that is named twice counts once": indexNamedTwice,
		"changes between pages hide no job":       indexChanging,
		"what is remembered is in no index":       indexRemembered,
		"waiting adds up single jobs":             indexWaiting,
		"waiting follows updates and erasures":    indexWaitingFollows,
		"waiting is one owner's":                  indexWaitingOwners,
		"counters are those of the jobs":          indexCount,
	})
}

// fill stores n jobs of one owner and one model, a second apart, changed by edit.
func (h IndexHarness) fill(t *testing.T, n int, edit func(n int, j *job.Job)) []job.Job {
	t.Helper()
	owner, model, prefix := fresh("owner"), fresh("model"), fresh("job")
	jobs := make([]job.Job, n)
	for n := range jobs {
		j := plainJob(fmt.Sprintf("%s-%03d", prefix, n))
		j.Owner, j.Model, j.Version = owner, model, 1
		j.CreatedAt = sampleTime.Add(time.Duration(n) * time.Second)
		if edit != nil {
			edit(n, &j)
		}
		jobs[n] = j
	}
	stored := byID(h.store(t, shuffled(jobs)))
	for n := range jobs {
		jobs[n] = stored[jobs[n].ID]
	}
	h.settle(t)
	return jobs
}

// store creates jobs: together, or one at a time where there are many, since an emulator copies its whole table for each job
// of a transaction.
func (h IndexHarness) store(t *testing.T, jobs []job.Job) (stored []job.Job) {
	t.Helper()
	if len(jobs) <= job.MaxTogether {
		return create(t, h.Store, jobs...)
	}
	for _, j := range jobs {
		stored = append(stored, createOne(t, h.Store, j))
	}
	return stored
}

func (h IndexHarness) settle(t *testing.T) {
	t.Helper()
	if h.Settle != nil {
		h.Settle(t)
	}
}

// shuffled returns the jobs in an order that is neither theirs nor its reverse.
func shuffled(jobs []job.Job) []job.Job {
	mixed := make([]job.Job, 0, len(jobs))
	for _, odd := range []int{1, 0} {
		for n, j := range jobs {
			if n%2 == odd {
				mixed = append(mixed, j)
			}
		}
	}
	return mixed
}

// list pages through a query to its end. A page may be short, or empty, while there is more.
func (h IndexHarness) list(t *testing.T, q job.Query) []job.Job {
	t.Helper()
	return h.listWhile(t, q, func(int) {})
}

// listWhile pages through a query to its end, and lets something change behind each page.
func (h IndexHarness) listWhile(t *testing.T, q job.Query, change func(page int)) []job.Job {
	t.Helper()
	var all []job.Job
	for n := range 1000 {
		page, more, err := h.Index.List(t.Context(), q)
		if err != nil {
			t.Fatalf("list: %v", err)
		}
		if len(page) > q.Limit {
			t.Fatalf("list returned %d jobs, the limit is %d", len(page), q.Limit)
		}
		all = append(all, page...)
		if more == nil {
			return all
		}
		q.After = more
		change(n)
	}
	t.Fatal("the list has no end")
	return nil
}

// expect compares a list with jobs picked by their numbers.
func (h IndexHarness) expect(t *testing.T, q job.Query, jobs []job.Job, numbers ...int) {
	t.Helper()
	want := []string{}
	for _, n := range numbers {
		want = append(want, jobs[n].ID)
	}
	if q.Limit == 0 {
		q.Limit = 100
	}
	got := []string{}
	for _, j := range h.list(t, q) {
		got = append(got, j.ID)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("list of %+v (-want +got):\n%s", q, diff)
	}
}

func indexWhole(t *testing.T, h IndexHarness) {
	want := fullJob(fresh("job"))
	want.Owner, want.BatchID = fresh("owner"), fresh("batch")
	want = createOne(t, h.Store, want)
	h.settle(t)
	for _, q := range []job.Query{{Owner: want.Owner, Limit: 10}, {Owner: want.Owner, BatchID: want.BatchID, Limit: 10}} {
		if diff := cmp.Diff([]job.Job{want}, h.list(t, q)); diff != "" {
			t.Errorf("list of %+v (-want +got):\n%s", q, diff)
		}
	}
}

// indexNewest has three jobs of one instant, two of them at one position.
func indexNewest(t *testing.T, h IndexHarness) {
	jobs := h.fill(t, 6, func(n int, j *job.Job) {
		if n >= 2 && n <= 4 {
			j.CreatedAt = sampleTime.Add(time.Minute)
			j.Position = []int64{9, 10, 9}[n-2]
		}
	})
	h.expect(t, job.Query{Owner: jobs[0].Owner}, jobs, 3, 4, 2, 5, 1, 0)
}

func indexBatch(t *testing.T, h IndexHarness) {
	batch := fresh("batch")
	jobs := h.fill(t, 12, func(n int, j *job.Job) {
		j.Position = []int64{0, 10, 9, 100, 1, 2, 3, 4, 5, 6, 7, 8}[n]
		if n != 0 {
			j.BatchID = batch
		}
	})
	owner := jobs[0].Owner
	h.expect(t, job.Query{Owner: owner, BatchID: batch}, jobs, 4, 5, 6, 7, 8, 9, 10, 11, 2, 1, 3)
	h.expect(t, job.Query{Owner: owner}, jobs, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0)
}

func indexOwner(t *testing.T, h IndexHarness) {
	batch, other := fresh("batch"), fresh("owner")
	jobs := h.fill(t, 4, func(n int, j *job.Job) {
		j.Position, j.BatchID = int64(n), batch
		if n == 1 || n == 2 {
			j.Owner = other
		}
	})
	h.expect(t, job.Query{Owner: jobs[0].Owner}, jobs, 3, 0)
	h.expect(t, job.Query{Owner: other}, jobs, 2, 1)
	h.expect(t, job.Query{Owner: other, BatchID: batch}, jobs, 1, 2)
	h.expect(t, job.Query{Owner: fresh("owner")}, jobs)
	h.expect(t, job.Query{Owner: fresh("owner"), BatchID: batch}, jobs)
}

func indexStatuses(t *testing.T, h IndexHarness) {
	batch := fresh("batch")
	jobs := h.fill(t, 10, func(n int, j *job.Job) {
		j.Status, j.BatchID, j.Position = job.Statuses[n%5], batch, int64(n)
	})
	q := job.Query{Owner: jobs[0].Owner, Statuses: []job.Status{job.Running}}
	h.expect(t, q, jobs, 6, 1)
	q.Statuses = []job.Status{job.Failed, job.Queued, job.Canceled}
	h.expect(t, q, jobs, 9, 8, 5, 4, 3, 0)
	q.BatchID = batch
	h.expect(t, q, jobs, 0, 3, 4, 5, 8, 9)
}

func indexModel(t *testing.T, h IndexHarness) {
	batch, other := fresh("batch"), fresh("model")
	jobs := h.fill(t, 5, func(n int, j *job.Job) {
		j.BatchID, j.Position = batch, int64(n)
		if n%2 == 1 {
			j.Model = other
		}
	})
	q := job.Query{Owner: jobs[0].Owner, Model: other}
	h.expect(t, q, jobs, 3, 1)
	q.BatchID = batch
	h.expect(t, q, jobs, 1, 3)
}

func indexTogether(t *testing.T, h IndexHarness) {
	other := fresh("model")
	jobs := h.fill(t, 40, func(n int, j *job.Job) {
		j.Status = job.Statuses[n%5]
		if n%2 == 1 {
			j.Model = other
		}
	})
	q := job.Query{Owner: jobs[0].Owner, Model: other, Statuses: []job.Status{job.Queued, job.Canceled}, Limit: 3}
	h.expect(t, q, jobs, 39, 35, 29, 25, 19, 15, 9, 5)
}

// indexPages has every job at the same instant, as a batch has, in fours of one position.
func indexPages(t *testing.T, h IndexHarness) {
	jobs := h.fill(t, 30, func(n int, j *job.Job) {
		j.CreatedAt, j.Position = sampleTime, int64(n/4)
	})
	var newest []int
	for n := range jobs {
		newest = append(newest, len(jobs)-1-n)
	}
	for _, limit := range []int{1, 2, 7, 30, 100} {
		h.expect(t, job.Query{Owner: jobs[0].Owner, Limit: limit}, jobs, newest...)
	}
}

func indexBatchPages(t *testing.T, h IndexHarness) {
	batch := fresh("batch")
	jobs := h.fill(t, gate.Size(30, 120), func(n int, j *job.Job) {
		j.CreatedAt, j.Position, j.BatchID = sampleTime, int64(n+95), batch
	})
	var file []int
	for n := range jobs {
		file = append(file, n)
	}
	for _, limit := range []int{7, 100} {
		h.expect(t, job.Query{Owner: jobs[0].Owner, BatchID: batch, Limit: limit}, jobs, file...)
	}
}

func indexUpdated(t *testing.T, h IndexHarness) {
	jobs := h.fill(t, 3, nil)
	jobs[1].Status = job.Running
	updateOne(t, h.Store, jobs[1])
	h.settle(t)
	h.expect(t, job.Query{Owner: jobs[0].Owner, Statuses: []job.Status{job.Queued}}, jobs, 2, 0)
	h.expect(t, job.Query{Owner: jobs[0].Owner, Statuses: []job.Status{job.Running}}, jobs, 1)
}
