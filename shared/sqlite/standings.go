package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"

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

// remembered holds what was read of the lines since they changed last, by key. A reader who looked before a change may still
// write into the map of that time, where no other looks.
type remembered struct {
	known atomic.Pointer[sync.Map]
	stale bool        // the present commit changes what is read; for the writer alone, as is new
	new   map[any]any // what it changes, as it is then, as far as that is known
}

// forget says that something changes that is remembered.
func (r *remembered) forget() { r.stale, r.new = true, nil }

// replace says what something is that the present commit changes.
func (r *remembered) replace(key, now any) {
	if r.new == nil {
		r.new = map[any]any{}
	}
	r.stale, r.new[key] = true, now
}

// renew follows each commit: what it has changed is forgotten, or replaced.
func (r *remembered) renew() {
	if r.stale || r.known.Load() == nil {
		known := &sync.Map{}
		for key, now := range r.new {
			known.Store(key, now)
		}
		r.known.Store(known)
	}
	r.stale, r.new = false, nil
}

// recall returns what is remembered under the key, or reads it.
func recall[T any](ctx context.Context, r *remembered, key any, read func() (T, error)) (T, error) {
	var none T
	if err := ctx.Err(); err != nil {
		return none, err
	}
	known := r.known.Load()
	if there, ok := known.Load(key); ok {
		return there.(T), nil
	}
	v, err := read()
	if err != nil {
		return none, err
	}
	known.Store(key, v)
	return v, nil
}

// Standing implements job.StandingReader. Each single job asks for it when it comes, many of them between two commits. Flows of
// batches are not remembered: each plan of a batch asks for one of its own, and changes nothing that would end the memory.
func (db lineTable) Standing(ctx context.Context, key job.FlowKey) (job.Standing, job.Flow, error) {
	select {
	case <-db.writer.stop:
		return job.Standing{}, job.Flow{}, ErrClosed
	default:
	}
	x := db.writer.tx
	s, err := recall(ctx, &x.standings, key.Model, func() (job.Standing, error) { return db.standing(ctx, key.Model) })
	if err != nil {
		return job.Standing{}, job.Flow{}, err
	}
	if key.BatchID != "" {
		f, err := db.flow(ctx, key)
		return s, f, err
	}
	f, err := recall(ctx, &x.flows, key, func() (job.Flow, error) { return db.flow(ctx, key) })
	return s, f, err
}

// standing reads the standing of a model's line, which is the zero one where there is no row.
func (db lineTable) standing(ctx context.Context, model string) (s job.Standing, err error) {
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
func (db lineTable) SetStanding(ctx context.Context, s job.Standing) error {
	doc, err := json.Marshal(s)
	if err == nil {
		_, err = write(ctx, db.writer, func(x *tx) (int64, error) {
			x.standings.forget()
			return x.exec(putStanding, s.Model, string(doc))
		})
	}
	if err != nil {
		return fmt.Errorf("set the standing of %s: %w", s.Model, err)
	}
	return nil
}
