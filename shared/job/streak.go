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

const (
	tripAfter  = 5                // answers of one kind in a row
	probeEvery = time.Minute      // between two calls while the breaker is open
	forgotten  = 10 * time.Minute // after which a refusal says nothing about the next call
)

// kind is what answers must have in common to count as a run. A throttle is the pace's business, and
// any answer that the model itself gave shows that it is there.
func (e *CallError) kind() string {
	switch {
	case e == nil || e.Class == Rejected || e.Code == WaitThrottled:
		return ""
	case e.Class == NotExecuted:
		return WaitOutage
	}
	return e.Class.String()
}

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

// refusal is the last one, in words of our own: those of the answer are not kept.
func (s Streak) refusal() *CallError {
	if s.Kind != Account.String() {
		return &CallError{Class: NotExecuted, Code: WaitOutage}
	}
	e := &CallError{Class: Account, Code: s.Code, Message: "AWS refuses this account's calls of the model. Look at the account's access to it; waiting jobs then go on by themselves."}
	if s.Code == WaitCredentials {
		e.Message = "AWS does not accept the credentials of this installation. Renew them; waiting jobs then go on by themselves."
	}
	return e
}

// waiting says why a job waits while the breaker is open.
func (e *CallError) waiting(until time.Time) Waiting {
	if e.Class == Account {
		return Waiting{Code: e.Code, Message: e.Message, Until: until}
	}
	return Waiting{Code: WaitOutage, Message: "The model failed several times in a row, so it is tried by one job at a time. This job was not sent to it meanwhile.", Until: until}
}

// failure is the end of a job whose account stays refused.
func (e *CallError) failure() Failure {
	return Failure{Code: CodeUnavailable, Message: e.Message, Retryable: true}
}
