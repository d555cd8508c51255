package jobtest

import (
	"cmp"
	"fmt"
	"slices"
	"testing"
	"time"

	"easel/shared/job"
)

// fill stores n jobs of one owner and one model, a second apart, changed by edit. No two of them are due at one time, so that
// the order of what fires is known.
func (h Harness) fill(t *testing.T, n int, edit func(n int, j *job.Job)) []job.Job {
	t.Helper()
	owner, model, prefix := fresh("owner"), fresh("model"), fresh("job")
	jobs := make([]job.Job, n)
	for n := range jobs {
		j := plainJob(fmt.Sprintf("%s-%03d", prefix, n))
		j.Owner, j.Model, j.Due = owner, model, moment(n)
		j.CreatedAt = sampleTime.Add(time.Duration(n) * time.Second)
		edit(n, &j)
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
func (h Harness) store(t *testing.T, jobs []job.Job) (stored []job.Job) {
	t.Helper()
	if len(jobs) <= job.MaxTogether {
		return create(t, h, jobs...)
	}
	for _, j := range jobs {
		stored = append(stored, createOne(t, h, j))
	}
	return stored
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

// distinct are the values of a field of jobs.
func distinct[K comparable](jobs []job.Job, field func(j job.Job) K) (all []K) {
	for _, j := range jobs {
		if k := field(j); !slices.Contains(all, k) {
			all = append(all, k)
		}
	}
	return all
}

// agree compares what every index shows of jobs with what their records say. No others may have their owners, batches and
// models. Gone are jobs that are not there, or not so any more, by whose names is asked too.
func (h Harness) agree(t *testing.T, jobs []job.Job, gone ...job.Job) {
	t.Helper()
	asked := slices.Concat(jobs, gone)
	for _, owner := range distinct(asked, func(j job.Job) string { return j.Owner }) {
		h.lists(t, jobs, job.Query{Owner: owner, Limit: 100})
		h.waits(t, jobs, owner)
	}
	for _, batch := range distinct(asked, func(j job.Job) string { return j.BatchID }) {
		if batch != "" {
			h.lists(t, jobs, job.Query{BatchID: batch, Limit: 100})
		}
	}
	for _, model := range distinct(asked, func(j job.Job) string { return j.Model }) {
		h.fires(t, jobs, model)
		h.dispatches(t, jobs, model)
	}
	for _, flow := range distinct(asked, job.Job.FlowKey) {
		h.queues(t, jobs, flow, 1+len(jobs)/2)
	}
}

// filter compares lists with every filter. Pages are small at times: of two where little is to be found, since each asks an
// emulator for all of its table.
func (h Harness) filter(t *testing.T, jobs []job.Job, owners, batches, models []string) {
	t.Helper()
	states := [][]job.Status{nil, {job.Running}, {job.Failed, job.Queued, job.Canceled}, {job.Queued, job.Failed, job.Queued}}
	var queries []job.Query
	for _, owner := range owners {
		for _, batch := range batches {
			for _, model := range models {
				for _, statuses := range states {
					q := job.Query{Owner: owner, BatchID: batch, Model: model, Statuses: statuses}
					starred := q
					starred.Starred = true
					queries = append(queries, q, starred)
				}
			}
		}
	}
	for n, q := range queries {
		if q.Limit = []int{100, 7}[n/2%2]; q.Starred && q.Model != "" {
			q.Limit = 2
		}
		h.lists(t, jobs, q)
	}
}

// lists compares a list with the jobs that it must hold.
func (h Harness) lists(t *testing.T, jobs []job.Job, q job.Query) {
	t.Helper()
	want := slices.DeleteFunc(slices.Clone(jobs), func(j job.Job) bool {
		return q.Owner != "" && q.Owner != j.Owner || q.BatchID != "" && q.BatchID != j.BatchID || q.Model != "" && q.Model != j.Model ||
			q.Starred && !j.Starred || len(q.Statuses) > 0 && !slices.Contains(q.Statuses, j.Status)
	})
	slices.SortFunc(want, func(a, b job.Job) int {
		if q.BatchID != "" {
			return cmp.Compare(a.Position, b.Position)
		}
		return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.Position, a.Position), cmp.Compare(b.ID, a.ID))
	})
	same(t, fmt.Sprintf("list of %+.200v", q), names(want), names(h.list(t, q)))
}

// list pages through a query to its end. A page may be short, or empty, while there is more.
func (h Harness) list(t *testing.T, q job.Query) []job.Job {
	t.Helper()
	return h.listWhile(t, q, func(int) {})
}

// listWhile pages through a query to its end, and lets something change behind each page.
func (h Harness) listWhile(t *testing.T, q job.Query, change func(page int)) []job.Job {
	t.Helper()
	var all []job.Job
	for n := range 1000 {
		page, more, err := h.List(t.Context(), q)
		succeeds(t, "list", err)
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

func names(jobs []job.Job) []string {
	all := make([]string, len(jobs))
	for n, j := range jobs {
		all[n] = j.ID
	}
	return all
}

// waits compares what an owner's jobs that wait are going to cost.
func (h Harness) waits(t *testing.T, jobs []job.Job, owner string) {
	t.Helper()
	got, err := h.Waiting(t.Context(), owner)
	succeeds(t, "waiting", err)
	want := int64(0)
	for _, j := range jobs {
		if j.Owner == owner && j.Status == job.Queued && j.BatchID == "" {
			want += j.Price
		}
	}
	if got != want {
		t.Errorf("%d micro-dollars wait of %.60s, want %d", got, owner, want)
	}
}

// fires compares what fires of a model, within bounds of time and of number.
func (h Harness) fires(t *testing.T, jobs []job.Job, model string) {
	t.Helper()
	all := []job.Ref{}
	for _, j := range jobs {
		if j.Model == model && j.Due != nil {
			all = append(all, job.Ref{ID: j.ID, Due: *j.Due, Deadline: j.Deadline})
		}
	}
	slices.SortFunc(all, func(a, b job.Ref) int { return a.Due.Compare(b.Due) })
	bounds := map[int]time.Time{len(all): sampleTime.Add(1_000_000 * time.Hour)} // until when so many are due
	if len(all) > 0 {
		bounds[0], bounds[len(all)/2+1] = all[0].Due.Add(-time.Microsecond), all[len(all)/2].Due
	}
	for n, until := range bounds {
		for _, limit := range []int{2, 100} {
			got, err := h.Fired(t.Context(), model, until, limit)
			succeeds(t, "fired", err)
			same(t, fmt.Sprintf("fired until %v, limit %d", until, limit), all[:min(n, limit)], append([]job.Ref{}, got...))
		}
	}
}

// dispatches compares the jobs of a model that are enqueued and have a due, which come in any order.
func (h Harness) dispatches(t *testing.T, jobs []job.Job, model string) {
	t.Helper()
	want := []job.Dispatched{}
	for _, j := range jobs {
		if j.Model == model && j.Enqueued && j.Due != nil {
			want = append(want, job.Dispatched{
				ID: j.ID, Owner: j.Owner, BatchID: j.BatchID, Price: j.Price, Visible: j.Visible, Running: j.Status == job.Running,
			})
		}
	}
	got, err := h.Dispatched(t.Context(), model)
	succeeds(t, "dispatched", err)
	byName := func(a, b job.Dispatched) int { return cmp.Compare(a.ID, b.ID) }
	same(t, "dispatched", slices.SortedFunc(slices.Values(want), byName), slices.SortedFunc(slices.Values(got), byName))
}

// waiters are jobs as the index of their flow shows them.
func waiters(jobs []job.Job) []job.Waiter {
	all := []job.Waiter{}
	for _, j := range jobs {
		all = append(all, job.Waiter{ID: j.ID, Queued: j.QueuedAt, Position: j.Position, Deadline: j.Deadline, Price: j.Price})
	}
	return all
}

// queues compares the jobs that wait in a flow, in pages, of which none but the last may be short.
func (h Harness) queues(t *testing.T, jobs []job.Job, flow job.FlowKey, limit int) {
	t.Helper()
	want := waiters(slices.DeleteFunc(slices.Clone(jobs), func(j job.Job) bool {
		key, waits := j.Flow()
		return !waits || key != flow
	}))
	slices.SortFunc(want, func(a, b job.Waiter) int {
		return cmp.Or(a.Queued.Compare(b.Queued), cmp.Compare(a.Position, b.Position), cmp.Compare(a.ID, b.ID))
	})
	got := []job.Waiter{}
	var after *job.Waiter
	for len(got) <= len(want) {
		page, err := h.Waiters(t.Context(), flow, after, limit)
		succeeds(t, "waiters", err)
		if len(page) > limit || len(page) < limit && len(got)+len(page) < len(want) {
			t.Fatalf("a page of %d has %d jobs behind %d of %d", limit, len(page), len(got), len(want))
		}
		if got = append(got, page...); len(page) < limit {
			break
		}
		after = &page[len(page)-1]
	}
	same(t, fmt.Sprintf("waiters of %.60s in pages of %d", flow.Name(), limit), want, got)
}
