package job

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"easel/shared/model"
)

// Sweeper keeps the promise that a job ends. It sends what waits in the records as far as the pace
// allows, finds lost messages and ended leases, and ends jobs whose deadline passed before any call.
type Sweeper struct {
	Recorder
	Feed *Feed

	Finder      Finder
	BatchIndex  BatchIndex
	BatchEraser BatchEraser
	Images      Images // these: to remove what belongs to a deleted job, and to look for images
	Inputs      Inputs
	InputEraser InputEraser
	Eraser      Eraser

	mu     sync.Mutex
	ended  map[string]bool      // batches of which jobs have ended in this run
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
	return sent, errors.Join(err, s.closeEnded(ctx), s.batches(ctx))
}

// closeEnded looks whether batches have ended of which this run has ended jobs.
func (s *Sweeper) closeEnded(ctx context.Context) error {
	ids := slices.Collect(maps.Keys(s.ended))
	s.ended = nil
	return aFew(len(ids), sweepers, func(n int) error { return s.closeBatch(ctx, ids[n]) })
}

// noteEnd remembers the batch of a job that has ended.
func (s *Sweeper) noteEnd(j Job) {
	if j.BatchID == "" || !j.Status.Ended() {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended == nil {
		s.ended = map[string]bool{}
	}
	s.ended[j.BatchID] = true
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
	return recovered + released, errors.Join(err, s.expireAll(ctx, overdue(held[n:], now)))
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
	ahead, err = s.Feed.Index.CountEnqueued(ctx, id)
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
			if err == nil && j.Enqueued && (j.Status == Queued || j.Status.Ended() && j.Lease != nil) {
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
