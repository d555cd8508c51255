package job

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"
)

// aside is a context for storing and finishing: what was paid for is kept even when the process is
// told to stop.
func (t *task) aside(ctx context.Context) (context.Context, context.CancelFunc) {
	d := t.Keep
	if d == 0 {
		d = keepTime
	}
	return context.WithTimeout(context.WithoutCancel(ctx), d)
}

// refuse decides what follows from a call that brought no picture.
func (t *task) refuse(ctx context.Context, j Job, began time.Time, err error) Outcome {
	call := &CallError{Class: Ambiguous, Code: CodeModel, Message: "The call broke off and may have been executed.", Cause: err}
	errors.As(err, &call)
	t.hear(j, began, call)
	t.report(ctx, j, call)
	t.unpaid = call.Class == Account || call.Class == NotExecuted || (call.Class == Rejected && !call.Charged)
	switch call.Class {
	case Rejected:
		return t.conclude(ctx, j, Failure{Code: call.Code, Message: call.Message}, func(j *Job) {
			if !call.Charged {
				j.giveBack()
			}
		})
	case Account:
		return t.denied(ctx, j, call)
	case NotExecuted:
		return t.putBack(ctx, j, Waiting{Code: call.Code, Message: call.Message, Until: t.now().Add(backoff(j.Delays))}, func(j *Job) {
			j.giveBack()
			j.Delays++
			j.Refused = nil
		})
	}
	return t.unsure(ctx, j, call)
}

// giveBack takes back the attempt and the call of a claim after which nothing was executed.
func (j *Job) giveBack() {
	j.Attempts--
	j.Calls--
	j.CostMicroUSD -= j.Price
}

// denied waits for somebody to mend the account. Nothing counts meanwhile.
func (t *task) denied(ctx context.Context, j Job, call *CallError) Outcome {
	return t.grace(ctx, j, call, t.now().Add(t.probe()), (*Job).giveBack)
}

// stay is the wait of a job whose model's breaker is open: no call was begun for it.
func (t *task) stay(ctx context.Context, j Job, call *CallError, until time.Time) Outcome {
	if call.Class == Account {
		return t.grace(ctx, j, call, until, func(*Job) {})
	}
	w := Waiting{Code: WaitOutage, Message: "The model failed several times in a row, so it is tried by one job at a time. This job was not sent to it meanwhile.", Until: until}
	return t.putBack(ctx, j, w, nil)
}

// grace puts a job back while its account is refused, and fails it once that has gone on too long.
func (t *task) grace(ctx context.Context, j Job, call *CallError, until time.Time, edit func(*Job)) Outcome {
	now := t.now()
	patience := accessGrace
	if j.BatchID != "" { // a batch waits until somebody has mended the account, or for its deadline
		patience = MaxDeadline * time.Second
	}
	if j.Refused != nil && now.Sub(*j.Refused) >= patience {
		return t.conclude(ctx, j, Failure{Code: CodeUnavailable, Message: call.Message, Retryable: true}, edit)
	}
	return t.putBack(ctx, j, Waiting{Code: call.Code, Message: call.Message, Until: until}, func(j *Job) {
		edit(j)
		if j.Refused == nil {
			j.Refused = &now
		}
	})
}

// unsure repeats a call that may have been paid for only while the job allows it.
func (t *task) unsure(ctx context.Context, j Job, call *CallError) Outcome {
	if j.Calls >= j.MaxCalls {
		f := Failure{Code: call.Code, Retryable: true, Message: call.Message + " No further call was made because max_model_calls is reached; a retry may cost again."}
		return t.conclude(ctx, j, f, func(j *Job) { j.Unsure++ })
	}
	return t.putBack(ctx, j, Waiting{Code: WaitOutage, Message: call.Message + " It is tried again.", Until: t.now().Add(backoff(j.Delays))}, func(j *Job) {
		j.Unsure++
		j.Delays++
		j.Refused = nil
	})
}

// backoff has full jitter, from 2 s to 2 minutes.
func backoff(n int) time.Duration { return rand.N(2*time.Second<<min(n, 6)) + time.Second/2 }

// conclude fails the job, if it is still this worker's.
func (t *task) conclude(ctx context.Context, j Job, f Failure, edit func(*Job)) Outcome {
	ctx, cancel := t.aside(ctx)
	defer cancel()
	_, err := t.change(ctx, j, func(j *Job) error {
		if !t.mine(*j) {
			return errLost
		}
		if edit != nil {
			edit(j)
		}
		return j.fail(f, t.now())
	})
	return t.ended(ctx, err)
}

func (t *task) pace(ctx context.Context, j Job, until time.Time) Outcome {
	return t.putBack(ctx, j, Waiting{Code: WaitPace, Message: "The model's next free slot is later.", Until: until}, nil)
}

// trouble waits for a store of our own, and gives up after some hours.
func (t *task) trouble(ctx context.Context, j Job, cause error) Outcome {
	t.report(ctx, j, cause)
	troubles := j.Troubles + 1
	edit := func(j *Job) {
		j.Troubles = troubles
		if t.unpaid {
			j.giveBack()
		}
	}
	if troubles > maxTroubles {
		return t.conclude(ctx, j, Failure{Code: CodeInternal, Message: "Easel's own store did not answer for too long. Look at the server's log, then retry.", Retryable: true}, edit)
	}
	w := Waiting{Code: WaitOutage, Message: "Easel's own store did not answer.", Until: t.now().Add(backoff(troubles - 1))}
	return t.putBack(ctx, j, w, edit)
}

func (t *task) report(ctx context.Context, j Job, err error) {
	if t.Report != nil {
		t.Report(ctx, j, err)
	}
}

// putBack is every wait: the record says queued and due then, a fresh message comes back at that time
// if it is near, and the old one is done with. So receive counts count crashes, not waiting.
func (t *task) putBack(ctx context.Context, j Job, w Waiting, edit func(*Job)) Outcome {
	ctx, cancel := t.aside(ctx)
	defer cancel()
	j, err := t.change(ctx, j, func(j *Job) error {
		if !t.mine(*j) {
			return errLost
		}
		t.count(j)
		if edit != nil {
			edit(j)
		}
		if j.Status == Running {
			if err := j.enter(Queued); err != nil {
				return err
			}
			j.Lease = nil
		}
		j.wait(w, t.now())
		return nil
	})
	if err == nil && j.Out {
		_ = t.deliver(ctx, t.Feed, j) // found by the sweep if the queue did not take it
	}
	return t.ended(ctx, err)
}

// count keeps in the record that the call was throttled. It is asked wherever such a call is settled.
func (t *task) count(j *Job) {
	if t.throttled {
		j.Throttles++
	}
}

// ended turns the end of a change into what becomes of the message. A job lost to another is the
// other's; one that changed is looked at again; where the store failed the message comes again later.
func (t *task) ended(ctx context.Context, err error) Outcome {
	switch {
	case errors.Is(err, errLost) && t.held:
		return t.leave(ctx)
	case err == nil || errors.Is(err, errLost) || errors.Is(err, ErrNotFound):
		return done
	case errors.Is(err, errStale):
		return hide(0)
	}
	return hide(troubled)
}

// leave settles a call whose job was canceled meanwhile: what was not executed does not cost, and a
// retry that waits for this call goes on.
func (t *task) leave(ctx context.Context) Outcome {
	ctx, cancel := t.aside(ctx)
	defer cancel()
	left := false
	j, err := t.load(ctx, t.seen.ID)
	if err != nil {
		return done
	}
	j, err = t.change(ctx, j, func(j *Job) error {
		left = t.same(*j) && j.Lease != nil && j.Lease.Token == t.token
		if !left {
			return errStop
		}
		j.Lease = nil
		t.count(j)
		if t.unpaid {
			j.refund(t.seen.Round)
		}
		if j.Status == Queued {
			j.send(t.now(), t.now())
		}
		return nil
	})
	if err == nil && left && j.Status == Queued {
		_ = t.deliver(ctx, t.Feed, j) // found by the sweep if the queue did not take it
	}
	return done
}

// refund takes back the price of a call, and the call itself if it was of the present round.
func (j *Job) refund(round int) {
	if j.Round == round {
		j.giveBack()
		return
	}
	j.CostMicroUSD -= j.Price
}
