package lambdahandler_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"easel/shared/job"
	"easel/shared/request"
)

const (
	backlog  = 3000 / scale                     // jobs of the slow model
	second   = 300 / scale                      // jobs of the batch that comes later
	newcomer = 15 * time.Minute / min(scale, 4) // between two single jobs, at most
)

// everyone is the share of single jobs that has to begin in time. Of the few of a load that is divided one may come just
// when both batches have begun, and miss a few slots: the undivided load decides.
const everyone = 1 - 0.1*(scale-1)/9.0

func TestALongBacklogOfASlowModelHoldsNobodyUp(t *testing.T) {
	inCloud(t, func(t *testing.T, c *cloud) {
		c.batch("ann", "ultra", backlog)
		m, closed := c.open(map[string]trouble{})
		began := time.Now()
		wait(10 * time.Minute / scale)
		later := c.batch("carol", "ultra", second)
		same, others := c.newcomers()
		c.await(24 * time.Hour)
		took := time.Since(began)
		wait(time.Hour) // what is still on its way comes back and is settled
		closed()
		mean := float64(m.figures["receives"]) / float64(len(c.jobs))
		t.Logf("%d jobs in %v, %.2f deliveries a job, highest receive count %d: %v", len(c.jobs), took, mean, m.highest, m.figures)
		if mean > 3 || m.highest > 2 {
			t.Errorf("%.2f deliveries a job, receive count up to %d; want at most 3 and 2", mean, m.highest)
		}
		c.checkStarts("the slow model", same, everyone, 3*time.Minute)
		c.checkStarts("a second batch", later, 1, 4*second*interval(named(t, "ultra").ID))
		c.checkStarts("another model", others, 1, 10*time.Second)
		c.checkLeft(0)
		c.checkPaidOnce()
	})
}

// many orders n pictures in one batch, and returns what the last of the requests was told.
func (c *cloud) many(who string, n int, r request.Request) (p job.Plan) {
	c.t.Helper()
	c.batches++
	for first := 0; first < n; first += job.MaxLines {
		o := job.BatchRequest{BatchID: p.Batch.ID, Key: fmt.Sprintf("batch %d from %d", c.batches, first)}
		for i := first; i < min(n, first+job.MaxLines); i++ {
			r.Prompt = fmt.Sprintf("a fox, number %d", i)
			o.Lines = append(o.Lines, job.Line{Number: i + 1, Request: r})
		}
		var err error
		if p, err = c.front.submitter.SubmitBatch(c.t.Context(), job.Caller{Owner: who}, o); err != nil {
			c.t.Fatal(err)
		}
	}
	return p
}

// batch orders n pictures of a model in one batch, which are awaited.
func (c *cloud) batch(who, model string, n int) (ids []string) {
	c.t.Helper()
	id := c.many(who, n, request.Request{Settings: request.Settings{Model: model}}).Batch.ID
	q := job.Query{BatchID: id, Limit: 100}
	for more := true; more; {
		jobs, next, err := c.db.List(c.t.Context(), q)
		if err != nil {
			c.t.Fatal(err)
		}
		for _, j := range jobs {
			ids = append(ids, j.ID)
		}
		q.After, more = next, next != nil
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.jobs = append(c.jobs, ids...)
	return ids
}

// newcomers orders single jobs, for the owner of the backlog and another in turn, while it lasts.
func (c *cloud) newcomers() (same, others []string) {
	c.t.Helper()
	chance := rand.New(rand.NewPCG(20261122, 0))
	length := time.Duration(backlog) * interval(named(c.t, "ultra").ID)
	for end := time.Now().Add(length - 5*time.Minute); time.Now().Before(end); {
		wait(time.Duration(chance.Int64N(int64(newcomer))))
		who := []string{"ann", "bob"}[len(same)%2]
		same = append(same, c.order(who, request.Request{Settings: request.Settings{Model: "ultra"}}).ID)
		others = append(others, c.order(who, request.Request{Settings: request.Settings{Model: "core"}}).ID)
	}
	return same, others
}

// checkStarts wants a share of the single jobs to begin soon.
func (c *cloud) checkStarts(of string, ids []string, share float64, most time.Duration) {
	c.t.Helper()
	var delays []time.Duration
	for _, id := range ids {
		if j := c.get(id); j.StartedAt != nil {
			delays = append(delays, j.StartedAt.Sub(j.CreatedAt).Round(time.Second))
		}
	}
	slices.Sort(delays)
	c.t.Logf("single jobs of %s began after %v", of, delays)
	if n := int(share * float64(len(ids)-1)); len(delays) <= n || delays[n] > most {
		c.t.Errorf("single jobs of %s: want %.0f %% of %d begun within %v", of, 100*share, len(ids), most)
	}
}

// checkPaidOnce wants one call for each picture.
func (c *cloud) checkPaidOnce() {
	c.t.Helper()
	for _, id := range c.jobs {
		if j := c.get(id); j.Status != job.Succeeded || j.Calls != 1 || j.CostMicroUSD != j.Price {
			c.t.Errorf("job %s is %s after %d calls", id, j.Status, j.Calls)
		}
	}
	taken, throttled := c.calls()
	n := 0
	for _, calls := range taken {
		n += len(calls)
	}
	if n != len(c.jobs) || throttled > 0 {
		c.t.Errorf("%d calls for %d jobs, %d throttled", n, len(c.jobs), throttled)
	}
}
