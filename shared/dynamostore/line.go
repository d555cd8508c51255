package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"easel/shared/job"
)

// The line of a model is one partition of the table: an item for each flow, under its name, and the line's standing. It takes
// 1,000 writes a second, and a touch or an advance is one.

// Touch implements job.Toucher by a write for each flow, a few at a time. Where the SDK repeated one whose reply was lost, the
// flow counts what waits, or the direct turn, twice: estimates are wrong until the flow is looked at, or a turn is late.
func (s *lineStore) Touch(ctx context.Context, touches []job.Touch) (err error) {
	defer label(&err, "touch %d flows", len(touches))
	return parallel(ctx, len(touches), func(ctx context.Context, n int) error {
		return s.one(ctx, s.change(keyOfFlow(touches[n].FlowKey), touching(touches[n])), nil)
	})
}

func touching(t job.Touch) *expression {
	e, at := &expression{}, number(t.At.UnixMicro())
	e.assign("owner", text(t.Owner))
	if t.BatchID != "" {
		e.assign("batch_id", text(t.BatchID))
	}
	if t.CancelNo != 0 {
		e.assign(nameCancelNo, number(t.CancelNo))
	}
	e.begin(nameTime, number(0))
	if t.Direct {
		e.assign(nameDirect, at)
		e.increase(nameTurns, number(1))
	} else {
		e.assign(nameTouched, at)
		e.begin(nameFirst, at)
	}
	if t.Waiting != 0 {
		e.increase(nameWaits, number(t.Waiting))
	}
	return e
}

// Advance implements job.Lines by one conditional write. Where the SDK repeated one whose reply was lost, the repetition meets
// the time that the first has written: the run gets ErrConflict and drops its picks, so the flow has paid for turns that it
// did not take. One that leaves the time as it is, which no dispatch does, is made twice.
func (s *lineStore) Advance(ctx context.Context, a job.Advance) (err error) {
	defer label(&err, "advance a flow of %s from %d to %d", a.Model, a.Was, a.Time)
	return s.one(ctx, s.change(keyOfFlow(a.FlowKey), advancing(a)), always(job.ErrConflict))
}

// advancing needs no condition that the record is there, since each has a time.
func advancing(a job.Advance) *expression {
	e := new(expression).require("@ = ?", nameTime, number(a.Was))
	e.assign(nameTime, number(a.Time))
	if a.Turns != 0 {
		e.increase(nameTurns, number(-a.Turns))
	}
	switch {
	case !a.Looked.IsZero():
		e.assign(nameLooked, number(a.Looked.UnixMicro()))
		e.clear(nameWaits)
	case a.Given != 0:
		e.increase(nameWaits, number(-a.Given))
	}
	e.replace(nameFirst, !a.First.IsZero(), a.First.UnixMicro())
	e.replace(nameFirstPosition, a.FirstPosition != 0, a.FirstPosition)
	return e
}

// replace gives an attribute a value, or takes it away.
func (e *expression) replace(attribute string, there bool, by int64) {
	if there {
		e.assign(attribute, number(by))
	} else {
		e.clear(attribute)
	}
}

// Leave implements job.Lines by one conditional deletion.
func (s *lineStore) Leave(ctx context.Context, f job.Flow) (err error) {
	defer label(&err, "take a flow out of the line of %s", f.Model)
	var e expression
	e.require("(attribute_not_exists(@) OR "+e.when(nameTouched, f.Touched)+" AND "+e.when(nameDirect, f.Direct)+")", pk)
	return s.one(ctx, s.drop(keyOfFlow(f.FlowKey), &e), always(job.ErrConflict))
}

// when is the condition that an instant of a flow is the one given, or absent where that is none.
func (e *expression) when(attribute string, at time.Time) string {
	if at.IsZero() {
		return "attribute_not_exists(" + e.name(attribute) + ")"
	}
	return e.name(attribute) + " = " + e.value(number(at.UnixMicro()))
}

// Flows implements job.Lines by one consistent query, and more where the line is larger than a megabyte.
func (s *lineStore) Flows(ctx context.Context, model string) (st job.Standing, flows []job.Flow, errs error) {
	in := &dynamodb.QueryInput{
		TableName: &s.table, ConsistentRead: aws.Bool(true), KeyConditionExpression: aws.String("#pk = :pk"),
		ExpressionAttributeNames: map[string]string{"#pk": pk}, ExpressionAttributeValues: item{":pk": text(lineKey(model))},
	}
	for it, err := range s.items(ctx, in) {
		if err != nil {
			return job.Standing{}, nil, fmt.Errorf("flows of %s: %w", model, err)
		}
		if textOf(it, sk) == standing {
			errs = errors.Join(errs, unmarshal(it, &st))
		} else if f, err := readFlow(model, it); err != nil {
			errs = errors.Join(errs, fmt.Errorf("flow %s of %s: %w", textOf(it, sk), model, err))
		} else {
			flows = append(flows, f)
		}
	}
	return st, flows, errs
}
