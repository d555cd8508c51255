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
		return leaveCanceled(j, nil)
	case "retry":
		if again, err := retryable(*j); !again {
			return err
		}
		if j.Generation != a.generation && w.hasty != "retry" { // the write before this one had taken effect
			return errStop
		}
		j.CancelNo = cancelNo
		return (&Submitter{}).restart(j, now, func(j *Job, now time.Time) { j.Due = &now })
	}
	if j.Status.Ended() {
		return errStop
	}
	return j.end(Canceled, now)
}

// claim takes a job that waits, or one whose worker is gone, unless another was at work on it since this worker looked.
func (a *cancelProgress) claim(w *cancelWorld, j *Job, cancelNo int64) error {
	switch {
	case tokenOf(*j) == a.token:
		return errStop
	case j.Status.Ended() || tokenOf(*j) != a.saw:
		return errCancelLost
	case j.CancelNo < cancelNo && w.hasty != "claim":
		return errCancelLost
	}
	return Recorder{Now: w.now, Budget: w.budget}.beginCall(j, a.token, w.now())
}

// finish ends a job with an image, also one that lost its lease and waits again.
func (a *cancelProgress) finish(j *Job, now time.Time) error {
	mine := tokenOf(*j) == a.token
	switch {
	case j.Status == Queued:
		if err := j.enter(Running); err != nil {
			return err
		}
		return j.end(Succeeded, now)
	case !mine:
		return errCancelLost
	case j.Status == Running:
		return j.end(Succeeded, now)
	}
	j.settleLease()
	return nil
}

// giveUp ends the lease of a call that brought nothing. What was not executed is given back, whatever the job's state.
func (a *cancelProgress) giveUp(j *Job, cancelNo int64, now time.Time) error {
	if tokenOf(*j) != a.token {
		return errCancelLost
	}
	if a.op == "put back" {
		j.refund()
	}
	if j.Status != Running {
		j.settleLease()
		return nil
	}
	if a.op == "fail" {
		return j.fail(Failure{Code: CodeModel}, now)
	}
	return Recorder{Now: func() time.Time { return now }}.requeue(j, true, func(j *Job) { j.wait(Waiting{Until: now}, now) }, cancelNo)
}

// settleOther ends the lease of a worker that is gone. A running job waits again, also in a canceled batch: a look for its
// image comes first.
func (a *cancelProgress) settleOther(j *Job) error {
	if j.Lease == nil || tokenOf(*j) != a.saw {
		return errStop
	}
	if j.Status == Running {
		if err := j.enter(Queued); err != nil {
			return err
		}
	}
	j.settleLease()
	return nil
}
