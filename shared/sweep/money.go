package sweep

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"easel/shared/job"
)

// spending is what batches and days can still pay for in one run of the sweep. What the run has given out and what is in
// the queue counts as spent. It decides who gets a turn; whether a call is made the claim decides.
type spending struct {
	*Sweeper
	now      time.Time
	mu       sync.Mutex
	counters map[string]*job.Counters // of batches that were asked for; nil: not there
	days     map[string]int64         // by owner, what is spent today, as far as it was asked for
	batches  map[string]int64         // by ID, prices of what is in the queue
	owners   map[string]int64         // the same by owner
}

// hopeless are jobs of a flow that no turn will ever reach.
type hopeless struct {
	flow    job.FlowKey
	is      func(price int64, queued time.Time) bool
	failure func(job.Job) job.Failure
	after   *job.Waiter // where the next page begins
}

// tooDear are the jobs of a flow that cost more than what will ever be left.
func tooDear(flow job.FlowKey, maxPrice int64, failure func(price int64) job.Failure) *hopeless {
	return &hopeless{flow: flow, is: func(price int64, _ time.Time) bool { return price > maxPrice }, failure: func(j job.Job) job.Failure { return failure(j.Price) }}
}

// giveUp ends single jobs that waited all the time that a worker waits for an account which is refused. With a probe a minute
// their turns would not come for days.
func (r *lineRun) giveUp(ctx context.Context, refused *job.CallError) {
	if refused.Class != job.Account || r.now.Sub(r.Limiter.RefusedSince(ctx, r.model, r.now)) < job.AccessGrace {
		return
	}
	for _, f := range r.all() {
		if f.BatchID != "" || !f.Looked.Before(f.Touched) {
			continue
		}
		r.hopeless = append(r.hopeless, &hopeless{
			flow: f.FlowKey, is: func(_ int64, queued time.Time) bool { return r.now.Sub(queued) >= job.AccessGrace },
			failure: func(job.Job) job.Failure { return refused.Failure() },
		})
	}
}

// newSpending notes what is in the queue, and leaves out of it the messages that no call follows.
func (s *Sweeper) newSpending(ctx context.Context, queued map[string][]job.Dispatched, now time.Time) (*spending, error) {
	m := &spending{
		Sweeper: s, now: now, counters: map[string]*job.Counters{}, days: map[string]int64{}, batches: map[string]int64{}, owners: map[string]int64{},
	}
	ids := map[string]bool{}
	for _, list := range queued {
		for _, d := range list {
			if d.BatchID != "" && !d.Running {
				ids[d.BatchID] = true
			}
		}
	}
	err := m.learnBatches(ctx, slices.Collect(maps.Keys(ids)))
	for id, list := range queued {
		queued[id] = m.alive(id, list)
		for _, d := range queued[id] {
			if d.Counts(now) {
				m.note(d.Owner, d.BatchID, d.Price)
			}
		}
	}
	return m, err
}

// alive leaves out messages that no call follows: a batch that was canceled counts fewer queued jobs than it has messages.
// They would take places before those that are sent now, until their records are written.
func (m *spending) alive(model string, all []job.Dispatched) []job.Dispatched {
	left := map[string]int64{}
	for id, c := range m.counters {
		if c != nil {
			left[id] = c.Models[model][job.Queued]
		}
	}
	return slices.DeleteFunc(all, func(d job.Dispatched) bool {
		if _, known := m.counters[d.BatchID]; !known || d.Running {
			return false
		}
		left[d.BatchID]--
		return left[d.BatchID] < 0
	})
}

func (m *spending) note(owner, batch string, price int64) {
	m.owners[owner] += price
	if batch != "" {
		m.batches[batch] += price
	}
}

// learn reads the counters of the flows' batches and what their owners have spent today, as far as they are not known.
func (m *spending) learn(ctx context.Context, flows []*entrant) error {
	var ids, owners []string
	for _, f := range flows {
		if _, known := m.counters[f.BatchID]; f.BatchID != "" && !known && !slices.Contains(ids, f.BatchID) {
			ids = append(ids, f.BatchID)
		}
		if _, known := m.days[f.Owner]; m.Budget > 0 && !known && !slices.Contains(owners, f.Owner) {
			owners = append(owners, f.Owner)
		}
	}
	return errors.Join(m.learnBatches(ctx, ids), job.Parallel(len(owners), flowsAtOnce, func(n int) error {
		spent, err := m.Days.Spent(ctx, owners[n], job.DayOf(m.now, m.Simulated))
		if err != nil {
			return err
		}
		m.mu.Lock()
		defer m.mu.Unlock()
		m.days[owners[n]] = spent
		return nil
	}))
}

func (m *spending) learnBatches(ctx context.Context, ids []string) error {
	if len(ids) == 0 {
		return nil
	}
	found, err := m.Counters.ReadCounters(ctx, ids)
	if err != nil && len(ids) > 1 { // one of them may be what no program can decode
		return job.Parallel(len(ids), flowsAtOnce, func(n int) error { return m.learnBatches(ctx, ids[n:n+1]) })
	}
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, id := range ids {
		m.counters[id] = nil
		if c, is := found[id]; is {
			m.counters[id] = &c
		}
	}
	return nil
}

// gone reports whether the flow's batch was canceled since, or is being removed or not there. A flow is touched before its
// batch is made, so one that is not there counts as gone only once no touch has come for a while.
func (m *spending) gone(f *entrant) bool {
	c, known := m.counters[f.BatchID]
	switch {
	case f.BatchID == "" || !known:
		return false
	case c == nil:
		return f.idle(m.now)
	}
	return f.CanceledBy(c.CancelNo) || c.Has(job.Removing)
}

// pay takes the price of the flow's first job from what its batch and its owner's day can pay for, and reports whether that
// was enough. Where nothing will ever pay for it that is noted.
func (r *lineRun) pay(f *entrant) bool {
	price := f.waiters[0].Price
	if !r.batchPays(f, price) || !r.dayPays(f, price) {
		return false
	}
	r.money.note(f.Owner, f.BatchID, price)
	return true
}

func (r *lineRun) batchPays(f *entrant, price int64) bool {
	if f.BatchID == "" {
		return true
	}
	c := r.money.counters[f.BatchID]
	if c == nil || r.money.gone(f) {
		return false
	}
	left := c.MaxCost - c.Cost
	if c.MaxCost > 0 && price > left+c.Charged {
		figures := *c
		r.hopeless = append(r.hopeless, tooDear(f.FlowKey, left+c.Charged, func(price int64) job.Failure { return job.OverMaxCost(figures, price) }))
	}
	return c.MaxCost == 0 || price <= left-r.money.batches[f.BatchID]
}

func (r *lineRun) dayPays(f *entrant, price int64) bool {
	if r.Budget == 0 {
		return true
	}
	if price > r.Budget {
		r.hopeless = append(r.hopeless, tooDear(f.FlowKey, r.Budget, func(price int64) job.Failure { return job.OverBudgetForGood(r.Budget, price) }))
	}
	spent, known := r.money.days[f.Owner]
	return known && price <= r.Budget-spent-r.money.owners[f.Owner]
}
