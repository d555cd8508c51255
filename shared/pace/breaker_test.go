package pace

import (
	"testing"
	"time"
)

func TestTheBreakerOpensAndCloses(t *testing.T) {
	var b Breaker
	for n := range tripAfter {
		if b.open(epoch) {
			t.Errorf("open after %d refusals", n)
		}
		b = b.trip(epoch, "outage", "outage")
	}
	if !b.open(epoch) || b.open(epoch.Add(time.Hour)) || b.open(epoch.Add(-time.Hour)) {
		t.Errorf("%+v must be open now, and neither an hour later nor an hour before", b)
	}
	if other := b.trip(epoch, "ambiguous", "model_error"); other.N != 1 {
		t.Errorf("another kind goes on with the count: %+v", other)
	}
	if later := b.trip(epoch.Add(time.Hour), "outage", "outage"); later.N != 1 {
		t.Errorf("an hour later it goes on with the count: %+v", later)
	}
}
