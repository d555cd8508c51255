package dynamostore

import (
	"context"
	"fmt"
	"maps"
	"time"

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

// flowItem is a flow as the table holds it. A run of the sweep reads them all, and pays by their size: so the partition alone
// names the model, instants are microseconds since 1970, which take 9 bytes and not 29, and what is zero is not there, but
// for the time.
type flowItem struct {
	Owner    string `json:"owner"`
	BatchID  string `json:"batch_id"`
	CancelNo int64  `json:"cancel_no"`

	Time    int64 `json:"time"`
	Touched int64 `json:"touched"`
	Looked  int64 `json:"looked"`
	Turns   int64 `json:"turns"`
	Direct  int64 `json:"direct"`
	Waiting int64 `json:"waiting"`

	First         int64 `json:"first"`
	FirstPosition int64 `json:"first_position"`
}

// readFlow reads a flow from its item.
func readFlow(model string, it item) (job.Flow, error) {
	var f flowItem
	if err := unmarshal(it, &f); err != nil {
		return job.Flow{}, err
	}
	return job.Flow{
		FlowKey: job.FlowKey{Model: model, Owner: f.Owner, BatchID: f.BatchID, CancelNo: f.CancelNo},
		Time:    f.Time, Touched: moment(f.Touched), Looked: moment(f.Looked), Turns: f.Turns, Direct: moment(f.Direct),
		Waiting: f.Waiting, First: moment(f.First), FirstPosition: f.FirstPosition,
	}, nil
}

// moment is an instant of a flow, or none.
func moment(stored int64) time.Time {
	if stored == 0 {
		return time.Time{}
	}
	return time.UnixMicro(stored).UTC()
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
	it, err := marshal(st)
	if err != nil {
		return err
	}
	maps.Copy(it, keyOfStanding(st.Model))
	return s.one(ctx, s.put(it, &expression{}), nil)
}
