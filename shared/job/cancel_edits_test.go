//go:build !race

package job

import (
	"errors"
	"time"
)

// errCancelLost is what an actor meets that is too late.
var errCancelLost = errors.New("the job is another's")

// edit is what an actor does to a job, with the cancel number under which it is written.
func (a *cancelProgress) edit(w *cancelWorld, j *Job, cancelNo int64) error {
	now := w.now()
	switch a.op {
	case "claim":
		return a.claim(w, j, cancelNo)
	case "finish":
		return a.finish(j, now)
	case "fail", "put back":
		return a.giveUp(j, cancelNo, now)
	case "settle the lease of":
		return a.settleOther(j)
	case "propagate the cancel to":
		return LeaveCanceled(j, nil)
	case "retry":
		if again, err := retryable(*j); !again {
			return err
		}
		if j.Generation != a.generation && w.hasty != "retry" { // the write before this one had taken effect
			return ErrNoChange
		}
		j.CancelNo = cancelNo
		return restart(j, now, func(j *Job, now time.Time) { j.Due = &now })
	}
	if j.Status.Ended() {
		return ErrNoChange
	}
	return j.End(Canceled, now)
}

// claim takes a job that waits, or one whose worker is gone, unless another was at work on it since this worker looked.
func (a *cancelProgress) claim(w *cancelWorld, j *Job, cancelNo int64) error {
	switch {
	case tokenOf(*j) == a.token:
		return ErrNoChange
	case j.Status.Ended() || tokenOf(*j) != a.saw:
		return errCancelLost
	case j.CancelNo < cancelNo && w.hasty != "claim":
		return errCancelLost
	}
	return Recorder{Now: w.now, Budget: w.budget}.BeginCall(j, a.token, w.now())
}

// finish ends a job with an image, also one that lost its lease and waits again.
func (a *cancelProgress) finish(j *Job, now time.Time) error {
	mine := tokenOf(*j) == a.token
	switch {
	case j.Status == Queued:
		if err := j.Enter(Running); err != nil {
			return err
		}
		return j.End(Succeeded, now)
	case !mine:
		return errCancelLost
	case j.Status == Running:
		return j.End(Succeeded, now)
	}
	j.SettleLease()
	return nil
}

// giveUp ends the lease of a call that brought nothing. What was not executed is given back, whatever the job's state.
func (a *cancelProgress) giveUp(j *Job, cancelNo int64, now time.Time) error {
	if tokenOf(*j) != a.token {
		return errCancelLost
	}
	if a.op == "put back" {
		j.Refund()
	}
	if j.Status != Running {
		j.SettleLease()
		return nil
	}
	if a.op == "fail" {
		return j.Fail(Failure{Code: CodeModel}, now)
	}
	return Recorder{Now: func() time.Time { return now }}.Requeue(j, true, func(j *Job) { j.Wait(Waiting{Until: now}, now) }, cancelNo)
}

// settleOther ends the lease of a worker that is gone. A running job waits again, also in a canceled batch: a look for its
// image comes first.
func (a *cancelProgress) settleOther(j *Job) error {
	if j.Lease == nil || tokenOf(*j) != a.saw {
		return ErrNoChange
	}
	if j.Status == Running {
		if err := j.Enter(Queued); err != nil {
			return err
		}
	}
	j.SettleLease()
	return nil
}
