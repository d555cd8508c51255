package dynamostore

import (
	"context"
	"fmt"
	"time"

	"easel/shared/job"
)

// Fired implements job.Timers by a query for each of the model's two partitions. Timers of the same instant come in the order
// of their deadlines. A job that has just been changed may come twice, with its former due too.
func (s *lineStore) Fired(ctx context.Context, model string, until time.Time, limit int) ([]job.Ref, error) {
	to := behind(instant(until))
	entries, err := s.merged([]span{dueSpan(model, true, to), dueSpan(model, false, to)}, limit, 2).take(ctx, limit)
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

// Dispatched implements job.Timers by one query, since the index holds all that is asked for.
func (s *lineStore) Dispatched(ctx context.Context, model string) (all []job.Dispatched, err error) {
	for it, err := range s.items(ctx, s.query(dueSpan(model, true, highest), 0)) {
		if err != nil {
			return nil, fmt.Errorf("dispatched jobs of %s: %w", model, err)
		}
		var j job.Job
		if err := unmarshal(it, &j); err != nil {
			return nil, fmt.Errorf("index due of %s: %w", keyOf(it), err)
		}
		all = append(all, job.Dispatched{
			ID: keyOf(it), Owner: j.Owner, BatchID: j.BatchID, Price: j.Price, Visible: j.Visible, Running: j.Status == job.Running,
		})
	}
	return all, nil
}

func dueSpan(model string, enqueued bool, to string) span {
	return span{index: byDue, pk: dueKey(model, enqueued), from: lowest, to: to}
}
