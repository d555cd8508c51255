package pace

import (
	"context"
	"errors"
	"time"
)

// ErrConflict is what a [Store] returns where another worker has written the state meanwhile.
var ErrConflict = errors.New("version conflict")

// Store keeps one small state a model for all workers.
type Store interface {
	// Pace returns the model's state; the zero State if there is none yet.
	Pace(ctx context.Context, model string) (State, error)
	// SetPace replaces the state if its stored version is p.Version (0: there is none) and returns it with the version one higher.
	// If another version is stored it returns that state with ErrConflict.
	SetPace(ctx context.Context, model string, p State) (State, error)
}

// Ahead is the furthest that a model's next slot can be: as far as a reservation reaches, and one interval
// of calls or of probes.
func Ahead(interval, within time.Duration) time.Duration {
	return within + max(interval, ProbeEvery) + time.Minute
}

// Pacer gives out the moments at which a model may be called, one after the other.
type Pacer interface {
	// Reserve takes the model's next slot if it begins within the time given, and returns when. Slots are one interval
	// apart and never in the past. If the next slot is further away nothing is taken, ok is false and at says when it is.
	// A slot further away than [Ahead] was given under another clock or pace: slots begin anew at the present then.
	Reserve(ctx context.Context, model string, interval, within time.Duration) (at time.Time, ok bool, err error)
}
