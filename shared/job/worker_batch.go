package job

import (
	"context"
	"errors"
)

// withdrawn ends a job whose batch was canceled. It is asked before a slot is taken, and again between the claim and the
// call: from then on the call goes on, and its picture is kept.
func (t *task) withdrawn(ctx context.Context, j Job) (out Outcome, stopped bool) {
	if j.BatchID == "" {
		return done, false
	}
	b, err := loadBatch(ctx, t.Batches, j.BatchID)
	switch {
	case errors.Is(err, ErrNotFound):
		return done, false
	case err != nil:
		t.unpaid = t.held
		return t.trouble(ctx, j, err), true
	case !b.covers(j):
		return done, false
	}
	return t.withdraw(ctx, j), true
}

// withdraw ends the job as canceled. Where it was claimed already the call, which was not begun, is given back.
func (t *task) withdraw(ctx context.Context, j Job) Outcome {
	ctx, cancel := t.aside(ctx)
	defer cancel()
	t.unpaid = t.held
	_, err := t.change(ctx, j, func(j *Job) error {
		if !t.mine(*j) {
			return errLost
		}
		if t.held {
			j.giveBack()
			j.Lease = nil
		}
		return j.end(Canceled, t.now())
	})
	return t.ended(ctx, err)
}
