package worker

import (
	"context"
	"errors"

	"easel/shared/job"
)

// canceledWithBatch ends a job whose batch was canceled, or is being removed. The claim asks once more, in its own write.
func (t *task) canceledWithBatch(ctx context.Context, j job.Job) (out job.Outcome, stopped bool) {
	if j.BatchID == "" {
		return done, false
	}
	_, c, err := job.LoadBatch(ctx, t.Batches, j.BatchID)
	switch {
	case errors.Is(err, job.ErrNotFound):
		return done, true
	case err != nil:
		return t.retryStore(ctx, j, err), true
	}
	t.counters = &c
	if j.CancelNo >= c.CancelNo && !c.Has(job.Removing) {
		return done, false
	}
	return t.writeCanceled(ctx, j), true
}

// writeCanceled writes into the record of a job that no worker holds what its batch's cancellation has made of it. An
// image of an earlier call was looked for before.
func (t *task) writeCanceled(ctx context.Context, j job.Job) job.Outcome {
	ctx, cancel := t.detached(ctx)
	defer cancel()
	_, err := t.Amend(ctx, j, t.counters, func(j *job.Job, cancelNo int64) error {
		switch {
		case !t.same(*j) || j.CancelNo >= cancelNo || j.Leased(t.Clock()):
			return job.ErrNoChange
		case j.Status == job.Running: // its lease has ended
			j.SettleLease()
			return j.End(job.Canceled, t.Clock())
		case j.Status == job.Canceled && !j.Leased(t.Clock()):
			j.SettleLease()
			return nil
		}
		return job.ErrNoChange
	})
	if err == nil {
		t.closeNear(ctx)
	}
	return t.settle(err)
}

// checkMoney asks before a slot is reserved whether batch and day pay for a call. A job that waits for money of its batch
// or of another day goes back into its flow; one for which there is never enough fails.
func (t *task) checkMoney(ctx context.Context, j job.Job) (out job.Outcome, stopped bool) {
	if c := t.counters; c != nil && c.MaxCost > 0 && c.MaxCost-c.Cost < j.Price {
		if c.MaxCost-c.Cost+c.Charged < j.Price {
			return t.fail(ctx, j, job.OverMaxCost(*c, j.Price), nil), true
		}
		return t.joinLine(ctx, j, nil), true
	}
	if t.Budget == 0 {
		return done, false
	}
	if j.Price > t.Budget {
		return t.fail(ctx, j, job.OverBudgetForGood(t.Budget, j.Price), nil), true
	}
	now := t.Clock()
	spent, err := t.Days.Spent(ctx, j.Owner, job.DayOf(now, j.Simulated))
	switch {
	case err != nil:
		return t.retryStore(ctx, j, err), true
	case spent <= t.Budget-j.Price:
		return done, false
	}
	return t.joinLine(ctx, j, nil), true
}

// nearEnd is how few jobs of a batch are left where each end is followed by a look at the counters.
const nearEnd = 300

// closeNear notices the end of the batch, where the counters that were read say that it may be near. The batch's timer
// finds what this misses.
func (t *task) closeNear(ctx context.Context) {
	if c := t.counters; t.seen.BatchID != "" && (c == nil || c.Queued+c.Running <= nearEnd) {
		_ = t.CloseBatch(ctx, t.seen.BatchID) // found by the sweep otherwise
	}
}
