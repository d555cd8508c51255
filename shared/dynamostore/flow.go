package dynamostore

import (
	"context"
	"fmt"
	"maps"

	"easel/shared/job"
)

// The attributes of a flow that are named in several places.
const (
	nameTime    = "time"
	nameTouched = "touched"
	nameLooked  = "looked"
	nameTurns   = "turns"
	nameDirect  = "direct"
	nameWaits   = "waiting"
	nameFirst   = "first"

	nameFirstPosition = "first_position"
)

// readFlow reads a flow from its item. A run of the sweep reads them all, and pays by their size: so the partition alone
// names the model, instants are microseconds since 1970, which take 9 bytes and not 29, and what is zero is not there, but
// for the time.
func readFlow(model string, it item) (f job.Flow, err error) {
	if err := unmarshal(it, &f); err != nil {
		return job.Flow{}, err
	}
	f.Model = model
	return f, nil
}

// lineKey is the partition of a model's line.
func lineKey(model string) string { return "line#" + model }

// keyOfFlow is the key of a flow. A sort key takes 1,024 bytes, which is what a short name has at most.
func keyOfFlow(k job.FlowKey) item {
	return item{pk: text(lineKey(k.Model)), sk: text(short(k.Name()))}
}

// standing is the sort key of the standing of a line. The names of flows begin with single# or batch#.
const standing = "standing"

func keyOfStanding(model string) item { return item{pk: text(lineKey(model)), sk: text(standing)} }

// Standing implements job.StandingReader by one consistent read of both.
func (s *lineStore) Standing(ctx context.Context, k job.FlowKey) (st job.Standing, f job.Flow, err error) {
	f.FlowKey = k
	found, err := s.fetchSome(ctx, []item{keyOfStanding(k.Model), keyOfFlow(k)})
	for _, it := range found {
		switch {
		case err != nil:
		case textOf(it, sk) == standing:
			err = unmarshal(it, &st)
		default:
			f, err = readFlow(k.Model, it)
		}
	}
	if err != nil {
		return job.Standing{}, job.Flow{}, fmt.Errorf("get the standing of %s and a flow: %w", k.Model, err)
	}
	return st, f, nil
}

// SetStanding implements job.StandingWriter.
func (s *lineStore) SetStanding(ctx context.Context, st job.Standing) (err error) {
	defer label(&err, "set the standing of %s", st.Model)
	it := marshal(st)
	maps.Copy(it, keyOfStanding(st.Model))
	return s.one(ctx, s.put(it, &expression{}), nil)
}
