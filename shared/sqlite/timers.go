package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"math"
	"time"

	"easel/shared/job"
)

var (
	_ job.Timers  = (*DB)(nil)
	_ job.Waiters = (*DB)(nil)
)

// An index holds all that each of them needs.
const (
	selectFired = `SELECT id, due, deadline FROM jobs
		WHERE due IS NOT NULL AND model = ? AND due <= ? ORDER BY due, id LIMIT ?`
	selectDispatched = `SELECT id, owner, batch, price, visible, status = 'running' FROM jobs
		WHERE enqueued = 1 AND due IS NOT NULL AND model = ?`
	selectWaiters = `SELECT id, queued, position, deadline, price FROM jobs
		WHERE flow IS NOT NULL AND model = ? AND flow = ? AND (queued, position, id) > (?, ?, ?)
		ORDER BY queued, position, id LIMIT ?`
)

// Fired implements job.Timers. It never lags.
func (db jobIndex) Fired(ctx context.Context, model string, until time.Time, limit int) ([]job.Ref, error) {
	refs, err := collect(ctx, db.read, scanRef, selectFired, model, until.UnixMicro(), limit)
	if err != nil {
		return nil, fmt.Errorf("timers of %s: %w", model, err)
	}
	return refs, nil
}

func scanRef(row scanner) (r job.Ref, err error) {
	var due int64
	var deadline sql.NullInt64
	err = row.Scan(&r.ID, &due, &deadline)
	r.Due, r.Deadline = moment(due), optional(deadline)
	return r, err
}

// Dispatched implements job.Timers. It never lags.
func (db jobIndex) Dispatched(ctx context.Context, model string) ([]job.Dispatched, error) {
	jobs, err := collect(ctx, db.read, scanDispatched, selectDispatched, model)
	if err != nil {
		return nil, fmt.Errorf("dispatched jobs of %s: %w", model, err)
	}
	return jobs, nil
}

func scanDispatched(row scanner) (d job.Dispatched, err error) {
	var visible int64
	err = row.Scan(&d.ID, &d.Owner, &d.BatchID, &d.Price, &visible, &d.Running)
	d.Visible = moment(visible)
	return d, err
}

// Waiters implements job.Waiters. It never lags.
func (db jobIndex) Waiters(ctx context.Context, flow job.FlowKey, after *job.Waiter, limit int) ([]job.Waiter, error) {
	queued, position, id := int64(math.MinInt64), int64(math.MinInt64), ""
	if after != nil {
		queued, position, id = after.Queued.UnixMicro(), after.Position, after.ID
	}
	jobs, err := collect(ctx, db.read, scanWaiter, selectWaiters, flow.Model, flow.Name(), queued, position, id, limit)
	if err != nil {
		return nil, fmt.Errorf("jobs that wait for %s: %w", flow.Model, err)
	}
	return jobs, nil
}

func scanWaiter(row scanner) (w job.Waiter, err error) {
	var queued int64
	var deadline sql.NullInt64
	err = row.Scan(&w.ID, &queued, &w.Position, &deadline, &w.Price)
	w.Queued, w.Deadline = moment(queued), optional(deadline)
	return w, err
}

// moment is an instant of a column.
func moment(microseconds int64) time.Time { return time.UnixMicro(microseconds).UTC() }

// optional is an instant of a column that may be NULL.
func optional(stored sql.NullInt64) *time.Time {
	if !stored.Valid {
		return nil
	}
	t := moment(stored.Int64)
	return &t
}
