package dynamostore

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"easel/shared/job"
	"easel/shared/pace"
)

// rounds bounds how often a reservation is tried. A refusal shows the row, and so which request fits it; others may
// change the row meanwhile, but hardly more than once in a way that matters.
const rounds = 8

// Reserve implements pace.Pacer. Slots are whole microseconds, told by the clock of the caller. A reservation whose
// reply was lost, and that the SDK repeated, leaves a slot unused.
func (s *paceStore) Reserve(ctx context.Context, model string, interval, within time.Duration) (_ time.Time, _ bool, err error) {
	defer label(&err, "reserve a slot of %s", model)
	at, ok, err := s.reserve(ctx, model, s.reservation(interval, within))
	if err != nil {
		return time.Time{}, false, err
	}
	return time.UnixMicro(at).UTC(), ok, nil
}

// reservation is one call of Reserve, in microseconds since 1970.
type reservation struct {
	now      int64
	interval int64
	reach    int64 // the last instant at which the slot may begin
	ahead    int64 // the last at which it can have been given under this clock and pace
}

func (s *paceStore) reservation(interval, within time.Duration) reservation {
	now, within := ceil(s.now()), max(within, 0)
	return reservation{
		now: now, interval: micro(interval), reach: now + within.Microseconds(), ahead: now + pace.Ahead(interval, within).Microseconds(),
	}
}

func (s *paceStore) reserve(ctx context.Context, model string, r reservation) (at int64, ok bool, err error) {
	change := r.follow()
	for range rounds {
		next, err := s.take(ctx, model, change)
		switch {
		case err == nil:
			return next - r.interval, true, nil
		case !errors.Is(err, job.ErrConflict):
			return 0, false, err
		case next < r.now || next > r.ahead:
			change = r.begin()
		case next <= r.reach:
			change = r.follow()
		default:
			return next, false, nil
		}
	}
	return 0, false, fmt.Errorf("others were faster %d times in a row", rounds)
}

// follow takes the slot that is next if it is near. DynamoDB knows no maximum of two values, hence begin.
func (r reservation) follow() *expression {
	e := new(expression).require("@ BETWEEN ? AND ?", nameNext, number(r.now), number(r.reach))
	e.increase(nameNext, number(r.interval))
	return e
}

// begin takes the present moment where the slot that is next is over, impossible or unknown.
func (r reservation) begin() *expression {
	e := new(expression).require("attribute_not_exists(@) OR @ < ? OR @ > ?", nameNext, number(r.now), number(r.ahead))
	e.assign(nameNext, number(r.now+r.interval))
	return e
}

// take makes the request and returns the row's next slot: as written or, with job.ErrConflict, as it stands in the
// way, 0 if there is no row.
func (s *paceStore) take(ctx context.Context, model string, e *expression) (next int64, err error) {
	it, err := s.update(ctx, s.change(key("slot#"+model), e), types.ReturnValueUpdatedNew)
	if there, failed := obstacle(err); failed {
		it, err = there, job.ErrConflict
	}
	next, wrong := whole(it, nameNext)
	return next, cmp.Or(wrong, plain(err))
}

// ceil rounds up, because a slot in the past is none.
func ceil(t time.Time) int64 { return t.Add(time.Microsecond - 1).UnixMicro() }

// micro rounds a pace to the slower side.
func micro(d time.Duration) int64 { return (d + time.Microsecond - 1).Microseconds() }
