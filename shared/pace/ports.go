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

// Reservation is a call of [Pacer.Reserve] in microseconds since 1970, in which stores count slots: a slot in the past is none,
// and a pace is rounded to the slower side.
type Reservation struct {
	Now      int64
	Interval int64
	Reach    int64 // the last instant at which the slot may begin
	Ahead    int64 // the last at which the next slot can be, as far as a reservation reaches and one interval of calls or of probes
}

// NewReservation is a call by a clock.
func NewReservation(clock time.Time, interval, within time.Duration) Reservation {
	now, within := clock.Add(time.Microsecond-1).UnixMicro(), max(within, 0)
	return Reservation{
		Now: now, Interval: (interval + time.Microsecond - 1).Microseconds(), Reach: now + within.Microseconds(),
		Ahead: now + (within + max(interval, ProbeEvery) + time.Minute).Microseconds(),
	}
}

// Pacer gives out the moments at which a model may be called, one after the other.
type Pacer interface {
	// Reserve takes the model's next slot if it begins within the time given, and returns when. Slots are one interval
	// apart and never in the past. If the next slot is further away nothing is taken, ok is false and at says when it is.
	// A slot further away than [Reservation.Ahead] was given under another clock or pace: slots begin anew at the present then.
	Reserve(ctx context.Context, model string, interval, within time.Duration) (at time.Time, ok bool, err error)
}
