package dynamostore

import (
	"context"
	"fmt"
	"time"

	"easel/shared/job"
)

// Waiters implements job.Waiters by one query, and more where DynamoDB sends less than it was asked for.
func (s *lineStore) Waiters(ctx context.Context, flow job.FlowKey, after *job.Waiter, limit int) (all []job.Waiter, err error) {
	sp, most := span{index: byFlow, pk: flowKey(flow), from: lowest, to: highest}, limit
	if after != nil {
		sp.from = waiterPlace(*after) // the bounds of a span belong to it
		most++
	}
	for it, err := range s.items(ctx, s.query(sp, most)) {
		if err != nil {
			return nil, fmt.Errorf("jobs that wait for %s: %w", flow.Model, err)
		}
		w, err := readWaiter(it)
		if err != nil {
			return nil, err
		}
		if after == nil || waiterPlace(w) != sp.from {
			all = append(all, w)
		}
		if len(all) == limit {
			break
		}
	}
	return all, nil
}

// readWaiter reads the job's place from the key, and the rest from what the index holds beside it.
func readWaiter(it item) (job.Waiter, error) {
	m, err := readEntry(byFlow, it).mark(byFlow)
	if err != nil {
		return job.Waiter{}, err
	}
	var j job.Job
	if err := unmarshal(it, &j); err != nil {
		return job.Waiter{}, fmt.Errorf("index flow of %s: %w", m.ID, err)
	}
	queued := time.UnixMicro(m.Created).UTC()
	return job.Waiter{ID: m.ID, Queued: queued, Position: m.Position, Deadline: j.Deadline, Price: j.Price}, nil
}
