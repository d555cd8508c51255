package bulk

import (
	"errors"
	"testing"
	"time"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/bulk/folder"
)

func TestLooksFollowThePace(t *testing.T) {
	for want, c := range map[time.Duration]struct {
		pace float64 // a minute
		poll time.Duration
		left int
	}{
		5 * time.Second:        {pace: 10, left: 1},
		2 * time.Second:        {pace: 150, left: 3},
		time.Second:            {pace: 1e6, left: 1},
		300 * time.Millisecond: {pace: 10, left: 1, poll: 300 * time.Millisecond},
	} {
		r := &Run{Poll: c.poll, catalogue: &catalogue{offers: map[string]*offer{"m": {id: "m", pace: c.pace}}}}
		r.assemble()
		for n := range c.left {
			r.rows.add(tableRow{Row: folder.Row{Key: folder.Digest(n)}})
			r.rows.move(folder.Digest(n), "m", wanted)
		}
		if got := newWatch(r).pause(); got != want {
			t.Errorf("at a pace of %v a look every %s, want %s", c.pace, got, want)
		}
	}
}

func TestProgressTellsSpeedAndEnd(t *testing.T) {
	k := &catalogue{offers: map[string]*offer{"fast": {pace: 60}, "slow": {pace: 10}}}
	began := time.Date(2026, 11, 3, 9, 30, 0, 0, time.UTC)
	c := &course{}
	c.begin(Plan{Made: 4, ToMake: 40})
	for n := range 13 {
		c.end(began.Add(time.Duration(n) * time.Second))
		c.count(func(c *course) { c.saved++; c.cost += 40_000 })
	}
	p := c.progress(began.Add(12*time.Second), map[string]int{"fast": 7, "slow": 20}, k)
	if p.Total != 44 || p.Made != 17 || p.PerMinute != 60 || p.CostUSD != "0.52" || !p.EndsAt.Equal(began.Add(132*time.Second)) {
		t.Errorf("got %+v, ends %v", p, p.EndsAt)
	}
	c.waiting = "credentials"
	if p = c.progress(began, map[string]int{"fast": 7}, k); p.EndsAt != nil || p.Waiting != "credentials" {
		t.Errorf("nothing goes on, and the end is %v, %q", p.EndsAt, p.Waiting)
	}
	c.waiting = ""
	for n := range 1000 { // of late it was slower
		c.end(began.Add(time.Hour + time.Duration(n)*6*time.Second))
	}
	p = c.progress(began.Add(time.Hour+999*6*time.Second), nil, k)
	if p.PerMinute != 10 || p.EndsAt != nil {
		t.Errorf("got %+v", p)
	}
	if p = (&course{ends: []time.Time{began, began}}).progress(began.Add(time.Second), nil, k); p.PerMinute != 0 {
		t.Errorf("two ends in a second make %v a minute", p.PerMinute)
	}
}

func TestProgressTellsWhatKeepsEverythingFromGoingOn(t *testing.T) {
	var said []string
	r := &Run{Report: func(e Event) { said = append(said, e.Code+" "+e.Progress.Waiting) }}
	r.assemble()
	w := newWatch(r)
	w.waiting = &api.Waiting{Code: "credentials"}
	w.explain()
	w.came = true
	w.explain()
	if len(said) != 2 || said[0] != "credentials credentials" || said[1] != " " {
		t.Errorf("said %q", said)
	}
}

func TestTroubleIsSaidOnceInAWhile(t *testing.T) {
	var s outage
	now := time.Date(2026, 11, 3, 9, 30, 0, 0, time.UTC)
	said := 0
	for n := range 120 { // every other answer fails
		if s.begins(now.Add(time.Duration(n) * time.Second)) {
			said++
		}
		s.ends()
	}
	if said != 2 {
		t.Errorf("said %d times in two minutes, want 2", said)
	}
}

func TestABudgetThatIsUsedUpDoesNotPass(t *testing.T) {
	for err, want := range map[error]bool{
		&api.Problem{Status: 429, Code: "rate_limited"}:    true,
		&api.Problem{Status: 429, Code: "budget_exceeded"}: false,
		&api.Problem{Status: 503}:                          true,
		&api.Problem{Status: 422}:                          false,
		errors.New("disk full"):                            false,
		client.ErrUnreachable:                              true,
	} {
		if Passing(err) != want {
			t.Errorf("%v: got %t", err, !want)
		}
	}
}
