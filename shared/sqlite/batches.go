package sqlite

import (
	"context"
	"encoding/json"
	"fmt"

	"easel/shared/job"
)

const (
	insertBatch = `INSERT INTO batches (owner, created, due, version, doc, id)
		VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`
	selectBatch = `SELECT version, doc FROM batches WHERE id = ?`
	deleteBatch = `DELETE FROM batches WHERE id = ? AND version = ?`
	deleteTally = `DELETE FROM tallies WHERE batch = ?`
)

var updateBatch = `UPDATE batches SET owner = ?, created = ?, due = ?, version = ?, doc = ` + merged[job.Batch]() +
	` WHERE id = ? AND version = ?`

// CreateBatch implements job.Batches.
func (db *DB) CreateBatch(ctx context.Context, b job.Batch) (job.Batch, error) {
	row, err := encodeBatch(b)
	if err != nil {
		return job.Batch{}, fmt.Errorf("create batch %s: %w", b.ID, err)
	}
	stored, err := write(ctx, db.writer, func(x *tx) (job.Batch, error) {
		n, err := x.exec(insertBatch, row...)
		if err != nil || n == 1 {
			return b, err
		}
		return otherBatch(x, b.ID, job.ErrExists)
	})
	if err != nil {
		err = fmt.Errorf("create batch %s: %w", b.ID, err)
	}
	return stored, err
}

// GetBatch implements job.Batches.
func (db *DB) GetBatch(ctx context.Context, id string) (job.Batch, error) {
	b, err := decodeBatch(db.read.QueryRowContext(ctx, selectBatch, id))
	if err != nil {
		return job.Batch{}, fmt.Errorf("get batch %s: %w", id, err)
	}
	return b, nil
}

// UpdateBatch implements job.Batches. Attributes of the stored record that this program does not know are left alone.
func (db *DB) UpdateBatch(ctx context.Context, b job.Batch) (job.Batch, error) {
	stored, err := write(ctx, db.writer, func(x *tx) (job.Batch, error) { return replace(x, b) })
	if err != nil {
		err = fmt.Errorf("update batch %s from version %d: %w", b.ID, b.Version, err)
	}
	return stored, err
}

// replace writes the batch over the version that it carries.
func replace(x *tx, b job.Batch) (job.Batch, error) {
	version := b.Version
	b.Version++
	row, err := encodeBatch(b)
	if err != nil {
		return job.Batch{}, err
	}
	n, err := x.exec(updateBatch, append(row, version)...)
	if err != nil || n == 1 {
		return b, err
	}
	return otherBatch(x, b.ID, job.ErrConflict)
}

// EraseBatch implements job.BatchEraser.
func (db *DB) EraseBatch(ctx context.Context, id string, version int64) error {
	_, err := write(ctx, db.writer, func(x *tx) (job.Batch, error) {
		n, err := x.exec(deleteBatch, id, version)
		if err != nil {
			return job.Batch{}, err
		}
		if n == 0 {
			return otherBatch(x, id, job.ErrConflict)
		}
		_, err = x.exec(deleteTally, id)
		return job.Batch{}, err
	})
	if err != nil {
		return fmt.Errorf("erase batch %s at version %d: %w", id, version, err)
	}
	return nil
}

// otherBatch is the batch that stands in the way, with the error that says so, or job.ErrNotFound.
func otherBatch(x *tx, id string, inTheWay error) (job.Batch, error) {
	stmt, err := x.prepare(selectBatch)
	if err != nil {
		return job.Batch{}, err
	}
	b, err := decodeBatch(stmt.QueryRow(id))
	if err != nil {
		return job.Batch{}, err
	}
	return b, inTheWay
}

// encodeBatch returns the columns of a record in the order of the statements, the ID last.
func encodeBatch(b job.Batch) ([]any, error) {
	doc, err := json.Marshal(b)
	if err != nil {
		return nil, err
	}
	return []any{b.Owner, b.CreatedAt.UnixMicro(), micros(b.Due), b.Version, string(doc), b.ID}, nil
}

// decodeBatch reads a record from its version and its document.
func decodeBatch(row scanner) (job.Batch, error) {
	var b job.Batch
	version, err := unpack(row, &b)
	if err != nil {
		return job.Batch{}, err
	}
	b.Version = version
	return b, nil
}
