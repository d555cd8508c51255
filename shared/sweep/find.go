package sweep

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"easel/shared/job"
)

// unreadablePause is how long a record that could not be read is left alone, so that it holds up none of the others.
const unreadablePause = time.Minute

// find reads records to be looked at. Those that are damaged are ended and left out.
func (r *sweepRun) find(ctx context.Context, ids []string) ([]job.Job, error) {
	all, err := r.findAll(ctx, ids)
	var jobs, damaged []job.Job
	for _, j := range all {
		if j.Damaged && !j.Status.Ended() && !j.Deleting {
			damaged = append(damaged, j)
		} else {
			jobs = append(jobs, j)
		}
	}
	return jobs, errors.Join(err, r.endJobs(ctx, damaged, func(j *job.Job) error {
		if !j.Damaged || j.Leased(r.Clock()) {
			return job.ErrNoChange
		}
		return j.Fail(job.Damage, r.Clock())
	}))
}

// findAll reads records, a few hundred in a few requests. Where a request fails they are read one by one, since one of them may
// be what no program can decode. Those that were left alone for that a moment ago are left out.
func (s *Sweeper) findAll(ctx context.Context, ids []string) (jobs []job.Job, errs error) {
	for part := range slices.Chunk(slices.DeleteFunc(slices.Clone(ids), s.leavesAlone), 100) {
		found, err := s.Finder.Find(ctx, part)
		if err != nil && ctx.Err() == nil {
			found, err = s.findEach(ctx, part)
		}
		jobs, errs = append(jobs, found...), errors.Join(errs, err)
	}
	return jobs, errs
}

// findEach reads records one by one. Where some can be read the others are left alone for a while; where none can, the
// store has failed.
func (s *Sweeper) findEach(ctx context.Context, ids []string) (jobs []job.Job, err error) {
	var mu sync.Mutex
	var failed []string
	err = job.Parallel(len(ids), sweepers, func(n int) error {
		found, err := s.Finder.Find(ctx, ids[n:n+1])
		mu.Lock()
		defer mu.Unlock()
		if jobs = append(jobs, found...); err != nil {
			failed = append(failed, ids[n])
		}
		return err
	})
	if len(jobs) > 0 && ctx.Err() == nil {
		for _, id := range failed {
			s.unread.Store(id, s.Clock())
		}
	}
	return jobs, err
}

// leavesAlone reports whether the record could not be read a moment ago.
func (s *Sweeper) leavesAlone(id string) bool {
	at, noted := s.unread.Load(id)
	if noted && s.Clock().Sub(at.(time.Time)) >= unreadablePause {
		s.unread.Delete(id)
		return false
	}
	return noted
}
