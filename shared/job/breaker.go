package job

import (
	"sync"
	"time"
)

// breaker notices that a model refuses everything, so that a minute brings one probe and not a call
// for every waiting job. It lives in the process: another process finds out for itself.
type breaker struct {
	mu      sync.Mutex
	streaks map[string]streak
}

// streak is a run of answers of one kind.
type streak struct {
	kind string
	n    int
	last *CallError
}

const (
	tripAfter  = 5           // answers of one kind in a row
	probeEvery = time.Minute // between two calls while the breaker is open
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

// report counts an answer; nil stands for a picture.
func (b *breaker) report(model string, e *CallError) {
	kind := e.kind()
	b.mu.Lock()
	defer b.mu.Unlock()
	if kind == "" {
		delete(b.streaks, model)
		return
	}
	if b.streaks == nil {
		b.streaks = map[string]streak{}
	}
	s := b.streaks[model]
	if s.kind != kind {
		s = streak{kind: kind}
	}
	b.streaks[model] = streak{kind: kind, n: s.n + 1, last: e}
}

// open returns the last refusal while the breaker is open, and nil otherwise.
func (b *breaker) open(model string) *CallError {
	b.mu.Lock()
	defer b.mu.Unlock()
	if s := b.streaks[model]; s.n >= tripAfter {
		return s.last
	}
	return nil
}
