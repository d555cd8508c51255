package lambdahandler_test

import (
	"cmp"
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"time"

	"easel/shared/job"
	"easel/shared/job/jobtest"
	"easel/shared/request"
	"easel/shared/sqlite"
)

// lagging is a store whose indexes show each write up to five seconds late.
type lagging struct {
	*sqlite.DB
	mu       *sync.Mutex
	chance   *rand.Rand
	versions map[string][]version // of each job, oldest first, from the one that the indexes show
}

// version is a job as it was written.
type version struct {
	job.Job
	from time.Time // when the indexes show it
}

const maxLag = 5 * time.Second

// Create stores jobs, which the indexes show later.
func (l lagging) Create(ctx context.Context, t job.Transaction) (job.Obstacle, error) {
	there, err := l.DB.Create(ctx, t)
	l.note(t, err)
	return there, err
}

// Update changes jobs, as which the indexes show them later.
func (l lagging) Update(ctx context.Context, t job.Transaction) (job.Obstacle, error) {
	there, err := l.DB.Update(ctx, t)
	l.note(t, err)
	return there, err
}

func (l lagging) note(t job.Transaction, err error) {
	if err != nil {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, j := range t.Jobs {
		late := time.Now().Add(time.Duration(l.chance.Int64N(int64(maxLag))))
		l.versions[j.ID] = append(l.versions[j.ID], version{j, late})
	}
}

// shown are the jobs as the indexes show them.
func (l lagging) shown(of func(job.Job) bool) (jobs []job.Job) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for id, all := range l.versions {
		n := len(all) - 1
		for n >= 0 && all[n].from.After(time.Now()) {
			n--
		}
		if n < 0 {
			continue
		}
		l.versions[id] = all[n:]
		if of(all[n].Job) {
			jobs = append(jobs, all[n].Job)
		}
	}
	return jobs
}

// Waiters shows the jobs that wait in a flow.
func (l lagging) Waiters(_ context.Context, flow job.FlowKey, after *job.Waiter, limit int) (all []job.Waiter, _ error) {
	for _, j := range l.shown(func(j job.Job) bool { key, waits := j.Flow(); return waits && key == flow }) {
		w := job.Waiter{ID: j.ID, Queued: j.QueuedAt, Position: j.Position, Deadline: j.Deadline, Price: j.Price}
		if after == nil || compareWaiters(w, *after) > 0 {
			all = append(all, w)
		}
	}
	slices.SortFunc(all, compareWaiters)
	return all[:min(limit, len(all))], nil
}

func compareWaiters(a, b job.Waiter) int {
	return cmp.Or(a.Queued.Compare(b.Queued), cmp.Compare(a.Position, b.Position), cmp.Compare(a.ID, b.ID))
}

// Fired shows the jobs whose timers have come.
func (l lagging) Fired(_ context.Context, model string, until time.Time, limit int) (all []job.Ref, _ error) {
	for _, j := range l.shown(func(j job.Job) bool { return j.Model == model && j.Due != nil && !j.Due.After(until) }) {
		all = append(all, job.Ref{ID: j.ID, Due: *j.Due, Deadline: j.Deadline})
	}
	slices.SortFunc(all, func(a, b job.Ref) int { return a.Due.Compare(b.Due) })
	return all[:min(limit, len(all))], nil
}

// Dispatched shows the jobs that have a message.
func (l lagging) Dispatched(_ context.Context, model string) (all []job.Dispatched, _ error) {
	for _, j := range l.shown(func(j job.Job) bool { return j.Model == model && j.Enqueued && j.Due != nil }) {
		all = append(all, job.Dispatched{ID: j.ID, Owner: j.Owner, BatchID: j.BatchID, Price: j.Price, Visible: j.Visible, Running: j.Status == job.Running})
	}
	return all, nil
}

// lag lets the indexes of a cloud show what was written later.
func (c *cloud) lag(chance *rand.Rand) {
	l := lagging{c.db, &sync.Mutex{}, chance, map[string][]version{}}
	c.index, c.records = l, l
	c.front = c.start(&jobtest.Fault{})
}

// disturb touches flows of a line, and takes some out of it, at any time.
func (c *cloud) disturb(ctx context.Context, chance *rand.Rand, model string) {
	for ; ctx.Err() == nil; pass(ctx, time.Duration(chance.Int64N(int64(4*time.Minute)))) {
		_, flows, err := c.db.Flows(c.t.Context(), model)
		if err != nil || len(flows) == 0 {
			continue
		}
		f := flows[chance.IntN(len(flows))]
		if chance.IntN(2) == 0 {
			err = c.db.Leave(c.t.Context(), f)
		} else {
			err = c.db.Touch(c.t.Context(), []job.Touch{{FlowKey: f.FlowKey, At: time.Now()}})
		}
		if err != nil {
			c.t.Error(err)
		}
	}
}

// stops are the calls before which a worker is killed.
var stops = []string{"records.get", "pacer.reserve", "records.update", "generator.generate", "images.put", returned}

func TestWhateverLagsAndDiesEveryJobEnds(t *testing.T) {
	inLine(t, both, func(t *testing.T, c *cloud) {
		jobs := 1000 / min(scale, 4)
		if c.every == onAWS.every { // where an index lags
			jobs = 10_000 / min(scale*scale, 40)
		}
		draw := func(n uint64) *rand.Rand { return rand.New(rand.NewPCG(n, uint64(c.every))) } // one for each goroutine
		chance := draw(1)
		c.lag(draw(2))
		var ids []string
		for n := range 5 {
			ids = append(ids, c.batch(fmt.Sprint("owner ", n), "core", jobs/10)...)
		}
		for n := range jobs / 2 {
			ids = append(ids, c.order(fmt.Sprint("owner ", n%40), request.Request{Settings: request.Settings{Model: "core"}}).ID)
		}
		troubles := map[string]trouble{}
		for _, id := range ids {
			if chance.IntN(20) == 0 {
				troubles[id] = trouble{stop: stops[chance.IntN(len(stops))]}
			}
		}
		processes := 0
		c.faults = func() *jobtest.Fault {
			processes++
			left := chance.IntN(4000)
			return dying(func(string, int) bool { left--; return left < 0 })
		}
		m, closed := c.open(troubles)
		pace := time.Duration(jobs) * interval(named(t, "core").ID)
		ctx, stop := context.WithTimeout(t.Context(), pace)
		m.wg.Go(func() { c.disturb(ctx, draw(3), named(t, "core").ID) })
		took := c.await(24 * time.Hour)
		stop()
		closed()
		longest := time.Duration(0)
		for _, id := range ids {
			j := c.get(id)
			if !j.Status.Ended() {
				t.Errorf("%s is %s", id, j.Status)
				continue
			}
			longest = max(longest, j.CompletedAt.Sub(j.CreatedAt))
		}
		t.Logf("%d jobs in %v, of which the pace is %v; the longest took %v, with %d processes that swept: %v", jobs, took, pace, longest, processes, m.figures)
		// A flow that was taken out is touched again after an hour, and what it has left is made then; messages are lost
		// after 20 and 40 minutes.
		if most := 2*pace + 2*time.Hour; longest > most {
			t.Errorf("one took %v, want %v at most", longest, most)
		}
	})
}
