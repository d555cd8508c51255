package bulk

import (
	"context"
	"encoding/json"
	"iter"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/job"
	"easel/shared/usd"
)

// remoteBatch is the batch on the server. A call that gets no answer is repeated.
type remoteBatch struct {
	api.Batch // as it was when the run began
	retrier
}

// load gets the batch by its ID.
func (b *remoteBatch) load(ctx context.Context, id string) (err error) {
	b.Batch, err = persisted(ctx, &b.retrier, func() (api.Batch, error) { return b.run.Client.Batch(ctx, id, 0) })
	return err
}

// get returns one job by its ID.
func (b *remoteBatch) get(ctx context.Context, id string) (api.Job, error) {
	return persisted(ctx, &b.retrier, func() (api.Job, error) { return b.run.Client.Get(ctx, id, 0) })
}

// unmade are the jobs of the batch that wait or run.
func (b *remoteBatch) unmade(ctx context.Context) iter.Seq2[api.Job, error] {
	return b.jobs(ctx, string(job.Queued), string(job.Running))
}

// jobs are those of the batch in some states.
func (b *remoteBatch) jobs(ctx context.Context, statuses ...string) iter.Seq2[api.Job, error] {
	return func(yield func(api.Job, error) bool) {
		q := client.ListQuery{BatchID: b.ID, Status: statuses, Limit: pageJobs}
		for more := true; more; {
			list, err := persisted(ctx, &b.retrier, func() (api.JobList, error) { return b.run.Client.List(ctx, q) })
			if err != nil {
				yield(api.Job{}, err)
				return
			}
			for _, j := range list.Data {
				if !yield(j, nil) {
					return
				}
			}
			if more = list.HasMore && list.NextCursor != nil; more {
				q.Cursor = *list.NextCursor
			}
		}
	}
}

// has reports whether the batch has such a bound. It cannot be given another.
func (b *remoteBatch) has(maxCost json.Number) bool {
	if b.Cost.MaxUSD == nil {
		return maxCost == ""
	}
	return amount(*b.Cost.MaxUSD) == amount(maxCost)
}

// bounded reports whether the server keeps the batch within a bound of so much by itself.
func (b *remoteBatch) bounded(most int64) bool {
	return b.Cost.MaxUSD != nil && amount(*b.Cost.MaxUSD) <= most
}

// spent is what the batch has cost, and what its jobs cost that wait and are not replaced.
func (b *remoteBatch) spent(replacedCost int64) int64 {
	return amount(b.Cost.ListUSD) + max(0, amount(b.Cost.WaitingUSD)-replacedCost)
}

// amount is what the server tells of, in micro-dollars; 0 where it tells nothing.
func amount(told json.Number) int64 {
	n, _ := usd.Parse(told.String()) // the server's own are well-formed
	return n
}
