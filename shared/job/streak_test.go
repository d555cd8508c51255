package job

import (
	"testing"
	"time"
)

func TestAStreakOpensAndCloses(t *testing.T) {
	var s Streak
	for n := range tripAfter {
		if s.open(epoch) {
			t.Errorf("open after %d refusals", n)
		}
		s = s.refused(epoch, WaitOutage, WaitOutage)
	}
	if !s.open(epoch) || s.open(epoch.Add(time.Hour)) || s.open(epoch.Add(-time.Hour)) {
		t.Errorf("%+v must be open now, and neither an hour later nor an hour before", s)
	}
	if other := s.refused(epoch, Ambiguous.String(), CodeModel); other.N != 1 {
		t.Errorf("another kind goes on with the count: %+v", other)
	}
	if later := s.refused(epoch.Add(time.Hour), WaitOutage, WaitOutage); later.N != 1 {
		t.Errorf("an hour later it goes on with the count: %+v", later)
	}
}
