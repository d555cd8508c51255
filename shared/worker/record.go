package worker

import (
	"context"
	"errors"

	"easel/shared/backoff"
	"easel/shared/job"
)

// record is what one delivery knows of its job's record. It says which writes of this delivery still count.
type record struct {
	*Worker
	seen     job.Job       // the job as it was when it was looked at
	last     job.Job       // the job as this delivery has read or written it last
	counters *job.Counters // of its batch, as they were then; nil: it has none
	token    string        // of the lease that a claim takes
	held     bool          // whether it was taken: from then on only the lease counts
}

// same reports whether the record is still of the job that was looked at: a deleted one may come again
// under its ID.
func (r *record) same(j job.Job) bool { return j.CreatedAt.Equal(r.seen.CreatedAt) && !j.Deleting }

// holds reports whether the lease in the record is this worker's.
func (r *record) holds(j job.Job) bool { return j.Lease != nil && j.Lease.Token == r.token }

// mine reports whether this worker may decide about the job. A retry raises the number of messages, so
// the worker of an earlier round cannot. Once it has taken the job only its lease
// counts; before that, the delivery does, until a newer message is sent or another worker holds a live lease.
func (r *record) mine(j job.Job) bool {
	if j.Status.Ended() || !r.same(j) || j.MessageNo != r.seen.MessageNo {
		return false
	}
	if r.held {
		return j.Status == job.Running && r.holds(j)
	}
	return !j.Live(r.Clock()) || r.holds(j)
}

// insist writes what a call has come to, again until the context ends: the call was paid for, or has to be given back.
func (r *record) insist(ctx context.Context, edit func(*job.Job, int64) error) (now job.Job, err error) {
	for n := 0; ; n++ {
		now, err = r.Amend(ctx, r.last, r.counters, edit)
		if err == nil || errors.Is(err, errLost) || errors.Is(err, job.ErrNotFound) || !backoff.Pause(ctx, n) {
			return now, err
		}
	}
}

// writeCanceled writes into the record of a job that no worker holds what its batch's cancellation has made of it. An
// image of an earlier call was looked for before.
func (r *record) writeCanceled(ctx context.Context) job.Outcome {
	ctx, cancel := r.detached(ctx)
	defer cancel()
	_, err := r.Amend(ctx, r.seen, r.counters, func(j *job.Job, cancelNo int64) error {
		switch {
		case !r.same(*j) || !j.FlowKey().CanceledBy(cancelNo) || j.Leased(r.Clock()):
			return job.ErrNoChange
		case j.Status == job.Running: // its lease has ended
			j.SettleLease()
			return j.End(job.Canceled, r.Clock())
		case j.Status == job.Canceled:
			j.SettleLease()
			return nil
		}
		return job.ErrNoChange
	})
	if err == nil {
		r.closeNear(ctx)
	}
	return outcomeOf(err)
}

// nearEnd is how few jobs of a batch are left where each end is followed by a look at the counters.
const nearEnd = 300

// closeNear notices the end of the batch, where the counters that were read say that it may be near. The batch's timer
// finds what this misses.
func (r *record) closeNear(ctx context.Context) {
	if c := r.counters; r.seen.BatchID != "" && (c == nil || c.Queued+c.Running <= nearEnd) {
		_ = r.CloseBatch(ctx, r.seen.BatchID) // found by the sweep otherwise
	}
}

// outcomeOf turns the end of a change into what becomes of the message.
func outcomeOf(err error) job.Outcome {
	switch {
	case err == nil || errors.Is(err, errLost) || errors.Is(err, job.ErrNotFound):
		return done
	case errors.Is(err, errStale):
		return retryAfter(0)
	}
	return retryAfter(troubled)
}
