package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
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
	at, ok, err := s.reserve(ctx, s.reservation(model, interval, within))
	if err != nil {
		return time.Time{}, false, err
	}
	return time.UnixMicro(at).UTC(), ok, nil
}

// reservation is one call of Reserve, in microseconds since 1970.
type reservation struct {
	table, key string
	now        int64
	interval   int64
	reach      int64 // the last instant at which the slot may begin
	ahead      int64 // the last at which it can have been given under this clock and pace
}

func (s *paceStore) reservation(model string, interval, within time.Duration) reservation {
	now, within := ceil(s.opts.Now()), max(within, 0)
	return reservation{
		table: s.table, key: "slot#" + model, now: now, interval: micro(interval),
		reach: now + within.Microseconds(), ahead: now + pace.Ahead(interval, within).Microseconds(),
	}
}

func (s *paceStore) reserve(ctx context.Context, r reservation) (at int64, ok bool, err error) {
	in := r.follow()
	for range rounds {
		next, there, err := s.take(ctx, in)
		switch {
		case err == nil:
			return next - r.interval, true, nil
		case !errors.Is(err, job.ErrConflict):
			return 0, false, err
		case !there || next < r.now || next > r.ahead:
			in = r.begin()
		case next <= r.reach:
			in = r.follow()
		default:
			return next, false, nil
		}
	}
	return 0, false, fmt.Errorf("others were faster %d times in a row", rounds)
}

// follow takes the slot that is next if it is near. DynamoDB knows no maximum of two values, hence begin.
func (r reservation) follow() *dynamodb.UpdateItemInput {
	return r.update("SET #next = #next + :interval", "#next BETWEEN :now AND :reach",
		item{":interval": number(r.interval), ":now": number(r.now), ":reach": number(r.reach)})
}

// begin takes the present moment where the slot that is next is over, impossible or unknown.
func (r reservation) begin() *dynamodb.UpdateItemInput {
	return r.update("SET #next = :then", "attribute_not_exists(#next) OR #next < :now OR #next > :ahead",
		item{":then": number(r.now + r.interval), ":now": number(r.now), ":ahead": number(r.ahead)})
}

func (r reservation) update(update, condition string, values item) *dynamodb.UpdateItemInput {
	return &dynamodb.UpdateItemInput{
		TableName: &r.table, Key: key(r.key), UpdateExpression: &update, ConditionExpression: &condition,
		ExpressionAttributeNames: map[string]string{"#next": "next"}, ExpressionAttributeValues: values,
		ReturnValues: types.ReturnValueUpdatedNew, ReturnValuesOnConditionCheckFailure: present,
	}
}

// take makes the request and returns the row's next slot: as written or, with job.ErrConflict, as it stands in the
// way, if there is a row.
func (s *paceStore) take(ctx context.Context, in *dynamodb.UpdateItemInput) (next int64, there bool, err error) {
	out, err := s.client.UpdateItem(ctx, in)
	it, failed := obstacle(err)
	switch {
	case err == nil:
		return slot(out.Attributes, nil)
	case !failed:
		return 0, false, plain(err)
	case it["next"] == nil:
		return 0, false, job.ErrConflict
	}
	return slot(it, job.ErrConflict)
}

func slot(it item, as error) (int64, bool, error) {
	n, ok := it["next"].(*types.AttributeValueMemberN)
	if !ok {
		return 0, false, errors.New("the row has no next slot")
	}
	next, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil {
		return 0, false, fmt.Errorf("the row's next slot: %w", err)
	}
	return next, true, as
}

// ceil rounds up, because a slot in the past is none.
func ceil(t time.Time) int64 { return t.Add(time.Microsecond - 1).UnixMicro() }

// micro rounds a pace to the slower side.
func micro(d time.Duration) int64 { return (d + time.Microsecond - 1).Microseconds() }
