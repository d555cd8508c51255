package bulk

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"time"

	"easel/shared/api"
	"easel/shared/api/client"
)

// defaultPatience is how long a server may stay away.
const defaultPatience = 10 * time.Minute

// GoneError says that a server stayed away for longer than the run waits.
type GoneError struct {
	After time.Duration
	Cause error
}

// Error tells for how long.
func (e *GoneError) Error() string {
	return fmt.Sprintf("no answer for %s: %s", e.After.Round(time.Second), e.Cause)
}

// Unwrap returns the last failure.
func (e *GoneError) Unwrap() error { return e.Cause }

// Passing reports whether an error may be over in a while: no answer, a server that starts anew, or a gateway whose
// functions are busy. A budget that is used up is none of these.
func Passing(err error) bool {
	p, ok := errors.AsType[*api.Problem](err)
	if !ok {
		return errors.Is(err, client.ErrUnreachable)
	}
	return p.Status == http.StatusTooManyRequests && p.Code != "budget_exceeded" ||
		p.Status > http.StatusInternalServerError || p.Code == "gateway_error"
}

// outage is whether something that is asked again and again has stopped answering, and was said to have. Where every
// other answer fails it is said once in a while.
type outage struct {
	mu   sync.Mutex
	on   bool
	said time.Time
}

// saidEvery is the least time between two words about the same trouble.
const saidEvery = time.Minute

// begins reports whether to say that there is no answer.
func (t *outage) begins(now time.Time) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.on || !t.said.IsZero() && now.Sub(t.said) < saidEvery {
		return false
	}
	t.on, t.said = true, now
	return true
}

// ends reports whether to say that there is one again.
func (t *outage) ends() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	was := t.on
	t.on = false
	return was
}

// retrier repeats what gets no answer.
type retrier struct {
	run     *Run
	trouble outage
}

// persist does something until it succeeds, fails for good, or the patience is over.
func (r *retrier) persist(ctx context.Context, do func() error) error {
	var since time.Time
	for n := 0; ; n++ {
		err := do()
		if err == nil {
			if r.trouble.ends() {
				r.run.tell(Event{Event: Waiting, Message: "There is an answer again."})
			}
			return nil
		}
		if ctx.Err() != nil || !Passing(err) {
			return err
		}
		now := r.run.now()
		if since.IsZero() {
			since = now
		}
		if gone := now.Sub(since); gone > cmp.Or(r.run.Patience, defaultPatience) {
			return &GoneError{After: gone, Cause: err}
		}
		if r.trouble.begins(now) {
			r.run.tell(Event{Event: Waiting, Code: WaitServer, Message: strings.TrimPrefix(err.Error(), client.ErrUnreachable.Error()+": ")})
		}
		r.run.sleep(ctx, pauseAfter(n, err))
	}
}

// persisted does the same with a call of the server, and returns its answer.
func persisted[T any](ctx context.Context, r *retrier, call func() (T, error)) (answer T, err error) {
	err = r.persist(ctx, func() (err error) {
		answer, err = call()
		return err
	})
	return answer, err
}

// pauseAfter grows to a quarter of a minute, or to what the server asks for.
func pauseAfter(n int, err error) time.Duration {
	d := time.Second << min(n, 4)
	if p, ok := errors.AsType[*api.Problem](err); ok {
		d = max(d, min(p.RetryAfter, time.Minute))
	}
	return min(d, time.Minute)
}
