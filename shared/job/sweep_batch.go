package job

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"
)

// Figures of one run over the batches.
const (
	batchPage  = 100  // batches that are asked for at a time
	clearLimit = 1000 // jobs of a batch that are canceled or removed in one look

	indexLag = 10 * time.Second // after which an index that shows no job of a batch is believed
)

// batches looks at a page of the batches that are due: it writes cancellations into the records, seals what was left open,
// tells of ends, and removes what was deleted or has expired. A batch that one look is not enough for is looked at again
// after the others. more says whether to ask again.
func (s *Sweeper) batches(ctx context.Context, known *seen, over func() bool) (more bool, err error) {
	ids, err := s.BatchIndex.DueBatches(ctx, s.now(), known.limit(batchPage))
	if err != nil {
		return false, err
	}
	ids, more = known.fresh(ids, batchPage)
	goesOn := make([]bool, len(ids))
	err = aFew(len(ids), sweepers, func(n int) (err error) {
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
		return false, ignore(err)
	case c.When(Due) == nil || c.At[Due].After(s.now()): // the index is behind
		return false, nil
	case c.has(Removing):
		return s.purge(ctx, c, over)
	case c.Unwritten > 0:
		n, failed := s.propagateCancel(ctx, c, over)
		if failed != nil {
			return false, errors.Join(failed, s.finishLook(ctx, b, c)) // a row that fails holds up no event
		}
		goesOn = n >= clearLimit
	case c.expired(s.now()):
		return false, s.expireBatch(ctx, c)
	case !c.has(Sealed) && !s.now().Before(c.At[Appended].Add(openTime)):
		c, err = s.seal(ctx, c)
	}
	if err != nil {
		return false, ignore(err)
	}
	return goesOn, s.finishLook(ctx, b, c)
}

// finishLook tells of an end that was not told yet, or sets the batch's timer again.
func (s *Sweeper) finishLook(ctx context.Context, b Batch, c Counters) error {
	ended := c.When(Ended)
	switch {
	case ended == nil && c.over():
		return s.closeBatch(ctx, c.BatchID)
	case ended != nil && !c.told():
		return s.tellEnd(ctx, b, c)
	}
	return s.lookAgain(ctx, b, c)
}

// touchBatch touches the flows of a batch of which jobs wait, in case one has left the line.
func (s *Sweeper) touchBatch(ctx context.Context, b Batch, c Counters) error {
	var touches []Touch
	for id, counts := range c.Models {
		if counts[Queued] > 0 {
			flow := FlowKey{Model: id, Owner: b.Owner, BatchID: b.ID, CancelNo: c.CancelNo}
			touches = append(touches, Touch{FlowKey: flow, At: s.now()})
		}
	}
	return s.Dispatcher.touch(ctx, touches...)
}

// lookAgain touches the flows of jobs that wait and sets the timer, unless another has set it since.
func (s *Sweeper) lookAgain(ctx context.Context, b Batch, c Counters) error {
	if c.Queued > 0 { // also while a cancellation before is written, which may take long
		if err := s.touchBatch(ctx, b, c); err != nil {
			return err
		}
	}
	now := s.now()
	d := Difference{BatchID: c.BatchID, If: Condition{Is: map[Instant]*time.Time{Due: c.When(Due), Removing: nil}}}
	switch {
	case c.Unwritten > clearLimit:
		d.Set = map[Instant]time.Time{Due: now}
	case c.Unwritten > 0: // rows that the index does not show yet, or whose image is looked for
		d.Set = map[Instant]time.Time{Due: now.Add(time.Second)}
	case c.told() && c.has(Expires):
		d.Set = map[Instant]time.Time{Due: c.At[Expires]}
	case c.told():
		d.Clear, d.If.Written = []Instant{Due}, true
	case c.Queued > 0, c.Running == 0:
		d.Set = map[Instant]time.Time{Due: now.Add(batchLook)}
	default:
		d.Set = map[Instant]time.Time{Due: now.Add(runningLook)}
	}
	_, err := s.amendCounters(ctx, d)
	return ignore(err)
}

// propagateCancel writes the cancellation of a batch into the records of its jobs. Where a call was begun, its image is
// looked for first. It returns how many jobs it has found.
func (s *Sweeper) propagateCancel(ctx context.Context, c Counters, over func() bool) (n int, errs error) {
	q := Query{BatchID: c.BatchID, Statuses: []Status{Queued}, Limit: MaxTogether}
	for n < clearLimit && !over() {
		jobs, more, err := s.Index.List(ctx, q)
		if err != nil {
			return n, errors.Join(errs, err)
		}
		jobs = slices.DeleteFunc(jobs, func(j Job) bool { return !j.canceledBy(c.CancelNo) })
		n += len(jobs)
		rest := breather()
		errs = errors.Join(errs, s.endGroup(ctx, jobs, &c, leaveCanceled))
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
func (s *Sweeper) expireBatch(ctx context.Context, c Counters) error {
	now := s.now()
	_, err := s.amendCounters(ctx, Difference{
		BatchID: c.BatchID, Set: map[Instant]time.Time{Removing: now, Due: now},
		If: Condition{Is: map[Instant]*time.Time{Ended: c.When(Ended), Removing: nil}},
	})
	return ignore(err)
}

// purge removes the jobs of a batch that is being deleted, and with the last of them the batch. What was deleted is
// remembered, what has expired is not. Starred jobs outlive a batch that has expired.
func (s *Sweeper) purge(ctx context.Context, c Counters, over func() bool) (goesOn bool, err error) {
	q := Query{BatchID: c.BatchID, Limit: 100}
	expired, removed := c.expired(c.At[Removing]), int64(0)
	for n := 0; n < clearLimit && !over(); {
		jobs, more, err := s.Index.List(ctx, q)
		if err != nil {
			return false, err
		}
		if expired {
			jobs = slices.DeleteFunc(jobs, func(j Job) bool { return j.Starred })
		}
		if n += len(jobs); len(jobs) == 0 && more == nil && n == 0 {
			return false, s.eraseBatch(ctx, c)
		}
		gone, err := s.purgeJobs(ctx, jobs, expired)
		if err != nil {
			return false, err
		}
		if more == nil {
			return false, s.purgeAgain(ctx, c, time.Second)
		}
		removed += gone
		q.After = more
	}
	if removed > 0 {
		return true, s.purgeAgain(ctx, c, 0)
	}
	return false, s.purgeAgain(ctx, c, time.Second)
}

// purgeJobs removes jobs with their images and returns how many are gone. Those for which a call may be under way are left
// for later.
func (s *Sweeper) purgeJobs(ctx context.Context, jobs []Job, expired bool) (int64, error) {
	var gone atomic.Int64
	err := aFew(len(jobs), sweepers, func(n int) error {
		err := s.purgeJob(ctx, jobs[n], expired)
		if err == nil {
			gone.Add(1)
		}
		return again(err)
	})
	return gone.Load(), err
}

// purgeJob removes a job. Where its batch has expired it may get a star meanwhile: it is marked first, so that a job with a
// star keeps its images.
func (s *Sweeper) purgeJob(ctx context.Context, j Job, expired bool) error {
	r := s.removal()
	if closed(j) && !expired {
		return r.erase(ctx, j)
	}
	return r.remove(ctx, j, func(j *Job) error {
		switch {
		case expired && j.Starred:
			return forbid(*j, "deleted", "It has a star.")
		case j.leased(s.now()):
			return forbid(*j, "deleted", "Its call has not ended.")
		case j.Status.Ended():
			return nil
		case j.Status == Running:
			j.settleLease()
		}
		return j.end(Canceled, s.now())
	})
}

// again drops the error of a job that cannot be removed yet: the next look finds it.
func again(err error) error {
	if errors.Is(err, ErrState) {
		return nil
	}
	return ignore(err)
}

// eraseBatch removes a batch of which the index shows no job, once it may be believed.
func (s *Sweeper) eraseBatch(ctx context.Context, c Counters) error {
	now := s.now()
	if now.Sub(c.At[Removing]) < indexLag || c.Unwritten > 0 {
		return s.purgeAgain(ctx, c, time.Second)
	}
	var until *time.Time
	if !c.expired(c.At[Removing]) {
		until = new(now.Add(rememberDeleted))
	}
	if err := s.InputEraser.DeleteInputs(ctx, inputKey(c.BatchID)+"/"); err != nil {
		return err
	}
	return ignore(s.BatchEraser.EraseBatch(ctx, c.BatchID, Condition{Written: true, Is: map[Instant]*time.Time{Removing: c.When(Removing)}}, now, until))
}

// purgeAgain lets the other batches come first.
func (s *Sweeper) purgeAgain(ctx context.Context, c Counters, in time.Duration) error {
	_, err := s.amendCounters(ctx, Difference{
		BatchID: c.BatchID, Set: map[Instant]time.Time{Due: s.now().Add(in)}, If: Condition{Is: map[Instant]*time.Time{Due: c.When(Due)}},
	})
	return ignore(err)
}
