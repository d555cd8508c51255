package lambdahandler_test

import (
	"fmt"
	"testing"
	"time"

	"easel/shared/bedrocksim"
	"easel/shared/model"
)

const (
	advised  = 31                       // what the guide tells accounts to set that may run a hundred functions
	minShare = 0.97 - 0.07*(scale-1)/9. // of a quota is used; in a divided load a call is some percent
	rampTime = 3 * time.Minute          // the first sweeps, and as many functions as there may be
)

// With the WorkerConcurrency that the guide advises a backlog of all models uses their quotas, however long the calls take.
func TestTheAdvisedConcurrencyUsesTheQuotas(t *testing.T) {
	minutes := max(3, 10/scale)
	for _, seconds := range []int{3, 6, 10} {
		t.Run(fmt.Sprintf("calls of %d s", seconds), func(t *testing.T) {
			if scale > 1 && seconds < 10 {
				t.Skip("the undivided load takes these calls as well")
			}
			inCloud(t, func(t *testing.T, c *cloud) {
				c.simulate(bedrocksim.Options{Latency: time.Duration(seconds) * time.Second})
				c.concurrency = advised
				for _, m := range model.Current() {
					c.batch("the owner of "+m.Alias, m.Alias, m.RPM*(minutes+5))
				}
				_, closed := c.open(map[string]trouble{})
				wait(rampTime)
				from := time.Now()
				wait(time.Duration(minutes) * time.Minute)
				shares, refused := c.shares(from)
				closed()
				for alias, share := range shares {
					t.Logf("%s: %.1f %% of the quota", alias, 100*share)
					if share < minShare || share > 1 {
						t.Errorf("%s: %.1f %% of the quota was used, want %.0f to 100", alias, 100*share, 100*minShare)
					}
				}
				if refused > 0 {
					t.Errorf("%d calls were refused", refused)
				}
			})
		})
	}
}

// shares are the parts of the quotas that have been used since an instant, and how many calls were refused then.
func (c *cloud) shares(from time.Time) (shares map[string]float64, refused int) {
	shares = map[string]float64{}
	for _, m := range model.Current() {
		taken := 0
		for _, e := range c.sim.Ledger(bedrocksim.Filter{Model: m.ID}).Entries {
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
