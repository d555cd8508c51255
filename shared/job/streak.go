package job

import "time"

// Streak is a run of refusals of one kind. Once it is long enough the breaker is open: a minute brings one
// probe and not a call for every waiting job. It lies with the pace, so that all workers know.
type Streak struct {
	Kind  string    `json:"kind,omitempty"`
	Code  string    `json:"code,omitempty"` // of the last refusal
	N     int       `json:"n,omitempty"`
	Since time.Time `json:"since,omitzero"` // of the first refusal
	Last  time.Time `json:"last,omitzero"`
}

// Refusal is why a model takes no calls.
type Refusal struct {
	Kind    string // refusals of one kind in a row open the breaker
	Code    string // of the last one
	Message string // of the last one, where this process got it; it never leaves the process's memory
}

const (
	tripAfter  = 5                // answers of one kind in a row
	probeEvery = time.Minute      // between two calls while the breaker is open
	forgotten  = 10 * time.Minute // after which a refusal says nothing about the next call
)

// refused counts a refusal.
func (s Streak) refused(now time.Time, kind, code string) Streak {
	if s.Kind != kind || s.stale(now) {
		s.N, s.Since = 0, now
	}
	return Streak{Kind: kind, Code: code, N: s.N + 1, Since: s.Since, Last: now}
}

// open reports whether only probes are let through.
func (s Streak) open(now time.Time) bool { return s.N >= tripAfter && !s.stale(now) }

func (s Streak) stale(now time.Time) bool { return now.Sub(s.Last).Abs() > forgotten }
