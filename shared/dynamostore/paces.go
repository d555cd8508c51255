package dynamostore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"easel/shared/job"
)

// Pace implements job.Paces by a consistent read.
func (s *Store) Pace(ctx context.Context, model string) (job.Pace, error) {
	p, err := s.pace(ctx, model)
	if err != nil {
		return job.Pace{}, fmt.Errorf("get the pace of %s: %w", model, err)
	}
	return p, nil
}

func (s *Store) pace(ctx context.Context, model string) (job.Pace, error) {
	d, err := s.document(ctx, paceKey(model))
	if err != nil {
		return job.Pace{}, err
	}
	return readPace(d)
}

// SetPace implements job.Paces by one conditional write. Where the SDK repeated a write whose reply was lost, the
// conflict returns that very write.
func (s *Store) SetPace(ctx context.Context, model string, p job.Pace) (job.Pace, error) {
	stored, err := s.setPace(ctx, model, p)
	if err != nil {
		err = fmt.Errorf("set the pace of %s from version %d: %w", model, p.Version, err)
	}
	return stored, err
}

func (s *Store) setPace(ctx context.Context, model string, p job.Pace) (job.Pace, error) {
	doc, err := json.Marshal(p)
	if err != nil {
		return job.Pace{}, err
	}
	d, err := s.setDocument(ctx, paceKey(model), document{version: p.Version, json: string(doc)})
	switch {
	case err == nil:
		p.Version = d.version
		return p, nil
	case !errors.Is(err, job.ErrConflict):
		return job.Pace{}, err
	}
	there, unread := readPace(d)
	if unread != nil {
		return job.Pace{}, unread
	}
	return there, err
}

func paceKey(model string) string { return "pace#" + model }

// readPace reads the record. There is none for a model that was never called.
func readPace(d document) (p job.Pace, err error) {
	if d.version == 0 {
		return job.Pace{}, nil
	}
	if err := json.Unmarshal([]byte(d.json), &p); err != nil {
		return job.Pace{}, fmt.Errorf("stored pace: %w", err)
	}
	p.Version = d.version
	return p, nil
}
