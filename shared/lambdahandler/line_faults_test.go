package lambdahandler_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"easel/shared/job"
	"easel/shared/job/jobtest"
	"easel/shared/request"
)

// dying is a process that is killed at a call: from then on nothing that it does has any effect.
func dying(at func(op string, n int) bool) *jobtest.Fault {
	dead := false
	return &jobtest.Fault{Err: errKilled, Rule: func(op string, n int) jobtest.Failure {
		if dead = dead || at(op, n); dead {
			return jobtest.Before
		}
		return jobtest.None
	}}
}

func TestASweepKilledBeforeItSendsIdlesAModelForFiveMinutesAtMost(t *testing.T) {
	inLine(t, both, func(t *testing.T, c *cloud) {
		killed := false
		c.faults = func() *jobtest.Fault {
			return dying(func(op string, _ int) bool {
				strikes := op == "queue.send" && !killed
				killed = killed || strikes
				return strikes
			})
		}
		c.many("ann", 200, slowly())
		began := time.Now()
		_, closed := c.open(map[string]trouble{})
		wait(15 * time.Minute)
		closed()
		if len(c.begun["ann"]) == 0 || !killed {
			t.Fatalf("no call was begun, or the sweep was not killed: %v", killed)
		}
		idle := c.begun["ann"][0].Sub(began)
		t.Logf("the model idled %v, and took %d calls in a quarter of an hour", idle.Round(time.Second), len(c.begun["ann"]))
		if most := 5 * time.Minute; idle > most || len(c.begun["ann"]) < 85 {
			t.Errorf("the model idled %v, and %d calls were made; want at most %v, and 85", idle, len(c.begun["ann"]), most)
		}
	})
}

// unwritten is how many records of a batch say that they are queued.
func (c *cloud) unwritten(id string) (n int) {
	c.t.Helper()
	q := job.Query{BatchID: id, Statuses: []job.Status{job.Queued}, Limit: 100}
	for more := true; more; {
		jobs, next, err := c.db.List(c.t.Context(), q)
		if err != nil {
			c.t.Fatal(err)
		}
		n += len(jobs)
		q.After, more = next, next != nil
	}
	return n
}

func TestARunThatIsOutOfTimeIsGoneOnWith(t *testing.T) {
	inLine(t, []cadence{onAWS}, func(t *testing.T, c *cloud) {
		const batches = 9 // one more than are looked at side by side
		var ids []string
		for range batches {
			id := c.many("ann", 1000/scale, slowly()).Batch.ID
			c.cancelBatch("ann", id)
			ids = append(ids, id)
		}
		c.records = remote{c.db, 4 * time.Second * scale / 1000}
		sweeper := c.start(&jobtest.Fault{}).sweeper
		for run := range 6 {
			limited, cancel := context.WithTimeout(t.Context(), 6*time.Second) // it begins nothing new after one
			if _, err := sweeper.Sweep(limited); err != nil {
				t.Errorf("run %d: %v", run+1, err)
			}
			cancel()
			left := 0
			for _, id := range ids {
				left += c.unwritten(id)
			}
			t.Logf("%d records are left after run %d", left, run+1)
			if run == 0 && left == 0 {
				t.Error("the first run had time for all")
			}
			if run == 5 && left > 0 {
				t.Errorf("%d records say that they are queued", left)
			}
			wait(time.Minute)
		}
	})
}

func TestTimersThatCannotBeServedHideNoLaterOnes(t *testing.T) {
	inLine(t, []cadence{onAWS}, func(t *testing.T, c *cloud) {
		r := slowly()
		r.DeadlineSeconds = new(60)
		stuck := c.singles("ann", 450, r) // more than two pages
		wait(time.Second)
		last := c.order("bob", r).ID
		c.before = jobtest.Refuse(stuck, "records.update")
		wait(2 * time.Minute)
		if _, err := c.start(&jobtest.Fault{}).sweeper.Sweep(t.Context()); err == nil {
			t.Error("the sweep says nothing of records that cannot be written")
		}
		if j := c.get(last); j.Failure == nil || j.Failure.Code != job.CodeExpired {
			t.Errorf("the job behind them is %s", j.Status)
		}
	})
}

func TestJobsPastTheirDeadlineHideNoLaterOnesOfTheirFlow(t *testing.T) {
	inLine(t, []cadence{onAWS}, func(t *testing.T, c *cloud) {
		r := slowly()
		r.DeadlineSeconds = new(60)
		p := c.many("ann", 1100, r) // more than a run passes over
		more := job.BatchRequest{BatchID: p.Batch.ID, Key: "more", Lines: []job.Line{{Number: 1, Request: request.Request{Settings: request.Settings{Prompt: "a fox", Model: slow}}}}}
		if _, err := c.front.submitter.SubmitBatch(t.Context(), job.Caller{Owner: "ann"}, more); err != nil {
			t.Fatal(err)
		}
		wait(2 * time.Minute)
		sweeper := c.start(&jobtest.Fault{}).sweeper
		for run := range 2 {
			if _, err := sweeper.Sweep(t.Context()); err != nil {
				t.Errorf("run %d: %v", run+1, err)
			}
		}
		if s := c.stats(); s.Visible+s.Delayed != 1 {
			t.Errorf("%d messages after two runs, want that of the job behind the dead", s.Visible+s.Delayed)
		}
	})
}

func TestARecordThatCannotBeReadHoldsUpNoOthers(t *testing.T) {
	for _, dispatched := range []bool{false, true} {
		t.Run(fmt.Sprint("dispatched ", dispatched), func(t *testing.T) {
			inLine(t, both, func(t *testing.T, c *cloud) {
				c.tolerant = true
				r := slowly()
				r.DeadlineSeconds = new(1000)
				bad := c.batch("ann", slow, 100)[0]
				if dispatched {
					if _, err := c.start(&jobtest.Fault{}).sweeper.Sweep(t.Context()); err != nil {
						t.Fatal(err)
					}
				}
				timed := c.order("ann", r).ID // its timer comes among theirs
				c.singles("bob", 100, slowly())
				c.before = jobtest.Refuse([]string{bad}, "records.get", "finder.find")
				began := time.Now()
				_, closed := c.open(map[string]trouble{})
				defer closed()
				wait(20 * time.Minute)
				ann, bob := c.had("ann", began, time.Now()), c.had("bob", began, time.Now())
				t.Logf("%d and %d calls beside the record", ann, bob)
				if ann+bob < 180 || ann < 80 {
					t.Errorf("%d and %d calls in 20 minutes, want as many as ever", ann, bob)
				}
				if j := c.get(timed); !j.Status.Ended() {
					t.Errorf("a job beside it is %s", j.Status)
				}
			})
		})
	}
}
