package sqlite

import (
	"time"

	"easel/shared/job"
)

// Many orders of one commit touch the same flow, so the touches are added up and written once, before the commit and before
// whatever else changes a flow. What the flow is then is remembered for the orders that come next.
const touchFlow = `INSERT INTO flows (model, name, owner, batch, cancel_no, time, touched, turns, direct, waiting, first, first_position)
	VALUES (?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, 0)
	ON CONFLICT (model, name) DO UPDATE SET touched = coalesce(excluded.touched, touched),
		turns = turns + excluded.turns, direct = coalesce(excluded.direct, direct),
		waiting = waiting + excluded.waiting, first = coalesce(first, excluded.first)
	RETURNING ` + flowColumns

// touchSum is what the touches of a flow come to. Instants are zero where no touch has one.
type touchSum struct {
	last, direct, first time.Time // first and last: of those that are not direct
	turns, waiting      int64
}

// touch notes a touch of a flow until writeTouches.
func (x *tx) touch(t job.Touch) {
	if x.touches == nil {
		x.touches = map[job.FlowKey]touchSum{}
	}
	sum := x.touches[t.FlowKey]
	switch {
	case t.Direct:
		sum.direct, sum.turns = t.At, sum.turns+1
	case sum.first.IsZero():
		sum.first, sum.last = t.At, t.At
	default:
		sum.last = t.At
	}
	sum.waiting += t.Waiting
	x.touches[t.FlowKey], x.changed = sum, true
}

func (x *tx) writeTouches() error {
	for key, sum := range x.touches {
		stmt, err := x.prepare(touchFlow)
		if err != nil {
			return err
		}
		f, err := scanFlow(stmt.QueryRow(key.Model, key.Name(), key.Owner, key.BatchID, key.CancelNo,
			orNull(sum.last), sum.turns, orNull(sum.direct), sum.waiting, orNull(sum.first)))
		if err != nil {
			x.failed = true
			return err
		}
		if key.BatchID == "" { // the others are not remembered
			x.flows.replace(key, f)
		}
	}
	x.touches = nil
	return nil
}
