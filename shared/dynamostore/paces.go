package dynamostore

import (
	"context"
	"fmt"

	"easel/shared/job"
)

// Pace implements job.Paces by a consistent read.
func (s *Store) Pace(ctx context.Context, model string) (job.Pace, error) {
	p, err := load(ctx, s, paceKey(model), paceVersion)
	if err != nil {
		return job.Pace{}, fmt.Errorf("get the pace of %s: %w", model, err)
	}
	return p, nil
}

// SetPace implements job.Paces by one conditional write. Where the SDK repeated a write whose reply was lost, the
// conflict returns that very write.
func (s *Store) SetPace(ctx context.Context, model string, p job.Pace) (job.Pace, error) {
	stored, err := save(ctx, s, paceKey(model), p, paceVersion, 0)
	if err != nil {
		err = fmt.Errorf("set the pace of %s from version %d: %w", model, p.Version, err)
	}
	return stored, err
}

func paceKey(model string) string { return "pace#" + model }

func paceVersion(p *job.Pace) *int64 { return &p.Version }
