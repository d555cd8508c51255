package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"easel/shared/job"
)

const (
	insertPace = `INSERT INTO paces (version, doc, model) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`
	updatePace = `UPDATE paces SET version = ?, doc = ? WHERE model = ? AND version = ?`
	selectPace = `SELECT version, doc FROM paces WHERE model = ?`
)

// Pace implements job.Paces.
func (db *DB) Pace(ctx context.Context, model string) (job.Pace, error) {
	p, err := decodePace(db.row(ctx, selectPace, model))
	if err != nil {
		return job.Pace{}, fmt.Errorf("get the pace of %s: %w", model, err)
	}
	return p, nil
}

// SetPace implements job.Paces.
func (db *DB) SetPace(ctx context.Context, model string, p job.Pace) (job.Pace, error) {
	version := p.Version
	p.Version++
	doc, err := json.Marshal(p)
	if err != nil {
		return job.Pace{}, fmt.Errorf("set the pace of %s: %w", model, err)
	}
	query, args := insertPace, []any{p.Version, string(doc), model}
	if version != 0 {
		query, args = updatePace, append(args, version)
	}
	stored, err := write(ctx, db.writer, func(x *tx) (job.Pace, error) {
		n, err := x.exec(query, args...)
		if err != nil || n == 1 {
			return p, err
		}
		return otherPace(x, model)
	})
	if err != nil {
		err = fmt.Errorf("set the pace of %s from version %d: %w", model, version, err)
	}
	return stored, err
}

// otherPace is the pace that stands where another version was expected.
func otherPace(x *tx, model string) (job.Pace, error) {
	stmt, err := x.prepare(selectPace)
	if err != nil {
		return job.Pace{}, err
	}
	p, err := decodePace(stmt.QueryRow(model))
	if err != nil {
		return job.Pace{}, err
	}
	return p, job.ErrConflict
}

// decodePace reads a pace, which is the zero one where there is no row.
func decodePace(row scanner) (p job.Pace, err error) {
	version, err := unpack(row, &p)
	if errors.Is(err, job.ErrNotFound) {
		return job.Pace{}, nil
	}
	p.Version = version
	return p, err
}
