package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

const sumWaiting = `SELECT coalesce(sum(price), 0) FROM jobs WHERE status = 'queued' AND batch = '' AND owner = ?`

// Waiting implements job.Backlog. It never lags. An index holds all that it needs.
func (db *DB) Waiting(ctx context.Context, owner string) (int64, error) {
	var sum int64
	if err := db.read.QueryRowContext(ctx, sumWaiting, owner).Scan(&sum); err != nil {
		return 0, fmt.Errorf("waiting jobs of %s: %w", owner, err)
	}
	return sum, nil
}

// scanner is a row that was found, of one or of many.
type scanner interface{ Scan(dest ...any) error }

// collect reads every row of a query.
func collect[T any](ctx context.Context, db *sql.DB, read func(scanner) (T, error), query string, args ...any) ([]T, error) {
	rows, err := db.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []T
	for rows.Next() {
		one, err := read(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, one)
	}
	return slices.Clip(all), rows.Err()
}
