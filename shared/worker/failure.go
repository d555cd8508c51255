package worker

import (
	"context"
	"errors"
	"time"

	"easel/shared/job"
	"easel/shared/request"
)

// detached is a context for storing and finishing: what was paid for is kept even when the process is
// told to stop.
func (t *task) detached(ctx context.Context) (context.Context, context.CancelFunc) {
	d := t.Keep
	if d == 0 {
		d = keepTime
	}
	return context.WithTimeout(context.WithoutCancel(ctx), d)
}

// handleCallError decides what follows from a call that brought no picture.
func (t *task) handleCallError(ctx context.Context, j job.Job, began time.Time, err error) job.Outcome {
	call := &job.CallError{Class: job.Ambiguous, Code: job.CodeModel, Message: "The call broke off and may have been executed.", Cause: err}
	errors.As(err, &call)
	t.hear(j, began, call)
	t.report(ctx, j, call)
	t.unpaid = call.Class == job.Account || call.Class == job.NotExecuted || (call.Class == job.Rejected && !call.Charged)
	switch call.Class {
	case job.Rejected:
		return t.fail(ctx, j, job.Failure{Code: call.Code, Message: call.Message}, func(j *job.Job) {
			if !call.Charged {
				j.GiveBack()
			}
		})
	case job.Account:
		return t.waitForAccess(ctx, j, call)
	case job.NotExecuted:
		return t.putBack(ctx, j, job.Waiting{Code: call.Code, Message: call.Message, Until: t.Clock().Add(t.backoff(j.Delays))}, func(j *job.Job) {
			j.GiveBack()
			j.Delays++
			j.RefusedSince = nil
		})
	}
	return t.retryAmbiguous(ctx, j, call)
}

// waitForAccess waits until the account is mended. Nothing counts meanwhile.
func (t *task) waitForAccess(ctx context.Context, j job.Job, call *job.CallError) job.Outcome {
	return t.accessGrace(ctx, j, call, t.Clock().Add(t.probe()), (*job.Job).GiveBack)
}

// waitForBreaker is the wait of a job whose model's breaker is open: no call was begun for it.
func (t *task) waitForBreaker(ctx context.Context, j job.Job, call *job.CallError, until time.Time) job.Outcome {
	if call.Class == job.Account {
		return t.accessGrace(ctx, j, call, until, func(*job.Job) {})
	}
	return t.putBack(ctx, j, call.Waiting(until), nil)
}

// accessGrace puts a job back while its account is refused, and fails it once that has gone on too long.
func (t *task) accessGrace(ctx context.Context, j job.Job, call *job.CallError, until time.Time, edit func(*job.Job)) job.Outcome {
	now := t.Clock()
	patience := job.AccessGrace
	if j.BatchID != "" { // a batch waits until the account is mended, or for its deadline
		patience = request.MaxDeadline * time.Second
	}
	if j.RefusedSince != nil && now.Sub(*j.RefusedSince) >= patience {
		return t.fail(ctx, j, call.Failure(), edit)
	}
	return t.putBack(ctx, j, call.Waiting(until), func(j *job.Job) {
		edit(j)
		if j.RefusedSince == nil {
			j.RefusedSince = &now
		}
	})
}

// retryAmbiguous repeats a call that may have been paid for only while the job allows it.
func (t *task) retryAmbiguous(ctx context.Context, j job.Job, call *job.CallError) job.Outcome {
	if j.Calls >= j.MaxCalls {
		f := job.Failure{Code: call.Code, Retryable: true, Message: call.Message + " No further call was made because max_model_calls is reached; a retry may cost again."}
		return t.fail(ctx, j, f, func(j *job.Job) { j.AmbiguousCalls++ })
	}
	return t.putBack(ctx, j, job.Waiting{Code: job.WaitOutage, Message: call.Message + " It is tried again.", Until: t.Clock().Add(t.backoff(j.Delays))}, func(j *job.Job) {
		j.AmbiguousCalls++
		j.Delays++
		j.RefusedSince = nil
	})
}

// backoff has full jitter, from 2 s to 2 minutes.
func (t *task) backoff(n int) time.Duration {
	return t.Jitter(2*time.Second<<min(n, 6)) + time.Second/2
}

// fail ends the job with a reason, if it is still this worker's.
func (t *task) fail(ctx context.Context, j job.Job, f job.Failure, edit func(*job.Job)) job.Outcome {
	ctx, cancel := t.detached(ctx)
	defer cancel()
	_, err := t.insist(ctx, j, func(j *job.Job, _ int64) error {
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

func (t *task) pace(ctx context.Context, j job.Job, until time.Time) job.Outcome {
	return t.putBack(ctx, j, job.Waiting{Code: job.WaitPace, Message: "The model's next free slot is later.", Until: until}, nil)
}

// retryStore waits for a store of our own, and gives up after some hours.
func (t *task) retryStore(ctx context.Context, j job.Job, cause error) job.Outcome {
	t.report(ctx, j, cause)
	troubles := j.StoreErrors + 1
	edit := func(j *job.Job) {
		j.StoreErrors = troubles
		if t.unpaid {
			j.GiveBack()
		}
	}
	if troubles > maxTroubles {
		return t.fail(ctx, j, job.Failure{Code: job.CodeInternal, Message: "Easel's own store did not answer for too long. Look at the server's log, then retry.", Retryable: true}, edit)
	}
	w := job.Waiting{Code: job.WaitOutage, Message: "Easel's own store did not answer.", Until: t.Clock().Add(t.backoff(troubles - 1))}
	return t.putBack(ctx, j, w, edit)
}

func (t *task) report(ctx context.Context, j job.Job, err error) {
	if t.Report != nil {
		t.Report(ctx, j, err)
	}
}

// putBack is every wait of a job that has had its turn: the record says queued, a fresh message comes back at that time or
// as late as the queue can delay it, and the old one is done with. So receive counts count crashes, not waiting.
func (t *task) putBack(ctx context.Context, j job.Job, w job.Waiting, edit func(*job.Job)) job.Outcome {
	return t.requeueWith(ctx, j, func(j *job.Job) { j.Wait(w, t.Clock()) }, edit)
}

// joinLine puts a job that is not paid for at present back into its flow: it takes no turn until it is.
func (t *task) joinLine(ctx context.Context, j job.Job, edit func(*job.Job)) job.Outcome {
	detached, cancel := t.detached(ctx)
	defer cancel()
	if err := t.Dispatcher.Touch(detached, job.Touch{FlowKey: j.FlowKey(), At: t.Clock(), Waiting: 1}); err != nil {
		return t.retryStore(ctx, j, err)
	}
	return t.requeueWith(ctx, j, func(j *job.Job) { j.JoinLine(t.Clock()) }, edit)
}

func (t *task) requeueWith(ctx context.Context, j job.Job, place, edit func(*job.Job)) job.Outcome {
	ctx, cancel := t.detached(ctx)
	defer cancel()
	j, err := t.insist(ctx, j, func(j *job.Job, cancelNo int64) error {
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
		out, _ := t.canceledWithBatch(ctx, t.seen) // its batch may have been canceled since
		return out
	}
	return t.settle(err)
}

func (t *task) settle(err error) job.Outcome {
	switch {
	case err == nil || errors.Is(err, errLost) || errors.Is(err, job.ErrNotFound):
		return done
	case errors.Is(err, errStale):
		return retryAfter(0)
	}
	return retryAfter(troubled)
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
	left := false
	j, err = t.insist(ctx, j, func(j *job.Job, _ int64) error {
		left = t.same(*j) && j.Lease != nil && j.Lease.Token == t.token
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
