package sweep

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"easel/shared/job"
)

// dead reports whether a job that waits is past its deadline, and no call for it is under way.
func (s *Sweeper) dead(j job.Job) bool {
	return j.Status == job.Queued && !j.Deleting && j.Past(s.Clock()) && !j.Leased(s.Clock())
}

// expire ends a job that waits and whose deadline has passed.
func (s *Sweeper) expire(j *job.Job) error {
	if !s.dead(*j) {
		return job.ErrNoChange
	}
	return j.Fail(*job.Exhausted(*j, s.Clock()), s.Clock())
}

// endJobs ends jobs for which no call will be made, those of a batch together. Where a call was made before, the image that
// it may have left is looked for first: a job that has one succeeds with it.
func (r *sweepRun) endJobs(ctx context.Context, jobs []job.Job, end func(*job.Job) error) error {
	groups := map[string][]job.Job{}
	for _, j := range jobs {
		group := cmp.Or(j.BatchID, j.ID)
		groups[group] = append(groups[group], j)
	}
	all := make([][]job.Job, 0, len(groups))
	for _, group := range groups {
		all = append(all, group)
	}
	return job.Parallel(len(all), sweepers, func(n int) error {
		group := all[n]
		known, err := r.countersOf(ctx, group[0].BatchID)
		if err != nil {
			return err
		}
		if group[0].BatchID != "" && known == nil {
			return job.Parallel(len(group), sweepers, func(n int) error { return r.eraseOrphan(ctx, group[n]) })
		}
		return r.endGroup(ctx, group, known, func(j *job.Job, found *job.Image) error {
			if found == nil || j.Status != job.Queued {
				return end(j)
			}
			j.Add(*found)
			return j.EndFound(true, r.Clock())
		})
	})
}

// eraseOrphan removes a job whose batch is gone: the index showed it only after the batch was erased. A call for it has no
// batch to be charged to.
func (s *Sweeper) eraseOrphan(ctx context.Context, j job.Job) error {
	b, _, err := s.Batches.GetBatch(ctx, j.BatchID)
	if err == nil && b.DeletedAt == nil || err != nil && !errors.Is(err, job.ErrNotFound) {
		return err
	}
	return again(s.removal().Erase(ctx, j))
}

// countersOf are the counters of a batch; nil for a single job, and where they are gone.
func (s *Sweeper) countersOf(ctx context.Context, batch string) (*job.Counters, error) {
	if batch == "" {
		return nil, nil
	}
	found, err := s.Counters.ReadCounters(ctx, []string{batch})
	if c, is := found[batch]; is {
		return &c, err
	}
	return nil, err
}

// endGroup edits jobs of one batch, or one single job, with the images that their calls have left, in as few transactions
// as take them. Jobs whose images could not be looked for are left to the next run. Writes of calls that run come between.
func (r *sweepRun) endGroup(ctx context.Context, jobs []job.Job, known *job.Counters, end func(j *job.Job, found *job.Image) error) error {
	images, jobs, errs := r.lookForImages(ctx, jobs)
	r.noteRoom(jobs)
	attempts := map[string]int{}
	for _, j := range jobs {
		attempts[j.ID] = j.Attempts
	}
	edit := func(j *job.Job, _ int64) error {
		if j.Attempts != attempts[j.ID] { // a call was begun since
			return job.ErrNoChange
		}
		return end(j, images[j.ID])
	}
	for len(jobs) > 0 {
		n, rest := job.Together(jobs), r.Breather(known)
		e := &job.Edition{Recorder: r.Recorder, Jobs: slices.Clone(jobs[:n]), Counters: known, Edit: edit}
		errs = errors.Join(errs, job.IgnoreOvertaken(e.Run(ctx)))
		for _, j := range e.Written {
			r.noteEnd(j)
		}
		if jobs = jobs[n:]; len(jobs) > 0 {
			rest(ctx)
		}
	}
	return errs
}

// lookForImages finds the images that earlier calls of jobs have left, by job. The jobs of which that is not known are left
// out.
func (s *Sweeper) lookForImages(ctx context.Context, jobs []job.Job) (images map[string]*job.Image, known []job.Job, err error) {
	var mu sync.Mutex
	images = map[string]*job.Image{}
	known, err = job.Gather(len(jobs), lookers, func(n int) (j job.Job, known bool, err error) {
		if j = jobs[n]; job.Untouched(j) {
			return j, true, nil
		}
		img, err := job.FindImage(ctx, s.Images, j)
		switch {
		case errors.Is(err, job.ErrNotFound):
			return j, true, nil
		case err != nil:
			return j, false, err
		}
		mu.Lock()
		defer mu.Unlock()
		images[j.ID] = &img
		return j, true, nil
	})
	slices.SortFunc(known, func(a, b job.Job) int { return cmp.Or(cmp.Compare(a.Position, b.Position), cmp.Compare(a.ID, b.ID)) })
	return images, known, err
}

// endHopeless ends a page of the jobs in the line that no turn will ever reach, so that those behind them are not held up.
func (r *sweepRun) endHopeless(ctx context.Context, h *hopeless) (more bool, err error) {
	found, err := r.Waiters.Waiters(ctx, h.flow, h.after, timerPage)
	if err != nil || len(found) == 0 {
		return false, err
	}
	h.after = &found[len(found)-1]
	var ids []string
	for _, w := range found {
		if h.is(w.Price, w.Queued) {
			ids = append(ids, w.ID)
		}
	}
	jobs, err := r.find(ctx, ids)
	return len(found) == timerPage, errors.Join(err, r.endJobs(ctx, jobs, h.end(r.Clock())))
}

func (h *hopeless) end(now time.Time) func(*job.Job) error {
	return func(j *job.Job) error {
		if flow, waits := j.Flow(); !waits || flow != h.flow || !h.is(j.Price, j.QueuedAt) || j.Leased(now) {
			return job.ErrNoChange
		}
		return j.Fail(h.failure(*j), now)
	}
}
