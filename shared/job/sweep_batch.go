package job

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Figures of one run over the batches.
const (
	batchLimit = 50   // batches that are looked at
	clearLimit = 1000 // jobs of a batch that are canceled or removed

	settled   = 3 * time.Second  // an index is not believed so soon after an append
	rested    = 30 * time.Second // nor is the end of a batch: an order takes so long to record, and clocks differ
	lookMost  = 10 * time.Minute // between two looks at a batch that is under way
	lookLeast = 2 * time.Second
)

// batches looks at the batches that are due: it writes cancellations into the records, seals what was left open, removes
// what was deleted, and notices the end.
func (s *Sweeper) batches(ctx context.Context) error {
	if s.Batches == nil {
		return nil
	}
	ids, err := s.BatchIndex.DueBatches(ctx, s.now(), batchLimit)
	for _, id := range ids {
		if ctx.Err() != nil {
			break
		}
		err = errors.Join(err, s.batch(ctx, id))
	}
	return err
}

func (s *Sweeper) batch(ctx context.Context, id string) error {
	b, err := s.Batches.GetBatch(ctx, id)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return err
	case b.Due == nil || b.Due.After(s.now()): // the index is behind
		return nil
	case b.Deleting && b.EndedAt != nil:
		return s.clear(ctx, b)
	case b.uncleared():
		return s.spread(ctx, b)
	case b.SealedAt == nil:
		return s.leave(ctx, b)
	}
	return s.conclude(ctx, b)
}

// leave seals a batch to which nothing was appended for a day.
func (s *Sweeper) leave(ctx context.Context, b Batch) error {
	_, err := amend(ctx, s.Batches, b, func(b *Batch) error {
		now := s.now()
		if end := b.AppendedAt.Add(openTime); b.SealedAt == nil && now.Before(end) {
			b.Due = &end
			return nil
		}
		if b.SealedAt == nil {
			b.SealedAt = &now
		}
		b.Due = &now
		return nil
	})
	return ignore(err)
}

// spread writes the cancellation of a batch into the records of its jobs. A job of which a call was begun is left to a
// worker, who looks for its picture first.
func (s *Sweeper) spread(ctx context.Context, b Batch) error {
	q := Query{BatchID: b.ID, Statuses: []Status{Queued}, Limit: 100}
	for n := 0; n < clearLimit; {
		jobs, more, err := s.Feed.Index.List(ctx, q)
		if err != nil {
			return err
		}
		later := len(jobs) > 0 && jobs[len(jobs)-1].CreatedAt.After(*b.CanceledAt) // and so are all that follow
		jobs = slices.DeleteFunc(jobs, func(j Job) bool { return !b.cancels(j) || !untouched(j) && !j.Turn })
		n += len(jobs)
		if err := s.eachJob(ctx, jobs, func(ctx context.Context, j Job) error { return s.cancel(ctx, b, j) }); err != nil {
			return err
		}
		if more == nil || later {
			return s.spreadAll(ctx, b)
		}
		q.After = more
	}
	return nil // the rest at the next run
}

// spreadAll notes that a cancellation is in the records. It is looked for once more after a while: an order may have been
// under way, and the index lags.
func (s *Sweeper) spreadAll(ctx context.Context, b Batch) error {
	_, err := amend(ctx, s.Batches, b, func(now *Batch) error {
		done := *b.CanceledAt
		again := done.Add(rested)
		if s.now().Before(again) {
			now.Due = &again
			return nil
		}
		now.ClearedAt, now.Due = &done, after(s.now(), settled)
		return nil
	})
	return ignore(err)
}

func (s *Sweeper) cancel(ctx context.Context, b Batch, j Job) error {
	_, err := s.change(ctx, j, func(j *Job) error {
		switch {
		case !b.cancels(*j):
			return errStop
		case untouched(*j):
			return j.end(Canceled, s.now())
		case !j.Turn:
			return errStop
		}
		j.hold(s.now()) // a worker looks for a picture of an earlier round first
		return nil
	})
	return ignore(err)
}

// eachJob works on jobs, a few at a time, and joins the errors.
func (s *Sweeper) eachJob(ctx context.Context, jobs []Job, do func(context.Context, Job) error) error {
	return aFew(len(jobs), sweepers, func(n int) error {
		if err := ctx.Err(); err != nil {
			return err
		}
		return do(ctx, jobs[n])
	})
}

// conclude notices that every job of a batch has ended, or says when to look again.
func (s *Sweeper) conclude(ctx context.Context, b Batch) error {
	t, err := s.count(ctx, b)
	if err == nil && t.Ended() == t.Total() { // a job that changes its state while others are counted may be missed once
		t, err = s.count(ctx, b)
	}
	if err != nil {
		return err
	}
	if t.Ended() < t.Total() || t.At.Sub(b.AppendedAt) < rested {
		return s.lookAgain(ctx, b, t)
	}
	b, won, err := s.end(ctx, b, t)
	if err != nil || !won {
		return ignore(err)
	}
	err = s.keepTally(ctx, b.ID, t)
	if s.Ended != nil {
		s.Ended(ctx, b, t)
	}
	return err
}

func (s *Sweeper) count(ctx context.Context, b Batch) (Tally, error) {
	t, err := s.BatchIndex.CountJobs(ctx, b.ID)
	t.At = s.now()
	return b.complete(t, t.At), err
}

// lookAgain waits for half of the time that the rest is going to take.
func (s *Sweeper) lookAgain(ctx context.Context, b Batch, t Tally) error {
	rest := b.remaining(t, func(model string) time.Duration { return s.Feed.Tempo.interval(ctx, model, t.At) })
	next := t.At.Add(min(max(rest/2, lookLeast), lookMost))
	_, err := amend(ctx, s.Batches, b, func(now *Batch) error {
		if now.Version != b.Version {
			return errStop // whoever changed it has said when to look
		}
		now.Due = &next
		return nil
	})
	return ignore(err)
}

func (s *Sweeper) keepTally(ctx context.Context, id string, t Tally) error {
	kept, err := s.Tallies.Tally(ctx, id)
	if err != nil {
		return err
	}
	t.Version, t.Begun = kept.Version, t.At
	_, err = s.Tallies.SetTally(ctx, id, t)
	return conflicted(err)
}

// clear removes the jobs of a batch that is being deleted, and with the last of them the batch.
func (s *Sweeper) clear(ctx context.Context, b Batch) error {
	r := removal{Book: s.Book, Images: s.Images, Inputs: s.Inputs, Eraser: s.Eraser, shared: true}
	q := Query{BatchID: b.ID, Limit: 100}
	for n := 0; n < clearLimit; {
		jobs, more, err := s.Feed.Index.List(ctx, q)
		if err != nil {
			return err
		}
		n += len(jobs)
		err = s.eachJob(ctx, jobs, func(ctx context.Context, j Job) error {
			return ignore(r.remove(ctx, j, s.removable))
		})
		if err != nil {
			return err
		}
		if more == nil && len(jobs) == 0 {
			return ignore(s.BatchEraser.EraseBatch(ctx, b.ID, b.Version))
		}
		if more == nil {
			break
		}
		q.After = more
	}
	_, err := amend(ctx, s.Batches, b, func(b *Batch) error { // the next in the line is looked at first
		b.Due = after(s.now(), time.Second)
		return nil
	})
	return ignore(err)
}

// removable ends a job that is to be removed. One whose call runs is removed when that has ended.
func (s *Sweeper) removable(j *Job) error {
	switch {
	case j.live(s.now()):
		return forbid(*j, "deleted", "Its call has not ended.")
	case j.Status.Ended():
		return nil
	case j.Status == Running:
		if err := j.enter(Queued); err != nil {
			return err
		}
	}
	return j.end(Canceled, s.now())
}
