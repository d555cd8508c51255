package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"easel/shared/job"
)

var (
	_ job.StandingReader = (*DB)(nil)
	_ job.StandingWriter = (*DB)(nil)
)

const (
	selectStanding = `SELECT doc FROM standings WHERE model = ?`
	putStanding    = `INSERT INTO standings (model, doc) VALUES (?, ?) ON CONFLICT (model) DO UPDATE SET doc = excluded.doc`
)

// Standing implements job.StandingReader.
func (db *DB) Standing(ctx context.Context, key job.FlowKey) (job.Standing, job.Flow, error) {
	s, err := db.standing(ctx, key.Model)
	if err != nil {
		return job.Standing{}, job.Flow{}, err
	}
	f, err := db.flow(ctx, key)
	if err != nil {
		return job.Standing{}, job.Flow{}, err
	}
	return s, f, nil
}

// standing reads the standing of a model's line, which is the zero one where there is no row.
func (db *DB) standing(ctx context.Context, model string) (s job.Standing, err error) {
	var doc []byte
	err = found(db.row(ctx, selectStanding, model).Scan(&doc))
	if errors.Is(err, job.ErrNotFound) {
		return job.Standing{}, nil
	}
	if err == nil {
		err = json.Unmarshal(doc, &s)
	}
	if err != nil {
		return job.Standing{}, fmt.Errorf("standing of %s: %w", model, err)
	}
	return s, nil
}

// SetStanding implements job.StandingWriter.
func (db *DB) SetStanding(ctx context.Context, s job.Standing) error {
	doc, err := json.Marshal(s)
	if err == nil {
		_, err = write(ctx, db.writer, func(x *tx) (int64, error) { return x.exec(putStanding, s.Model, string(doc)) })
	}
	if err != nil {
		return fmt.Errorf("set the standing of %s: %w", s.Model, err)
	}
	return nil
}
