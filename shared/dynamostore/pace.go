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
func (s *paceStore) Reserve(ctx context.Context, model string, interval, within time.Duration) (at time.Time, ok bool, err error) {
	defer label(&err, "reserve a slot of %s", model)
	r := pace.NewReservation(s.now(), interval, within)
	change := follow(r)
	for range rounds {
		next, err := s.take(ctx, model, change)
		switch {
		case err == nil:
			return time.UnixMicro(next - r.Interval).UTC(), true, nil
		case !errors.Is(err, job.ErrConflict):
			return at, false, err
		case next < r.Now || next > r.Ahead:
			change = begin(r)
		case next <= r.Reach:
			change = follow(r)
		default:
			return time.UnixMicro(next).UTC(), false, nil
		}
	}
	return at, false, fmt.Errorf("others were faster %d times in a row", rounds)
}

// follow takes the slot that is next if it is near. DynamoDB knows no maximum of two values, hence begin.
func follow(r pace.Reservation) *expression {
	e := new(expression).require("@ BETWEEN ? AND ?", nameNext, number(r.Now), number(r.Reach))
	e.increase(nameNext, number(r.Interval))
	return e
}

// begin takes the present moment where the slot that is next is over, impossible or unknown.
func begin(r pace.Reservation) *expression {
	e := new(expression).require("attribute_not_exists(@) OR @ < ? OR @ > ?", nameNext, number(r.Now), number(r.Ahead))
	e.assign(nameNext, number(r.Now+r.Interval))
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
