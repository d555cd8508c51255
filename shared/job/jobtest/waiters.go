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

// WaitersHarness is an index of flows as [Waiters] tests it, with the records it is made of.
type WaitersHarness struct {
	Waiters job.Waiters
	Store   Store
	// Settle waits until the index shows every write that has returned. Nil: it never lags.
	Settle func(t *testing.T)
}

// Waiters runs the contract of job.Waiters. Indexes that open returns may share their records.
func Waiters(t *testing.T, open func(t *testing.T) WaitersHarness) {
	suite(t, open, map[string]func(*testing.T, WaitersHarness){
		"jobs wait in the order of their places":    waitersOrder,
		"places of one instant go by position":      waitersPositions,
		"waiting jobs show what is asked for":       waitersFields,
		"pages of a flow join without a gap":        waitersPages,
		"a place that is left is still a place":     waitersPlace,
		"only what is queued and in line waits":     waitersOnly,
		"a job that leaves its flow is out of it":   waitersLeave,
		"a job that comes back has its place again": waitersReturn,
		"what is remembered waits in no flow":       waitersRemembered,
		"a new cancel number is a new flow":         waitersCancelNo,
		"flows of owners do not mix":                waitersOwners,
		"flows of batches do not mix":               waitersBatches,
		"flows of models do not mix":                waitersModels,
		"all jobs of a flow come":                   waitersAll,
		"an ended context is an error of a flow":    waitersEndedContext,
	})
}

// fill stores n jobs that wait in the flow of one owner and one model.
func (h WaitersHarness) fill(t *testing.T, n int, edit func(n int, j *job.Job)) []job.Job {
	t.Helper()
	return IndexHarness{Store: h.Store, Settle: h.Settle}.fill(t, n, func(n int, j *job.Job) {
		j.InLine = true
		if edit != nil {
			edit(n, j)
		}
	})
}

func (h WaitersHarness) settle(t *testing.T) {
	t.Helper()
	IndexHarness{Settle: h.Settle}.settle(t)
}

// flowOf is the flow in which a job waits, which it must.
func flowOf(t *testing.T, j job.Job) job.FlowKey {
	t.Helper()
	key, ok := j.Flow()
	if !ok {
		t.Fatalf("job %s waits in no flow", j.ID)
	}
	return key
}

// waiter is a job as the index of its flow shows it.
func waiter(j job.Job) job.Waiter {
	return job.Waiter{ID: j.ID, Queued: j.QueuedAt, Position: j.Position, Deadline: j.Deadline, Price: j.Price}
}

// take reads one page of a flow, or ends the test.
func (h WaitersHarness) take(t *testing.T, flow job.FlowKey, after *job.Waiter, limit int) []job.Waiter {
	t.Helper()
	got, err := h.Waiters.Waiters(t.Context(), flow, after, limit)
	if err != nil {
		t.Fatalf("waiters: %v", err)
	}
	return append([]job.Waiter{}, got...)
}

// expect compares the first jobs of a flow, a thousand at the most, with jobs picked by their numbers.
func (h WaitersHarness) expect(t *testing.T, flow job.FlowKey, jobs []job.Job, numbers ...int) {
	t.Helper()
	h.expectBehind(t, flow, nil, jobs, numbers...)
}

// expectBehind compares the jobs of a flow behind a place with jobs picked by their numbers.
func (h WaitersHarness) expectBehind(t *testing.T, flow job.FlowKey, after *job.Waiter, jobs []job.Job, numbers ...int) {
	t.Helper()
	want := []job.Waiter{}
	for _, n := range numbers {
		want = append(want, waiter(jobs[n]))
	}
	if diff := cmp.Diff(want, h.take(t, flow, after, 1000)); diff != "" {
		t.Errorf("waiters of %.60s (-want +got):\n%s", flow.Name(), diff)
	}
}

// waitersOrder has jobs that were queued in another order than they were created, a microsecond to a day apart.
func waitersOrder(t *testing.T, h WaitersHarness) {
	jobs := h.fill(t, 6, func(n int, j *job.Job) {
		j.QueuedAt = []time.Time{*moment(1), sampleTime.Add(24 * time.Hour), *moment(0), sampleTime.Add(-time.Hour), *moment(10), *moment(9)}[n]
	})
	h.expect(t, flowOf(t, jobs[0]), jobs, 3, 2, 0, 5, 4, 1)
}

// waitersPositions has three instants. At one of them two jobs have the same position.
func waitersPositions(t *testing.T, h WaitersHarness) {
	batch := fresh("batch")
	jobs := h.fill(t, 8, func(n int, j *job.Job) {
		j.BatchID, j.QueuedAt = batch, *moment([]int{5, 5, 5, 5, 5, 5, 4, 6}[n])
		j.Position = []int64{100, 9, 10, 1 << 40, 9, 0, 999, 1}[n]
	})
	h.expect(t, flowOf(t, jobs[0]), jobs, 6, 5, 1, 4, 2, 0, 3, 7)
}

func waitersFields(t *testing.T, h WaitersHarness) {
	batch := fresh("batch")
	jobs := h.fill(t, 6, func(n int, j *job.Job) {
		j.BatchID, j.Position, j.QueuedAt, j.Price = batch, int64(n), *moment(n), int64(n)<<34
		if n%2 == 1 {
			j.Deadline = moment(1000 * n)
		}
		if n > 2 {
			j.Due = nil
		}
	})
	h.expect(t, flowOf(t, jobs[0]), jobs, 0, 1, 2, 3, 4, 5)
}

// waitersPages has jobs of few instants, in threes of one position.
func waitersPages(t *testing.T, h WaitersHarness) {
	batch := fresh("batch")
	jobs := h.fill(t, 24, func(n int, j *job.Job) {
		j.BatchID, j.QueuedAt, j.Position = batch, *moment(n / 12), int64(n/3)
	})
	flow := flowOf(t, jobs[0])
	for _, limit := range []int{1, 2, 7, 24, 100} {
		var all []job.Waiter
		var after *job.Waiter
		for range len(jobs) + 1 {
			page := h.take(t, flow, after, limit)
			if len(page) == 0 {
				break
			}
			if len(page) > limit || len(page) < limit && len(all)+len(page) < len(jobs) {
				t.Fatalf("a page of %d has %d jobs behind %d of %d", limit, len(page), len(all), len(jobs))
			}
			all, after = append(all, page...), &page[len(page)-1]
		}
		var want []job.Waiter
		for _, j := range jobs {
			want = append(want, waiter(j))
		}
		if diff := cmp.Diff(want, all); diff != "" {
			t.Errorf("in pages of %d (-want +got):\n%s", limit, diff)
		}
	}
}

// waitersPlace goes on behind a job that has been dispatched since, of which only the place is given, and behind places
// that no job has.
func waitersPlace(t *testing.T, h WaitersHarness) {
	jobs := h.fill(t, 4, func(n int, j *job.Job) { j.QueuedAt = *moment(10 * n) })
	flow := flowOf(t, jobs[0])
	gone := jobs[1]
	gone.InLine, gone.Enqueued = false, true
	updateOne(t, h.Store, gone)
	h.settle(t)
	h.expectBehind(t, flow, &job.Waiter{ID: gone.ID, Queued: gone.QueuedAt}, jobs, 2, 3)
	h.expectBehind(t, flow, &job.Waiter{Queued: *moment(10)}, jobs, 2, 3)
	h.expectBehind(t, flow, &job.Waiter{ID: "z", Position: 1 << 50, Queued: *moment(25)}, jobs, 3)
	h.expectBehind(t, flow, &job.Waiter{Queued: *moment(-1)}, jobs, 0, 2, 3)
	h.expectBehind(t, flow, &job.Waiter{Queued: *moment(31)}, jobs)
}

// waitersOnly has jobs of all states, in line and not, with a message and not.
func waitersOnly(t *testing.T, h WaitersHarness) {
	jobs := h.fill(t, 15, func(n int, j *job.Job) {
		j.Status, j.InLine, j.QueuedAt = job.Statuses[n%5], n < 10, *moment(n)
		j.Enqueued = n >= 5 && n < 10
		if j.Status.Ended() {
			j.Due = nil
		}
	})
	h.expect(t, flowOf(t, jobs[0]), jobs, 0, 5)
}

// waitersLeave dispatches a job, claims one, ends one, cancels one and takes one out of the line.
func waitersLeave(t *testing.T, h WaitersHarness) {
	jobs := h.fill(t, 7, func(n int, j *job.Job) { j.QueuedAt = *moment(n) })
	flow := flowOf(t, jobs[0])
	h.expect(t, flow, jobs, 0, 1, 2, 3, 4, 5, 6)
	jobs[0].InLine, jobs[0].Enqueued = false, true
	jobs[1].Status = job.Running
	jobs[2].Status, jobs[2].Due = job.Failed, nil
	jobs[3].Status, jobs[3].Due = job.Canceled, nil
	jobs[4].InLine = false
	update(t, h.Store, jobs[:5]...)
	h.settle(t)
	h.expect(t, flow, jobs, 5, 6)
}

// waitersReturn puts a dispatched job back into its flow and begins an ended one again.
func waitersReturn(t *testing.T, h WaitersHarness) {
	jobs := h.fill(t, 4, func(n int, j *job.Job) {
		if j.QueuedAt = *moment(n); n == 1 {
			j.InLine, j.Enqueued = false, true
		}
		if n == 0 {
			j.Status, j.Due = job.Failed, nil
		}
	})
	flow := flowOf(t, jobs[2])
	h.expect(t, flow, jobs, 2, 3)
	jobs[0].Status, jobs[0].Due, jobs[0].QueuedAt, jobs[0].Generation = job.Queued, moment(0), *moment(20), 2
	jobs[1].InLine, jobs[1].Enqueued, jobs[1].Price = true, false, 9
	update(t, h.Store, jobs[:2]...)
	h.settle(t)
	h.expect(t, flow, jobs, 1, 2, 3, 0)
}

func waitersRemembered(t *testing.T, h WaitersHarness) {
	jobs := h.fill(t, 3, func(n int, j *job.Job) { j.QueuedAt = *moment(n) })
	erase(t, h.Store, jobs[0], moment(100))
	erase(t, h.Store, jobs[1], nil)
	h.settle(t)
	h.expect(t, flowOf(t, jobs[2]), jobs, 2)
}

func waitersAll(t *testing.T, h WaitersHarness) {
	batch := fresh("batch")
	jobs := h.fill(t, gate.Size(150, 1000), func(n int, j *job.Job) { j.BatchID, j.Position, j.QueuedAt = batch, int64(n+95), sampleTime })
	flow := flowOf(t, jobs[0])
	h.expect(t, flow, jobs, upTo(len(jobs))...)
	middle := waiter(jobs[99])
	h.expectBehind(t, flow, &middle, jobs, upTo(len(jobs))[100:]...)
}

func waitersEndedContext(t *testing.T, h WaitersHarness) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := h.Waiters.Waiters(ctx, job.FlowKey{Model: fresh("model"), Owner: fresh("owner")}, nil, 1)
	if !errors.Is(err, context.Canceled) {
		t.Errorf("waiters: %v, want context.Canceled", err)
	}
}
