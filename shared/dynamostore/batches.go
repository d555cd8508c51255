package dynamostore

import (
	"context"
	"fmt"
	"strings"
	"time"

	"easel/shared/job"
)

// ListBatches implements job.BatchIndex. The records of a page are read together, batches and counters. Those that are the
// owner's no longer, or at another place, are left out: the index is behind.
func (s *batchStore) ListBatches(
	ctx context.Context, owner string, after *job.Mark, limit int,
) (found []job.Batch, counters []job.Counters, more *job.Mark, err error) {
	defer label(&err, "list batches")
	sp := newest(byOwner, batchesKey(owner), after)
	m := s.merged([]span{sp}, limit, 1)
	if after != nil {
		m.last = sp.to // the bounds of a span belong to it
	}
	entries, err := m.take(ctx, limit)
	if err != nil {
		return nil, nil, nil, err
	}
	there, err := s.batches(ctx, idsOf(entries))
	if err != nil {
		return nil, nil, nil, err
	}
	for _, e := range entries {
		p := there[e.id]
		if p.batch != nil && p.counters != nil && p.batch.Owner == owner && place(p.batch.Mark()) == e.place {
			found, counters = append(found, *p.batch), append(counters, *p.counters)
		}
	}
	if n := len(entries); n > 0 && !m.over() {
		more, err = entries[n-1].mark(byOwner)
	}
	return found, counters, more, err
}

// dueBatches is the partition of all batches in the due index.
const dueBatches = "batches"

// DueBatches implements job.BatchIndex.
func (s *batchStore) DueBatches(ctx context.Context, until time.Time, limit int) (ids []string, err error) {
	in := s.query(span{index: byDue, pk: dueBatches, from: lowest, to: instant(until)}, limit)
	for it, err := range s.items(ctx, in) {
		if err != nil {
			return nil, fmt.Errorf("due batches: %w", err)
		}
		if ids = append(ids, strings.TrimPrefix(keyOf(it), countersPrefix)); len(ids) == limit {
			break
		}
	}
	return ids, nil
}
