package local

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"easel/shared/bedrocksim"
	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/request"
)

// With a backlog of all models the server that is started without flags uses their quotas, however long the calls take. The
// pace itself stops at 98.5 % of a quota.
func TestTheDefaultWorkersUseTheQuotas(t *testing.T) {
	minutes := max(3, 10/scale)
	for _, seconds := range []int{3, 6, 10} {
		t.Run(fmt.Sprintf("calls of %d s", seconds), func(t *testing.T) {
			if scale > 1 && seconds < 10 {
				t.Skip("the undivided load takes these calls as well")
			}
			t.Parallel()
			dir := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				l := slowLoad(t, dir, time.Duration(seconds)*time.Second)
				l.batches(t, minutes+3)
				stop := l.begin(t)
				<-time.After(time.Minute)
				from := time.Now()
				<-time.After(time.Duration(minutes) * time.Minute)
				shares, refused := l.shares(from)
				stop()
				for alias, share := range shares {
					t.Logf("%d workers, %s: %.1f %% of the quota", l.workers, alias, 100*share)
					if share < least || share > 1 {
						t.Errorf("%s: %.1f %% of the quota was used, want %.0f to 100", alias, 100*share, 100*least)
					}
				}
				if refused > 0 {
					t.Errorf("%d calls were refused", refused)
				}
			})
		})
	}
}

// slowLoad is a load at the real quotas whose calls all take the same time.
func slowLoad(t *testing.T, dir string, call time.Duration) *load {
	t.Helper()
	sim, err := bedrocksim.New(bedrocksim.Options{Quota: 1, Tiny: true, Seed: 1, Latency: call})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	l := newLoad(t, dir, sim, Options{}.setting(1))
	l.sim = sim
	return l
}

// batches orders a batch of each model that lasts for so many minutes.
func (l *load) batches(t *testing.T, minutes int) {
	t.Helper()
	for _, m := range model.Current() {
		lines := make([]job.Line, m.RPM*minutes)
		for n := range lines {
			lines[n] = job.Line{Number: n + 1, Request: request.Request{Settings: request.Settings{Prompt: fmt.Sprintf("a fox, number %d", n), Model: m.Alias}}}
		}
		if _, err := l.submitter.SubmitBatch(t.Context(), job.Caller{Owner: "ann"}, job.BatchRequest{Lines: lines}); err != nil {
			t.Fatal(err)
		}
	}
}

// shares are the parts of the quotas that have been used since an instant, and how many calls were refused then.
func (l *load) shares(from time.Time) (shares map[string]float64, refused int) {
	shares = map[string]float64{}
	for _, m := range model.Current() {
		taken := 0
		for _, e := range l.sim.Ledger(bedrocksim.Filter{Model: m.ID}).Entries {
			switch {
			case e.Time.Before(from):
			case e.Outcome == bedrocksim.Executed:
				taken++
			default:
				refused++
			}
		}
		shares[m.Alias] = float64(taken) / (float64(m.RPM) * time.Since(from).Minutes())
	}
	return shares, refused
}

func TestTheDefaultWorkersFollowThePace(t *testing.T) {
	paces := func(list string) Options { return Options{Paces: parsed(t, list)} }
	for name, c := range map[string]struct {
		o    Options
		want int
	}{
		"the catalogue":                    {Options{}, 31},
		"the real models":                  {Options{Generator: Bedrock}, 31},
		"a quick simulator":                {Options{Sim: SimOptions{Quota: 20}}, 31},
		"models that ended as well":        {Options{Retired: true}, 47},
		"what may be learnt counts":        {paces("core=90/180"), 55},
		"a pace for models not taken":      {paces("sdxl=600"), 31},
		"slow models wait for their slots": {paces("core=1,sd35=1,ultra=1"), 8},
		"memory bounds them":               {paces("core=600"), 64},
		"as they are given":                {Options{Workers: 3}, 3},
	} {
		if got := c.o.withDefaults().Workers; got != c.want {
			t.Errorf("%s: got %d workers, want %d", name, got, c.want)
		}
	}
}

func TestTooFewWorkersForAPaceAreTold(t *testing.T) {
	for list, want := range map[string]string{"": "", "core=90/180": "", "core=600": "--workers 167", "core=90000": "--workers 1000"} {
		r := up(t, Options{Paces: parsed(t, list)})
		if got := r.out.String(); strings.Contains(got, "workers") != (want != "") || !strings.Contains(got, want) {
			t.Errorf("with --pace %q it says %q, want %q in it", list, got, want)
		}
	}
}
