package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"
)

// Cancel ends a job that has not ended. A call that is in flight goes on, and its image is kept.
// Canceling again changes nothing. It returns an [*Error] of kind ErrNotFound, ErrState for a job
// that succeeded or failed, or ErrUnavailable.
func (s *Submitter) Cancel(ctx context.Context, c Caller, id string) (Job, error) {
	j, err := s.find(ctx, c, id)
	if err != nil {
		return Job{}, err
	}
	j, err = s.Change(ctx, j, func(j *Job) error {
		switch j.Status {
		case Canceled:
			return ErrNoChange
		case Queued, Running:
			return endCanceled(j, s.Clock())
		}
		return ForbidLeased(*j, "canceled", "It has ended already.")
	})
	if err == nil && j.BatchID != "" {
		_ = s.CloseBatch(ctx, j.BatchID) // found by the sweep otherwise
	}
	return explain(j, err)
}

// Retry starts a new generation of a failed or canceled job: attempts and calls are counted anew, costs add
// up, and the deadline runs from now. Repeating it changes nothing. Errors are those of Cancel, and ErrBudget as of Submit.
func (s *Submitter) Retry(ctx context.Context, c Caller, id string) (Job, error) {
	j, err := s.find(ctx, c, id)
	if err != nil {
		return Job{}, err
	}
	ctx, cancel := detach(ctx)
	defer cancel()
	if j.BatchID != "" {
		r, err := newBatchRetry(ctx, s, Caller{Operator: true}, j.BatchID) // the job was found for its owner
		if err != nil {
			return Job{}, err
		}
		return r.one(ctx, j)
	}
	if j.Status == Failed || j.Status == Canceled {
		if err := s.checkDailyBudget(ctx, j); err != nil {
			return Job{}, err
		}
	}
	restarted, generation := false, j.Generation
	p := s.place(ctx, j.FlowKey(), s.Clock())
	if p.touch != nil {
		if err := s.Dispatcher.Touch(ctx, *p.touch); err != nil {
			return Job{}, Unavailable("The job could not be lined up.", err)
		}
	}
	j, err = s.Change(ctx, j, func(j *Job) error {
		restarted = false
		if again, err := retryable(*j); !again || j.Generation != generation {
			return cmp.Or(err, ErrNoChange) // a generation that has ended since was begun by this very request
		}
		restarted = true
		return restart(j, s.Clock(), p.put)
	})
	if err == nil && restarted {
		s.placed(ctx, p, j)
		j = p.shown(j, s.Clock())
	}
	return explain(j, err)
}

// retryable reports whether a job can begin again. Where it has, the error is ErrNoChange.
func retryable(j Job) (again bool, err error) {
	switch {
	case j.Deleting:
		return false, ForbidLeased(j, "retried", "It is being deleted.")
	case j.Status == Failed || j.Status == Canceled:
		return true, nil
	case j.Generation > 1 && !j.Status.Ended():
		return false, ErrNoChange
	}
	return false, ForbidLeased(j, "retried", "Only failed and canceled jobs can; submit a new job for another picture.")
}

// restart puts an ended job back to its beginning. Where the call of its last generation still runs, the new
// generation waits until that has ended: the image may come yet, and a second one would be paid for.
func restart(j *Job, now time.Time, place func(*Job, time.Time)) error {
	if err := j.Enter(Queued); err != nil {
		return err
	}
	j.Generation++
	j.Attempts, j.Calls, j.Delays, j.LostMessages, j.AmbiguousCalls, j.Throttles, j.Reach, j.StoreErrors = 0, 0, 0, 0, 0, 0, 0, 0
	j.Failure, j.RefusedSince, j.StartedAt, j.CompletedAt, j.Deadline = nil, nil, nil, nil, nil
	j.QueuedAt = now
	j.MessageNo++ // whatever message is still on its way belongs to the last generation
	if j.DeadlineSeconds > 0 {
		j.Deadline = new(now.Add(time.Duration(j.DeadlineSeconds) * time.Second))
	}
	if j.Lease != nil && now.Before(j.Lease.Until) {
		j.Waiting = &Waiting{Code: WaitPace, Message: "The call that was under way when the job was canceled has not ended; its picture is kept.", Until: j.Lease.Until}
		j.Enqueue(j.Lease.Until, now)
		return nil
	}
	j.Lease = nil
	place(j, now)
	return nil
}

// Delete removes a job: its images, its input image, then its record. A queued job is canceled first. The ID stays
// taken for 90 days, so that a key or a custom_id that is sent again does not pay again for what was deleted. It returns
// an [*Error] of kind ErrNotFound, ErrState while the job runs or a call for it may be under way, with the time to ask again,
// or ErrUnavailable; after the last, sending it again goes on where it stopped.
func (s *Submitter) Delete(ctx context.Context, c Caller, id string) error {
	j, err := s.find(ctx, c, id)
	if err != nil {
		return err
	}
	r := s.removal()
	r.KeepFor = RememberDeleted
	err = r.Remove(ctx, j, func(j *Job) error {
		switch {
		case j.Status == Running:
			return untilCalled(*j, "Cancel it first, or wait until it has ended.", s.Clock())
		case j.Leased(s.Clock()):
			return untilCalled(*j, fmt.Sprintf("The call that was under way when it was canceled has not ended. Send this again in a few seconds; after %s the call counts as lost.",
				j.Lease.Until.UTC().Format(time.TimeOnly+" UTC")), s.Clock())
		case j.Status == Queued:
			return j.End(Canceled, s.Clock())
		}
		return nil
	})
	if err == nil && j.BatchID != "" {
		_ = s.CloseBatch(ctx, j.BatchID) // found by the sweep otherwise
	}
	return err
}

// endCanceled ends a job. Where a call was begun and no worker holds the job, the worker may have died after it stored the image:
// an expired lease makes another worker look for it.
func endCanceled(j *Job, now time.Time) error {
	left := j.Status == Queued && j.Lease == nil && !Untouched(*j)
	if err := j.End(Canceled, now); err != nil || !left {
		return err
	}
	j.Lease, j.Due = &Lease{Until: now}, &now
	return nil
}

// End brings a job into a final state. The call of a canceled job may still run: its timer is the end of the lease, and a
// retry waits for what it brings.
func (j *Job) End(to Status, now time.Time) error {
	if err := j.Enter(to); err != nil {
		return err
	}
	j.CompletedAt, j.Waiting, j.InLine = &now, nil, false
	if to == Canceled && j.Lease != nil {
		j.Due = new(j.Lease.Until.Add(time.Minute))
		return nil
	}
	j.SettleLease()
	return nil
}

// Fail ends a job with a reason.
func (j *Job) Fail(f Failure, now time.Time) error {
	j.Failure = &f
	return j.End(Failed, now)
}

// ForbidLeased is the error for a request that the state of a job, or a call under way, stands against: of kind ErrState.
func ForbidLeased(j Job, verb, hint string) *Error {
	return &Error{
		Kind: ErrState, Code: "wrong_state",
		Message: fmt.Sprintf("Job %s is %s and cannot be %s. %s", j.ID, j.Status, verb, hint),
	}
}

// untilCalled refuses a deletion while a call is under way. A lease outlives its call by far, for the case that a worker dies:
// so the time to ask again is that of a usual call, and no later than the end of the lease.
func untilCalled(j Job, hint string, now time.Time) error {
	soon := UsualCall
	if j.Leased(now) {
		soon = min(soon, j.Lease.Until.Sub(now))
	}
	return wait(ForbidLeased(j, "deleted", hint), soon)
}

// wait says of an error when the same may succeed.
func wait(e *Error, d time.Duration) error {
	e.Wait = d
	return e
}

// explain gives the words for a change that did not come about.
func explain(j Job, err error) (Job, error) {
	var known *Error
	switch {
	case err == nil:
		return j, nil
	case errors.As(err, &known):
		return Job{}, err
	case errors.Is(err, ErrNotFound):
		return Job{}, NotFound(j.ID)
	}
	return Job{}, Unavailable("The job could not be changed.", err)
}

// LeaveCanceled lets an edit write a job that its batch's cancellation has made look canceled, with the image that a call
// may have left.
func LeaveCanceled(j *Job, found *Image) error {
	if j.Status != Canceled {
		return ErrNoChange
	}
	if found != nil {
		j.Add(*found)
	}
	return nil
}
