package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"easel/shared/job"
)

const insertRequest = `INSERT INTO requests (name, batch, doc) VALUES (?, ?, ?) ON CONFLICT (name) DO NOTHING`

const selectRequest = `SELECT doc FROM requests WHERE name = ?`

// Update implements job.Records: one piece of work, which is written wholly or not at all. Attributes of the stored
// records that this program does not know are left alone.
func (db *DB) Update(ctx context.Context, t job.Transaction) (job.Obstacle, error) {
	rows := make([][]any, len(t.Jobs))
	for n, j := range t.Jobs {
		version := j.Version
		j.Version++
		row, err := encode(j)
		if err != nil {
			return job.Obstacle{}, fmt.Errorf("update job %s: %w", j.ID, err)
		}
		rows[n] = append(row, version)
	}
	there, err := write(ctx, db.writer, func(x *tx) (job.Obstacle, error) { return update(x, t, rows) })
	if err != nil {
		err = fmt.Errorf("update %s: %w", t, err)
	}
	return there, err
}

// update refuses in the order of the port's comment.
func update(x *tx, t job.Transaction, rows [][]any) (there job.Obstacle, err error) {
	for n, row := range rows {
		if err := replace(x, t.Jobs[n].ID, row, &there); err != nil {
			return there, err
		}
	}
	switch {
	case len(there.Jobs) > 0:
		return there, job.ErrConflict
	case len(there.Missing) > 0:
		return there, job.ErrNotFound
	}
	if there.Counters, err = add(x, t.Counters); err != nil {
		return there, err
	}
	return there, spend(x, t.Day)
}

// replace writes a job over the version that it carries, or notes what stands in the way.
func replace(x *tx, id string, row []any, there *job.Obstacle) error {
	n, err := x.exec(updateJob, row...)
	if err != nil || n == 1 {
		return err
	}
	stored, err := load(x, id)
	switch {
	case errors.Is(err, job.ErrNotFound):
		there.Missing = append(there.Missing, id)
		return nil
	case err == nil:
		there.Jobs = append(there.Jobs, stored)
	}
	return err
}

// Create implements job.Creator: one piece of work, which is written wholly or not at all.
func (db *DB) Create(ctx context.Context, t job.Transaction) (job.Obstacle, error) {
	rows := make([][]any, len(t.Jobs))
	for n, j := range t.Jobs {
		row, err := encode(j)
		if err != nil {
			return job.Obstacle{}, fmt.Errorf("create job %s: %w", j.ID, err)
		}
		rows[n] = row
	}
	there, err := write(ctx, db.writer, func(x *tx) (job.Obstacle, error) { return create(x, t, rows) })
	if err != nil {
		err = fmt.Errorf("create %s: %w", t, err)
	}
	return there, err
}

// create refuses in the order of the port's comment.
func create(x *tx, t job.Transaction, rows [][]any) (there job.Obstacle, err error) {
	if there.Batch, err = insertNew(x, t.Batch); err != nil {
		return there, err
	}
	if there.Append, err = remember(x, t.Append); err != nil {
		return there, err
	}
	for n, row := range rows {
		if err := insert(x, t.Jobs[n], row, &there); err != nil {
			return there, err
		}
	}
	if len(there.Jobs) > 0 {
		return there, job.ErrExists
	}
	if t.Touch != nil {
		x.touch(*t.Touch)
	}
	if t.Batch != nil {
		there.Counters, err = begin(x, *t.Batch, t.Counters)
		return there, err
	}
	there.Counters, err = add(x, t.Counters)
	return there, err
}

// insert writes a new job, or notes the one that stands in the way.
func insert(x *tx, j job.Job, row []any, there *job.Obstacle) error {
	number, err := x.nextNumber()
	if err != nil {
		return err
	}
	n, err := x.exec(insertJob, append(row, number)...)
	if err != nil {
		return err
	}
	if n == 1 {
		x.last, x.added = number, append(x.added, added{number, j.Input.Prompt})
		return nil
	}
	stored, err := load(x, j.ID)
	if err == nil {
		there.Jobs = append(there.Jobs, stored)
	}
	return err
}

// remember stores a request. The one that has its name comes back with job.ErrExists.
func remember(x *tx, a *job.Append) (*job.Append, error) {
	if a == nil {
		return nil, nil
	}
	doc, err := json.Marshal(a)
	if err != nil {
		return nil, err
	}
	n, err := x.exec(insertRequest, a.Name, a.BatchID, string(doc))
	if err != nil || n == 1 {
		return nil, err
	}
	if err := x.row(selectRequest, []any{a.Name}, &doc); err != nil {
		return nil, err
	}
	var stored job.Append
	if err := json.Unmarshal(doc, &stored); err != nil {
		return nil, fmt.Errorf("stored request: %w", err)
	}
	return &stored, job.ErrExists
}
