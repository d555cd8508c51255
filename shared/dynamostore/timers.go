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
	return s.due(ctx, model, limit, dueSpan(model, true, to), dueSpan(model, false, to))
}

// Dispatched implements job.Timers by one query, since the index holds all that is asked for.
func (s *lineStore) Dispatched(ctx context.Context, model string) (all []job.Dispatched, err error) {
	for out, err := range s.pages(ctx, s.query(dueSpan(model, true, highest), 0)) {
		if err != nil {
			return nil, fmt.Errorf("dispatched jobs of %s: %w", model, err)
		}
		for _, it := range out.Items {
			d, err := readDispatched(it)
			if err != nil {
				return nil, err
			}
			all = append(all, d)
		}
	}
	return all, nil
}

func readDispatched(it item) (job.Dispatched, error) {
	var j job.Job
	if err := unmarshal(it, &j); err != nil {
		return job.Dispatched{}, fmt.Errorf("index due of %s: %w", keyOf(it), err)
	}
	return job.Dispatched{
		ID: keyOf(it), Owner: j.Owner, BatchID: j.BatchID, Price: j.Price, Visible: j.Visible, Running: j.Status == job.Running,
	}, nil
}

func dueSpan(model string, enqueued bool, to string) span {
	return span{index: byDue, pk: dueKey(model, enqueued), from: lowest, to: to}
}

// due reads the first entries of some of a model's partitions.
func (s *lineStore) due(ctx context.Context, model string, limit int, parts ...span) ([]job.Ref, error) {
	entries, err := s.merged(parts, limit, 2).take(ctx, limit)
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
