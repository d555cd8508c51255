package job

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"easel/shared/model"
)

// Sweeper keeps the promise that a job ends. It sends what waits in the records as far as the pace
// allows, finds lost messages and ended leases, and ends jobs whose deadline passed before any call.
type Sweeper struct {
	Book
	Feed *Feed

	Batches     Batches
	BatchIndex  BatchIndex
	BatchEraser BatchEraser
	Tallies     Tallies
	Images      Images // these three: to remove what belongs to a deleted batch
	Inputs      Inputs
	Eraser      Eraser

	// Ended is told of every batch that has ended, after that was written. It must be quick. Nil: nobody is.
	Ended func(ctx context.Context, b Batch, t Tally)

	shares map[string]time.Time // until when each model's share has been given out
}

// Figures of one run, for each model.
const (
	sweepLimit = 200 // jobs that are looked at beyond those that there is room for
	sweepers   = 8   // records that are changed at a time

	farAhead    = 10 * 365 * 24 * time.Hour
	deliverTime = 4 * time.Second // for the messages of changed records, after a run's time is over
)

// Sweep runs once over all models, and never twice at a time. What fails is found again by the next run; the errors are joined.
// The number of jobs that were sent comes back.
func (s *Sweeper) Sweep(ctx context.Context) (sent int, err error) {
	for _, m := range model.All() {
		if !m.Spoken() {
			continue
		}
		n, failed := s.model(ctx, m.ID)
		sent += n
		err = errors.Join(err, failed)
	}
	return sent, errors.Join(err, s.batches(ctx))
}

func (s *Sweeper) model(ctx context.Context, id string) (int, error) {
	now := s.now()
	late, err := s.Feed.Index.Due(ctx, id, true, now, sweepLimit)
	if err != nil {
		return 0, err
	}
	interval := s.Feed.Tempo.interval(ctx, id, now)
	recovered, err := s.each(ctx, late, func(n int) func(*Job) error { return s.recover(interval, n) })
	room, ahead, failed := s.room(ctx, id, interval)
	if err = errors.Join(err, failed); failed != nil {
		return recovered, err
	}
	if time.Duration(ahead)*interval < singleAhead+sweepAhead && s.Feed.Tempo.refusal(ctx, id, now) == nil {
		room = max(room, s.share(id, interval, now))
	}
	held, failed := s.Feed.Index.Due(ctx, id, false, now.Add(lookAhead), room+sweepLimit)
	if failed != nil {
		return recovered, errors.Join(err, failed)
	}
	if spare := max(near, int(lookAhead/interval)) - ahead; spare > len(held) { // nothing else waits: a batch goes as fast as the pace allows
		held, failed = s.early(ctx, id, now, spare, held)
		err = errors.Join(err, failed)
	}
	n := min(room, len(held))
	released, failed := s.each(ctx, held[:n], func(n int) func(*Job) error { return s.release(interval, ahead+n) })
	err = errors.Join(err, failed)
	_, failed = s.each(ctx, overdue(held[n:], now), func(int) func(*Job) error { return s.expire })
	return recovered + released, errors.Join(err, failed)
}

// early adds jobs of batches whose turn has not come to those that are due.
func (s *Sweeper) early(ctx context.Context, id string, now time.Time, room int, held []Ref) ([]Ref, error) {
	all, err := s.Feed.Index.Due(ctx, id, false, now.Add(farAhead), room)
	if len(all) > len(held) {
		held = append(held, all[len(held):]...)
	}
	return held, err
}

// room is how many jobs may be sent so that no more than the sweep's share of the pace is out.
func (s *Sweeper) room(ctx context.Context, id string, interval time.Duration) (room, ahead int, err error) {
	ahead, err = s.Feed.Index.CountOut(ctx, id)
	most := max(near, int(sweepAhead/interval)) // a very slow model gets its next jobs too
	return max(0, most-ahead), ahead, err
}

// share is how many of those that wait may be sent although enough is out: single jobs pass them, but leave them half of
// the pace. What is not used within a minute is lost, and of a slow model not before its next. Where a model takes
// nothing there is nothing to share.
func (s *Sweeper) share(id string, interval time.Duration, now time.Time) int {
	each := 2 * interval
	last := s.shares[id]
	if first := now.Add(-max(time.Minute, each)); last.Before(first) || last.After(now) {
		last = first
	}
	n := int(now.Sub(last) / each)
	if s.shares == nil {
		s.shares = map[string]time.Time{}
	}
	s.shares[id] = last.Add(time.Duration(n) * each)
	return n
}

// overdue are the jobs whose deadline has passed, so that no other record beyond the room is read.
func overdue(refs []Ref, now time.Time) []Ref {
	return slices.DeleteFunc(refs, func(r Ref) bool { return r.Deadline == nil || r.Deadline.After(now) })
}

// each changes the records of the jobs, a few at a time, and delivers those that are to be sent.
func (s *Sweeper) each(ctx context.Context, refs []Ref, edit func(int) func(*Job) error) (int, error) {
	var mu sync.Mutex
	var send []Job
	var errs error
	var wg sync.WaitGroup
	slots := make(chan struct{}, sweepers)
	work, cancel := overtime(ctx) // a change that was begun is ended, and what it marked is sent
	defer cancel()
	for n, ref := range refs {
		slots <- struct{}{}
		if ctx.Err() != nil {
			break // what is left is due at the next run too
		}
		wg.Go(func() {
			defer func() { <-slots }()
			j, err := s.step(work, ref, edit(n))
			mu.Lock()
			defer mu.Unlock()
			errs = errors.Join(errs, err)
			if err == nil && j.Out && j.Status == Queued {
				send = append(send, j)
			}
		})
	}
	wg.Wait()
	return len(send), errors.Join(errs, s.deliver(work, s.Feed, send...))
}

// overtime goes on for a moment after the run's time is over.
func overtime(ctx context.Context) (context.Context, context.CancelFunc) {
	end, ok := ctx.Deadline()
	if !ok {
		return ctx, func() {}
	}
	return context.WithDeadline(context.WithoutCancel(ctx), end.Add(deliverTime))
}

// step applies an edit to the record as it is now. The index may be stale, so a job that has ended
// or is not due yet is left alone.
func (s *Sweeper) step(ctx context.Context, ref Ref, edit func(*Job) error) (Job, error) {
	j, err := s.Records.Get(ctx, ref.ID)
	if errors.Is(err, ErrNotFound) {
		return Job{}, nil
	}
	if err != nil {
		return Job{}, err
	}
	stopped := false
	j, err = s.change(ctx, j, func(now *Job) error {
		err := errStop
		if !now.Status.Ended() && now.Due != nil && now.Due.UnixMicro() == ref.Due.UnixMicro() {
			err = edit(now)
		}
		stopped = errors.Is(err, errStop)
		return err
	})
	if err != nil || stopped {
		return Job{}, ignore(err)
	}
	return j, nil
}

// ignore drops the error of a job that was deleted meanwhile.
func ignore(err error) error {
	if errors.Is(err, ErrNotFound) {
		return nil
	}
	return err
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
	case j.Status == Running:
		if err := j.enter(Queued); err != nil {
			return err
		}
		j.Lease = nil
	case untouched(*j) && j.past(now):
		return j.fail(*exhausted(*j, now), now)
	case !now.Before(j.lostAt()):
		j.Lost++
	}
	if (j.Lost >= maxLost && untouched(*j)) || j.Lost >= 2*maxLost {
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

// expire ends a job that is not sent yet if its deadline has passed.
func (s *Sweeper) expire(j *Job) error {
	now := s.now()
	if !untouched(*j) || !j.past(now) {
		return errStop
	}
	return j.fail(*exhausted(*j, now), now)
}

// untouched reports whether no call was made in this round: only such a job may end without a look
// at the store of images.
func untouched(j Job) bool { return j.Calls == 0 && j.Attempts == 0 && j.Round == 1 }
