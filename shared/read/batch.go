package read

import (
	"context"
	"errors"
	"slices"
	"time"

	"easel/shared/job"
)

// ShownBatch is a batch with what its counters tell.
type ShownBatch struct {
	Batch     job.Batch
	Counters  job.Counters
	Status    job.BatchStatus
	PerMinute float64    // images a minute, since the batch was made; 0: not known
	Ends      *time.Time // when the last job is made at the present pace and as the daily budget allows; nil: it has ended
}

// BatchFilter selects batches for a list.
type BatchFilter struct {
	Owner  string // whose, for operators alone; empty: the caller's own
	Limit  int    // 1..100
	Cursor string // of the page before; empty: the first page
}

// BatchPage is a part of a list of batches.
type BatchPage struct {
	Batches []ShownBatch
	Next    string // cursor of the next page; empty: this is the last
}

// Batch returns a batch as it is at this moment. It returns an [*Error] of kind ErrNotFound or ErrUnavailable.
func (r *Reader) Batch(ctx context.Context, c job.Caller, id string) (ShownBatch, error) {
	b, counters, err := job.FindBatch(ctx, r.BatchRecords, c, id, job.Present(r.Now))
	if err != nil {
		return ShownBatch{}, err
	}
	return r.ShowBatch(ctx, b, counters), nil
}

// WaitBatch returns the batch as soon as it has ended, and as it is when the time is over. Errors are those of Batch.
func (r *Reader) WaitBatch(ctx context.Context, c job.Caller, id string, d time.Duration) (shown ShownBatch, err error) {
	err = r.poll(ctx, d, func(ctx context.Context, _ bool) (bool, error) {
		shown, err = r.Batch(ctx, c, id)
		return shown.Status.Ended(), err
	})
	return shown, err
}

// ShowBatch says how a batch stands that the caller has in hand.
func (r *Reader) ShowBatch(ctx context.Context, b job.Batch, c job.Counters) ShownBatch {
	now := job.Present(r.Now)
	shown := ShownBatch{Batch: b, Counters: c, Status: statusOf(c)}
	until := now
	if c.Has(job.Ended) {
		until = c.At[job.Ended]
	}
	if took := until.Sub(b.CreatedAt); took >= time.Second {
		shown.PerMinute = float64(c.Sum()[job.Succeeded]) / took.Minutes()
	}
	if c.Queued+c.Running > 0 && r.Limiter != nil {
		shown.Ends = new(now.Truncate(time.Second).Add(r.remaining(ctx, b, c, now)))
	}
	return shown
}

// statusOf is the status of a batch by its counters.
func statusOf(c job.Counters) job.BatchStatus {
	switch {
	case c.Has(job.Removing):
		return job.BatchDeleting
	case c.Has(job.Stopped) && c.Over():
		return job.BatchCanceled
	case c.Has(job.Stopped):
		return job.BatchCanceling
	case c.Over():
		return job.BatchCompleted
	}
	return job.BatchRunning
}

// remaining is how long the jobs that have not ended take at the present pace, and as the daily budget pays for them.
func (r *Reader) remaining(ctx context.Context, b job.Batch, c job.Counters, now time.Time) (longest time.Duration) {
	for id, counts := range c.Models {
		if n := counts[job.Queued] + counts[job.Running]; n > 0 {
			longest = max(longest, r.turns(ctx, job.FlowKey{Model: id, Owner: b.Owner, BatchID: b.ID, CancelNo: c.CancelNo}, n, now))
		}
	}
	if r.Budget > 0 && c.Queued > 0 {
		price := max(1, c.Waiting/c.Queued)
		spent, err := r.Days.Spent(ctx, b.Owner, job.DayOf(now, b.Simulated))
		if err == nil {
			longest = max(longest, job.Fits(r.Budget, spent, c.Waiting-price, price, now).Sub(now))
		}
	}
	return longest + job.UsualCall
}

// turns is about how long it takes until the flow has had n turns, beside the others in the line.
func (r *Reader) turns(ctx context.Context, flow job.FlowKey, n int64, now time.Time) time.Duration {
	interval := r.Limiter.Interval(ctx, flow.Model, now)
	standing, f, err := r.Standings.Standing(ctx, flow)
	if err != nil {
		return time.Duration(n) * interval
	}
	return standing.Wait(f, n, interval)
}

// Batches returns the caller's batches, newest first. Errors are those of [Reader.List].
func (r *Reader) Batches(ctx context.Context, c job.Caller, f BatchFilter) (BatchPage, error) {
	list := Filter{Owner: f.Owner, Limit: f.Limit, Cursor: f.Cursor, BatchID: batchList}
	q, err := r.query(c, list)
	if err != nil {
		return BatchPage{}, err
	}
	found, counters, more, err := r.BatchIndex.ListBatches(ctx, q.Owner, q.After, f.Limit)
	if err != nil {
		return BatchPage{}, job.Unavailable("The list could not be read.", err)
	}
	now := job.Present(r.Now)
	page := BatchPage{}
	for n, b := range found {
		if !counters[n].Expired(now) {
			page.Batches = append(page.Batches, r.ShowBatch(ctx, b, counters[n]))
		}
	}
	if more != nil {
		page.Next = r.cursor(list, *more)
	}
	return page, nil
}

// within prepares a query within a batch. It notes the batch's counters as read, and asks for queued jobs too where some of
// them are canceled with their batch. It reports false for a batch that is not the owner's: where an index looks at a part
// of its jobs in one call, the cursor would tell of a job that the list does not show.
func (r *Reader) within(ctx context.Context, q *job.Query, read map[string]job.Counters) (theirs bool, err error) {
	if q.BatchID == "" {
		return true, nil
	}
	b, c, err := job.LoadBatch(ctx, r.BatchRecords, q.BatchID)
	switch {
	case errors.Is(err, job.ErrNotFound):
		return false, nil
	case err != nil:
		return false, job.Unavailable("The batch could not be read.", err)
	}
	read[q.BatchID] = c
	if c.Unwritten > 0 && slices.Contains(q.Statuses, job.Canceled) && !slices.Contains(q.Statuses, job.Queued) {
		q.Statuses = append(slices.Clone(q.Statuses), job.Queued)
	}
	return b.Owner == q.Owner, nil
}

// batchList stands for a batch in the cursors of the list of batches, so that those of jobs do not fit.
const batchList = "batches"

// find loads a job for a caller, as its batch makes it look. One that is being deleted is not found.
func (r *Reader) find(ctx context.Context, c job.Caller, id string) (job.Job, error) {
	j, err := job.FindJob(ctx, r.Records, c, id, job.Present(r.Now))
	if err == nil && j.Deleting {
		return job.Job{}, job.NotFound(id)
	}
	if err != nil || j.Status != job.Queued {
		return j, err
	}
	return r.newViews().show(ctx, j)
}
