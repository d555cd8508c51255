// Package pace decides how fast a model may be called. Accounts differ and AWS changes their quotas, so the rate is learnt from
// answers, both ways: a ceiling that throttles lower and probes raise. A circuit breaker lets one probe a minute through while a
// model takes no calls. The state is small and shared by all workers through a [Store]; the moments of calls are given out by
// a [Pacer]. The package knows no jobs, no errors of a provider and no clock: its callers say what a call taught, and when.
package pace

import (
	"math"
	"slices"
	"time"
)

// Limits say how fast a model may be called, in calls a minute.
type Limits struct {
	Start float64 // as long as nothing is learnt
	Max   float64 // whatever is learnt; less than Start counts as Start
}

// State is what the answers of one model have taught all workers: how many calls a minute pass, and whether
// any do. How fast to call is a function of the state, the limits and the time. The state is advice: without
// it the rate is the start of the limits. It holds no prompt, and no words of a provider, which might quote one.
type State struct {
	Version int64 `json:"version"` // one higher with every write

	Start    float64       `json:"start,omitempty"`   // the setting under which the rest was learnt
	Ceiling  float64       `json:"ceiling,omitempty"` // calls a minute that are known to pass; 0: the start
	Since    time.Time     `json:"since,omitzero"`    // from when on more is tried
	Passed   SlidingWindow `json:"passed,omitzero"`   // calls that passed, by when they were begun
	Latest   time.Time     `json:"latest,omitzero"`   // when the last of them was begun
	Share    float64       `json:"share,omitempty"`   // of throttled calls among the last ones
	Throttle Throttle      `json:"throttle,omitzero"`
	Breaker  Breaker       `json:"streak,omitzero"`
}

// Throttle is the last one that counted, and what was known then.
type Throttle struct {
	At      time.Time `json:"at,omitzero"`
	Before  time.Time `json:"before,omitzero"`   // when the one before it was
	Rate    float64   `json:"rate,omitempty"`    // calls a minute right after it
	Ceiling float64   `json:"ceiling,omitempty"` // that stood until then
	Passed  int       `json:"passed,omitempty"`  // calls in the minute before it
	Many    bool      `json:"many,omitempty"`    // so many were throttled that it was no chance
}

// SlidingWindow counts the calls of each of the last seconds, as far back as a quota of calls a minute looks.
type SlidingWindow struct {
	End     int64 `json:"end,omitempty"`     // the second of the first count, since 1970
	Seconds []int `json:"seconds,omitempty"` // newest first
}

// Figures of learning. In simulations over hours, quotas of half to the whole of the setting were used to 95 to
// 98.5 percent, with less than 5 percent of the calls throttled.
const (
	usable   = 0.985            // of a setting, so that a minute of calls that are late or early stays within the quota
	cautious = 0.95             // of what passed, for the same reason
	beyond   = 1.01             // times the ceiling must have passed to show that the quota itself was met
	tooMany  = 0.15             // share of throttles that chance does not explain
	memory   = 64               // calls over which that share is taken
	doubling = 8 * time.Second  // of the pace after a throttle
	silence  = 20 * time.Second // in which nothing passed: the pace does not recover between two throttles
	slowest  = 4                // calls a minute that are still halved in a silence
	probing  = 4 * time.Minute  // until more is tried, and then twice as much more
	skew     = time.Minute      // by which the clocks of two machines may differ
	seconds  = 61               // of a minute, with both of its ends
)

// under is the record as it counts: nothing that was learnt under another setting, and no instant that lies
// in the future because a clock was wrong.
func (p State) under(s Limits, now time.Time) State {
	if p.Start != s.Start {
		return State{Version: p.Version, Start: s.Start, Breaker: p.Breaker}
	}
	if limit := now.Add(skew); p.Since.After(limit) || p.Latest.After(limit) || p.Throttle.At.After(limit) {
		return State{Version: p.Version, Start: p.Start, Ceiling: p.Ceiling, Share: p.Share, Breaker: p.Breaker}
	}
	return p
}

// rate is how many calls a minute may be begun now.
func (p State) rate(s Limits, now time.Time) float64 {
	p = p.under(s, now)
	r := min(p.ceiling(s)*p.reach(now), usable*max(s.Start, s.Max))
	if t := p.Throttle; !t.At.IsZero() {
		r = min(r, t.Rate*math.Exp2(max(0, now.Sub(t.At)).Seconds()/doubling.Seconds()))
	}
	return r
}

func (p State) ceiling(s Limits) float64 {
	if p.Ceiling == 0 {
		return usable * s.Start
	}
	return p.Ceiling
}

// reach is how many times the ceiling is tried: 1, 3, 7 percent more and so on. Only time in which calls
// passed counts, since nothing is learnt in any other.
func (p State) reach(now time.Time) float64 {
	if last := p.Latest.Add(probing); now.After(last) {
		now = last
	}
	if p.Since.IsZero() {
		return 1
	}
	steps := min(max(0, int(now.Sub(p.Since)/probing)), 30)
	return 1 + float64(int(1)<<steps-1)/100
}

// passed counts a call that the model took, by when it was begun: that is when the quota counted it.
func (p State) passed(s Limits, began time.Time) State {
	p = p.under(s, began)
	p.Passed = p.Passed.add(began)
	p.Share *= 1 - 1.0/memory
	switch gap := began.Sub(p.Latest); {
	case p.Since.IsZero() || p.Latest.IsZero():
		p.Since = began
	case gap > probing:
		p.Since = p.Since.Add(gap - probing)
	}
	if began.After(p.Latest) {
		p.Latest = began
	}
	if t := p.Throttle; !t.At.IsZero() && !began.After(t.At) && t.At.Sub(began) <= time.Minute {
		p.Throttle.Passed++ // it was under way when another was throttled
		return p.judge()
	}
	return p
}

// throttled halves the pace, at most once in two intervals, and asks whether the ceiling was too high. In
// a silence it halves what it was after the last throttle, because then it is no matter of the pace.
func (p State) throttled(s Limits, now time.Time) State {
	p = p.under(s, now)
	n := p.Passed.count(now)
	if n > 0 {
		p.Share += (1 - p.Share) / memory
	}
	was, r := p.Throttle, p.rate(s, now)
	if !was.At.IsZero() && now.Sub(was.At) < 2*intervalOf(r) {
		return p
	}
	slow := r
	if !was.At.IsZero() && !p.Latest.After(was.At) && now.Sub(p.Latest) > silence {
		slow = min(r, max(was.Rate, slowest))
	}
	p.Throttle = Throttle{At: now, Before: was.At, Rate: slow / 2, Ceiling: p.ceiling(s), Passed: n, Many: p.Share > tooMany}
	return p.judge()
}

// judge sets the ceiling to what passed in the minute before a throttle. One throttle alone may be chance:
// it tells the quota where more than the ceiling had passed, or where many are throttled although others
// pass. Where none pass it is an outage, and the ceiling stands. What was many once is taken for half at most.
func (p State) judge() State {
	t := p.Throttle
	n := float64(t.Passed)
	switch {
	case n >= beyond*t.Ceiling:
		p.Ceiling, p.Since = max(t.Ceiling, cautious*n), t.At
	case t.Many && p.Latest.After(t.Before):
		p.Ceiling, p.Since, p.Share = max(t.Ceiling/2, cautious*n), t.At, 0
	}
	return p
}

// Bounds of an interval: no model is called more often than once in minInterval, and no call waits longer than maxInterval for its slot.
const (
	minInterval = 10 * time.Microsecond
	maxInterval = 6 * time.Hour
)

// intervalOf is the time between two calls, within its bounds.
func intervalOf(rate float64) time.Duration {
	return time.Duration(min(max(float64(time.Minute)/rate, float64(minInterval)), float64(maxInterval)))
}

// add counts one at the given time.
func (m SlidingWindow) add(at time.Time) SlidingWindow {
	second := at.Unix()
	counts := slices.Clone(m.Seconds)
	if ahead := second - m.End; ahead > 0 {
		fresh := make([]int, min(ahead, seconds))
		if len(counts) == 0 {
			fresh = fresh[:1]
		}
		counts = append(fresh, counts[:min(len(counts), seconds-len(fresh))]...)
		m.End = second
	}
	if age := m.End - second; age < seconds {
		for int64(len(counts)) <= age {
			counts = append(counts, 0)
		}
		counts[age]++
	}
	m.Seconds = counts
	return m
}

// count sums up the minute before now.
func (m SlidingWindow) count(now time.Time) (sum int) {
	for n, count := range m.Seconds {
		if age := now.Unix() - m.End + int64(n); age >= 0 && age < seconds {
			sum += count
		}
	}
	return sum
}
