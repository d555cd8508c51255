package job

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Cancel ends a job that has not ended. A call that is in flight goes on, and its picture is kept.
// Canceling again changes nothing. It returns an [*Error] of kind ErrNotFound, ErrState for a job
// that succeeded or failed, or ErrUnavailable.
func (s *Submitter) Cancel(ctx context.Context, c Caller, id string) (Job, error) {
	j, err := s.find(ctx, c, id)
	if err != nil {
		return Job{}, err
	}
	j, err = s.change(ctx, j, func(j *Job) error {
		switch j.Status {
		case Canceled:
			return errStop
		case Queued, Running:
			return j.end(Canceled, s.now())
		}
		return forbid(*j, "canceled", "It has ended already.")
	})
	return settle(j, err)
}

// Retry starts a new round of a failed or canceled job: attempts and calls are counted anew, costs add
// up, and the deadline runs from now. Repeating it changes nothing. Errors are those of Cancel.
func (s *Submitter) Retry(ctx context.Context, c Caller, id string) (Job, error) {
	j, err := s.find(ctx, c, id)
	if err != nil {
		return Job{}, err
	}
	ctx, cancel := detach(ctx)
	defer cancel()
	if j.BatchID != "" {
		return s.retryOf(ctx, j)
	}
	restarted := false
	j, err = s.change(ctx, j, func(j *Job) error {
		restarted = j.Status == Failed || j.Status == Canceled
		switch {
		case j.Deleting:
			return forbid(*j, "retried", "It is being deleted.")
		case restarted:
			if err := s.restart(j, s.now(), func(j *Job, now time.Time) { s.Feed.place(ctx, j, now) }); err != nil {
				return err
			}
			j.Stamp = newID() // names the reservation
			return s.reserve(ctx, j)
		case j.Round > 1 && !j.Status.Ended():
			return errStop
		}
		return forbid(*j, "retried", "Only failed and canceled jobs can; submit a new job for another picture.")
	})
	if err == nil && restarted && j.Out {
		_ = s.deliver(ctx, s.Feed, j) // found by the sweep if the queue did not take it
	}
	return settle(j, err)
}

// restart puts an ended job back to its beginning. Where the call of its last round still runs, the new
// round waits until that has ended: the picture may come yet, and a second one would be paid for.
func (s *Submitter) restart(j *Job, now time.Time, place func(*Job, time.Time)) error {
	if err := j.enter(Queued); err != nil {
		return err
	}
	j.Round++
	j.Attempts, j.Calls, j.Delays, j.Lost, j.Unsure, j.Throttles, j.Troubles = 0, 0, 0, 0, 0, 0, 0
	j.Failure, j.Refused, j.StartedAt, j.CompletedAt, j.Deadline = nil, nil, nil, nil, nil
	j.QueuedAt = now
	j.Sends++ // whatever message is still on its way belongs to the last round
	if j.DeadlineSeconds > 0 {
		j.Deadline = after(now, time.Duration(j.DeadlineSeconds)*time.Second)
	}
	if j.Lease != nil && now.Before(j.Lease.Until) {
		j.Waiting = &Waiting{Code: WaitPace, Message: "The call that was under way when the job was canceled has not ended; its picture is kept.", Until: j.Lease.Until}
		j.send(j.Lease.Until, now)
		return nil
	}
	j.Lease = nil
	place(j, now)
	return nil
}

// Delete removes a job: its pictures, its input image, then its record. A queued job is canceled first.
// It returns an [*Error] of kind ErrNotFound, ErrState while the job runs, or ErrUnavailable; after
// the last, sending it again goes on where it stopped.
func (s *Submitter) Delete(ctx context.Context, c Caller, id string) error {
	j, err := s.find(ctx, c, id)
	if err != nil {
		return err
	}
	err = s.removal().remove(ctx, j, func(now *Job) error {
		j = *now
		switch now.Status {
		case Running:
			return forbid(*now, "deleted", "Cancel it first, or wait until it has ended.")
		case Queued:
			return now.end(Canceled, s.now())
		}
		return nil
	})
	if err != nil || j.BatchID == "" || j.CostMicroUSD == 0 {
		return err
	}
	return s.bury(ctx, j)
}

// bury keeps in the batch what a deleted job cost. A job that was counted all the same when the batch had ended is no
// longer in its count.
func (s *Submitter) bury(ctx context.Context, j Job) error {
	b, err := s.loadBatch(ctx, j.BatchID)
	if err == nil {
		_, err = s.changeBatch(ctx, b, func(b *Batch) error {
			b.Removed += j.CostMicroUSD
			return nil
		})
	}
	if ignore(err) != nil {
		return unavailable("The job was deleted, but its batch could not be told.", err)
	}
	return nil
}

// end brings a job into a final state.
func (j *Job) end(to Status, now time.Time) error {
	if err := j.enter(to); err != nil {
		return err
	}
	j.CompletedAt = &now
	j.Waiting, j.Due, j.Out = nil, nil, false
	if to != Canceled { // the call of a canceled job may still run: a retry waits for what it brings
		j.Lease = nil
	}
	return nil
}

// fail ends a job with a reason.
func (j *Job) fail(f Failure, now time.Time) error {
	j.Failure = &f
	return j.end(Failed, now)
}

func forbid(j Job, verb, hint string) error {
	return &Error{
		Kind: ErrState, Code: "wrong_state",
		Message: fmt.Sprintf("Job %s is %s and cannot be %s. %s", j.ID, j.Status, verb, hint),
	}
}

// settle gives the words for a change that did not come about.
func settle(j Job, err error) (Job, error) {
	var known *Error
	switch {
	case err == nil:
		return j, nil
	case errors.As(err, &known):
		return Job{}, err
	case errors.Is(err, ErrNotFound):
		return Job{}, notFound(j.ID)
	}
	return Job{}, unavailable("The job could not be changed.", err)
}
