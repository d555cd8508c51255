package lambdahandler_test

import (
	"testing"
	"time"

	"easel/shared/job"
	"easel/shared/job/jobtest"
	"easel/shared/request"
)

// Figures of the tests of the line. The short run has a tenth of the jobs, and one window.
const (
	window  = 10 * time.Minute
	windows = 1 + 2/scale
	fair    = 95 // calls in a window, of the 98 that the pace allows
)

// hindrance is what one owner does with many jobs before another one orders a batch.
type hindrance struct {
	name     string
	cadences []cadence
	budget   int64                                           // of a day, in micro-dollars
	do       func(c *cloud) string                           // before the stack runs; it returns the batch
	run      int                                             // minutes that the stack runs before the other's order; 0: it begins to run then
	then     func(c *cloud, batch string)                    // after the other's order
	check    func(c *cloud, batch string, ordered time.Time) // after three sweeps, and at the end
}

var hindrances = []hindrance{
	{name: "a thousand jobs of a batch, retried once and past their deadline", cadences: both, do: func(c *cloud) string {
		id := c.many("ann", 1000/scale, request.Request{Settings: request.Settings{Model: slow}, DeadlineSeconds: new(600)}).Batch.ID
		c.again("ann", id)
		wait(10 * time.Minute)
		return id
	}},
	{name: "a thousand single jobs, retried once and past their deadline", cadences: both, do: func(c *cloud) string {
		c.singlesAgain("ann", c.singles("ann", 1000/scale, request.Request{Settings: request.Settings{Model: slow}, DeadlineSeconds: new(600)}))
		wait(10 * time.Minute)
		return ""
	}},
	{name: "ten thousand jobs that wait for the budget", cadences: both, budget: windows * 100 * 140_000, run: 10*windows + 1, do: func(c *cloud) string {
		return c.many("ann", 10_000/scale, slowly()).Batch.ID
	}, check: func(c *cloud, _ string, ordered time.Time) {
		if n := c.had("ann", ordered, time.Now()); n > 0 {
			c.t.Errorf("%d calls of the one whose budget is used up", n)
		}
	}},
	{name: "six hundred retried jobs, canceled", cadences: both, run: 5, do: func(c *cloud) string {
		id := c.many("ann", 600, slowly()).Batch.ID
		c.again("ann", id)
		return id
	}, then: func(c *cloud, id string) { c.cancelBatch("ann", id) }},
	{name: "ten thousand jobs whose deadline passes at once", cadences: []cadence{onAWS}, run: 31, do: func(c *cloud) string {
		c.records = remote{c.db, time.Millisecond}
		return c.many("ann", 10_000/scale, request.Request{Settings: request.Settings{Model: slow}, DeadlineSeconds: new(1800)}).Batch.ID
	}, check: func(c *cloud, id string, _ time.Time) {
		if n := c.counts(id); n[job.Queued] > 0 {
			c.t.Errorf("three runs later the jobs are %v", n)
		}
	}},
}

func TestNothingOfOneOwnerSlowsAnotherDown(t *testing.T) {
	for _, h := range hindrances {
		t.Run(h.name, func(t *testing.T) {
			inLine(t, h.cadences, func(t *testing.T, c *cloud) {
				c.budget = h.budget
				c.front = c.start(&jobtest.Fault{})
				id := h.do(c)
				_, closed := c.openWith(h.run, func() { c.many("bob", windows*100, slowly()) })
				defer closed()
				ordered := time.Now()
				if h.then != nil {
					h.then(c, id)
				}
				wait(3*c.every + time.Second)
				if h.check != nil {
					h.check(c, id, ordered)
				}
				for n := range windows {
					from := ordered.Add(time.Duration(n) * window)
					wait(time.Until(from.Add(window)))
					bob, ann := c.had("bob", from, time.Now()), c.had("ann", from, time.Now())
					t.Logf("window %d: %d calls of the one who waits, %d of the other", n+1, bob, ann)
					if bob < fair {
						t.Errorf("window %d: %d calls of the one who waits, want %d at least", n+1, bob, fair)
					}
				}
				if h.check != nil {
					h.check(c, id, ordered)
				}
			})
		})
	}
}

// openWith lets a stack run for some minutes before an order, which comes shortly before a sweep.
func (c *cloud) openWith(minutes int, order func()) (m *mapping, closed func()) {
	if minutes == 0 {
		order()
		return c.open(map[string]trouble{})
	}
	m, closed = c.open(map[string]trouble{})
	wait(time.Duration(minutes)*time.Minute - time.Second)
	order()
	return m, closed
}

// neighbours are what one owner does all the time beside the batch of another.
var neighbours = []struct {
	name string
	do   func(c *cloud, over func() bool)
	most int // percent of the calls that the other has
}{
	{"ten batches", func(c *cloud, _ func() bool) {
		for range 10 {
			c.many("ann", 200, slowly())
		}
	}, 55},
	{"a single job every six seconds", func(c *cloud, over func() bool) {
		for ; !over(); wait(6 * time.Second) {
			c.order("ann", slowly())
		}
	}, 55},
	{"a single job whenever the last has begun", func(c *cloud, over func() bool) {
		for !over() {
			for id := c.order("ann", slowly()).ID; c.get(id).StartedAt == nil && !over(); {
				wait(time.Second)
			}
		}
	}, 100}, // a job at a time does not take more
}

func TestOwnersShareTheModelWhateverTheyOrder(t *testing.T) {
	const (
		lead   = 3 * time.Minute // what was in the queue before the neighbour came
		length = windows * window
	)
	for _, n := range neighbours {
		t.Run(n.name, func(t *testing.T) {
			inLine(t, both, func(t *testing.T, c *cloud) {
				c.many("bob", 400, slowly())
				began := time.Now().Add(lead)
				over := func() bool { return time.Since(began) >= length }
				m, closed := c.open(map[string]trouble{})
				m.wg.Go(func() { n.do(c, over) })
				wait(lead + length)
				bob, ann := c.had("bob", began, time.Now()), c.had("ann", began, time.Now())
				closed()
				share := 100 * bob / (ann + bob)
				t.Logf("%d %% of %d calls", share, ann+bob)
				if share < 45 || share > n.most || ann+bob < windows*fair {
					t.Errorf("%d %% of %d calls, want 45 to %d %% of %d", share, ann+bob, n.most, windows*fair)
				}
			})
		})
	}
}
