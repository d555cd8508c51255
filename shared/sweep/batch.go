package sweep

import (
	"context"
	"errors"
	"slices"
	"time"

	"easel/shared/job"
)

// Figures of one run over the batches.
const (
	batchPage  = 100  // batches that are asked for at a time
	clearLimit = 1000 // jobs of a batch that are canceled or removed in one look
)

// batches looks at a page of the batches that are due: it writes cancellations into the records, seals what was left open,
// tells of ends, and removes what was deleted or has expired. A batch that one look is not enough for is looked at again
// after the others. more says whether to ask again.
func (s *Sweeper) batches(ctx context.Context, known *seen, over func() bool) (more bool, err error) {
	ids, err := s.BatchIndex.DueBatches(ctx, s.Clock(), known.limit(batchPage))
	if err != nil {
		return false, err
	}
	ids, more = known.fresh(ids, batchPage)
	goesOn := make([]bool, len(ids))
	err = job.Parallel(len(ids), sweepers, func(n int) (err error) {
		if over() {
			return nil // what is left is due at the next run too
		}
		goesOn[n], err = s.batch(ctx, ids[n], over)
		return err
	})
	for n, id := range ids {
		if goesOn[n] {
			delete(known.ids, id)
		}
	}
	return more, err
}

// batch does what a batch waits for, one thing at a time, and says when to look again: goesOn, at once.
func (s *Sweeper) batch(ctx context.Context, id string, over func() bool) (goesOn bool, err error) {
	b, c, err := s.Batches.GetBatch(ctx, id)
	switch {
	case err != nil:
		return false, job.IgnoreOvertaken(err)
	case c.When(job.Due) == nil || c.At[job.Due].After(s.Clock()): // the index is behind
		return false, nil
	case c.Has(job.Removing):
		return s.purge(ctx, c, over)
	case c.Unwritten > 0:
		n, failed := s.propagateCancel(ctx, c, over)
		if failed != nil {
			return false, errors.Join(failed, s.finishLook(ctx, b, c)) // a row that fails holds up no event
		}
		goesOn = n >= clearLimit
	case c.Expired(s.Clock()):
		return false, s.expireBatch(ctx, c)
	case !c.Has(job.Sealed) && !s.Clock().Before(c.At[job.Appended].Add(job.OpenTime)):
		c, err = s.SealBatch(ctx, c)
	}
	if err != nil {
		return false, job.IgnoreOvertaken(err)
	}
	return goesOn, s.finishLook(ctx, b, c)
}

// finishLook tells of an end that was not told yet, or sets the batch's timer again.
func (s *Sweeper) finishLook(ctx context.Context, b job.Batch, c job.Counters) error {
	ended := c.When(job.Ended)
	switch {
	case ended == nil && c.Over():
		return s.CloseBatch(ctx, c.BatchID)
	case ended != nil && !c.Told():
		return s.TellEnd(ctx, b, c)
	}
	return s.lookAgain(ctx, b, c)
}

// touchBatch touches the flows of a batch of which jobs wait, in case one has left the line.
func (s *Sweeper) touchBatch(ctx context.Context, b job.Batch, c job.Counters) error {
	var touches []job.Touch
	for id, counts := range c.Models {
		if counts[job.Queued] > 0 {
			flow := job.FlowKey{Model: id, Owner: b.Owner, BatchID: b.ID, CancelNo: c.CancelNo}
			touches = append(touches, job.Touch{FlowKey: flow, At: s.Clock()})
		}
	}
	return s.Dispatcher.Touch(ctx, touches...)
}

// lookAgain touches the flows of jobs that wait and sets the timer, unless another has set it since.
func (s *Sweeper) lookAgain(ctx context.Context, b job.Batch, c job.Counters) error {
	if c.Queued > 0 { // also while a cancellation before is written, which may take long
		if err := s.touchBatch(ctx, b, c); err != nil {
			return err
		}
	}
	now := s.Clock()
	d := job.Difference{BatchID: c.BatchID, If: job.Condition{Is: map[job.Instant]*time.Time{job.Due: c.When(job.Due), job.Removing: nil}}}
	switch {
	case c.Unwritten > clearLimit:
		d.Set = map[job.Instant]time.Time{job.Due: now}
	case c.Unwritten > 0: // rows that the index does not show yet, or whose image is looked for
		d.Set = map[job.Instant]time.Time{job.Due: now.Add(time.Second)}
	case c.Told() && c.Has(job.Expires):
		d.Set = map[job.Instant]time.Time{job.Due: c.At[job.Expires]}
	case c.Told():
		d.Clear, d.If.Written = []job.Instant{job.Due}, true
	case c.Queued > 0, c.Running == 0:
		d.Set = map[job.Instant]time.Time{job.Due: now.Add(job.BatchLook)}
	default:
		d.Set = map[job.Instant]time.Time{job.Due: now.Add(job.RunningLook)}
	}
	_, err := s.AmendCounters(ctx, d)
	return job.IgnoreOvertaken(err)
}

// propagateCancel writes the cancellation of a batch into the records of its jobs. Where a call was begun, its image is
// looked for first. It returns how many jobs it has found.
func (s *Sweeper) propagateCancel(ctx context.Context, c job.Counters, over func() bool) (n int, errs error) {
	q := job.Query{BatchID: c.BatchID, Statuses: []job.Status{job.Queued}, Limit: job.MaxTogether}
	for n < clearLimit && !over() {
		jobs, more, err := s.Index.List(ctx, q)
		if err != nil {
			return n, errors.Join(errs, err)
		}
		jobs = slices.DeleteFunc(jobs, func(j job.Job) bool { return !j.CanceledBy(c.CancelNo) })
		n += len(jobs)
		rest := job.Breather()
		errs = errors.Join(errs, s.endGroup(ctx, jobs, &c, job.LeaveCanceled))
		if more == nil {
			break
		}
		if q.After = more; c.Running > 0 && len(jobs) > 0 {
			rest(ctx) // writes of the calls that run come between
		}
	}
	return n, errs // the rest at the next look
}

// expireBatch begins to remove a batch whose time is over.
func (s *Sweeper) expireBatch(ctx context.Context, c job.Counters) error {
	now := s.Clock()
	_, err := s.AmendCounters(ctx, job.Difference{
		BatchID: c.BatchID, Set: map[job.Instant]time.Time{job.Removing: now, job.Due: now},
		If: job.Condition{Is: map[job.Instant]*time.Time{job.Ended: c.When(job.Ended), job.Removing: nil}},
	})
	return job.IgnoreOvertaken(err)
}
