package sweep

import (
	"context"
	"errors"
	"slices"
	"time"

	"easel/shared/job"
)

// Figures of removing a batch.
const (
	erasers  = 64               // records that are removed at a time
	indexLag = 10 * time.Second // after which an index that shows no job of a batch is believed
)

// purge removes the jobs of a batch that is being deleted, and with the last of them the batch. What was deleted is
// remembered, what has expired is not. Starred jobs outlive a batch that has expired.
func (l *batchLook) purge(ctx context.Context) (goesOn bool, err error) {
	q := job.Query{BatchID: l.c.BatchID, Limit: 100}
	removed := 0
	for n := 0; n < clearLimit && !l.over(); {
		jobs, more, err := l.Index.List(ctx, q)
		if err != nil {
			return false, err
		}
		if l.expired() {
			jobs = slices.DeleteFunc(jobs, func(j job.Job) bool { return j.Starred })
		}
		if n += len(jobs); len(jobs) == 0 && more == nil && n == 0 {
			return false, l.eraseBatch(ctx)
		}
		gone, err := l.purgeJobs(ctx, jobs)
		if err != nil {
			return false, err
		}
		if more == nil {
			return false, l.purgeAgain(ctx, time.Second)
		}
		removed += gone
		q.After = more
	}
	if removed > 0 {
		return true, l.purgeAgain(ctx, 0)
	}
	return false, l.purgeAgain(ctx, time.Second)
}

// expired reports whether the batch is removed since its time is over, and not since a person deleted it.
func (l *batchLook) expired() bool { return l.c.Expired(l.c.At[job.Removing]) }

// purgeJobs removes jobs, the images of all together first, and returns how many are gone. Those for which a call may be under
// way are left for later.
func (l *batchLook) purgeJobs(ctx context.Context, jobs []job.Job) (int, error) {
	marked, unmarked := l.markPurged(ctx, jobs)
	if err := l.removal().EraseImages(ctx, marked...); err != nil {
		return 0, errors.Join(unmarked, err)
	}
	gone, err := job.Gather(len(marked), erasers, func(n int) (j job.Job, gone bool, err error) {
		err = l.removal().EraseRecord(ctx, marked[n])
		return marked[n], err == nil, again(err)
	})
	return len(gone), errors.Join(unmarked, err)
}

// markPurged marks jobs and returns those that can be erased. Jobs of a batch that was deleted and that have ended need no
// mark, since they are never begun again. Where the batch has expired a job may get a star meanwhile, with which it keeps its
// images.
func (l *batchLook) markPurged(ctx context.Context, jobs []job.Job) ([]job.Job, error) {
	return job.Gather(len(jobs), sweepers, func(n int) (j job.Job, marked bool, err error) {
		if j = jobs[n]; l.expired() || !job.Closed(j) {
			j, err = l.removal().Mark(ctx, j, l.endPurged)
		}
		return j, err == nil, again(err)
	})
}

// endPurged ends a job that is going to be erased, or objects.
func (l *batchLook) endPurged(j *job.Job) error {
	switch {
	case l.expired() && j.Starred:
		return job.ForbidLeased(*j, "deleted", "It has a star.")
	case j.Leased(l.Clock()):
		return job.ForbidLeased(*j, "deleted", "Its call has not ended.")
	case j.Status.Ended():
		return nil
	case j.Status == job.Running:
		j.SettleLease()
	}
	return j.End(job.Canceled, l.Clock())
}

// again drops the error of a job that cannot be removed yet: the next look finds it.
func again(err error) error {
	if errors.Is(err, job.ErrState) {
		return nil
	}
	return job.IgnoreOvertaken(err)
}

// eraseBatch removes a batch of which the index shows no job, once it may be believed.
func (l *batchLook) eraseBatch(ctx context.Context) error {
	now := l.Clock()
	if now.Sub(l.c.At[job.Removing]) < indexLag || l.c.Unwritten > 0 {
		return l.purgeAgain(ctx, time.Second)
	}
	var until *time.Time
	if !l.expired() {
		until = new(now.Add(job.RememberDeleted))
	}
	if err := l.InputEraser.DeleteInputs(ctx, job.InputKey(l.c.BatchID)+"/"); err != nil {
		return err
	}
	return job.IgnoreOvertaken(l.BatchEraser.EraseBatch(ctx, l.c.BatchID, job.Condition{Written: true, Is: map[job.Instant]*time.Time{job.Removing: l.c.When(job.Removing)}}, now, until))
}

// purgeAgain lets the other batches come first.
func (l *batchLook) purgeAgain(ctx context.Context, in time.Duration) error {
	_, err := l.AmendCounters(ctx, job.Difference{
		BatchID: l.c.BatchID, Set: map[job.Instant]time.Time{job.Due: l.Clock().Add(in)}, If: job.Condition{Is: map[job.Instant]*time.Time{job.Due: l.c.When(job.Due)}},
	})
	return job.IgnoreOvertaken(err)
}
