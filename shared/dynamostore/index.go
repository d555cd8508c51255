package dynamostore

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"easel/shared/job"
)

// Due implements job.Index. Jobs that are due at the same instant come in the order of their deadlines.
func (s *Store) Due(ctx context.Context, model string, out bool, until time.Time, limit int) ([]job.Ref, error) {
	m := s.merged(dueSpans(model, out, behind(instant(until))), limit, dueShards)
	entries, err := m.take(ctx, limit)
	if err != nil {
		return nil, fmt.Errorf("due jobs of %s: %w", model, err)
	}
	refs := make([]job.Ref, len(entries))
	for i, e := range entries {
		if refs[i], err = e.ref(); err != nil {
			return nil, err
		}
	}
	return refs, nil
}

// CountOut implements job.Index.
func (s *Store) CountOut(ctx context.Context, model string) (int, error) {
	var sum atomic.Int64
	all := dueSpans(model, true, highest)
	err := parallel(ctx, len(all), func(ctx context.Context, n int) error {
		counted, err := s.count(ctx, all[n])
		sum.Add(int64(counted))
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("count messages out for %s: %w", model, err)
	}
	return int(sum.Load()), nil
}

// count counts the keys of a span. DynamoDB counts about a megabyte of them at a time.
func (s *Store) count(ctx context.Context, sp span) (int, error) {
	sum := 0
	for in := s.query(sp, 0); ; {
		out, err := s.client.Query(ctx, in)
		if err != nil {
			return 0, plain(err)
		}
		sum += int(out.Count)
		if in.ExclusiveStartKey = out.LastEvaluatedKey; len(out.LastEvaluatedKey) == 0 {
			return sum, nil
		}
	}
}

func dueSpans(model string, out bool, to string) []span {
	all := make([]span, dueShards)
	for shard := range all {
		all[shard] = span{index: byDue, pk: dueKey(shard, model, out), from: lowest, to: to}
	}
	return all
}
