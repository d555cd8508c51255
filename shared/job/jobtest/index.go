package jobtest

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"easel/shared/gate"
	"easel/shared/job"
)

// Index is the contract of job.Index, job.Backlog, job.Timers and job.Waiters: of whatever jobs there are, each index shows
// what their records say, by [Harness.agree].
var Index = Suite[Harness]{
	"a list holds whole records":            indexWhole,
	"filters hold together":                 indexFilters,
	"pages join without a gap":              indexPages,
	"changes between pages hide no job":     indexChanging,
	"places go by their instants":           indexPlaces,
	"every state is shown where it belongs": indexStates,
	"owners may have any name":              indexOwners,
	"batches may have any name and number":  indexBatches,
	"models may have any name":              indexModels,
	"all of many are shown":                 indexAll,
	"of nothing nothing is shown":           indexNone,
	"indexes follow their records":          indexFollow,
	"a place that is left is still a place": waitersPlace,
}

func indexWhole(t *testing.T, h Harness) {
	want := fullJob(fresh("job"))
	want.Owner, want.BatchID = fresh("owner"), fresh("batch")
	want = createOne(t, h, want)
	h.settle(t)
	for _, q := range []job.Query{{Owner: want.Owner, Limit: 10}, {Owner: want.Owner, BatchID: want.BatchID, Limit: 10}} {
		same(t, fmt.Sprintf("list of %+v", q), []job.Job{want}, h.list(t, q))
	}
}

// indexFilters has few jobs that some filters hold, and none that others do: an index that bounds how many it looks at finds
// nothing on many pages. Prices exceed 32 bits.
func indexFilters(t *testing.T, h Harness) {
	batch, owner, model := fresh("batch"), fresh("owner"), fresh("model")
	jobs := h.fill(t, 48, func(n int, j *job.Job) {
		j.CreatedAt = sampleTime.Add(time.Duration(n/6) * time.Second)
		j.Position, j.Status, j.Starred, j.Price = int64(n/4), job.Statuses[n%5], n%3 == 0, 1<<(n%40)
		if n%4 != 3 {
			j.BatchID, j.Position = batch, int64(n+75)
		}
		if n%11 == 5 {
			j.Owner = owner
		}
		if n%7 == 3 {
			j.Model = model
		}
	})
	h.agree(t, jobs)
	h.filter(t, jobs, []string{jobs[0].Owner, owner}, []string{"", batch}, []string{"", model})
	for _, q := range []job.Query{
		{Owner: owner, Model: fresh("model")},
		{Owner: owner, Model: fresh("model"), Statuses: []job.Status{job.Queued}},
		{Owner: owner, Model: fresh("model"), BatchID: batch},
		{Owner: fresh("owner"), BatchID: batch},
		{Owner: fresh("owner"), BatchID: batch, Statuses: []job.Status{job.Queued}},
		{Owner: fresh("owner"), Starred: true},
	} {
		q.Limit = 100
		h.lists(t, jobs, q)
	}
}

// indexPages has every job at the same instant, as a batch has, in fours of one position where there is no batch.
func indexPages(t *testing.T, h Harness) {
	for batch, size := range map[string]int{"": 30, fresh("batch"): gate.Size(30, 120)} {
		jobs := h.fill(t, size, func(n int, j *job.Job) {
			j.CreatedAt, j.BatchID, j.Position, j.InLine, j.QueuedAt = sampleTime, batch, int64(n+95), true, *moment(n / 12)
			if batch == "" {
				j.Position = int64(n / 4)
			}
		})
		for _, limit := range []int{1, 2, 7, 30, 100} {
			h.lists(t, jobs, job.Query{Owner: jobs[0].Owner, BatchID: batch, Limit: limit})
			h.queues(t, jobs, jobs[0].FlowKey(), limit)
		}
	}
}

// indexPlaces has jobs that were queued, and are due, in other orders than they were created, and others at one instant. Two
// that are in no batch share a position.
func indexPlaces(t *testing.T, h Harness) {
	batch, day := fresh("batch"), 24*time.Hour
	queued := []time.Time{*moment(1), sampleTime.Add(day), *moment(0), sampleTime.Add(-time.Hour), *moment(10), *moment(9)}
	h.agree(t, h.fill(t, 32, func(n int, j *job.Job) {
		j.Position = []int64{100, 9, 10, 1 << 40, 9, 0, 999, 1}[n%8]
		if j.InLine, j.QueuedAt, j.Due = true, queued[n%6], moment(7*n%32); n%8 > 2 {
			j.CreatedAt = sampleTime.Add(time.Minute)
		}
		if n >= 16 {
			j.QueuedAt = *moment(n % 3)
		}
		if n%16 >= 8 {
			j.BatchID, j.Position = batch, []int64{0, 10, 9, 100, 1, 2, 3, 4}[n%8]+int64(1000*(n/16))
		}
	}))
}

// indexStates has jobs of all states, in line and not, with a message and not, with a due and not: ended ones that are being
// deleted, ones whose lease is to be settled, and ones that wait while the call of their earlier generation runs.
func indexStates(t *testing.T, h Harness) {
	h.agree(t, h.fill(t, 60, func(n int, j *job.Job) {
		j.Status, j.InLine, j.Enqueued, j.QueuedAt = job.Statuses[n%5], n/5%2 == 1, n/10%2 == 1, *moment(n)
		switch n / 20 {
		case 0:
			j.Lease = &job.Lease{Token: "token", Until: *moment(n), Amount: 4}
		case 1:
			j.Deleting, j.Deadline = true, moment(1000*n)
		case 2:
			j.Due = nil
		}
	}))
}

// indexOwners has owners of whom a key can be made wrongly, each with jobs in line and with a message: alone, in a batch of its
// own and in one that is of all. Instants are far apart and prices exceed 32 bits.
func indexOwners(t *testing.T, h Harness) {
	owners, batch := hard(), fresh("batch")
	owners = append(owners, owners[0][:len(owners[0])-1], owners[0]+strings.Repeat("#", 1500))
	h.agree(t, h.fill(t, 4*len(owners), func(n int, j *job.Job) {
		j.Owner, j.InLine, j.Enqueued, j.Price = owners[n/4], n%2 == 0, n%2 == 1, int64(n)<<34
		j.Due, j.Visible = moment(1_000_000_000*n), *moment(5 * n)
		if n%4 > 1 {
			j.BatchID, j.Position, j.Deadline = []string{fresh("batch"), batch}[n%2], int64(n), moment(7)
		}
	}))
}

// indexBatches has batches whose names, with the cancel number, begin like each other's, or are those of owners.
func indexBatches(t *testing.T, h Harness) {
	name := fresh("batch")
	ids := []string{name, name + "#1", name + "#1#1", name[:len(name)-1], name, "", "single#" + name, name}
	jobs := h.fill(t, len(ids), func(n int, j *job.Job) {
		j.Owner, j.BatchID, j.CancelNo, j.InLine, j.Position = name, ids[n], int64([]int{1, 1, 1, 1, 11, 0, 1, 10}[n]), true, int64(n)
	})
	other := jobs[0]
	other.CancelNo = 0
	h.agree(t, jobs, other)
}

// indexModels has models whose names begin like each other's, and jobs that were due before those of another.
func indexModels(t *testing.T, h Harness) {
	model := fresh("model")
	models := []string{model, model + "#", model + "1", model[:len(model)-1]}
	h.agree(t, h.fill(t, 3*len(models), func(n int, j *job.Job) {
		j.Model, j.InLine, j.Enqueued, j.Due = models[n%4], n < 4, n >= 4, moment(-n)
	}))
}

// indexAll has so many jobs of an owner with a long name, in the full run, that their index entries are more than a megabyte.
func indexAll(t *testing.T, h Harness) {
	owner, batch := hard()[4], fresh("batch")
	jobs := h.fill(t, gate.Size(150, 2000), func(n int, j *job.Job) {
		if j.Owner, j.Enqueued = owner, n%2 == 0; n%2 == 1 {
			j.BatchID, j.Position, j.QueuedAt, j.InLine = batch, int64(n+95), sampleTime, true
		}
	})
	h.agree(t, jobs)
	h.queues(t, jobs, jobs[1].FlowKey(), 1000)
}

func indexNone(t *testing.T, h Harness) {
	nobody := plainJob(fresh("job"))
	nobody.Owner, nobody.Model, nobody.BatchID = fresh("owner"), fresh("model"), fresh("batch")
	h.agree(t, nil, nobody)
}

// waitersPlace goes on behind a job that has been dispatched since, of which only the place is given, and behind places
// that no job has.
func waitersPlace(t *testing.T, h Harness) {
	jobs := h.fill(t, 4, func(n int, j *job.Job) { j.InLine, j.QueuedAt = true, *moment(10 * n) })
	gone := jobs[1]
	gone.InLine, gone.Enqueued = false, true
	updateOne(t, h, gone)
	h.settle(t)
	for _, c := range []struct {
		after job.Waiter
		want  []job.Job
	}{
		{job.Waiter{ID: gone.ID, Queued: gone.QueuedAt}, jobs[2:]},
		{job.Waiter{Queued: *moment(10)}, jobs[2:]},
		{job.Waiter{ID: "z", Position: 1 << 50, Queued: *moment(25)}, jobs[3:]},
		{job.Waiter{Queued: *moment(-1)}, []job.Job{jobs[0], jobs[2], jobs[3]}},
		{job.Waiter{Queued: *moment(31)}, nil},
	} {
		got, err := h.Waiters(t.Context(), gone.FlowKey(), &c.after, 1000)
		succeeds(t, "waiters", err)
		same(t, fmt.Sprintf("behind %+v", c.after), waiters(c.want), append([]job.Waiter{}, got...))
	}
}

// indexChanging changes the states of a third of all jobs behind each page: of some that were listed and of some that were not.
func indexChanging(t *testing.T, h Harness) {
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
				got := h.listWhile(t, q, func(page int) { progress(t, h, jobs, page%3, states) })
				same(t, fmt.Sprintf("list of %+v while jobs become one of %v", q, states), names(want), names(got))
			}
		}
	}
}

// progress gives each third job, from the first one on, the next of the states.
func progress(t *testing.T, h Harness, jobs []job.Job, first int, states []job.Status) {
	t.Helper()
	for n := first; n < len(jobs); n += 3 {
		jobs[n].Status = states[(slices.Index(states, jobs[n].Status)+1)%len(states)]
		jobs[n] = updateOne(t, h, jobs[n])
	}
	h.settle(t)
}
