package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"easel/shared/job"
	"easel/shared/pace"
)

const (
	insertPace = `INSERT INTO paces (version, doc, model) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`
	updatePace = `UPDATE paces SET version = ?, doc = ? WHERE model = ? AND version = ?`
	selectPace = `SELECT version, doc FROM paces WHERE model = ?`
)

// Pace implements pace.Store.
func (db *paceTable) Pace(ctx context.Context, model string) (pace.State, error) {
	p, err := decodePace(db.row(ctx, selectPace, model))
	if err != nil {
		return pace.State{}, fmt.Errorf("get the pace of %s: %w", model, err)
	}
	return p, nil
}

// SetPace implements pace.Store.
func (db *paceTable) SetPace(ctx context.Context, model string, p pace.State) (pace.State, error) {
	version := p.Version
	p.Version++
	doc, err := json.Marshal(p)
	if err != nil {
		return pace.State{}, fmt.Errorf("set the pace of %s: %w", model, err)
	}
	query, args := insertPace, []any{p.Version, string(doc), model}
	if version != 0 {
		query, args = updatePace, append(args, version)
	}
	stored, err := write(ctx, db.writer, func(x *tx) (pace.State, error) {
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
func otherPace(x *tx, model string) (pace.State, error) {
	stmt, err := x.prepare(selectPace)
	if err != nil {
		return pace.State{}, err
	}
	p, err := decodePace(stmt.QueryRow(model))
	if err != nil {
		return pace.State{}, err
	}
	return p, pace.ErrConflict
}

// decodePace reads a pace, which is the zero one where there is no row.
func decodePace(row scanner) (p pace.State, err error) {
	version, err := unpack(row, &p)
	if errors.Is(err, job.ErrNotFound) {
		return pace.State{}, nil
	}
	p.Version = version
	return p, err
}
