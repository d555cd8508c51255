package worker

import (
	"context"
	"errors"
	"time"

	"easel/shared/job"
	"easel/shared/request"
)

// handleCallError decides what follows from a call that brought no picture.
func (c *call) handleCallError(ctx context.Context, err error) job.Outcome {
	refused := &job.CallError{Class: job.Ambiguous, Code: job.CodeModel, Message: "The call broke off and may have been executed.", Cause: err}
	errors.As(err, &refused)
	c.hear(refused)
	c.report(ctx, c.last, refused)
	c.unpaid = refused.Class == job.Account || refused.Class == job.NotExecuted || (refused.Class == job.Rejected && !refused.Charged)
	switch refused.Class {
	case job.Rejected:
		return c.fail(ctx, job.Failure{Code: refused.Code, Message: refused.Message}, func(j *job.Job) {
			if !refused.Charged {
				j.GiveBack()
			}
		})
	case job.Account:
		return c.accessGrace(ctx, refused, c.Clock().Add(c.probe()), (*job.Job).GiveBack) // nothing counts meanwhile
	case job.NotExecuted:
		return c.putBack(ctx, job.Waiting{Code: refused.Code, Message: refused.Message, Until: c.Clock().Add(c.backoff(c.last.Delays))}, func(j *job.Job) {
			j.GiveBack()
			j.Delays++
			j.RefusedSince = nil
		})
	}
	return c.retryAmbiguous(ctx, refused)
}

// retryAmbiguous repeats a call that may have been paid for only while the job allows it.
func (c *call) retryAmbiguous(ctx context.Context, refused *job.CallError) job.Outcome {
	if c.last.Calls >= c.last.MaxCalls {
		f := job.Failure{Code: refused.Code, Retryable: true, Message: refused.Message + " No further call was made because max_model_calls is reached; a retry may cost again."}
		return c.fail(ctx, f, func(j *job.Job) { j.AmbiguousCalls++ })
	}
	return c.putBack(ctx, job.Waiting{Code: job.WaitOutage, Message: refused.Message + " It is tried again.", Until: c.Clock().Add(c.backoff(c.last.Delays))}, func(j *job.Job) {
		j.AmbiguousCalls++
		j.Delays++
		j.RefusedSince = nil
	})
}

// waitForBreaker is the wait of a job whose model's breaker is open: no call was begun for it.
func (t *task) waitForBreaker(ctx context.Context, refused *job.CallError, until time.Time) job.Outcome {
	if refused.Class == job.Account {
		return t.accessGrace(ctx, refused, until, func(*job.Job) {})
	}
	return t.putBack(ctx, refused.Waiting(until), nil)
}

// accessGrace puts a job back while its account is refused, and fails it once that has gone on too long.
func (t *task) accessGrace(ctx context.Context, refused *job.CallError, until time.Time, edit func(*job.Job)) job.Outcome {
	now := t.Clock()
	patience := job.AccessGrace
	if t.seen.BatchID != "" { // a batch waits until the account is mended, or for its deadline
		patience = request.MaxDeadline * time.Second
	}
	if since := t.last.RefusedSince; since != nil && now.Sub(*since) >= patience {
		return t.fail(ctx, refused.Failure(), edit)
	}
	return t.putBack(ctx, refused.Waiting(until), func(j *job.Job) {
		edit(j)
		if j.RefusedSince == nil {
			j.RefusedSince = &now
		}
	})
}

// backoff has full jitter, from 2 s to 2 minutes.
func (w *Worker) backoff(n int) time.Duration {
	return w.Jitter(2*time.Second<<min(n, 6)) + time.Second/2
}

// fail ends the job with a reason, if it is still this worker's.
func (t *task) fail(ctx context.Context, f job.Failure, edit func(*job.Job)) job.Outcome {
	ctx, cancel := t.detached(ctx)
	defer cancel()
	_, err := t.insist(ctx, func(j *job.Job, _ int64) error {
		if !t.mine(*j) {
			return errLost
		}
		if edit != nil {
			edit(j)
		}
		return j.Fail(f, t.Clock())
	})
	if err == nil {
		t.closeNear(ctx)
	}
	return t.outcome(ctx, err)
}

func (t *task) pace(ctx context.Context, until time.Time) job.Outcome {
	return t.putBack(ctx, job.Waiting{Code: job.WaitPace, Message: "The model's next free slot is later.", Until: until}, nil)
}

// retryStore waits for a store of our own, and gives up after some hours.
func (t *task) retryStore(ctx context.Context, cause error) job.Outcome {
	t.report(ctx, t.last, cause)
	troubles := t.last.StoreErrors + 1
	edit := func(j *job.Job) {
		j.StoreErrors = troubles
		if t.unpaid {
			j.GiveBack()
		}
	}
	if troubles > maxTroubles {
		return t.fail(ctx, job.Failure{Code: job.CodeInternal, Message: "Easel's own store did not answer for too long. Look at the server's log, then retry.", Retryable: true}, edit)
	}
	w := job.Waiting{Code: job.WaitOutage, Message: "Easel's own store did not answer.", Until: t.Clock().Add(t.backoff(troubles - 1))}
	return t.putBack(ctx, w, edit)
}

func (w *Worker) report(ctx context.Context, j job.Job, err error) {
	if w.Report != nil {
		w.Report(ctx, j, err)
	}
}

// putBack is every wait of a job that has had its turn: the record says queued, a fresh message comes back at that time or
// as late as the queue can delay it, and the old one is done with. So receive counts count crashes, not waiting.
func (t *task) putBack(ctx context.Context, w job.Waiting, edit func(*job.Job)) job.Outcome {
	return t.requeue(ctx, func(j *job.Job) { j.Wait(w, t.Clock()) }, edit)
}

// joinLine puts a job that is not paid for at present back into its flow: it takes no turn until it is.
func (t *task) joinLine(ctx context.Context) job.Outcome {
	detached, cancel := t.detached(ctx)
	defer cancel()
	if err := t.Dispatcher.Touch(detached, job.Touch{FlowKey: t.seen.FlowKey(), At: t.Clock(), Waiting: 1}); err != nil {
		return t.retryStore(ctx, err)
	}
	return t.requeue(ctx, func(j *job.Job) { j.JoinLine(t.Clock()) }, nil)
}

func (t *task) requeue(ctx context.Context, place, edit func(*job.Job)) job.Outcome {
	ctx, cancel := t.detached(ctx)
	defer cancel()
	j, err := t.insist(ctx, func(j *job.Job, cancelNo int64) error {
		if !t.mine(*j) {
			return errLost
		}
		t.count(j)
		if edit != nil {
			edit(j)
		}
		return t.Requeue(j, t.held, place, cancelNo)
	})
	switch {
	case err != nil:
	case j.Status == job.Canceled:
		t.closeNear(ctx)
	case j.Enqueued:
		_ = t.Deliver(ctx, t.Dispatcher, j) // found by the sweep if the queue did not take it
	}
	return t.outcome(ctx, err)
}

// count keeps in the record that the call was throttled. It is asked wherever such a call is settled.
func (t *task) count(j *job.Job) {
	if t.throttled {
		j.Throttles++
	}
}

// outcome turns the end of a change into what becomes of the message. A job lost to another is the
// other's; one that changed is looked at again; where the store failed the message comes again later.
func (t *task) outcome(ctx context.Context, err error) job.Outcome {
	switch {
	case errors.Is(err, errLost) && t.held:
		return t.releaseCanceled(ctx)
	case errors.Is(err, errLost):
		out, _ := t.canceledWithBatch(ctx) // its batch may have been canceled since
		return out
	}
	return outcomeOf(err)
}

// releaseCanceled settles a call whose job was canceled meanwhile: what was not executed does not cost, and a
// retry that waits for this call goes on.
func (t *task) releaseCanceled(ctx context.Context) job.Outcome {
	ctx, cancel := t.detached(ctx)
	defer cancel()
	j, err := t.Load(ctx, t.seen.ID)
	if err != nil {
		return done
	}
	t.last = j
	left := false
	j, err = t.insist(ctx, func(j *job.Job, _ int64) error {
		left = t.same(*j) && t.holds(*j)
		if !left {
			return job.ErrNoChange
		}
		t.count(j)
		t.release(j)
		return nil
	})
	if err == nil && left && j.Status == job.Queued {
		_ = t.Deliver(ctx, t.Dispatcher, j) // found by the sweep if the queue did not take it
	}
	return done
}

// release ends the lease of a call for which the job has not waited. The call itself counts only in the generation that
// began it.
func (t *task) release(j *job.Job) {
	switch {
	case t.unpaid && j.Generation == t.seen.Generation:
		j.GiveBack()
	case t.unpaid:
		j.Refund()
	}
	j.SettleLease()
	if j.Status == job.Queued {
		j.Enqueue(t.Clock(), t.Clock())
	}
}
