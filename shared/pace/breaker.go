package pace

import "time"

// Breaker is the circuit breaker of a model: a run of refusals of one kind. Once the run is long enough the breaker is open,
// and workers make one probe a minute instead of a call for every waiting job. It is stored with the rate, so that all
// workers see it.
type Breaker struct {
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

// Figures of the breaker.
const (
	tripAfter   = 5                // answers of one kind in a row
	ProbeEvery  = time.Minute      // between two calls while the breaker is open
	resetWindow = 10 * time.Minute // after which a refusal says nothing about the next call
)

// trip counts a refusal.
func (s Breaker) trip(now time.Time, kind, code string) Breaker {
	if s.Kind != kind || s.stale(now) {
		s.N, s.Since = 0, now
	}
	return Breaker{Kind: kind, Code: code, N: s.N + 1, Since: s.Since, Last: now}
}

// open reports whether only probes are let through.
func (s Breaker) open(now time.Time) bool { return s.N >= tripAfter && !s.stale(now) }

func (s Breaker) stale(now time.Time) bool { return now.Sub(s.Last).Abs() > resetWindow }
