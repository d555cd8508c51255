package jobtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/gate"
	"easel/shared/job"
)

// TimersHarness is an index of timers as [Timers] tests it, with the records it is made of.
type TimersHarness struct {
	Timers job.Timers
	Store  Store
	// Settle waits until the index shows every write that has returned. Nil: it never lags.
	Settle func(t *testing.T)
}

// Timers runs the contract of job.Timers. Indexes that open returns may share their records.
func Timers(t *testing.T, open func(t *testing.T) TimersHarness) {
	suite(t, open, map[string]func(*testing.T, TimersHarness){
		"what fires comes oldest first":           timersOrder,
		"what fires heeds its bounds":             timersBounds,
		"messages fire like all else":             timersAlike,
		"what fires is of one model":              timersModel,
		"what fires has its deadline":             timersDeadline,
		"an ended job with a due fires":           timersEnded,
		"what fires follows its record":           timersFollow,
		"dispatched jobs show what is asked for":  dispatchedFields,
		"only what is enqueued is dispatched":     dispatchedOnly,
		"a running job is marked":                 dispatchedRunning,
		"dispatched jobs follow their records":    dispatchedFollow,
		"dispatched jobs are of one model":        dispatchedModel,
		"all dispatched jobs come":                dispatchedAll,
		"an ended context is an error of a timer": timersEndedContext,
	})
}

// fill stores n jobs of one owner and one model, as [IndexHarness] does.
func (h TimersHarness) fill(t *testing.T, n int, edit func(n int, j *job.Job)) []job.Job {
	t.Helper()
	return IndexHarness{Store: h.Store, Settle: h.Settle}.fill(t, n, edit)
}

func (h TimersHarness) settle(t *testing.T) {
	t.Helper()
	IndexHarness{Settle: h.Settle}.settle(t)
}

// expect compares what fires with jobs picked by their numbers.
func (h TimersHarness) expect(t *testing.T, until time.Time, limit int, jobs []job.Job, numbers ...int) {
	t.Helper()
	want := []job.Ref{}
	for _, n := range numbers {
		want = append(want, job.Ref{ID: jobs[n].ID, Due: *jobs[n].Due, Deadline: jobs[n].Deadline})
	}
	got, err := h.Timers.Fired(t.Context(), jobs[0].Model, until, limit)
	if err != nil {
		t.Fatalf("fired: %v", err)
	}
	if diff := cmp.Diff(want, append([]job.Ref{}, got...)); diff != "" {
		t.Errorf("fired until %v, limit %d (-want +got):\n%s", until, limit, diff)
	}
}

// expectDispatched compares what is dispatched of the jobs' model with jobs picked by their numbers.
func (h TimersHarness) expectDispatched(t *testing.T, jobs []job.Job, numbers ...int) {
	t.Helper()
	want, got := map[string]job.Dispatched{}, map[string]job.Dispatched{}
	for _, n := range numbers {
		j := jobs[n]
		want[j.ID] = job.Dispatched{
			ID: j.ID, Owner: j.Owner, BatchID: j.BatchID, Price: j.Price, Visible: j.Visible, Running: j.Status == job.Running,
		}
	}
	all, err := h.Timers.Dispatched(t.Context(), jobs[0].Model)
	if err != nil {
		t.Fatalf("dispatched: %v", err)
	}
	for _, d := range all {
		got[d.ID] = d
	}
	if diff := cmp.Diff(want, got); diff != "" || len(all) != len(got) {
		t.Errorf("%d dispatched (-want +got):\n%s", len(all), diff)
	}
}

func timersOrder(t *testing.T, h TimersHarness) {
	jobs := h.fill(t, 6, func(n int, j *job.Job) { j.Due = moment([]int{4, 1, 5, 0, 3, 2}[n]) })
	h.expect(t, sampleTime.Add(time.Hour), 100, jobs, 3, 1, 5, 4, 0, 2)
}

func timersBounds(t *testing.T, h TimersHarness) {
	jobs := h.fill(t, 7, func(n int, j *job.Job) {
		if j.Due = moment(n); n == 6 {
			j.Due = nil
		}
	})
	h.expect(t, *moment(3), 100, jobs, 0, 1, 2, 3)
	h.expect(t, *moment(3), 2, jobs, 0, 1)
	h.expect(t, *moment(-1), 100, jobs)
	h.expect(t, *moment(100), 100, jobs, 0, 1, 2, 3, 4, 5)
}

// timersAlike has jobs with a message, jobs in line and jobs with neither, one after the other.
func timersAlike(t *testing.T, h TimersHarness) {
	jobs := h.fill(t, 9, func(n int, j *job.Job) { j.Due, j.Enqueued, j.InLine = moment(n), n%3 == 0, n%3 == 1 })
	h.expect(t, *moment(100), 100, jobs, 0, 1, 2, 3, 4, 5, 6, 7, 8)
	h.expect(t, *moment(100), 4, jobs, 0, 1, 2, 3)
}

func timersModel(t *testing.T, h TimersHarness) {
	jobs := h.fill(t, 2, func(n int, j *job.Job) { j.Due = moment(n) })
	other := h.fill(t, 2, func(n int, j *job.Job) { j.Due, j.Model = moment(n-10), jobs[0].Model+"#" })
	h.expect(t, *moment(100), 100, jobs, 0, 1)
	h.expect(t, *moment(100), 100, other, 0, 1)
	none, err := h.Timers.Fired(t.Context(), fresh("model"), *moment(100), 100)
	if err != nil || len(none) != 0 {
		t.Errorf("of a model without jobs %d fire, want 0: %v", len(none), err)
	}
}

func timersDeadline(t *testing.T, h TimersHarness) {
	jobs := h.fill(t, 3, func(n int, j *job.Job) {
		if j.Due = moment(n); n > 0 {
			j.Deadline = moment(1000 * n)
		}
	})
	h.expect(t, *moment(100), 100, jobs, 0, 1, 2)
}

// timersEnded has ended jobs of all states that are being deleted, or whose lease is to be settled, and others that have
// no due.
func timersEnded(t *testing.T, h TimersHarness) {
	ended := []job.Status{job.Succeeded, job.Failed, job.Canceled}
	jobs := h.fill(t, 9, func(n int, j *job.Job) {
		j.Status, j.Due, j.CompletedAt = ended[n%3], moment(n), moment(0)
		switch n / 3 {
		case 0:
			j.Deleting = true
		case 1:
			j.Lease = &job.Lease{Token: "token", Until: *moment(n), Amount: 4}
		case 2:
			j.Due = nil
		}
	})
	h.expect(t, *moment(100), 100, jobs, 0, 1, 2, 3, 4, 5)
	h.expectDispatched(t, jobs)
}

// timersFollow changes a due, takes one away, gives one and erases two jobs, one of which is remembered.
func timersFollow(t *testing.T, h TimersHarness) {
	jobs := h.fill(t, 6, func(n int, j *job.Job) {
		if j.Due = moment(n); n == 2 {
			j.Due = nil
		}
	})
	jobs[0].Due, jobs[1].Due, jobs[2].Due = moment(50), nil, moment(40)
	copy(jobs, update(t, h.Store, jobs[:3]...))
	erase(t, h.Store, jobs[3], nil)
	erase(t, h.Store, jobs[4], moment(100))
	h.settle(t)
	h.expect(t, *moment(100), 100, jobs, 5, 2, 0)
	jobs[2].Status, jobs[2].Due = job.Succeeded, nil
	updateOne(t, h.Store, jobs[2])
	h.settle(t)
	h.expect(t, *moment(100), 100, jobs, 5, 0)
}

// dispatchedFields has owners of whom a key can be made wrongly, single jobs and jobs of a batch, and prices of more
// than 32 bits. A job with a due that is far away is dispatched like any other.
func dispatchedFields(t *testing.T, h TimersHarness) {
	owners, batch := hard(), fresh("batch")
	jobs := h.fill(t, 2*len(owners), func(n int, j *job.Job) {
		j.Owner, j.Enqueued, j.Price = owners[n/2], true, int64(n)<<34
		j.Due, j.Visible = moment(1_000_000_000*n), *moment(5 * n)
		if n%2 == 1 {
			j.BatchID, j.Position, j.Deadline = batch, int64(n), moment(7)
		}
	})
	h.expectDispatched(t, jobs, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13)
}

func dispatchedOnly(t *testing.T, h TimersHarness) {
	jobs := h.fill(t, 8, func(n int, j *job.Job) {
		j.Enqueued, j.InLine = n%2 == 0, n%2 == 1
		if n >= 4 {
			j.Status, j.Due = job.Failed, nil
		}
	})
	h.expectDispatched(t, jobs, 0, 2)
}

// dispatchedRunning has a job that runs, one that waits while the call of its earlier generation runs, and one that
// waits.
func dispatchedRunning(t *testing.T, h TimersHarness) {
	jobs := h.fill(t, 3, func(n int, j *job.Job) {
		if j.Enqueued = true; n < 2 {
			j.Lease = &job.Lease{Token: "token", Until: *moment(9), Amount: 4}
		}
		if n == 0 {
			j.Status = job.Running
		}
	})
	h.expectDispatched(t, jobs, 0, 1, 2)
}

// dispatchedFollow dispatches a job, has one run and be put back, ends one and erases one.
func dispatchedFollow(t *testing.T, h TimersHarness) {
	jobs := h.fill(t, 6, func(n int, j *job.Job) {
		j.Enqueued, j.InLine = n > 0, n == 0
		if n == 3 {
			j.Status = job.Running
		}
	})
	h.expectDispatched(t, jobs, 1, 2, 3, 4, 5)
	jobs[0].Enqueued, jobs[0].InLine, jobs[0].Visible = true, false, *moment(8)
	jobs[1].Status = job.Running
	jobs[2].Status, jobs[2].Due, jobs[2].Enqueued = job.Canceled, nil, false
	jobs[3].Status, jobs[3].Enqueued, jobs[3].InLine = job.Queued, false, true
	copy(jobs, update(t, h.Store, jobs[:4]...))
	erase(t, h.Store, jobs[4], moment(100))
	h.settle(t)
	h.expectDispatched(t, jobs, 0, 1, 5)
}

func dispatchedModel(t *testing.T, h TimersHarness) {
	edit := func(_ int, j *job.Job) { j.Enqueued = true }
	jobs, other := h.fill(t, 3, edit), h.fill(t, 2, edit)
	h.expectDispatched(t, jobs, 0, 1, 2)
	h.expectDispatched(t, other, 0, 1)
	none, err := h.Timers.Dispatched(t.Context(), fresh("model"))
	if err != nil || len(none) != 0 {
		t.Errorf("of a model without jobs %d are dispatched, want 0: %v", len(none), err)
	}
}

// dispatchedAll has so many jobs, in the full run, that their index entries are more than a megabyte.
func dispatchedAll(t *testing.T, h TimersHarness) {
	owner := hard()[4]
	jobs := h.fill(t, gate.Size(150, 700), func(_ int, j *job.Job) { j.Owner, j.Enqueued = owner, true })
	h.expectDispatched(t, jobs, upTo(len(jobs))...)
}

// upTo are the numbers of n things.
func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}

func timersEndedContext(t *testing.T, h TimersHarness) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Timers.Fired(ctx, fresh("model"), sampleTime, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("fired: %v, want context.Canceled", err)
	}
	if _, err := h.Timers.Dispatched(ctx, fresh("model")); !errors.Is(err, context.Canceled) {
		t.Errorf("dispatched: %v, want context.Canceled", err)
	}
}
