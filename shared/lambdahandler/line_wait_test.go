package lambdahandler_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"easel/shared/job"
	"easel/shared/pace"
	"easel/shared/read"
)

// told is what a client that ordered a picture was told of how long it takes.
type told struct {
	id   string
	by   string // which answer said so
	at   time.Time
	wait time.Duration
}

// tell orders a single job and notes what the answer says, and what the job's page says right after.
func (c *cloud) tell(who string) (id string, all []told) {
	c.t.Helper()
	r := slowly()
	r.Prompt = fmt.Sprintf("number %d", len(c.jobs))
	receipt, err := c.front.submitter.Submit(c.t.Context(), job.Caller{Owner: who}, r, "")
	if err != nil {
		c.t.Fatal(err)
	}
	id = receipt.Job.ID
	c.jobs = append(c.jobs, id)
	return id, append([]told{{id, "the receipt", time.Now(), receipt.Wait}}, c.look(id)...)
}

// look notes what the page of a job that waits says.
func (c *cloud) look(id string) []told {
	c.t.Helper()
	if c.get(id).Status != job.Queued {
		return nil
	}
	j, err := c.reader().Get(c.t.Context(), job.Caller{Operator: true}, id)
	if err != nil {
		c.t.Fatal(err)
	}
	if j.Job.Waiting == nil {
		return nil
	}
	return []told{{id, "waiting.until", time.Now(), time.Until(j.Job.Waiting.Until)}}
}

func (c *cloud) reader() *read.Reader {
	return &read.Reader{
		Records: c.db, Index: c.db, Links: c.store, Secret: []byte("secret"), BatchRecords: c.db, BatchIndex: c.db, Standings: c.db, Days: c.db,
		Limiter: &pace.Limiter{Limits: setting, Store: c.db},
	}
}

// checkTold wants what was told to be right within a factor of two, and half a minute where a wait is short.
func (c *cloud) checkTold(all []told) {
	c.t.Helper()
	for _, a := range all {
		j := c.get(a.id)
		if j.StartedAt == nil {
			c.t.Errorf("%s said %v and the job has not begun", a.by, a.wait)
			continue
		}
		took := j.StartedAt.Sub(a.at)
		c.t.Logf("%s said %v, and it began after %v", a.by, a.wait.Round(time.Second), took.Round(time.Second))
		if slack := 30 * time.Second; a.wait > 2*took+slack || took > 2*a.wait+slack {
			c.t.Errorf("%s said %v, and it began after %v", a.by, a.wait, took)
		}
	}
}

func TestASingleJobBesideAThousandOfAnotherBeginsSoon(t *testing.T) {
	inLine(t, both, func(t *testing.T, c *cloud) {
		c.singles("ann", 1000/scale, slowly())
		_, closed := c.open(map[string]trouble{})
		defer closed()
		wait(10*time.Minute - 30*time.Second)
		first, all := c.tell("bob")
		second, more := c.tell("bob") // within a minute: it waits for its turn
		wait(5 * time.Minute)
		c.checkTold(append(all, more...))
		for n, id := range []string{first, second} {
			j := c.get(id)
			if most := 3*time.Minute + time.Duration(n)*c.every; j.StartedAt == nil || j.StartedAt.Sub(j.CreatedAt) > most {
				t.Errorf("job %d began at %v, want within %v of %v", n+1, j.StartedAt, most, j.CreatedAt)
			}
		}
	})
}

func TestManyOwnersWhoComeAtOnceTakeTurns(t *testing.T) {
	inLine(t, []cadence{onAWS}, func(t *testing.T, c *cloud) {
		const owners = 150 / scale
		c.many("ann", 2500/scale, slowly())
		c.many("bob", 2500/scale, slowly())
		_, closed := c.open(map[string]trouble{})
		defer closed()
		wait(2 * time.Hour / scale)
		most := time.Duration(owners+2)*interval(named(t, slow).ID) + 3*time.Minute
		ids := map[string][]string{}
		for turn := range 2 {
			for n := range owners {
				if who := fmt.Sprintf("owner %d", n); turn == 0 || n%10 == 0 {
					ids[who] = append(ids[who], c.order(who, slowly()).ID)
					wait(10 * time.Millisecond)
				}
			}
		}
		wait(c.every + 5*time.Second) // the next sweep has seen them
		var all []told
		for _, own := range ids {
			if c.get(own[0]).InLine {
				all = append(all, c.look(own[0])...)
			}
		}
		wait(most + most/4)
		c.checkTold(all)
		var waits []time.Duration
		for who, own := range ids {
			first := c.get(own[0])
			if first.StartedAt == nil || first.StartedAt.Sub(first.CreatedAt) > most {
				t.Errorf("the job of %s, ordered at %v, began at %v, want within %v", who, first.CreatedAt, first.StartedAt, most)
				continue
			}
			waits = append(waits, first.StartedAt.Sub(first.CreatedAt).Round(time.Second))
			for _, id := range own[1:] {
				if later := c.get(id); later.StartedAt != nil && later.StartedAt.Before(*first.StartedAt) {
					t.Errorf("a later job of %s began %v before its first", who, first.StartedAt.Sub(*later.StartedAt))
				}
			}
		}
		slices.Sort(waits)
		t.Logf("they waited %v", waits)
	})
}

func TestASingleJobDoesNotWaitForTheBatchOfItsOwner(t *testing.T) {
	inLine(t, []cadence{onAWS}, func(t *testing.T, c *cloud) {
		c.many("ann", 3000/scale, slowly())
		_, closed := c.open(map[string]trouble{})
		defer closed()
		var ids []string
		for range 60 / min(scale, 4) {
			wait(2*time.Minute + time.Duration(len(ids)*7%60)*time.Second) // at any time between two sweeps
			ids = append(ids, c.order("ann", slowly()).ID)
		}
		wait(5 * time.Minute)
		c.checkStarts("the owner of a batch", ids, 0.5, 30*time.Second)
		c.checkStarts("the owner of a batch", ids, 1, 3*time.Minute)
	})
}

func TestAPlanSaysHowLongABatchTakesBesideOthers(t *testing.T) {
	for _, others := range [][]int{{}, {300}, {300, 300, 300}, {5, 10, 300}} {
		t.Run(fmt.Sprint(others), func(t *testing.T) {
			inLine(t, []cadence{onAWS}, func(t *testing.T, c *cloud) {
				for n, jobs := range others {
					c.many(fmt.Sprint("owner ", n), jobs, slowly())
				}
				_, closed := c.open(map[string]trouble{})
				defer closed()
				wait(90 * time.Second)
				const jobs = 30
				p := c.many("bob", jobs, slowly())
				ordered := time.Now()
				for c.had("bob", ordered, time.Now()) < jobs && time.Since(ordered) < 3*p.Time {
					wait(time.Second)
				}
				took := time.Since(ordered)
				t.Logf("the plan said %v, and it took %v", p.Time.Round(time.Second), took.Round(time.Second))
				if took > 2*p.Time || p.Time > 2*took {
					t.Errorf("the plan said %v, and it took %v", p.Time, took)
				}
			})
		})
	}
}
