package job

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"
)

// step applies an edit to the record as it is now. The index may be stale, so a job that is closed
// or not due yet is left alone. A deletion that a crash has left is finished.
func (s *Sweeper) step(ctx context.Context, ref Ref, edit func(*Job) error) (Job, error) {
	j, err := s.Records.Get(ctx, ref.ID)
	switch {
	case err != nil:
		return Job{}, ignore(err)
	case !ref.means(j):
		return Job{}, nil
	case closed(j) && j.expired(s.now()):
		return Job{}, ignore(s.removal().erase(ctx, j))
	case j.Deleting:
		r := s.removal()
		r.keepFor = rememberDeleted
		return Job{}, r.erase(ctx, j)
	}
	stopped := false
	j, err = s.change(ctx, j, func(now *Job) error {
		err := errStop
		if ref.means(*now) && !closed(*now) {
			err = edit(now)
		}
		stopped = errors.Is(err, errStop)
		return err
	})
	if err != nil || stopped {
		return Job{}, ignore(err)
	}
	s.noteEnd(j)
	return j, nil
}

// means reports whether the job still waits for the instant that the index named.
func (r Ref) means(j Job) bool {
	return j.Due != nil && j.Due.UnixMicro() == r.Due.UnixMicro() && (!closed(j) || j.Deleting || j.ExpiresAt != nil)
}

func (s *Sweeper) removal() removal {
	return removal{Recorder: s.Recorder, Images: s.Images, Inputs: s.Inputs, Eraser: s.Eraser}
}

// recover decides about a job whose message is out and that is due: left by a worker that is gone (a
// running job is due after its lease), past its deadline, or lost on the way. Many at once are not sent for the same
// moment.
func (s *Sweeper) recover(interval time.Duration, n int) func(*Job) error {
	return func(j *Job) error { return s.resend(j, delay(interval, n)) }
}

func (s *Sweeper) resend(j *Job, in time.Duration) error {
	now := s.now()
	switch {
	case j.Status.Ended(): // it was canceled during its call: a worker looks for the image
		if j.LostMessages++; j.LostMessages > 2*maxLost {
			j.settleLease()
			return nil
		}
		j.send(now.Add(in), now)
		return nil
	case j.Status == Running:
		if err := j.enter(Queued); err != nil {
			return err
		}
		j.Lease = nil
	case untouched(*j) && j.past(now):
		return j.fail(*exhausted(*j, now), now)
	case !now.Before(j.lostAt()):
		j.LostMessages++
	}
	if (j.LostMessages >= maxLost && untouched(*j)) || j.LostMessages >= 2*maxLost {
		return j.fail(Failure{Code: CodeInternal, Message: "The queue lost this job's messages again and again. Retry it; if that fails too, look at the queue and its dead letters.", Retryable: true}, now)
	}
	j.send(now.Add(in), now)
	return nil
}

// release sends a job that waited in its record, to come back when its turn is near.
func (s *Sweeper) release(interval time.Duration, ahead int) func(*Job) error {
	return func(j *Job) error {
		now := s.now()
		at := now.Add(delay(interval, ahead))
		switch {
		case j.Status.Ended():
			return s.resend(j, 0)
		case untouched(*j) && j.past(now):
			return j.fail(*exhausted(*j, now), now)
		case j.Turn: // it waits for nothing else
		case j.Due.After(now.Add(lookAhead)):
			return errStop
		case j.Due.After(at):
			at = *j.Due
		}
		j.Waiting = &Waiting{Code: WaitPace, Message: "It is sent to a worker when its turn is near.", Until: at}
		j.send(at, now)
		return nil
	}
}

// expireAll ends jobs that are not sent yet and whose deadline has passed: those of a batch together.
func (s *Sweeper) expireAll(ctx context.Context, refs []Ref) (errs error) {
	for part := range slices.Chunk(refs, MaxTogether) {
		ids := make([]string, len(part))
		for n, ref := range part {
			ids[n] = ref.ID
		}
		jobs, err := s.Finder.Find(ctx, ids)
		if errs = errors.Join(errs, err); err != nil || ctx.Err() != nil {
			break
		}
		groups := map[string][]Job{}
		for _, j := range jobs {
			group := cmp.Or(j.BatchID, j.ID)
			groups[group] = append(groups[group], j)
		}
		for _, group := range groups {
			errs = errors.Join(errs, s.changeAll(ctx, group, nil, func(j *Job, _ int64) error { return s.expire(j) }))
		}
	}
	return errs
}

// changeAll edits jobs of one batch, or one single job, in as few transactions as take them.
func (s *Sweeper) changeAll(ctx context.Context, jobs []Job, known *Counters, edit func(*Job, int64) error) (errs error) {
	for len(jobs) > 0 {
		n := together(jobs)
		e := &edition{Recorder: s.Recorder, jobs: slices.Clone(jobs[:n]), counters: known, edit: edit}
		errs = errors.Join(errs, ignore(e.run(ctx)))
		for _, j := range e.written {
			s.noteEnd(j)
		}
		jobs = jobs[n:]
	}
	return errs
}

// expire ends a job that is not sent yet if its deadline has passed.
func (s *Sweeper) expire(j *Job) error {
	now := s.now()
	if j.Status != Queued || j.Enqueued || !untouched(*j) || !j.past(now) {
		return errStop
	}
	return j.fail(*exhausted(*j, now), now)
}

// untouched reports whether no call was made in this round: only such a job may end without a look
// at the store of images.
func untouched(j Job) bool { return j.Calls == 0 && j.Attempts == 0 && j.Generation == 1 }
