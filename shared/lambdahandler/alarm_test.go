package lambdahandler_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"testing"
	"time"

	"easel/shared/config"
	"easel/shared/lambdahandler"
	"easel/shared/request"
)

// The template's alarm of a model fires when jobs of the model were under way in each of three times five minutes and
// none ended. So whatever a model is stuck over has to bring a zero in every five minutes, beside another model that works.
func TestAStuckModelShowsInItsMetrics(t *testing.T) {
	for name, tc := range map[string]struct {
		trouble string
		jobs    int
		off     bool // no worker is invoked
		fires   bool
	}{
		"one job, access refused":      {"[sim:denied]", 1, false, true},
		"a dozen jobs, access refused": {"[sim:denied]", 12, false, true},
		"one job, an outage":           {"[sim:503]", 1, false, true},
		"a dozen jobs, an outage":      {"[sim:503]", 12, false, true},
		"one job, no quota at all":     {"[sim:throttle]", 1, false, true},
		"one job, no worker":           {"", 1, true, true},
		"a dozen jobs, throttled once": {"[sim:throttle=1]", 12, false, false},
		"nothing to do":                {"", 0, false, false},
	} {
		t.Run(name, func(t *testing.T) {
			inCloud(t, func(t *testing.T, c *cloud) {
				var out bytes.Buffer
				c.metrics = lambdahandler.NewWatcher(config.Function{Namespace: "easel/prod"}, slog.New(slog.DiscardHandler), &out, nil)
				open := c.open
				if tc.off {
					open = c.openSweep
				}
				_, closed := open(map[string]trouble{})
				began := time.Now()
				for range tc.jobs {
					c.order("ann", request.Request{Settings: request.Settings{Model: "ultra", Prompt: tc.trouble}})
				}
				for range 25 {
					c.order("bob", request.Request{Settings: request.Settings{Model: "core"}})
					wait(time.Minute)
				}
				closed()
				ended := sums(t, &out, began)
				if got := fires(ended[named(t, "ultra").ID]); got != tc.fires {
					t.Errorf("the alarm of ultra fires: %t, want %t; ended by minute: %v", got, tc.fires, ended)
				}
				if got := fires(ended[named(t, "core").ID]); got != tc.off {
					t.Errorf("the alarm of core fires: %t, want %t; ended by minute: %v", got, tc.off, ended)
				}
			})
		})
	}
}

// openSweep is open without a function behind the queue.
func (c *cloud) openSweep(map[string]trouble) (*mapping, func()) {
	m := &mapping{cloud: c}
	ctx, stop := context.WithCancel(c.t.Context())
	m.wg.Go(func() { m.schedule(ctx) })
	return m, func() {
		stop()
		m.wg.Wait()
	}
}

// sums are the sums of ended by model and minute. A minute without a line is not there.
func sums(t *testing.T, out *bytes.Buffer, began time.Time) map[string]map[int]int {
	t.Helper()
	of := map[string]map[int]int{}
	for text := range bytes.Lines(out.Bytes()) {
		var line struct {
			Model string
			Ended int
			AWS   struct{ Timestamp int64 } `json:"_aws"`
		}
		if err := json.Unmarshal(text, &line); err != nil {
			t.Fatal(err)
		}
		if of[line.Model] == nil {
			of[line.Model] = map[int]int{}
		}
		of[line.Model][int(time.UnixMilli(line.AWS.Timestamp).Sub(began)/time.Minute)] += line.Ended
	}
	return of
}

// fires evaluates the alarm at every minute: three periods of five minutes, each with data and none with an end.
func fires(ended map[int]int) bool {
	for minute := range 25 - 15 + 1 {
		vain := 0
		for period := range 3 {
			tried, sum := false, 0
			for m := minute + 5*period; m < minute+5*period+5; m++ {
				n, there := ended[m]
				tried, sum = tried || there, sum+n
			}
			if tried && sum == 0 {
				vain++
			}
		}
		if vain == 3 {
			return true
		}
	}
	return false
}
