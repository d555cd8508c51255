package sweep

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// sims runs a test with the cadences of the embedded server and of AWS.
func sims(t *testing.T, test func(t *testing.T, s *lineSim)) {
	for _, cadence := range []time.Duration{time.Second, time.Minute} {
		t.Run(fmt.Sprint("a run in ", cadence), func(t *testing.T) { test(t, newLineSim(cadence)) })
	}
}

// Owner b has a batch. Its part of the calls is fair whatever the others do, in an hour and in each ten minutes of it.
func TestABatchKeepsItsShareBeside(t *testing.T) {
	for name, c := range map[string]struct {
		others    func(s *lineSim)
		low, high int
	}{
		"ten batches of 200": {func(s *lineSim) {
			for range 10 {
				s.batch("a", 200)
			}
		}, 45, 55},
		"a single job every 6 s": {func(s *lineSim) {
			s.every(6*time.Second, func(int) { s.single("a") })
		}, 45, 55},
		"a batch of one job every 6 s": {func(s *lineSim) {
			s.every(6*time.Second, func(int) { s.batch("a", 1) })
		}, 45, 55},
		"a single job whenever the last has begun": {func(s *lineSim) { // that waits in the queue, so a asks for less than its share
			s.single("a")
			s.onBegin = func(c simCall) {
				if c.Owner == "a" {
					s.single("a")
				}
			}
		}, 45, 90},
		"20 owners with a single job every minute": {func(s *lineSim) { // the share of one of 21 is 4.8 %
			s.every(3*time.Second, func(n int) { s.single(fmt.Sprint("owner ", n%20)) })
		}, 3, 7},
	} {
		t.Run(name, func(t *testing.T) {
			sims(t, func(t *testing.T, s *lineSim) {
				s.batch("b", 2000)
				c.others(s)
				s.run(70 * time.Minute)
				var shares []int
				for at := 10 * time.Minute; at <= time.Hour; at += 10 * time.Minute {
					shares = append(shares, s.share("b", at, at+10*time.Minute))
				}
				whole := s.share("b", 10*time.Minute, 70*time.Minute)
				t.Logf("%d %%, in each ten minutes %d to %d %%", whole, slices.Min(shares), slices.Max(shares))
				if whole < c.low || whole > c.high || slices.Min(shares) < c.low-2 {
					t.Errorf("%d %% of %d calls, %v", whole, len(s.begun), shares)
				}
			})
		})
	}
}

func TestSingleJobsOfManyOwnersWaitForOneTurnOfEach(t *testing.T) {
	for _, second := range []int{0, 1, 29, 59} { // after the last run
		sims(t, func(t *testing.T, s *lineSim) {
			s.batch("a", 2500)
			s.batch("b", 2500)
			s.run(2*time.Hour + time.Duration(second)*time.Second)
			for n := range 150 {
				s.single(fmt.Sprint("owner ", n))
			}
			s.run(30 * time.Minute)
			waits := s.waits()
			t.Logf("%v at the median, %v at most", waits[len(waits)/2], waits[len(waits)-1])
			if len(waits) != 150 || waits[149] > 150*simInterval+3*time.Minute {
				t.Errorf("%d begin, the last after %v", len(waits), waits[len(waits)-1])
			}
		})
	}
}

// While the first job of an owner waits, there are moments when a second one could take a direct turn.
func TestNoSingleJobIsPassedByALaterOneOfItsOwner(t *testing.T) {
	sims(t, func(t *testing.T, s *lineSim) {
		s.batch("a", 2500)
		s.run(time.Hour)
		for n := range 400 {
			s.single(fmt.Sprint("owner ", n%100))
			s.run(time.Duration(n%8) * time.Second)
		}
		s.run(2 * time.Hour)
		last := map[string]string{}
		for _, c := range s.begun {
			if c.BatchID == "" && last[c.Owner] > c.id {
				t.Errorf("%s of %s is passed by %s", c.id, c.Owner, last[c.Owner])
			}
			last[c.Owner] = c.id
		}
		if n := len(s.waits()); n != 400 {
			t.Errorf("%d begin", n)
		}
	})
}

func TestASingleJobIsSoonMadeBehind(t *testing.T) {
	for name, backlog := range map[string]func(s *lineSim){
		"a batch of its owner": func(s *lineSim) { s.batch("a", 3000) },
		"1,000 single jobs of another": func(s *lineSim) {
			for range 1000 {
				s.single("b")
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			sims(t, func(t *testing.T, s *lineSim) {
				backlog(s)
				s.every(2*time.Minute+7*time.Second, func(int) { s.single("a") })
				s.run(90 * time.Minute)
				var waits []time.Duration
				for _, c := range s.begun {
					if c.Owner == "a" && c.BatchID == "" {
						waits = append(waits, c.at.Sub(c.queued))
					}
				}
				slices.Sort(waits)
				most := waits[len(waits)-1]
				t.Logf("%d begin after %v at the median and %v at most", len(waits), waits[len(waits)/2], most)
				if len(waits) < 40 || waits[len(waits)/2] > 30*time.Second || most > 3*time.Minute {
					t.Errorf("%d begin after %v", len(waits), waits)
				}
			})
		})
	}
}
