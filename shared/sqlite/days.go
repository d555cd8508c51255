package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"easel/shared/job"
)

const (
	selectDay = `SELECT spent FROM days WHERE owner = ? AND day = ?`
	addToDay  = `INSERT INTO days (owner, day, spent) VALUES (?, ?, ?)
		ON CONFLICT (owner, day) DO UPDATE SET spent = spent + excluded.spent`
)

// spend adds a charge to its day, or returns job.ErrBudget.
func spend(x *tx, c *job.Charge) error {
	if c == nil {
		return nil
	}
	var spent int64
	if err := x.row(selectDay, []any{c.Owner, c.Day}, &spent); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if c.Limit > 0 && c.Amount > 0 && spent > c.Limit-c.Amount {
		return job.ErrBudget
	}
	_, err := x.exec(addToDay, c.Owner, c.Day, c.Amount)
	return err
}

// Spent implements job.Days.
func (db batchTable) Spent(ctx context.Context, owner, day string) (int64, error) {
	var spent int64
	err := db.row(ctx, selectDay, owner, day).Scan(&spent)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("spent on %s: %w", day, err)
	}
	return spent, nil
}
