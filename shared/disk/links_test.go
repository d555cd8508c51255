package disk

import (
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"easel/shared/job"
	"easel/shared/job/jobtest"
)

func newClock() *jobtest.Clock {
	return jobtest.NewClock(time.Date(2025, 11, 22, 18, 45, 13, 700e6, time.UTC))
}

// serveStore returns a store whose addresses are served, and its clock.
func serveStore(t *testing.T) (*Store, *jobtest.Clock) {
	t.Helper()
	s, c := newStore(t, t.TempDir()), newClock()
	s.Now = c.Now
	server := httptest.NewServer(s.Handler())
	t.Cleanup(server.Close)
	s.SetBase(server.URL + "/")
	return s, c
}

func TestLinks(t *testing.T) {
	jobtest.Links.Run(t, func(t *testing.T) jobtest.LinksHarness {
		s, c := serveStore(t)
		return jobtest.LinksHarness{Links: s, Images: s, Now: c.Now, Advance: c.Advance}
	})
}

// An address holds as long as was asked, and stays the same for minutes: it is 18:45:13.7 by the clock.
func TestAnAddressHoldsForItsTimeRoundedUp(t *testing.T) {
	s, _ := serveStore(t)
	for asked, want := range map[time.Duration]string{
		0: "19:05:00", time.Hour: "19:50:00", 15 * time.Minute: "19:05:00", time.Minute: "18:46:20", time.Second: "18:45:15", 24 * time.Hour: "18:50:00",
	} {
		_, expires, err := s.URL(t.Context(), sample, "image/png", asked)
		if got := expires.Format(time.TimeOnly); err != nil || got != want {
			t.Errorf("asked to hold for %v it holds until %s, want %s: %v", asked, got, want, err)
		}
	}
}

func TestAnAddressStaysTheSameForMinutes(t *testing.T) {
	s, c := serveStore(t)
	seen := map[string]time.Time{}
	for range 15 * 60 {
		u, expires, err := s.URL(t.Context(), sample, "image/png", 0)
		if left := expires.Sub(c.Now()); err != nil || left < job.UsualLink || left > job.UsualLink+sameFor {
			t.Fatalf("an address holds for %v, %v", left, err)
		}
		seen[u] = expires
		c.Advance(time.Second)
	}
	if len(seen) > 4 {
		t.Errorf("in 15 minutes there were %d addresses of one picture", len(seen))
	}
}

func TestNoAddressIsMadeBeforeTheServerListens(t *testing.T) {
	s := newStore(t, t.TempDir())
	if address, _, err := s.URL(t.Context(), sample, "image/png", 0); err == nil {
		t.Errorf("URL returned %s", address)
	}
}

func TestAnotherKeySignsOtherwise(t *testing.T) {
	mine, theirs := newStore(t, t.TempDir()), newStore(t, t.TempDir())
	theirs.key = []byte(strings.Repeat("2", keyBytes))
	theirs.SetBase("http://localhost")
	mine.SetBase("http://localhost")
	if _, ok := mine.verify(signed(t, mine)); !ok {
		t.Error("a store refuses its own address")
	}
	if _, ok := mine.verify(signed(t, theirs)); ok {
		t.Error("a store takes another's address")
	}
}

func TestPartsCannotBeShiftedIntoEachOther(t *testing.T) {
	s := newStore(t, t.TempDir())
	if s.sign("ab", "c") == s.sign("a", "bc") || s.sign("a", "") == s.sign("a") {
		t.Error("two lists of parts have one signature")
	}
}

func signed(t *testing.T, s *Store) *url.URL {
	t.Helper()
	address, _, err := s.URL(t.Context(), sample, "image/png", 0)
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
