package local

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/backoff"
)

// group is a batch that is ordered beside the single jobs.
type group struct {
	key     string
	maxCost json.Number
	rows    []api.JobRequest
}

// queueing is a batch of the slowest model that is there for most of a siege, so that its timer comes while it waits.
func queueing(jobs int) group {
	g := group{key: "queueing"}
	for n := range max(1, jobs/12) {
		g.rows = append(g.rows, api.JobRequest{Settings: api.Settings{Prompt: fmt.Sprintf("a queue before a museum, number %d", n), Model: "ultra"}})
	}
	return g
}

// bounded is a batch whose bound pays for one call of each job, and some of these calls are paid for in vain: what was given a
// turn while there was money is claimed when there is none.
func bounded(n int) group {
	g := group{key: fmt.Sprint("bounded ", n), maxCost: "1.28"} // a call for each
	for row := range 16 {
		prompt := fmt.Sprintf("a purse on a table, number %d of %d [sim:slow=450ms]", row, n)
		if row < 4 {
			prompt += " [sim:500=1]"
		}
		g.rows = append(g.rows, api.JobRequest{Settings: api.Settings{Prompt: prompt, Model: "sd35"}})
	}
	return g
}

// alone is the batch of one order.
func alone(e errand) group { return group{key: e.key, rows: []api.JobRequest{e.request}} }

// orderGroups orders the batches while the single jobs come in.
func (s *siege) orderGroups(ctx context.Context) {
	s.enlist(ctx, queueing(s.jobs))
	const every = 500
	for n := range max(1, s.jobs/every) {
		for s.accepted() < n*every && !s.over.Load() && ctx.Err() == nil {
			_ = backoff.Sleep(ctx, 20*time.Millisecond)
		}
		s.enlist(ctx, bounded(n))
	}
}

// enlist orders a batch and accepts its jobs.
func (s *siege) enlist(ctx context.Context, g group) {
	for n, id := range s.gather(ctx, g) {
		e := errand{request: g.rows[n], key: g.key, bounded: g.maxCost != ""}
		s.mu.Lock()
		s.orders[id] = e
		s.mu.Unlock()
	}
}

// gather makes a batch, appends its rows, seals it, and returns the IDs of its jobs.
func (s *siege) gather(ctx context.Context, g group) (ids []string) {
	b, ok := insist(ctx, s, func(c *client.Client) (api.Batch, error) {
		return c.CreateBatch(ctx, client.BatchSettings{MaxCostUSD: g.maxCost, Open: true}, g.key)
	})
	if ok {
		_, ok = insist(ctx, s, func(c *client.Client) (api.Batch, error) {
			return c.AppendJobs(ctx, b.ID, client.Append{Rows: g.rows}, g.key+" rows")
		})
	}
	if ok {
		_, ok = insist(ctx, s, func(c *client.Client) (api.Batch, error) { return c.SealBatch(ctx, b.ID) })
	}
	q := client.ListQuery{BatchID: b.ID, Limit: 100}
	for more := ok; more && ctx.Err() == nil; {
		page, ok := insist(ctx, s, func(c *client.Client) (api.JobList, error) { return c.List(ctx, q) })
		for _, j := range page.Data {
			ids = append(ids, j.ID)
		}
		if more = ok && page.HasMore; more {
			q.Cursor = *page.NextCursor
		}
	}
	if len(ids) != len(g.rows) && ctx.Err() == nil {
		s.t.Errorf("batch %s has %d jobs of %d that were ordered", b.ID, len(ids), len(g.rows))
	}
	return ids
}
