package pace

import (
	"container/heap"
	"math/rand/v2"
	"testing"
	"time"
)

// service is a model as its callers see it: it takes so many calls in any 60 seconds. Every worker always has
// another call to make, and the pace decides when.
type service struct {
	setting Limits
	quota   func(time.Duration) float64 // calls a minute
	chance  float64                     // of a throttle that has nothing to do with the quota
	latency time.Duration
	pace    State
	taken   []time.Time
	refused int
	events  events
}

var epoch = time.Date(2031, 2, 3, 4, 5, 6, 0, time.UTC)

// run calls for so long and returns when calls were taken.
func (s *service) run(d time.Duration) (taken []time.Time) {
	rng := rand.New(rand.NewPCG(1, 2))
	heap.Push(&s.events, event{at: epoch})
	for s.events[0].at.Before(epoch.Add(d)) {
		e := heap.Pop(&s.events).(event)
		switch {
		case e.began.IsZero():
			heap.Push(&s.events, event{at: e.at.Add(intervalOf(s.pace.rate(s.setting, e.at)))})
			s.call(e.at.Add(time.Duration(rng.Float64()*0.3*float64(time.Second))), rng)
		case e.throttled:
			s.pace = s.pace.throttled(s.setting, e.at)
		default:
			s.pace = s.pace.passed(s.setting, e.began)
		}
	}
	return s.taken
}

func (s *service) call(now time.Time, rng *rand.Rand) {
	if s.within(now.Add(-time.Minute), now) >= int(s.quota(now.Sub(epoch))) || rng.Float64() < s.chance {
		s.refused++
		heap.Push(&s.events, event{at: now.Add(100 * time.Millisecond), began: now, throttled: true})
		return
	}
	s.taken = append(s.taken, now)
	took := time.Duration((0.7 + 0.6*rng.Float64()) * float64(s.latency))
	heap.Push(&s.events, event{at: now.Add(took), began: now})
}

// within counts the calls that were taken between two instants.
func (s *service) within(from, to time.Time) (n int) {
	for i := len(s.taken) - 1; i >= 0 && s.taken[i].After(from); i-- {
		if !s.taken[i].After(to) {
			n++
		}
	}
	return n
}

// used is the share of the quota that was used between two moments of the run.
func (s *service) used(from, to time.Duration) float64 {
	return float64(s.within(epoch.Add(from), epoch.Add(to))) / (s.quota(to-time.Second) * (to - from).Minutes())
}

// event is a slot, or the answer to a call that was begun.
type event struct {
	at, began time.Time
	throttled bool
}

type events []event

func (e events) Len() int           { return len(e) }
func (e events) Less(i, j int) bool { return e[i].at.Before(e[j].at) }
func (e events) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)        { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	last := (*e)[len(*e)-1]
	*e = (*e)[:len(*e)-1]
	return last
}

func always(quota float64) func(time.Duration) float64 {
	return func(time.Duration) float64 { return quota }
}

func between(from, to time.Duration, then, otherwise float64) func(time.Duration) float64 {
	return func(d time.Duration) float64 {
		if d >= from && d < to {
			return then
		}
		return otherwise
	}
}

// The bounds are what a person would notice: throttles, and time that is not used.
func TestThePaceFindsTheQuota(t *testing.T) {
	const h = time.Hour
	for name, c := range map[string]struct {
		setting   Limits
		quota     float64
		chance    float64
		throttled float64 // share of calls, at most
		used      float64 // share of the quota after the first half hour, at least
	}{
		"the setting is right":              {Limits{90, 90}, 90, 0, 0, 0.98},
		"half of the setting":               {Limits{90, 90}, 45, 0, 0.03, 0.93},
		"half of a small setting":           {Limits{10, 10}, 5, 0, 0.08, 0.9},
		"two thirds":                        {Limits{15, 15}, 10, 0, 0.05, 0.9},
		"a ninth":                           {Limits{90, 90}, 10, 0, 0.1, 0.9},
		"a little less":                     {Limits{90, 90}, 80, 0, 0.05, 0.93},
		"a large quota":                     {Limits{600, 600}, 300, 0, 0.06, 0.88},
		"one in fifty throttled by chance":  {Limits{90, 90}, 90, 0.02, 0.03, 0.85},
		"one in twenty throttled by chance": {Limits{90, 90}, 90, 0.05, 0.06, 0.6},
		"chance, and half of the setting":   {Limits{90, 90}, 45, 0.02, 0.05, 0.75},
		"four times the start":              {Limits{10, 60}, 40, 0, 0.02, 0.75},
	} {
		for _, latency := range []time.Duration{time.Second, 3 * time.Second, 10 * time.Second} {
			s := &service{setting: c.setting, quota: always(c.quota), chance: c.chance, latency: latency}
			n := len(s.run(2 * h))
			throttled, used := float64(s.refused)/float64(n+s.refused), s.used(h/2, 2*h)
			t.Logf("%-34s calls of %3v: %4.1f %% throttled, %5.1f %% used", name, latency, 100*throttled, 100*used)
			if throttled > c.throttled || used < c.used || used > 1 {
				t.Errorf("%s, calls of %v: %.1f %% throttled, %.1f %% used; want at most %.1f and at least %.1f", name, latency, 100*throttled, 100*used, 100*c.throttled, 100*c.used)
			}
		}
	}
}

func TestThePaceFollowsTheQuota(t *testing.T) {
	const h = time.Hour
	for name, c := range map[string]struct {
		setting  Limits
		quota    func(time.Duration) float64
		from, to time.Duration // in which it must be used
		used     float64
		refused  int // calls in all, at most
	}{
		"four times the start within an hour": {Limits{10, 60}, always(40), 40 * time.Minute, h, 0.9, 50},
		"halved":                              {Limits{90, 90}, between(h, 2*h, 45, 90), h + 5*time.Minute, 2 * h, 0.9, 200},
		"restored":                            {Limits{90, 90}, between(h, 2*h, 45, 90), 2*h + 30*time.Minute, 4 * h, 0.95, 200},
		"nothing for half an hour":            {Limits{90, 90}, between(h, h+h/2, 0, 90), h + h/2 + 2*time.Minute, 4 * h, 0.95, 200},
		"nothing for a minute":                {Limits{90, 90}, between(h, h+time.Minute, 0, 90), h + 3*time.Minute, 4 * h, 0.95, 40},
	} {
		s := &service{setting: c.setting, quota: c.quota, latency: 3 * time.Second}
		s.run(4 * h)
		used := s.used(c.from, c.to)
		t.Logf("%-36s %5.1f %% used from %v to %v, %d throttled in 4 hours", name, 100*used, c.from, c.to, s.refused)
		if used < c.used || s.refused > c.refused {
			t.Errorf("%s: %.1f %% used from %v to %v, %d throttled; want at least %.0f %% and at most %d", name, 100*used, c.from, c.to, s.refused, 100*c.used, c.refused)
		}
	}
}

// taught is a pace that has met a quota of 45 under a setting of 90.
func taught(t *testing.T) (State, Limits, time.Time) {
	t.Helper()
	s := &service{setting: Limits{90, 90}, quota: always(45), latency: time.Second}
	s.run(10 * time.Minute)
	now := epoch.Add(10 * time.Minute)
	if r := s.pace.rate(s.setting, now); r < 20 || r > 50 {
		t.Fatalf("learnt %.1f calls a minute of 45", r)
	}
	return s.pace, s.setting, now
}

func TestAnotherSettingBeginsAnew(t *testing.T) {
	p, _, now := taught(t)
	for _, s := range []Limits{{200, 200}, {20, 60}} {
		if r := p.rate(s, now); r != usable*s.Start {
			t.Errorf("under %+v the pace begins with %.1f calls a minute", s, r)
		}
		again := p.passed(s, now)
		if r := again.rate(s, now); r != usable*s.Start || again.Version != p.Version {
			t.Errorf("under %+v it goes on with %.1f, version %d of %d", s, r, again.Version, p.Version)
		}
	}
}

func TestAnInstantAheadDoesNotHoldThePace(t *testing.T) {
	p, s, now := taught(t)
	p = p.throttled(s, now.Add(time.Hour)) // by a clock that was wrong
	for range 3 {
		if r := p.rate(s, now); r < 40 {
			t.Errorf("%.1f calls a minute are left", r)
		}
		now = now.Add(time.Second)
		p = p.passed(s, now)
	}
	before := p.rate(s, now)
	if r := p.throttled(s, now).rate(s, now); r != before/2 {
		t.Errorf("a throttle takes the pace from %.1f to %.1f", before, r)
	}
}

func TestAThrottleCountsOnceInTwoIntervals(t *testing.T) {
	p, s := State{}, Limits{60, 60}
	p = p.throttled(s, epoch)
	first := p.rate(s, epoch)
	if first != usable*30 {
		t.Errorf("after a throttle %.1f calls a minute, want half of the pace", first)
	}
	if again := p.throttled(s, epoch.Add(time.Second)); again.Throttle != p.Throttle {
		t.Errorf("one after a second counted: %+v", again.Throttle)
	}
	if again := p.throttled(s, epoch.Add(5*time.Second)); again.Throttle == p.Throttle {
		t.Error("one after five seconds did not count")
	}
	if r := p.rate(s, epoch.Add(doubling)); r != usable*60 {
		t.Errorf("%v later the pace is %.1f, want it back", doubling, r)
	}
}

func TestIdleTimeTeachesNothing(t *testing.T) {
	s := Limits{10, 1000}
	p := State{}.passed(s, epoch)
	if r := p.rate(s, epoch.Add(24*time.Hour)); r > 11 {
		t.Errorf("a day without a call raised the pace from 10 to %.1f", r)
	}
	p = p.passed(s, epoch.Add(24*time.Hour))
	if r := p.rate(s, epoch.Add(24*time.Hour)); r > 11 {
		t.Errorf("the call after it raised the pace to %.1f", r)
	}
}

// refuse throttles so many calls in a row, far enough apart that each counts.
func (p State) refuse(s Limits, now time.Time, n int) (State, time.Time) {
	for range n {
		now = now.Add(3 * time.Second)
		p = p.throttled(s, now)
	}
	return p, now
}

func TestWhereNothingPassesTheCeilingStands(t *testing.T) {
	s := &service{setting: Limits{90, 90}, quota: always(90), latency: time.Second}
	s.run(10 * time.Minute)
	p, now := s.pace.refuse(s.setting, epoch.Add(10*time.Minute), 19)
	if p.Share < tooMany || p.rate(s.setting, now) > 10 {
		t.Fatalf("the throttles were not noticed: %+v", p)
	}
	now = now.Add(time.Minute)
	if r := p.passed(s.setting, now).rate(s.setting, now); r != usable*90 {
		t.Errorf("a minute in which nothing passed took the ceiling to %.1f calls a minute", r)
	}
}

func TestALittleUsedPaceIsTakenForHalfAtMost(t *testing.T) {
	s := Limits{90, 90}
	p, now := State{}.passed(s, epoch).refuse(s, epoch, 15)
	now = now.Add(40 * time.Second)
	p, now = p.passed(s, now).refuse(s, now, 1)
	if r := p.rate(s, now.Add(time.Minute)); r != usable*45 {
		t.Errorf("one call that passed in a minute of throttles left %.1f calls a minute, want half", r)
	}
}

func TestTheBoundsOfASetting(t *testing.T) {
	for rate, want := range map[float64]time.Duration{0: maxInterval, 1e-9: maxInterval, 1e9: minInterval, 60: time.Second} {
		if got := intervalOf(rate); got != want {
			t.Errorf("%v calls a minute are %v apart, want %v", rate, got, want)
		}
	}
	s := Limits{Start: 50, Max: 20}
	if r := (State{Start: 50, Ceiling: 70}).rate(s, epoch); r != usable*50 {
		t.Errorf("%.1f calls a minute at a start of 50 that is more than the maximum", r)
	}
}

func TestAMinuteForgets(t *testing.T) {
	var m SlidingWindow
	for n := range 200 {
		m = m.add(epoch.Add(time.Duration(n) * time.Second))
	}
	last := epoch.Add(199 * time.Second)
	m = m.add(last.Add(-30 * time.Second)).add(last.Add(-2 * time.Minute)) // answers come in any order
	for after, want := range map[time.Duration]int{0: 62, 30 * time.Second: 32, time.Minute: 1, time.Hour: 0, -time.Hour: 0} {
		if got := m.count(last.Add(after)); got != want {
			t.Errorf("%v later %d are counted, want %d", after, got, want)
		}
	}
	if len(m.Seconds) != seconds {
		t.Errorf("%d counts are kept", len(m.Seconds))
	}
	if m = m.add(last.Add(time.Hour)); m.count(last.Add(time.Hour)) != 1 || len(m.Seconds) != seconds {
		t.Errorf("after an hour %+v", m)
	}
}
