package jobtest

import (
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"easel/shared/gate"
	"easel/shared/job"
)

// countersFollow makes random differences through every port that changes counters, and compares the counters with those
// of the core after each.
func countersFollow(t *testing.T, s Harness) {
	for seed := range uint64(gate.Size(3, 20)) {
		f := follows(t, s, job.Difference{})
		f.rng = rand.New(rand.NewPCG(seed, 1))
		for step := range 60 {
			d := f.difference()
			if f.step(t, d); t.Failed() {
				t.Fatalf("seed %d, step %d: %+v", seed, step, d)
			}
		}
	}
}

// follower holds what the counters of a batch must be.
type follower struct {
	Harness
	rng  *rand.Rand
	want job.Counters
}

// follows makes a batch that begins with a difference.
func follows(t *testing.T, s Harness, begin job.Difference) *follower {
	t.Helper()
	begin.BatchID = createBatch(t, s, plainBatch(fresh("batch")), begin).ID
	want, _ := job.Counters{BatchID: begin.BatchID}.Apply(begin)
	return &follower{Harness: s, want: want}
}

// step makes a difference through one of the ports.
func (f *follower) step(t *testing.T, d job.Difference) {
	t.Helper()
	there, err := f.write(t, d)
	f.holds(t, d, there, err)
}

// holds compares what came of a difference, and what is stored, with what the core says.
func (f *follower) holds(t *testing.T, d job.Difference, there *job.Counters, err error) {
	t.Helper()
	want, holds := f.want.Apply(d)
	if holds != (err == nil) || !holds && !errors.Is(err, job.ErrCounters) {
		t.Errorf("the condition holds: %v; %v", holds, err)
	}
	if there == nil && !holds {
		t.Error("the counters in the way are not shown")
	}
	if there != nil {
		sameCounters(t, "returned", want, *there)
	}
	f.want = want
	seesCounters(t, f.Harness, want)
}

// write returns the counters where the port does: of Amend always, of a transaction where they stand in its way.
func (f *follower) write(t *testing.T, d job.Difference) (*job.Counters, error) {
	t.Helper()
	tr := transaction(plainJob(fresh("job")))
	tr.Counters = &d
	switch port := f.rng.IntN(4); {
	case port == 0 && !d.Cancel:
		there, err := f.Create(t.Context(), tr)
		return there.Counters, err
	case port == 1 && !d.Cancel:
		tr = transaction(createOne(t, f, tr.Jobs[0]))
		tr.Counters = &d
		there, err := f.Update(t.Context(), tr)
		return there.Counters, err
	}
	now, err := f.Amend(t.Context(), d)
	return &now, err
}

// difference draws a change. A model that has counts keeps some, as those of a batch do.
func (f *follower) difference() job.Difference {
	d := job.Difference{BatchID: f.want.BatchID, If: f.condition()}
	f.instants(&d)
	if f.rng.IntN(6) == 0 {
		d.Cancel, d.If.Models = true, f.models()
		return d
	}
	for _, figure := range []*int64{&d.Queued, &d.Running, &d.Cost, &d.Charged, &d.Waiting, &d.Ordered, &d.Next, &d.Unwritten} {
		if f.rng.IntN(2) == 0 {
			*figure = f.rng.Int64N(2001) - 1000
		}
	}
	d.Next++ // so that something changes
	d.Models = map[string]job.Counts{}
	for _, model := range []string{"one", "other", "third"} {
		if f.rng.IntN(3) == 0 {
			d.Models[model] = f.counts(f.want.Models[model])
		}
	}
	return d
}

// counts draws jobs that come and go, none of which goes without having been there.
func (f *follower) counts(there job.Counts) job.Counts {
	counts := job.Counts{job.Succeeded: 1}
	for _, status := range job.Statuses {
		if f.rng.IntN(2) == 0 {
			counts[status] += f.rng.Int64N(there[status]+5) - there[status]
		}
	}
	return counts
}

func (f *follower) instants(d *job.Difference) {
	for n, name := range job.Instants {
		switch f.rng.IntN(5) {
		case 0:
			d.Clear = append(d.Clear, name)
		case 1:
			if d.Set == nil {
				d.Set = map[job.Instant]time.Time{}
			}
			d.Set[name] = *moment(1000*n + f.rng.IntN(3))
		}
	}
}

// models are those that have counts, and now and then not.
func (f *follower) models() []string {
	models := []string{}
	for _, model := range []string{"third", "other", "one"} {
		if _, has := f.want.Models[model]; has {
			models = append(models, model)
		}
	}
	if f.rng.IntN(5) == 0 {
		models = append(models, "none")
	}
	return models
}

// condition draws one that asks for something two times out of three, and then holds about every other time.
func (f *follower) condition() (c job.Condition) {
	near := func(n int64) *int64 {
		n += f.rng.Int64N(3) - 1
		return &n
	}
	switch f.rng.IntN(12) {
	case 0:
		c.CancelNo = near(f.want.CancelNo)
	case 1:
		c.Next = near(f.want.Next)
	case 2:
		c.CostAtMost = near(f.want.Cost)
	case 3:
		c.NoneQueued = true
	case 4:
		c.NoneActive = true
	case 5:
		c.Written = true
	case 6:
		c.Models = f.models()
	case 7:
		name := job.Instants[f.rng.IntN(len(job.Instants))]
		c.Is = map[job.Instant]*time.Time{name: []*time.Time{nil, f.want.When(name), moment(0)}[f.rng.IntN(3)]}
	}
	return c
}
