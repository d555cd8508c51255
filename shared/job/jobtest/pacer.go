package jobtest

import (
	"slices"
	"testing"
	"time"

	"easel/shared/pace"
)

// Pacer is the contract of pace.Pacer. Its clock is time.Now; where the service has its own, the two must agree to
// ten seconds.
var Pacer = Suite[Harness]{
	"the first slot is now":               paceFirst,
	"slots are one interval apart":        paceApart,
	"a slot is never in the past":         pacePast,
	"a refused reservation takes nothing": paceRefused,
	"an impossible slot is forgotten":     paceAnew,
	"models do not share slots":           paceModels,
	"nobody gets another's slot":          paceRace,
	"the last of a race is refused":       paceRaceRefused,
}

// agreement is by how much the clock of a service may differ from the test's.
const agreement = 10 * time.Second

// rounding is what two slots of whole microseconds may be off, together.
const rounding = 2 * time.Microsecond

// reserve takes a slot, or ends the test.
func reserve(t *testing.T, p pace.Pacer, model string, interval, within time.Duration) time.Time {
	t.Helper()
	at, ok, err := p.Reserve(t.Context(), model, interval, within)
	succeeds(t, "reserve", err)
	if !ok {
		t.Fatalf("no slot within %v; the next is at %v", within, at)
	}
	return at
}

func paceFirst(t *testing.T, p Harness) {
	before := time.Now()
	at := reserve(t, p, fresh("model"), time.Hour, 0)
	if d := at.Sub(before); d < -agreement || d > time.Since(before)+agreement {
		t.Errorf("the first slot of a model is %v from now", d)
	}
}

func paceAnew(t *testing.T, p Harness) {
	model := fresh("model")
	now := reserve(t, p, model, 8*time.Hour, 0)
	// As if the clock had been set back by eight hours: no reservation of this pace reaches so far.
	at := reserve(t, p, model, time.Second, 2*time.Second)
	if d := at.Sub(now); d < -agreement || d > time.Minute {
		t.Errorf("the next slot is %v after the first", d)
	}
}

func paceApart(t *testing.T, p Harness) {
	model, interval := fresh("model"), 90*time.Second
	first := reserve(t, p, model, interval, 0)
	for n := range 5 {
		want := first.Add(time.Duration(n+1) * interval)
		if got := reserve(t, p, model, interval, time.Hour); !got.Equal(want) {
			t.Errorf("slot %d begins at %v, want %v", n+2, got, want)
		}
	}
	if got := reserve(t, p, model, time.Minute, time.Hour); !got.Equal(first.Add(6 * interval)) {
		t.Errorf("with another interval the next slot begins at %v, want %v", got, first.Add(6*interval))
	}
	if got := reserve(t, p, model, interval, time.Hour); !got.Equal(first.Add(6*interval + time.Minute)) {
		t.Errorf("the slot after a shorter interval begins at %v", got)
	}
}

// pacePast leaves slots unused: at a pace of one in a microsecond they are over sooner than the next call comes. It
// compares slots with each other, so that the service's clock may be ahead or behind.
func pacePast(t *testing.T, p Harness) {
	model := fresh("model")
	first := reserve(t, p, model, time.Microsecond, 0)
	after := time.Now()
	for range 50 {
		passed := time.Since(after)
		slot := reserve(t, p, model, time.Microsecond, time.Second)
		if late := passed - slot.Sub(first); late > rounding {
			t.Fatalf("a slot lies %v in the past", late)
		}
	}
}

func paceRefused(t *testing.T, p Harness) {
	model := fresh("model")
	first := reserve(t, p, model, time.Hour, 0)
	for range 3 {
		at, ok, err := p.Reserve(t.Context(), model, time.Hour, 30*time.Minute)
		succeeds(t, "reserve", err)
		if ok || !at.Equal(first.Add(time.Hour)) {
			t.Errorf("got %v, %v; want a refusal that names %v", at, ok, first.Add(time.Hour))
		}
	}
	if got := reserve(t, p, model, time.Hour, 90*time.Minute); !got.Equal(first.Add(time.Hour)) {
		t.Errorf("after refusals the next slot begins at %v, want %v", got, first.Add(time.Hour))
	}
}

func paceModels(t *testing.T, p Harness) {
	reserve(t, p, fresh("model"), time.Hour, 0)
	reserve(t, p, fresh("model"), time.Hour, time.Minute)
}

func paceRace(t *testing.T, p Harness) {
	model, slots := fresh("model"), make([]time.Time, racers)
	race(t, func(n int) (err error) {
		slots[n], _, err = p.Reserve(t.Context(), model, time.Minute, 24*time.Hour)
		return err
	})
	slices.SortFunc(slots, time.Time.Compare)
	for n := range slots[1:] {
		if d := slots[n+1].Sub(slots[n]); d != time.Minute {
			t.Errorf("slots %d and %d are %v apart, want a minute", n, n+1, d)
		}
	}
}

// paceRaceRefused has room for four: now, and after one, two and three hours.
func paceRaceRefused(t *testing.T, p Harness) {
	model, taken := fresh("model"), make([]bool, racers)
	race(t, func(n int) (err error) {
		_, taken[n], err = p.Reserve(t.Context(), model, time.Hour, 3*time.Hour+30*time.Minute)
		return err
	})
	n := 0
	for _, ok := range taken {
		if ok {
			n++
		}
	}
	if n != 4 {
		t.Errorf("%d of %d reservations got a slot, want 4", n, racers)
	}
}
