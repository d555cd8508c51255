package jobtest

import (
	"errors"
	"testing"
	"time"

	"easel/shared/job"
)

// condition is a [job.Condition] with the counters of which it is asked.
type condition struct {
	quiet bool // of the batch in which no job waits, runs or is unwritten; otherwise of the busy one
	job.Condition
	holds bool
}

// busy is a batch that was canceled once, with jobs of two models that wait, run and are unwritten.
func busy(t *testing.T, s Harness) job.Batch {
	t.Helper()
	b := createBatch(t, s, plainBatch(fresh("batch")), job.Difference{
		Models: map[string]job.Counts{"one": {job.Queued: 2}, "other": {job.Succeeded: 1}}, Queued: 2, Waiting: 9, Next: 7, Cost: 100,
	})
	amend(t, s, job.Difference{BatchID: b.ID, Cancel: true, If: job.Condition{Models: []string{"other", "one"}}})
	amend(t, s, job.Difference{
		BatchID: b.ID, Models: map[string]job.Counts{"one": {job.Queued: 3, job.Running: 1}}, Queued: 3, Running: 1,
		Set: map[job.Instant]time.Time{job.Sealed: *moment(1), job.Due: *moment(2)},
	})
	return b
}

// quiet is a batch whose jobs have ended.
func quiet(t *testing.T, s Harness) job.Batch {
	t.Helper()
	return createBatch(t, s, plainBatch(fresh("batch")), job.Difference{
		Models: map[string]job.Counts{"one": {job.Failed: 1}}, Next: 1, Set: map[job.Instant]time.Time{job.Sealed: *moment(1)},
	})
}

// conditions are all members of [job.Condition], each where it holds and where it does not.
func conditions() map[string]condition {
	n := func(n int64) *int64 { return &n }
	type c = job.Condition
	is := func(name job.Instant, t *time.Time) c { return c{Is: map[job.Instant]*time.Time{name: t}} }
	return map[string]condition{
		"nothing is asked":                 {false, c{}, true},
		"the cancel number":                {false, c{CancelNo: n(1)}, true},
		"a lower cancel number":            {false, c{CancelNo: n(0)}, false},
		"a higher cancel number":           {false, c{CancelNo: n(2)}, false},
		"a batch that was never canceled":  {true, c{CancelNo: n(0)}, true},
		"the next position":                {false, c{Next: n(7)}, true},
		"another position":                 {false, c{Next: n(6)}, false},
		"a cost at the bound":              {false, c{CostAtMost: n(100)}, true},
		"a cost over the bound":            {false, c{CostAtMost: n(99)}, false},
		"no cost under a bound of nothing": {true, c{CostAtMost: n(0)}, true},
		"a bound below nothing":            {true, c{CostAtMost: n(-1)}, false},
		"none is queued":                   {true, c{NoneQueued: true}, true},
		"some are queued":                  {false, c{NoneQueued: true}, false},
		"none is active":                   {true, c{NoneActive: true}, true},
		"some are active":                  {false, c{NoneActive: true}, false},
		"all is written":                   {true, c{Written: true}, true},
		"some are unwritten":               {false, c{Written: true}, false},
		"the models in another order":      {false, c{Models: []string{"other", "one"}}, true},
		"a model is missing":               {false, c{Models: []string{"one"}}, false},
		"a model too many":                 {false, c{Models: []string{"one", "other", "third"}}, false},
		"another model":                    {false, c{Models: []string{"one", "third"}}, false},
		"no model":                         {false, c{Models: []string{}}, false},
		"an instant":                       {false, is(job.Sealed, moment(1)), true},
		"an instant a microsecond before":  {false, is(job.Sealed, moment(0)), false},
		"an instant that has come":         {false, is(job.Sealed, nil), false},
		"an instant that has not come":     {false, is(job.Ended, nil), true},
		"a wish for what has not come":     {false, is(job.Ended, moment(1)), false},
		"several that hold":                {false, c{CancelNo: n(1), Next: n(7), Is: map[job.Instant]*time.Time{job.Due: moment(2), job.Told: nil}}, true},
		"several of which one fails":       {false, c{CancelNo: n(1), Next: n(7), Is: map[job.Instant]*time.Time{job.Due: moment(2), job.Sealed: nil}}, false},
	}
}

// eachCondition asks every condition of a batch of its own. Try makes a change that raises Ordered by one, under the
// condition.
func eachCondition(t *testing.T, s Harness, try func(t *testing.T, d job.Difference) (*job.Counters, error)) {
	t.Helper()
	for name, c := range conditions() {
		t.Run(name, func(t *testing.T) {
			b := c.batch(t, s)
			f := follower{Harness: s, want: readCounters(t, s, b.ID)}
			d := job.Difference{BatchID: b.ID, Ordered: 1, If: c.Condition}
			if _, holds := f.want.Apply(d); holds != c.holds {
				t.Fatalf("the core says that the condition holds: %v", holds)
			}
			there, err := try(t, d)
			f.holds(t, d, there, err)
		})
	}
}

func (c condition) batch(t *testing.T, s Harness) job.Batch {
	t.Helper()
	if c.quiet {
		return quiet(t, s)
	}
	return busy(t, s)
}

func recordConditions(t *testing.T, s Harness) {
	eachCondition(t, s, func(t *testing.T, d job.Difference) (*job.Counters, error) {
		j := createOne(t, s, plainJob(fresh("job")))
		tr := transaction(j)
		tr.Counters, tr.Day = &d, charge(j.Owner, 1, 0)
		there, err := s.Update(t.Context(), tr)
		if err != nil {
			seesJobs(t, s, j)
			spends(t, s, j.Owner, today, 0)
			return there.Counters, err
		}
		seesJobs(t, s, raised(tr.Jobs)...)
		spends(t, s, j.Owner, today, 1)
		return there.Counters, err
	})
}

func createConditions(t *testing.T, s Harness) {
	eachCondition(t, s, func(t *testing.T, d job.Difference) (*job.Counters, error) {
		tr, a := transaction(plainJob(fresh("job"))), appendOf(fresh("append"))
		tr.Counters, tr.Append = &d, &a
		there, err := s.Create(t.Context(), tr)
		if err != nil {
			missesJobs(t, s, tr.Jobs[0].ID)
			appends(t, s, a)
			return there.Counters, err
		}
		seesJobs(t, s, tr.Jobs...)
		seesAppend(t, s, a)
		return there.Counters, err
	})
}

func amendConditions(t *testing.T, s Harness) {
	eachCondition(t, s, func(t *testing.T, d job.Difference) (*job.Counters, error) {
		now, err := s.Amend(t.Context(), d)
		return &now, err
	})
}

func eraseConditions(t *testing.T, s Harness) {
	for name, c := range conditions() {
		t.Run(name, func(t *testing.T) {
			b := c.batch(t, s)
			a := appends(t, s, requestOf(b))
			before := readCounters(t, s, b.ID)
			err := s.EraseBatch(t.Context(), b.ID, c.Condition, sampleTime, nil)
			if c.holds {
				missesBatch(t, s, b.ID)
			} else {
				sameCounters(t, "counters", before, seesBatch(t, s, b))
				seesAppend(t, s, a)
			}
			if c.holds != (err == nil) || !c.holds && !errors.Is(err, job.ErrCounters) {
				t.Errorf("the condition holds: %v; %v", c.holds, err)
			}
		})
	}
}

// recordCounters changes every figure of a batch with a job.
func recordCounters(t *testing.T, s Harness) {
	b := busy(t, s)
	d := everything(b.ID)
	want, _ := readCounters(t, s, b.ID).Apply(d)
	tr := transaction(createOne(t, s, plainJob(fresh("job"))))
	tr.Counters = &d
	there, err := s.Update(t.Context(), tr)
	succeeds(t, "update", err)
	same(t, "in the way of what went through", job.Obstacle{}, there)
	seesCounters(t, s, want)
}

func recordNoCounters(t *testing.T, s Harness) {
	j := createOne(t, s, plainJob(fresh("job")))
	tr := transaction(j)
	tr.Counters = &job.Difference{BatchID: fresh("batch"), Next: 1}
	there, err := s.Update(t.Context(), tr)
	if !errors.Is(err, job.ErrCounters) || there.Counters != nil {
		t.Errorf("update: %v, counters %v; want ErrCounters and none", err, there.Counters)
	}
	seesJobs(t, s, j)
	missesBatch(t, s, tr.Counters.BatchID)
}
