package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"easel/shared/job"
)

const (
	selectDue = `SELECT id, due, deadline FROM jobs
		WHERE due IS NOT NULL AND model = ? AND enqueued = ? AND due <= ? ORDER BY due, id LIMIT ?`
	countEnqueued = `SELECT count(*) FROM jobs WHERE due IS NOT NULL AND model = ? AND enqueued = 1`
	sumWaiting    = `SELECT coalesce(sum(price), 0) FROM jobs WHERE status = 'queued' AND batch = '' AND owner = ?`
)

// List implements job.Index. It never lags, and a page is full while there is more. An empty owner is an owner like
// any other, but for a batch, of which it lists every job.
func (db *DB) List(ctx context.Context, q job.Query) ([]job.Job, *job.Mark, error) {
	query, args := listing(q)
	jobs, err := collect(ctx, db.read, decode, query, args...)
	if err != nil {
		return nil, nil, fmt.Errorf("list jobs: %w", err)
	}
	if len(jobs) <= q.Limit {
		return jobs, nil, nil
	}
	last := jobs[q.Limit-1].Mark()
	return jobs[:q.Limit], &last, nil
}

// listing writes the statement for a query. It asks for one job beyond the page, which tells whether there is more.
func listing(q job.Query) (string, []any) {
	var where []string
	var args []any
	and := func(condition string, values ...any) {
		where = append(where, condition)
		args = append(args, values...)
	}
	order := "created DESC, position DESC, id DESC"
	if q.BatchID != "" {
		and("batch = ? AND batch <> ''", q.BatchID) // the second half lets SQLite use the partial index
		order = "position, id"
	}
	if q.Owner != "" || q.BatchID == "" {
		and("owner = ?", q.Owner)
	}
	if len(q.Statuses) > 0 {
		marks := strings.Repeat(", ?", len(q.Statuses))[2:]
		and("status IN ("+marks+")", anys(q.Statuses)...)
	}
	if q.Model != "" {
		and("model = ?", q.Model)
	}
	if m := q.After; m != nil && q.BatchID != "" {
		and("(position, id) > (?, ?)", m.Position, m.ID)
	} else if m != nil {
		and("(created, position, id) < (?, ?, ?)", m.Created, m.Position, m.ID)
	}
	return "SELECT version, doc FROM jobs WHERE " + strings.Join(where, " AND ") +
		" ORDER BY " + order + " LIMIT ?", append(args, q.Limit+1)
}

func anys(statuses []job.Status) []any {
	values := make([]any, len(statuses))
	for i, s := range statuses {
		values[i] = string(s)
	}
	return values
}

// Due implements job.Index. It never lags.
func (db *DB) Due(ctx context.Context, model string, enqueued bool, until time.Time, limit int) ([]job.Ref, error) {
	refs, err := collect(ctx, db.read, ref, selectDue, model, enqueued, until.UnixMicro(), limit)
	if err != nil {
		return nil, fmt.Errorf("due jobs of %s: %w", model, err)
	}
	return refs, nil
}

func ref(row scanner) (job.Ref, error) {
	var r job.Ref
	var due int64
	var deadline sql.NullInt64
	if err := row.Scan(&r.ID, &due, &deadline); err != nil {
		return job.Ref{}, err
	}
	r.Due = time.UnixMicro(due).UTC()
	if deadline.Valid {
		t := time.UnixMicro(deadline.Int64).UTC()
		r.Deadline = &t
	}
	return r, nil
}

// CountEnqueued implements job.Index. It never lags.
func (db *DB) CountEnqueued(ctx context.Context, model string) (int, error) {
	var n int
	if err := db.read.QueryRowContext(ctx, countEnqueued, model).Scan(&n); err != nil {
		return 0, fmt.Errorf("count the enqueued jobs of %s: %w", model, err)
	}
	return n, nil
}

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
