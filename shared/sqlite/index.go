package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
)

const sumWaiting = `SELECT coalesce(sum(price), 0) FROM jobs WHERE status = 'queued' AND batch = '' AND owner = ?`

// Waiting implements job.Backlog. It never lags. An index holds all that it needs.
func (db jobIndex) Waiting(ctx context.Context, owner string) (int64, error) {
	var sum int64
	if err := db.read.QueryRowContext(ctx, sumWaiting, owner).Scan(&sum); err != nil {
		return 0, fmt.Errorf("waiting jobs of %s: %w", owner, err)
	}
	return sum, nil
}

// row reads at most one row by a statement that stays prepared: to prepare it takes longer than to run it. The context
// is asked before, since such a read is over sooner than it could be interrupted.
func (db *file) row(ctx context.Context, query string, args ...any) scanner {
	if err := ctx.Err(); err != nil {
		return unread{err}
	}
	stmt, err := db.prepared(query)
	if err != nil {
		return unread{err}
	}
	return stmt.QueryRowContext(context.WithoutCancel(ctx), args...)
}

func (db *file) prepared(query string) (*sql.Stmt, error) {
	if stmt, ok := db.reads.Load(query); ok {
		return stmt.(*sql.Stmt), nil
	}
	stmt, err := db.read.PrepareContext(context.Background(), query)
	if err != nil {
		return nil, err
	}
	if first, loaded := db.reads.LoadOrStore(query, stmt); loaded {
		return first.(*sql.Stmt), stmt.Close()
	}
	return stmt, nil
}

// unread is a row that could not be read.
type unread struct{ err error }

func (u unread) Scan(...any) error { return u.err }

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
