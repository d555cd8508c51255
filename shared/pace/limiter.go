package pace

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Limiter is the rate limiter of the models, shared by all workers through a store. It reads a model's state once a second
// at most and writes what it has observed as rarely. A store that fails or hangs delays a caller by two seconds at most:
// then the state that this process knows counts, and where it knows none, the limits.
type Limiter struct {
	// Limits says how fast a model may be called. It must be quick.
	Limits func(model string) Limits

	// Store shares the states with other workers. Nil: this process learns for itself.
	Store Store

	mu     sync.Mutex
	models map[string]*modelState
}

// modelState is what this process knows of one model.
type modelState struct {
	state       State     // stored, with the pending outcomes on top
	stored      State     // as the store had it last
	pending     []Outcome // observed, and not stored yet
	urgent      bool      // other workers need to know
	known       bool      // the store was asked once
	readAt      time.Time
	flushedAt   time.Time
	lastRefusal Refusal       // the last refusal that this process got
	store       chan struct{} // holds a token while a goroutine talks to the store
}

const (
	adviceAge  = time.Second     // of a state that is still good
	adviceTime = 2 * time.Second // for the store to answer
	flushTries = 8               // against other workers that write the same state
)

// Rate is how many calls of the model may be begun a minute at present.
func (l *Limiter) Rate(ctx context.Context, model string) float64 {
	return float64(time.Minute) / float64(l.Interval(ctx, model, time.Now()))
}

// Interval is the time between two calls of the model.
func (l *Limiter) Interval(ctx context.Context, model string, now time.Time) time.Duration {
	return intervalOf(l.state(ctx, model, now).rate(l.Limits(model), now))
}

// Refusal is the last refusal while the breaker of the model is open, and nil otherwise. It has a message only where this
// process got the answer.
func (l *Limiter) Refusal(ctx context.Context, model string, now time.Time) *Refusal {
	s := l.state(ctx, model, now).Breaker
	if !s.open(now) {
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	r := Refusal{Kind: s.Kind, Code: s.Code}
	if last := l.model(model).lastRefusal; last.Kind == r.Kind && last.Code == r.Code {
		r.Message = last.Message
	}
	return &r
}

// RefusedSince is when the refusals began for which the breaker of the model is open.
func (l *Limiter) RefusedSince(ctx context.Context, model string, now time.Time) time.Time {
	return l.state(ctx, model, now).Breaker.Since
}

// model returns what is known of a model. The caller holds the lock.
func (l *Limiter) model(model string) *modelState {
	m := l.models[model]
	if m == nil {
		if l.models == nil {
			l.models = map[string]*modelState{}
		}
		m = &modelState{store: make(chan struct{}, 1), known: l.Store == nil}
		l.models[model] = m
	}
	return m
}

// state is the state as far as this process knows it. The first caller waits for the store.
func (l *Limiter) state(ctx context.Context, model string, now time.Time) State {
	l.mu.Lock()
	m := l.model(model)
	known, fresh := m.known, l.fresh(m, now)
	l.mu.Unlock()
	if !fresh {
		l.look(ctx, model, m, now, !known)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	return m.state
}

func (l *Limiter) fresh(m *modelState, now time.Time) bool {
	return l.Store == nil || m.known && recent(m.readAt, now)
}

func recent(at, now time.Time) bool {
	age := now.Sub(at)
	return age >= 0 && age < adviceAge
}

// look asks the store, unless another goroutine does so already and the caller need not wait for the answer.
func (l *Limiter) look(ctx context.Context, model string, m *modelState, now time.Time, wait bool) {
	ctx, cancel := context.WithTimeout(ctx, adviceTime)
	defer cancel()
	if !m.enter(ctx, wait) {
		return
	}
	defer m.leave()
	l.mu.Lock()
	fresh := l.fresh(m, now)
	l.mu.Unlock()
	if fresh {
		return
	}
	p, err := l.Store.Pace(ctx, model)
	l.mu.Lock()
	defer l.mu.Unlock()
	m.known, m.readAt = true, now
	if err == nil {
		m.rebase(p, l.Limits(model))
	}
}

// Observe takes in what a call taught. Nothing is written before [Limiter.Flush].
func (l *Limiter) Observe(model string, o Outcome) {
	l.mu.Lock()
	defer l.mu.Unlock()
	m := l.model(model)
	m.urgent = m.urgent || o.Result != Passed || m.state.Breaker.N > 0
	m.state = m.state.learn(l.Limits(model), o)
	if o.Result == Refused {
		m.lastRefusal = o.Refusal
	}
	if l.Store != nil {
		m.pending = append(m.pending, o)
	}
}

// Flush writes the pending outcomes: at once if they matter to other workers, and otherwise once a second.
func (l *Limiter) Flush(ctx context.Context, model string, now time.Time) {
	l.mu.Lock()
	m := l.model(model)
	urgent := m.urgent
	due := len(m.pending) > 0 && (urgent || !recent(m.flushedAt, now))
	l.mu.Unlock()
	if !due {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), adviceTime)
	defer cancel()
	if !m.enter(ctx, urgent) {
		return
	}
	defer m.leave()
	for n := 0; n < flushTries && l.write(ctx, model, m, now); n++ {
	}
}

// write stores the pending outcomes and reports whether to try again, on top of what another worker has stored. Outcomes that
// the store does not take are dropped, since they are advice.
func (l *Limiter) write(ctx context.Context, model string, m *modelState, now time.Time) (again bool) {
	s := l.Limits(model)
	l.mu.Lock()
	p, observed := m.stored.learn(s, m.pending...), len(m.pending)
	l.mu.Unlock()
	if observed == 0 {
		return false
	}
	p, err := l.Store.SetPace(ctx, model, p)
	l.mu.Lock()
	defer l.mu.Unlock()
	again = errors.Is(err, ErrConflict)
	if !again {
		m.pending, m.urgent, m.flushedAt = m.pending[observed:], false, now
	}
	if again || err == nil {
		m.rebase(p, s)
		m.known, m.readAt = true, now
	}
	return again
}

// rebase puts the pending outcomes on top of a stored state. The caller holds the lock.
func (m *modelState) rebase(stored State, s Limits) {
	m.stored = stored
	m.state = stored.learn(s, m.pending...)
}

// enter takes the token of the store, and waits for it if wanted. It reports false where it has no token.
func (m *modelState) enter(ctx context.Context, wait bool) bool {
	select {
	case m.store <- struct{}{}:
		return true
	default:
	}
	if !wait {
		return false
	}
	select {
	case m.store <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (m *modelState) leave() { <-m.store }
