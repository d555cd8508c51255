package lambdahandler_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"easel/shared/job"
	"easel/shared/request"
)

// kind is a sort of jobs and what the design promises to those who order them.
type kind struct {
	name   string
	jobs   int
	order  request.Request // without a model: every kind has jobs of several
	befall trouble
	cancel bool
	want   ending
}

// ending is what a job came to.
type ending struct {
	Status job.Status
	Code   string
	Images int
	Paid   int // calls that the model executed
}

var (
	oneCall  = ending{job.Succeeded, "", 1, 1}
	twoCalls = ending{job.Succeeded, "", 1, 2}
)

// kinds add up to 500 jobs.
var kinds = []kind{
	{name: "plain", jobs: 110, want: oneCall},
	{name: "message lost", jobs: 10, befall: trouble{lost: true}, want: oneCall},
	{name: "delivered twice", jobs: 60, befall: trouble{twice: true}, want: oneCall},
	{name: "delivered again 3 seconds later", jobs: 60, befall: trouble{twice: true, apart: 3 * time.Second}, want: oneCall},
	{name: "deleted 5 minutes late", jobs: 20, befall: trouble{late: 5 * time.Minute}, want: oneCall},
	{name: "deleted after the visibility timeout", jobs: 20, befall: trouble{late: 25 * time.Minute}, want: oneCall},

	{name: "killed before it looked", jobs: 10, befall: trouble{stop: "records.get"}, want: oneCall},
	{name: "killed before its slot", jobs: 10, befall: trouble{stop: "pacer.reserve"}, want: oneCall},
	{name: "killed before the claim", jobs: 10, befall: trouble{stop: "records.update"}, want: oneCall},
	{name: "killed before the call", jobs: 10, befall: trouble{stop: "generator.generate"}, want: oneCall},
	{name: "killed before storing", jobs: 10, befall: trouble{stop: "images.put"}, want: twoCalls},
	{name: "killed before the end was written", jobs: 10, befall: trouble{stop: "records.update", nth: 2}, want: oneCall},
	{name: "killed before it returned", jobs: 10, befall: trouble{stop: returned}, want: oneCall},
	{name: "killed before storing, delivered twice", jobs: 10, befall: trouble{stop: "images.put", twice: true}, want: twoCalls},
	{name: "killed before storing, one call allowed", jobs: 10, order: request.Request{MaxModelCalls: new(1)}, befall: trouble{stop: "images.put"}, want: ending{job.Failed, job.CodeExhausted, 0, 1}},
	{name: "killed before the end was written, one call allowed", jobs: 10, order: request.Request{MaxModelCalls: new(1)}, befall: trouble{stop: "records.update", nth: 2}, want: oneCall},

	{name: "throttled", jobs: 20, order: request.Request{Settings: request.Settings{Prompt: "[sim:throttle=2]"}}, want: oneCall},
	{name: "503", jobs: 10, order: request.Request{Settings: request.Settings{Prompt: "[sim:503=1]"}}, want: oneCall},
	{name: "500 once", jobs: 20, order: request.Request{Settings: request.Settings{Prompt: "[sim:500=1]"}}, want: twoCalls},
	{name: "reset once, one call allowed", jobs: 10, order: request.Request{Settings: request.Settings{Prompt: "[sim:reset=1]"}, MaxModelCalls: new(1)}, want: ending{job.Failed, job.CodeModel, 0, 1}},
	{name: "500 always, delivered twice", jobs: 10, order: request.Request{Settings: request.Settings{Prompt: "[sim:500]"}}, befall: trouble{twice: true}, want: ending{job.Failed, job.CodeModel, 0, 2}},
	{name: "moderated, delivered twice", jobs: 20, order: request.Request{Settings: request.Settings{Prompt: "[sim:filtered]"}}, befall: trouble{twice: true}, want: ending{job.Failed, job.CodeFiltered, 0, 0}},
	{name: "slow", jobs: 10, order: request.Request{Settings: request.Settings{Prompt: "[sim:slow=100s]"}}, befall: trouble{twice: true}, want: oneCall},
	{name: "canceled", jobs: 10, cancel: true, want: ending{job.Canceled, "", 0, 0}},
	{name: "past its deadline", jobs: 10, order: request.Request{DeadlineSeconds: new(2)}, want: ending{job.Failed, job.CodeExpired, 0, 0}},
}

// models are those of ten jobs in a row, about as their quotas are.
var models = slices.Concat(slices.Repeat([]string{"core"}, 7), slices.Repeat([]string{"sd35"}, 2), []string{"ultra"})

// poison is how many messages are no jobs.
const poison = 3

func TestJobsBehindTheEventSourceMappingEndAsPromised(t *testing.T) {
	inCloud(t, func(t *testing.T, c *cloud) {
		kindOf, troubles := c.orderKinds()
		c.poison()
		wait(5 * time.Second) // deadlines pass
		m, closed := c.open(troubles)
		wait(time.Minute)
		if n := c.stats().Dead; n != poison {
			t.Errorf("%d dead letters after a minute, want the %d that are no jobs", n, poison)
		}
		took := time.Minute + c.await(6*time.Hour)
		wait(time.Hour) // what is still on its way comes back and is settled
		closed()
		c.checkKinds(kindOf)
		c.checkLeft(poison)
		t.Logf("%d jobs in %v, highest receive count %d: %v", len(c.jobs), took, m.highest, m.figures)
	})
}

// orderKinds orders the jobs of all kinds in an order of chance.
func (c *cloud) orderKinds() (kindOf map[string]kind, troubles map[string]trouble) {
	var all []kind
	for _, k := range kinds {
		all = append(all, slices.Repeat([]kind{k}, max(1, k.jobs/scale))...)
	}
	chance := rand.New(rand.NewPCG(20261122, 0))
	chance.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	kindOf, troubles = map[string]kind{}, map[string]trouble{}
	for n, k := range all {
		k.order.Model = models[n%len(models)]
		j := c.order("ann", k.order)
		kindOf[j.ID], troubles[j.ID] = k, k.befall
		if !k.cancel {
			continue
		}
		if _, err := c.front.submitter.Cancel(c.t.Context(), job.Caller{Owner: "ann"}, j.ID); err != nil {
			c.t.Fatal(err)
		}
	}
	return kindOf, troubles
}

// poison puts messages into the queue that are of no version that a worker understands.
func (c *cloud) poison() {
	c.t.Helper()
	m := job.Outgoing{Message: job.Message{V: job.RecordVersion + 1, ID: "a job of the future"}}
	if _, err := c.queue.Send(c.t.Context(), slices.Repeat([]job.Outgoing{m}, poison)); err != nil {
		c.t.Fatal(err)
	}
}

// checkKinds holds every job against what was promised.
func (c *cloud) checkKinds(kindOf map[string]kind) {
	c.t.Helper()
	taken, throttled := c.calls()
	if throttled > 0 {
		c.t.Errorf("%d calls were one too many in a minute", throttled)
	}
	for _, id := range c.jobs {
		j, k := c.get(id), kindOf[id]
		calls := taken[j.Sent.Prompt]
		got := ending{Status: j.Status, Images: len(j.Images), Paid: len(calls)}
		if j.Failure != nil {
			got.Code = j.Failure.Code
		}
		if got != k.want {
			c.t.Errorf("%s: got %+v, want %+v", k.name, got, k.want)
		}
		if paid := int64(len(calls)) * j.Price; j.CostMicroUSD < paid || len(calls) > j.MaxCalls {
			c.t.Errorf("%s: %d calls of %d allowed were paid for, and the job says %d of %d µUSD", k.name, len(calls), j.MaxCalls, j.CostMicroUSD, paid)
		}
		for _, e := range calls {
			if at, ok := c.stored[id]; ok && e.Time.After(at) {
				c.t.Errorf("%s: generated again %v after its picture was stored", k.name, e.Time.Sub(at))
			}
		}
		c.checkImages(j)
	}
}

// checkImages wants every picture that a job names to be there.
func (c *cloud) checkImages(j job.Job) {
	c.t.Helper()
	for _, i := range j.Images {
		if info, err := c.store.Stat(c.t.Context(), i.Key); err != nil || info != i.ImageInfo {
			c.t.Errorf("the picture of job %s: got %+v, %v, want %+v", j.ID, info, err, i.ImageInfo)
		}
	}
}

// checkLeft wants nothing in the queue, and nothing among the dead letters but what belongs there.
func (c *cloud) checkLeft(dead int) {
	c.t.Helper()
	s := c.stats()
	if n := s.Visible + s.InFlight + s.Delayed; n > 0 || s.Dead != dead {
		c.t.Errorf("%d messages are left and %d are dead letters, want 0 and %d", n, s.Dead, dead)
	}
}
