package dynamostore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"easel/shared/job"
)

// paceKey is the key of what a model's answers have taught.
func paceKey(model string) string { return "pace#" + model }

// Pace implements job.Paces.
func (s *Store) Pace(ctx context.Context, model string) (job.Pace, error) {
	d, err := s.document(ctx, paceKey(model))
	if err != nil {
		return job.Pace{}, fmt.Errorf("get the pace of %s: %w", model, err)
	}
	return readPace(d)
}

// SetPace implements job.Paces.
func (s *Store) SetPace(ctx context.Context, model string, p job.Pace) (job.Pace, error) {
	doc, err := json.Marshal(p)
	if err != nil {
		return job.Pace{}, fmt.Errorf("set the pace of %s: %w", model, err)
	}
	d, err := s.setDocument(ctx, paceKey(model), document{version: p.Version, json: string(doc)})
	if err != nil && !errors.Is(err, job.ErrConflict) {
		return job.Pace{}, fmt.Errorf("set the pace of %s: %w", model, err)
	}
	stored, failed := readPace(d)
	return stored, errors.Join(err, failed)
}

// readPace is the zero pace where nothing is stored.
func readPace(d document) (p job.Pace, err error) {
	if d.json != "" {
		err = json.Unmarshal([]byte(d.json), &p)
	}
	p.Version = d.version
	return p, err
}
