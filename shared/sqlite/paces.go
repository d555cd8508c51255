package sqlite

import (
	"context"

	"easel/shared/job"
)

var paces = singles("the pace", "paces", "model", func(p *job.Pace) *int64 { return &p.Version })

// Pace implements job.Paces.
func (db *DB) Pace(ctx context.Context, model string) (job.Pace, error) {
	return paces.get(ctx, db, model)
}

// SetPace implements job.Paces.
func (db *DB) SetPace(ctx context.Context, model string, p job.Pace) (job.Pace, error) {
	return paces.set(ctx, db, model, p)
}

var tallies = singles("the tally", "tallies", "batch", func(t *job.Tally) *int64 { return &t.Version })

// Tally implements job.Tallies.
func (db *DB) Tally(ctx context.Context, batchID string) (job.Tally, error) {
	return tallies.get(ctx, db, batchID)
}

// SetTally implements job.Tallies. It does not ask whether there is such a batch.
func (db *DB) SetTally(ctx context.Context, batchID string, t job.Tally) (job.Tally, error) {
	return tallies.set(ctx, db, batchID, t)
}
