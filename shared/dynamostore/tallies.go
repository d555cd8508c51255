package dynamostore

import (
	"context"
	"fmt"

	"easel/shared/job"
)

// Tally implements job.Tallies by a consistent read.
func (s *Store) Tally(ctx context.Context, batchID string) (job.Tally, error) {
	t, err := load(ctx, s, tallyKey(batchID), tallyVersion)
	if err != nil {
		return job.Tally{}, fmt.Errorf("get the tally of batch %.*s: %w", longestID, batchID, err)
	}
	return t, nil
}

// SetTally implements job.Tallies by one conditional write. Where the SDK repeated a write whose reply was lost, the
// conflict returns that very write. A tally ends 90 days later: nothing but a count is lost with it, and there may be no
// batch any more by whose end it would be removed.
func (s *Store) SetTally(ctx context.Context, batchID string, t job.Tally) (job.Tally, error) {
	stored, err := save(ctx, s, tallyKey(batchID), t, tallyVersion, s.opts.Now().Add(keptFor).Unix())
	if err != nil {
		err = fmt.Errorf("set the tally of batch %.*s from version %d: %w", longestID, batchID, t.Version, err)
	}
	return stored, err
}

func tallyKey(batchID string) string { return "tally#" + short(batchID) }

func tallyVersion(t *job.Tally) *int64 { return &t.Version }
