package lambdahandler_test

import (
	"context"
	"testing"
	"time"

	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/request"
)

// cadence says when turns are given out.
type cadence struct {
	name  string
	every time.Duration // between two sweeps
	wakes bool          // one comes early where jobs begin to wait
}

var (
	onAWS    = cadence{"AWS", sweepEvery, false}
	embedded = cadence{"embedded", time.Second, true}
	both     = cadences()
)

// cadences are both. The race detector watches one: it makes a simulation twenty times as slow, and what runs embedded is
// watched by the tests of shared/local.
func cadences() []cadence {
	if raced {
		return []cadence{onAWS}
	}
	return []cadence{onAWS, embedded}
}

// slow is the model of the tests of the line: ten calls a minute, each of six seconds.
const slow = "ultra"

// painter is a model that takes its time.
type painter struct {
	harness
	takes time.Duration
}

// Generate paints six pixels.
func (p *painter) Generate(ctx context.Context, m model.Model, r model.Request) (model.Result, error) {
	wait(p.takes)
	return p.harness.Generate(ctx, m, r)
}

// inLine runs a test in the cloud in each of some cadences.
func inLine(t *testing.T, cadences []cadence, test func(t *testing.T, c *cloud)) {
	t.Helper()
	for _, k := range cadences {
		t.Run(k.name, func(t *testing.T) {
			inCloud(t, func(t *testing.T, c *cloud) {
				c.every, c.generator = k.every, &painter{takes: 6 * time.Second}
				if k.wakes {
					c.waits = make(chan struct{}, 1)
				}
				test(t, c)
			})
		})
	}
}

// slowly is a request for a picture of the slow model.
func slowly() request.Request { return request.Request{Settings: request.Settings{Model: slow}} }

// had is how many calls an owner had from one instant to another.
func (c *cloud) had(who string, from, to time.Time) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, at := range c.begun[who] {
		if !at.Before(from) && at.Before(to) {
			n++
		}
	}
	return n
}

// remote are records that take a while to write.
type remote struct {
	job.Records
	each time.Duration // for each job of a transaction
}

// Update takes its time.
func (r remote) Update(ctx context.Context, t job.Transaction) (job.Obstacle, error) {
	wait(5*time.Millisecond + time.Duration(len(t.Jobs))*r.each)
	return r.Records.Update(ctx, t)
}

// again cancels the batch of an owner and begins all of it again.
func (c *cloud) again(who, id string) {
	c.t.Helper()
	c.cancelBatch(who, id)
	for more := true; more; {
		var err error
		if _, _, more, err = c.front.submitter.RetryBatch(c.t.Context(), job.Caller{Owner: who}, id, job.Choice{Statuses: []job.Status{job.Canceled}}); err != nil {
			c.t.Fatal(err)
		}
	}
}

func (c *cloud) cancelBatch(who, id string) {
	c.t.Helper()
	if _, _, err := c.front.submitter.CancelBatch(c.t.Context(), job.Caller{Owner: who}, id); err != nil {
		c.t.Fatal(err)
	}
}

// singles orders n single jobs.
func (c *cloud) singles(who string, n int, r request.Request) (ids []string) {
	c.t.Helper()
	for range n {
		ids = append(ids, c.order(who, r).ID)
	}
	return ids
}

// singlesAgain cancels single jobs and begins them again.
func (c *cloud) singlesAgain(who string, ids []string) {
	c.t.Helper()
	for _, id := range ids {
		_, err := c.front.submitter.Cancel(c.t.Context(), job.Caller{Owner: who}, id)
		if err == nil {
			_, err = c.front.submitter.Retry(c.t.Context(), job.Caller{Owner: who}, id)
		}
		if err != nil {
			c.t.Fatal(err)
		}
	}
}

// counts are how many jobs of a batch there are in each state.
func (c *cloud) counts(id string) job.Counts {
	c.t.Helper()
	_, counters, err := c.db.GetBatch(c.t.Context(), id)
	if err != nil {
		c.t.Fatal(err)
	}
	return counters.Sum()
}
