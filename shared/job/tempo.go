package job

import (
	"context"
	"errors"
	"sync"
	"time"
)

// Tempo is how a process knows the pace of the models. It reads a model's record once a second at the most and
// writes what it has heard as rarely. A store that fails or hangs holds nothing up for long: then what
// is known stands, and where nothing is known, the setting.
type Tempo struct {
	// Setting is how fast a model may be called. It must be quick.
	Setting func(model string) Setting

	// Paces shares the records with other workers. Nil: this process learns for itself.
	Paces Paces

	mu      sync.Mutex
	lessons map[string]*lesson
}

// CallOutcome is what one call of a model taught.
type CallOutcome struct {
	Began, Ended time.Time
	Result       Result
	Refusal      Refusal // for Refused
}

// Result says what an outcome means for the rate and for the breaker.
type Result int

// The results of a call. Each but Refused closes the breaker, since the model answered.
const (
	Passed    Result = iota // the quota counted the call
	Throttled               // the call was over the quota
	Refused                 // the model, or the account, takes no calls
	Answered                // the model turned the request down before the quota counted it
)

// lesson is what is known of one model.
type lesson struct {
	pace   Pace     // stored, with what was heard since
	stored Pace     // as the store last said
	heard  []CallOutcome // that are not stored yet
	urgent bool     // other workers need to know
	known  bool     // the store was asked once
	read   time.Time
	told   time.Time
	words  Refusal       // the last refusal that this process got
	store  chan struct{} // holds a token while somebody talks to the store
}

const (
	adviceAge  = time.Second     // of a record that is still good
	adviceTime = 2 * time.Second // for the store to take or give advice
)

// Rate is how many calls of the model may be begun a minute at present.
func (t *Tempo) Rate(ctx context.Context, model string) float64 {
	return float64(time.Minute) / float64(t.interval(ctx, model, time.Now()))
}

// interval is the time between two calls of the model.
func (t *Tempo) interval(ctx context.Context, model string, now time.Time) time.Duration {
	return interval(t.pace(ctx, model, now).rate(t.Setting(model), now))
}

// refusal is the last refusal while the breaker of the model is open, and nil otherwise. It has a message only where this
// process got the answer.
func (t *Tempo) refusal(ctx context.Context, model string, now time.Time) *Refusal {
	s := t.pace(ctx, model, now).Streak
	if !s.open(now) {
		return nil
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	r := Refusal{Kind: s.Kind, Code: s.Code}
	if last := t.lesson(model).words; last.Kind == r.Kind && last.Code == r.Code {
		r.Message = last.Message
	}
	return &r
}

// refusedSince is when the refusals began for which the breaker of the model is open.
func (t *Tempo) refusedSince(ctx context.Context, model string, now time.Time) time.Time {
	return t.pace(ctx, model, now).Streak.Since
}

// lesson returns what is known of a model. The lock is held.
func (t *Tempo) lesson(model string) *lesson {
	l := t.lessons[model]
	if l == nil {
		if t.lessons == nil {
			t.lessons = map[string]*lesson{}
		}
		l = &lesson{store: make(chan struct{}, 1), known: t.Paces == nil}
		t.lessons[model] = l
	}
	return l
}

// pace is the record as far as it is known here. Whoever asks first waits for the store.
func (t *Tempo) pace(ctx context.Context, model string, now time.Time) Pace {
	t.mu.Lock()
	l := t.lesson(model)
	known, fresh := l.known, t.fresh(l, now)
	t.mu.Unlock()
	if !fresh {
		t.look(ctx, model, l, now, !known)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	return l.pace
}

func (t *Tempo) fresh(l *lesson, now time.Time) bool {
	return t.Paces == nil || l.known && recent(l.read, now)
}

func recent(at, now time.Time) bool {
	age := now.Sub(at)
	return age >= 0 && age < adviceAge
}

// look asks the store, unless somebody else does so already and nobody needs to wait for it.
func (t *Tempo) look(ctx context.Context, model string, l *lesson, now time.Time, wait bool) {
	ctx, cancel := context.WithTimeout(ctx, adviceTime)
	defer cancel()
	if !l.enter(ctx, wait) {
		return
	}
	defer l.leave()
	t.mu.Lock()
	fresh := t.fresh(l, now)
	t.mu.Unlock()
	if fresh {
		return
	}
	p, err := t.Paces.Pace(ctx, model)
	t.mu.Lock()
	defer t.mu.Unlock()
	l.known, l.read = true, now
	if err == nil {
		l.build(p, t.Setting(model))
	}
}

// hear takes in an answer. Nothing is written before it is told.
func (t *Tempo) hear(model string, o CallOutcome) {
	t.mu.Lock()
	defer t.mu.Unlock()
	l := t.lesson(model)
	l.urgent = l.urgent || o.Result != Passed || l.pace.Streak.N > 0
	l.pace = l.pace.learn(t.Setting(model), o)
	if o.Result == Refused {
		l.words = o.Refusal
	}
	if t.Paces != nil {
		l.heard = append(l.heard, o)
	}
}

// tell writes what was heard: at once if it matters to others, and otherwise once a second.
func (t *Tempo) tell(ctx context.Context, model string, now time.Time) {
	t.mu.Lock()
	l := t.lesson(model)
	urgent := l.urgent
	due := len(l.heard) > 0 && (urgent || !recent(l.told, now))
	t.mu.Unlock()
	if !due {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), adviceTime)
	defer cancel()
	if !l.enter(ctx, urgent) {
		return
	}
	defer l.leave()
	for n := 0; n < tries && t.write(ctx, model, l, now); n++ {
	}
}

// write stores what was heard and reports whether to try again, upon what another has stored. What the store does not
// take is forgotten: it is advice.
func (t *Tempo) write(ctx context.Context, model string, l *lesson, now time.Time) (again bool) {
	s := t.Setting(model)
	t.mu.Lock()
	p, heard := l.stored.learn(s, l.heard...), len(l.heard)
	t.mu.Unlock()
	if heard == 0 {
		return false
	}
	p, err := t.Paces.SetPace(ctx, model, p)
	t.mu.Lock()
	defer t.mu.Unlock()
	again = errors.Is(err, ErrConflict)
	if !again {
		l.heard, l.urgent, l.told = l.heard[heard:], false, now
	}
	if again || err == nil {
		l.build(p, s)
		l.known, l.read = true, now
	}
	return again
}

// build puts what was heard on top of what is stored. The lock is held.
func (l *lesson) build(stored Pace, s Setting) {
	l.stored = stored
	l.pace = stored.learn(s, l.heard...)
}

// learn applies outcomes in the order in which they came.
func (p Pace) learn(s Setting, heard ...CallOutcome) Pace {
	for _, o := range heard {
		p = p.hear(s, o)
	}
	return p
}

func (p Pace) hear(s Setting, o CallOutcome) Pace {
	switch o.Result {
	case Refused:
		p.Streak = p.Streak.refused(o.Ended, o.Refusal.Kind, o.Refusal.Code)
		return p
	case Passed:
		p = p.passed(s, o.Began)
	case Throttled:
		p = p.throttled(s, o.Ended)
	}
	p.Streak = Streak{}
	return p
}

// enter takes the token of the store, and waits for it if wanted.
func (l *lesson) enter(ctx context.Context, wait bool) bool {
	select {
	case l.store <- struct{}{}:
		return true
	default:
	}
	if !wait {
		return false
	}
	select {
	case l.store <- struct{}{}:
		return true
	case <-ctx.Done():
		return false
	}
}

func (l *lesson) leave() { <-l.store }
