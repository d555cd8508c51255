package dynamostore

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"easel/shared/job"
)

// Due implements job.Index. Jobs that are due at the same instant come in the order of their deadlines.
func (s *Store) Due(ctx context.Context, model string, enqueued bool, until time.Time, limit int) ([]job.Ref, error) {
	m := s.merged(dueSpans(model, enqueued, behind(instant(until))), limit, dueShards)
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

// CountEnqueued implements job.Index.
func (s *Store) CountEnqueued(ctx context.Context, model string) (int, error) {
	var sum atomic.Int64
	all := dueSpans(model, true, highest)
	err := parallel(ctx, len(all), func(ctx context.Context, n int) error {
		for out, err := range s.pages(ctx, s.counted(all[n])) {
			if err != nil {
				return err
			}
			sum.Add(int64(out.Count))
		}
		return nil
	})
	if err != nil {
		return 0, fmt.Errorf("count messages out for %s: %w", model, err)
	}
	return int(sum.Load()), nil
}

func dueSpans(model string, enqueued bool, to string) []span {
	all := make([]span, dueShards)
	for shard := range all {
		all[shard] = span{index: byDue, pk: dueKey(shard, model, enqueued), from: lowest, to: to}
	}
	return all
}

// Waiting implements job.Index by a walk through the owner's part of an index whose keys hold the prices.
func (s *Store) Waiting(ctx context.Context, owner string) (int64, error) {
	sum := int64(0)
	for out, err := range s.pages(ctx, s.query(span{index: byWaiting, pk: waitingKey(owner), from: lowest, to: highest}, 0)) {
		if err != nil {
			return 0, fmt.Errorf("sum of what waits: %w", err)
		}
		for _, it := range out.Items {
			price, _, _ := strings.Cut(textOf(it, byWaiting+"_sk"), "#")
			n, err := strconv.ParseInt(price, 10, 64)
			if err != nil {
				return 0, fmt.Errorf("index waiting of %s: %w", keyOf(it), err)
			}
			sum += n
		}
	}
	return sum, nil
}
