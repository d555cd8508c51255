package lambdahandler_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"

	"easel/shared/job"
)

const (
	backlog  = 2000 / scale             // jobs of the slow model
	newcomer = 15 * time.Minute / scale // between two single jobs, at most
)

func TestALongBacklogOfASlowModelHoldsNobodyUp(t *testing.T) {
	inCloud(t, func(t *testing.T, c *cloud) {
		c.batch("ultra", backlog)
		m, closed := c.open(map[string]trouble{})
		began := time.Now()
		own, others := c.newcomers()
		c.await(24 * time.Hour)
		took := time.Since(began)
		wait(time.Hour) // what is still on its way comes back and is settled
		closed()
		mean := float64(m.figures["receives"]) / float64(len(c.jobs))
		t.Logf("%d jobs in %v, %.2f deliveries a job, highest receive count %d: %v", len(c.jobs), took, mean, m.highest, m.figures)
		if mean > 3 || m.highest > 2 {
			t.Errorf("%.2f deliveries a job, receive count up to %d; want at most 3 and 2", mean, m.highest)
		}
		c.checkStarts("the slow model", own, 1, 3*time.Minute)
		c.checkStarts("another model", others, 1, 10*time.Second)
		c.checkLeft(0)
		c.checkPaidOnce()
	})
}

// batch writes the jobs of a batch as the design has it: job n is due n intervals from now, and the sweep sends it then.
func (c *cloud) batch(model string, n int) {
	c.t.Helper()
	one := c.order("ann", job.Request{Model: model})
	now := time.Now().UTC().Truncate(time.Microsecond)
	var jobs []job.Job
	for i := range n - 1 {
		j, due := one, now.Add(time.Duration(i)*interval(one.Model))
		j.ID, j.Stamp, j.BatchID, j.Position = uuid.NewString(), uuid.NewString(), "the catalogue", int64(i)
		j.Sent.Seed = int64(1 + i)
		j.Out, j.Sends, j.Due = false, 0, &due
		jobs = append(jobs, j)
		c.jobs = append(c.jobs, j.ID)
	}
	for some := range slices.Chunk(jobs, 100) {
		if _, err := c.db.Create(c.t.Context(), some); err != nil {
			c.t.Fatal(err)
		}
	}
}

// newcomers orders single jobs for another owner while the backlog lasts.
func (c *cloud) newcomers() (own, others []string) {
	c.t.Helper()
	chance := rand.New(rand.NewPCG(20261122, 0))
	length := time.Duration(backlog) * interval(named(c.t, "ultra").ID)
	for end := time.Now().Add(length - 5*time.Minute); time.Now().Before(end); {
		wait(time.Duration(chance.Int64N(int64(newcomer))))
		own = append(own, c.order("bob", job.Request{Model: "ultra"}).ID)
		others = append(others, c.order("bob", job.Request{Model: "core"}).ID)
	}
	return own, others
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
