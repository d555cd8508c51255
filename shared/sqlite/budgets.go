package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"easel/shared/job"
)

const (
	selectEntry = `SELECT doc FROM entries WHERE name = ?`
	insertEntry = `INSERT INTO entries (name, doc) VALUES (?, ?)`
	selectDay   = `SELECT spent FROM days WHERE owner = ? AND day = ?`
	addToDay    = `INSERT INTO days (owner, day, spent) VALUES (?, ?, ?)
		ON CONFLICT (owner, day) DO UPDATE SET spent = spent + excluded.spent`
)

// Post implements job.Budgets: one piece of work, which is written wholly or not at all.
func (db *DB) Post(ctx context.Context, e job.Entry, b *job.Batch) (job.Posted, error) {
	doc, err := json.Marshal(e)
	if err != nil {
		return job.Posted{}, fmt.Errorf("post entry %s: %w", e.Name, err)
	}
	posted, err := write(ctx, db.writer, func(x *tx) (job.Posted, error) { return post(x, e, string(doc), b) })
	if err != nil {
		err = fmt.Errorf("post entry %s: %w", e.Name, err)
	}
	return posted, err
}

// post refuses in the order of the port's comment.
func post(x *tx, e job.Entry, doc string, b *job.Batch) (job.Posted, error) {
	if there, err := findEntry(x, e.Name); err != nil {
		return job.Posted{Entry: there}, err
	}
	p := job.Posted{Entry: e}
	if b != nil {
		stored, err := replace(x, *b)
		if err != nil {
			return job.Posted{Batch: stored}, err
		}
		p.Batch = stored
	}
	if err := spend(x, e); err != nil {
		return job.Posted{}, err
	}
	_, err := x.exec(insertEntry, e.Name, doc)
	return p, err
}

// findEntry returns the entry of the name with job.ErrExists, if there is one.
func findEntry(x *tx, name string) (job.Entry, error) {
	var doc []byte
	if err := x.row(selectEntry, []any{name}, &doc); errors.Is(err, sql.ErrNoRows) {
		return job.Entry{}, nil
	} else if err != nil {
		return job.Entry{}, err
	}
	var e job.Entry
	if err := json.Unmarshal(doc, &e); err != nil {
		return job.Entry{}, fmt.Errorf("stored entry: %w", err)
	}
	return e, job.ErrExists
}

// spend adds the entry to its day, or returns job.ErrBudget.
func spend(x *tx, e job.Entry) error {
	if e.Day == "" {
		return nil
	}
	var spent int64
	if err := x.row(selectDay, []any{e.Owner, e.Day}, &spent); err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	if e.Limit > 0 && e.Amount > 0 && spent > e.Limit-e.Amount {
		return job.ErrBudget
	}
	_, err := x.exec(addToDay, e.Owner, e.Day, e.Amount)
	return err
}

// Spent implements job.Budgets.
func (db *DB) Spent(ctx context.Context, owner, day string) (int64, error) {
	var spent int64
	err := db.read.QueryRowContext(ctx, selectDay, owner, day).Scan(&spent)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("spent on %s: %w", day, err)
	}
	return spent, nil
}
