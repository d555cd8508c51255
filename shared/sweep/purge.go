package sweep

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
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
func (s *Sweeper) purge(ctx context.Context, c job.Counters, over func() bool) (goesOn bool, err error) {
	q := job.Query{BatchID: c.BatchID, Limit: 100}
	expired, removed := c.Expired(c.At[job.Removing]), int64(0)
	for n := 0; n < clearLimit && !over(); {
		jobs, more, err := s.Index.List(ctx, q)
		if err != nil {
			return false, err
		}
		if expired {
			jobs = slices.DeleteFunc(jobs, func(j job.Job) bool { return j.Starred })
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

// purgeJobs removes jobs, the images of all together first, and returns how many are gone. Those for which a call may be under
// way are left for later.
func (s *Sweeper) purgeJobs(ctx context.Context, jobs []job.Job, expired bool) (int64, error) {
	marked, unmarked := s.markPurged(ctx, jobs, expired)
	if err := s.removal().EraseImages(ctx, marked...); err != nil {
		return 0, errors.Join(unmarked, err)
	}
	var gone atomic.Int64
	err := job.Parallel(len(marked), erasers, func(n int) error {
		err := s.removal().EraseRecord(ctx, marked[n])
		if err == nil {
			gone.Add(1)
		}
		return again(err)
	})
	return gone.Load(), errors.Join(unmarked, err)
}

// markPurged marks jobs and returns those that can be erased. Jobs of a batch that was deleted and that have ended need no
// mark, since they are never begun again. Where the batch has expired a job may get a star meanwhile, with which it keeps its
// images.
func (s *Sweeper) markPurged(ctx context.Context, jobs []job.Job, expired bool) ([]job.Job, error) {
	marked := make([]*job.Job, len(jobs))
	err := job.Parallel(len(jobs), sweepers, func(n int) (err error) {
		j := jobs[n]
		if expired || !job.Closed(j) {
			j, err = s.removal().Mark(ctx, j, func(j *job.Job) error { return s.endPurged(j, expired) })
		}
		if err == nil {
			marked[n] = &j
		}
		return again(err)
	})
	var all []job.Job
	for _, j := range marked {
		if j != nil {
			all = append(all, *j)
		}
	}
	return all, err
}

// endPurged ends a job that is going to be erased, or objects.
func (s *Sweeper) endPurged(j *job.Job, expired bool) error {
	switch {
	case expired && j.Starred:
		return job.ForbidLeased(*j, "deleted", "It has a star.")
	case j.Leased(s.Clock()):
		return job.ForbidLeased(*j, "deleted", "Its call has not ended.")
	case j.Status.Ended():
		return nil
	case j.Status == job.Running:
		j.SettleLease()
	}
	return j.End(job.Canceled, s.Clock())
}

// again drops the error of a job that cannot be removed yet: the next look finds it.
func again(err error) error {
	if errors.Is(err, job.ErrState) {
		return nil
	}
	return job.IgnoreOvertaken(err)
}

// eraseBatch removes a batch of which the index shows no job, once it may be believed.
func (s *Sweeper) eraseBatch(ctx context.Context, c job.Counters) error {
	now := s.Clock()
	if now.Sub(c.At[job.Removing]) < indexLag || c.Unwritten > 0 {
		return s.purgeAgain(ctx, c, time.Second)
	}
	var until *time.Time
	if !c.Expired(c.At[job.Removing]) {
		until = new(now.Add(job.RememberDeleted))
	}
	if err := s.InputEraser.DeleteInputs(ctx, job.InputKey(c.BatchID)+"/"); err != nil {
		return err
	}
	return job.IgnoreOvertaken(s.BatchEraser.EraseBatch(ctx, c.BatchID, job.Condition{Written: true, Is: map[job.Instant]*time.Time{job.Removing: c.When(job.Removing)}}, now, until))
}

// purgeAgain lets the other batches come first.
func (s *Sweeper) purgeAgain(ctx context.Context, c job.Counters, in time.Duration) error {
	_, err := s.AmendCounters(ctx, job.Difference{
		BatchID: c.BatchID, Set: map[job.Instant]time.Time{job.Due: s.Clock().Add(in)}, If: job.Condition{Is: map[job.Instant]*time.Time{job.Due: c.When(job.Due)}},
	})
	return job.IgnoreOvertaken(err)
}
