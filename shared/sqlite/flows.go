package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"easel/shared/job"
)

var (
	_ job.Toucher = (*DB)(nil)
	_ job.Lines   = (*DB)(nil)
)

const (
	advanceFlow = `UPDATE flows SET time = ?4, turns = turns - ?5, waiting = iif(?7 IS NULL, waiting - ?6, 0),
			looked = coalesce(?7, looked), first = ?8, first_position = ?9
		WHERE model = ?1 AND name = ?2 AND time = ?3`
	leaveFlow = `DELETE FROM flows WHERE model = ? AND name = ? AND touched IS ? AND direct IS ?`
	countFlow = `SELECT count(*) FROM flows WHERE model = ? AND name = ?`

	flowColumns = `model, owner, batch, cancel_no, time, touched, looked, turns, direct, waiting, first, first_position`
	selectFlows = `SELECT ` + flowColumns + ` FROM flows WHERE model = ?`
	selectFlow  = selectFlows + ` AND name = ?`
)

// lineTable keeps the flows and the standing of each line.
type lineTable struct{ *file }

// Touch implements job.Toucher: one piece of work for all flows.
func (db lineTable) Touch(ctx context.Context, touches []job.Touch) error {
	_, err := write(ctx, db.writer, func(x *tx) (struct{}, error) {
		for _, t := range touches {
			x.touch(t)
		}
		return struct{}{}, nil
	})
	if err != nil {
		return fmt.Errorf("touch %d flows: %w", len(touches), err)
	}
	return nil
}

// changeFlow runs a statement that changes a flow, after the touches that came before.
func (x *tx) changeFlow(query string, args ...any) (int64, error) {
	if err := x.writeTouches(); err != nil {
		return 0, err
	}
	x.flows.forget()
	return x.exec(query, args...)
}

// Flows implements job.Lines.
func (db lineTable) Flows(ctx context.Context, model string) (job.Standing, []job.Flow, error) {
	s, err := db.standing(ctx, model)
	if err != nil {
		return job.Standing{}, nil, err
	}
	flows, err := collect(ctx, db.read, scanFlow, selectFlows, model)
	if err != nil {
		return job.Standing{}, nil, fmt.Errorf("flows of %s: %w", model, err)
	}
	return s, flows, nil
}

func scanFlow(row scanner) (f job.Flow, err error) {
	var touched, looked, direct, first sql.NullInt64
	err = found(row.Scan(&f.Model, &f.Owner, &f.BatchID, &f.CancelNo,
		&f.Time, &touched, &looked, &f.Turns, &direct, &f.Waiting, &first, &f.FirstPosition))
	f.Touched, f.Looked, f.Direct, f.First = orNever(touched), orNever(looked), orNever(direct), orNever(first)
	return f, err
}

// Advance implements job.Lines.
func (db lineTable) Advance(ctx context.Context, a job.Advance) error {
	_, err := write(ctx, db.writer, func(x *tx) (int64, error) {
		n, err := x.changeFlow(advanceFlow, a.Model, a.Name(), a.Was, a.Time, a.Turns, a.Given, orNull(a.Looked), orNull(a.First), a.FirstPosition)
		if err == nil && n == 0 {
			err = job.ErrConflict
		}
		return n, err
	})
	if err != nil {
		return fmt.Errorf("advance a flow of %s from %d to %d: %w", a.Model, a.Was, a.Time, err)
	}
	return nil
}

// Leave implements job.Lines.
func (db lineTable) Leave(ctx context.Context, f job.Flow) error {
	_, err := write(ctx, db.writer, func(x *tx) (n int64, err error) {
		if n, err = x.changeFlow(leaveFlow, f.Model, f.Name(), orNull(f.Touched), orNull(f.Direct)); err != nil || n == 1 {
			return n, err
		}
		if err = x.row(countFlow, []any{f.Model, f.Name()}, &n); err == nil && n == 1 {
			err = job.ErrConflict
		}
		return n, err
	})
	if err != nil {
		return fmt.Errorf("take a flow out of the line of %s: %w", f.Model, err)
	}
	return nil
}

// flow reads the record of a flow, or returns a flow with nothing but its key.
func (db lineTable) flow(ctx context.Context, key job.FlowKey) (job.Flow, error) {
	f, err := scanFlow(db.row(ctx, selectFlow, key.Model, key.Name()))
	if errors.Is(err, job.ErrNotFound) {
		return job.Flow{FlowKey: key}, nil
	}
	if err != nil {
		return job.Flow{}, fmt.Errorf("get a flow of %s: %w", key.Model, err)
	}
	return f, nil
}

// orNull is an instant as a column of a flow holds it.
func orNull(t time.Time) any {
	if t.IsZero() {
		return nil
	}
	return t.UnixMicro()
}

// orNever is an instant of a column of a flow.
func orNever(stored sql.NullInt64) time.Time {
	if !stored.Valid {
		return time.Time{}
	}
	return moment(stored.Int64)
}
