package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"easel/shared/job"
)

const (
	insertCounters = `INSERT INTO counters (due, doc, batch) VALUES (?, ?, ?)`
	selectCounters = `SELECT doc FROM counters WHERE batch = ?`
	updateCounters = `UPDATE counters SET due = ?, doc = ? WHERE batch = ?`
	deleteCounters = `DELETE FROM counters WHERE batch = ?`
	// One statement for any number of IDs.
	readCounters = `SELECT doc FROM counters WHERE batch IN (SELECT value FROM json_each(?))`
)

var _ job.CountersReader = (*DB)(nil)

// ReadCounters implements job.CountersReader.
func (db batchTable) ReadCounters(ctx context.Context, ids []string) (map[string]job.Counters, error) {
	list, err := json.Marshal(ids)
	if err != nil {
		return nil, fmt.Errorf("read the counters of %d batches: %w", len(ids), err)
	}
	some, err := collect(ctx, db.read, scanCounters, readCounters, string(list))
	if err != nil {
		return nil, fmt.Errorf("read the counters of %d batches: %w", len(ids), err)
	}
	all := make(map[string]job.Counters, len(some))
	for _, c := range some {
		all[c.BatchID] = c
	}
	return all, nil
}

func scanCounters(row scanner) (job.Counters, error) {
	var doc []byte
	if err := row.Scan(&doc); err != nil {
		return job.Counters{}, err
	}
	return decodeCounters(doc)
}

// Amend implements job.Batches.
func (db batchTable) Amend(ctx context.Context, d job.Difference) (job.Counters, error) {
	c, err := write(ctx, db.writer, func(x *tx) (job.Counters, error) { return amend(x, d) })
	if err != nil {
		err = fmt.Errorf("amend the counters of batch %s: %w", d.BatchID, err)
	}
	return c, err
}

// amend changes counters. It returns them as they are, with job.ErrCounters where the condition does not hold, or
// job.ErrNotFound.
func amend(x *tx, d job.Difference) (job.Counters, error) {
	c, err := loadCounters(x, d.BatchID)
	if err != nil {
		return job.Counters{}, err
	}
	c, holds := c.Apply(d)
	if !holds {
		return c, job.ErrCounters
	}
	return c, save(x, updateCounters, c)
}

// add changes counters as a part of a transaction. Those in the way come back with job.ErrCounters.
func add(x *tx, d *job.Difference) (*job.Counters, error) {
	if d == nil {
		return nil, nil
	}
	c, err := amend(x, *d)
	switch {
	case errors.Is(err, job.ErrNotFound):
		return nil, job.ErrCounters
	case errors.Is(err, job.ErrCounters):
		return &c, err
	}
	return nil, err
}

// begin stores the counters of a new batch. Those of an empty one come back with job.ErrCounters where the condition does
// not hold of them.
func begin(x *tx, b job.Batch, d *job.Difference) (*job.Counters, error) {
	c := job.Counters{BatchID: b.ID, MaxCost: b.MaxCost}
	if d != nil {
		var holds bool
		if c, holds = c.Apply(*d); !holds {
			return &c, job.ErrCounters
		}
	}
	return nil, save(x, insertCounters, c)
}

func loadCounters(x *tx, batch string) (job.Counters, error) {
	var doc []byte
	if err := found(x.row(selectCounters, []any{batch}, &doc)); err != nil {
		return job.Counters{}, err
	}
	return decodeCounters(doc)
}

// decodeCounters reads counters, which are those of zero where there is no document.
func decodeCounters(doc []byte) (c job.Counters, err error) {
	if len(doc) == 0 {
		return c, nil
	}
	if err := json.Unmarshal(doc, &c); err != nil {
		return job.Counters{}, fmt.Errorf("stored counters: %w", err)
	}
	return c, nil
}

// save writes counters by one of the two statements.
func save(x *tx, statement string, c job.Counters) error {
	doc, err := json.Marshal(c)
	if err != nil {
		return err
	}
	_, err = x.exec(statement, micros(c.When(job.Due)), string(doc), c.BatchID)
	return err
}
