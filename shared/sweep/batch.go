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
func (r *sweepRun) batches(ctx context.Context, known *seen) (more bool, err error) {
	ids, err := r.BatchIndex.DueBatches(ctx, r.Clock(), known.limit(batchPage))
	if err != nil {
		return false, err
	}
	ids, more = known.fresh(ids, batchPage)
	goesOn := make([]bool, len(ids))
	err = job.Parallel(len(ids), sweepers, func(n int) (err error) {
		if r.over() {
			return nil // what is left is due at the next run too
		}
		goesOn[n], err = r.batch(ctx, ids[n])
		return err
	})
	for n, id := range ids {
		if goesOn[n] {
			delete(known.ids, id)
		}
	}
	return more, err
}

// batchLook is one look at a batch that is due.
type batchLook struct {
	*sweepRun
	b job.Batch
	c job.Counters
}

// batch does what a batch waits for, one thing at a time, and says when to look again: goesOn, at once.
func (r *sweepRun) batch(ctx context.Context, id string) (goesOn bool, err error) {
	b, c, err := r.Batches.GetBatch(ctx, id)
	l := &batchLook{r, b, c}
	switch {
	case err != nil:
		return false, job.IgnoreOvertaken(err)
	case c.When(job.Due) == nil || c.At[job.Due].After(r.Clock()): // the index is behind
		return false, nil
	case c.Has(job.Removing):
		return l.purge(ctx)
	case c.Unwritten > 0:
		n, failed := l.propagateCancel(ctx)
		if failed != nil {
			return false, errors.Join(failed, l.finish(ctx)) // a row that fails holds up no event
		}
		goesOn = n >= clearLimit
	case c.Expired(r.Clock()):
		return false, l.expireBatch(ctx)
	case !c.Has(job.Sealed) && !r.Clock().Before(c.At[job.Appended].Add(job.OpenTime)):
		l.c, err = r.SealBatch(ctx, c)
	}
	if err != nil {
		return false, job.IgnoreOvertaken(err)
	}
	return goesOn, l.finish(ctx)
}

// finish tells of an end that was not told yet, or sets the batch's timer again.
func (l *batchLook) finish(ctx context.Context) error {
	ended := l.c.When(job.Ended)
	switch {
	case ended == nil && l.c.Over():
		return l.CloseBatch(ctx, l.c.BatchID)
	case ended != nil && !l.c.Told():
		return l.TellEnd(ctx, l.b, l.c)
	}
	return l.lookAgain(ctx)
}

// touchBatch touches the flows of a batch of which jobs wait, in case one has left the line.
func (l *batchLook) touchBatch(ctx context.Context) error {
	var touches []job.Touch
	for id, counts := range l.c.Models {
		if counts[job.Queued] > 0 {
			flow := job.FlowKey{Model: id, Owner: l.b.Owner, BatchID: l.b.ID, CancelNo: l.c.CancelNo}
			touches = append(touches, job.Touch{FlowKey: flow, At: l.Clock()})
		}
	}
	return l.Dispatcher.Touch(ctx, touches...)
}

// lookAgain touches the flows of jobs that wait and sets the timer, unless another has set it since.
func (l *batchLook) lookAgain(ctx context.Context) error {
	c := l.c
	if c.Queued > 0 { // also while a cancellation before is written, which may take long
		if err := l.touchBatch(ctx); err != nil {
			return err
		}
	}
	now := l.Clock()
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
	_, err := l.AmendCounters(ctx, d)
	return job.IgnoreOvertaken(err)
}

// propagateCancel writes the cancellation of a batch into the records of its jobs. Where a call was begun, its image is
// looked for first. It returns how many jobs it has found.
func (l *batchLook) propagateCancel(ctx context.Context) (n int, errs error) {
	q := job.Query{BatchID: l.c.BatchID, Statuses: []job.Status{job.Queued}, Limit: job.MaxTogether}
	for n < clearLimit && !l.over() {
		jobs, more, err := l.Index.List(ctx, q)
		if err != nil {
			return n, errors.Join(errs, err)
		}
		jobs = slices.DeleteFunc(jobs, func(j job.Job) bool { return !j.CanceledBy(l.c.CancelNo) })
		n += len(jobs)
		rest := l.Breather(&l.c)
		errs = errors.Join(errs, l.endGroup(ctx, jobs, &l.c, job.LeaveCanceled))
		if more == nil {
			break
		}
		if q.After = more; len(jobs) > 0 {
			rest(ctx)
		}
	}
	return n, errs // the rest at the next look
}

// expireBatch begins to remove a batch whose time is over.
func (l *batchLook) expireBatch(ctx context.Context) error {
	now := l.Clock()
	_, err := l.AmendCounters(ctx, job.Difference{
		BatchID: l.c.BatchID, Set: map[job.Instant]time.Time{job.Removing: now, job.Due: now},
		If: job.Condition{Is: map[job.Instant]*time.Time{job.Ended: l.c.When(job.Ended), job.Removing: nil}},
	})
	return job.IgnoreOvertaken(err)
}
