package worker

import (
	"context"
	"errors"

	"easel/shared/job"
)

// admit ends or puts back a job that must not be called: canceled with its batch, past a limit, or without money.
func (t *task) admit(ctx context.Context) (out job.Outcome, stopped bool) {
	if out, stopped := t.canceledWithBatch(ctx); stopped {
		return out, true
	}
	if f := job.Exhausted(t.seen, t.Clock()); f != nil {
		return t.fail(ctx, *f, nil), true
	}
	return t.checkMoney(ctx)
}

// canceledWithBatch ends a job whose batch was canceled, or is being removed. The claim asks once more, in its own write.
func (t *task) canceledWithBatch(ctx context.Context) (out job.Outcome, stopped bool) {
	if t.seen.BatchID == "" {
		return done, false
	}
	_, c, err := job.LoadBatch(ctx, t.Batches, t.seen.BatchID)
	switch {
	case errors.Is(err, job.ErrNotFound):
		return done, true
	case err != nil:
		return t.retryStore(ctx, err), true
	}
	t.counters = &c
	if !t.seen.FlowKey().CanceledBy(c.CancelNo) && !c.Has(job.Removing) {
		return done, false
	}
	return t.writeCanceled(ctx), true
}

// checkMoney asks before a slot is reserved whether batch and day pay for a call. A job that waits for money of its batch
// or of another day goes back into its flow; one for which there is never enough fails.
func (t *task) checkMoney(ctx context.Context) (out job.Outcome, stopped bool) {
	price := t.seen.Price
	if c := t.counters; c != nil && c.MaxCost > 0 && c.MaxCost-c.Cost < price {
		if c.MaxCost-c.Cost+c.Charged < price {
			return t.fail(ctx, job.OverMaxCost(*c, price), nil), true
		}
		return t.joinLine(ctx), true
	}
	if t.Budget == 0 {
		return done, false
	}
	if price > t.Budget {
		return t.fail(ctx, job.OverBudgetForGood(t.Budget, price), nil), true
	}
	spent, err := t.Days.Spent(ctx, t.seen.Owner, job.DayOf(t.Clock(), t.seen.Simulated))
	switch {
	case err != nil:
		return t.retryStore(ctx, err), true
	case spent <= t.Budget-price:
		return done, false
	}
	return t.joinLine(ctx), true
}
