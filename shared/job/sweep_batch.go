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
	case b.Deleting:
		return s.clear(ctx, b)
	case b.CanceledAt != nil && (b.ClearedAt == nil || b.ClearedAt.Before(*b.CanceledAt)):
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
		jobs = slices.DeleteFunc(jobs, func(j Job) bool { return !b.cancels(j) || !untouched(j) })
		n += len(jobs)
		if err := s.eachJob(ctx, jobs, func(ctx context.Context, j Job) error { return s.cancel(ctx, b, j) }); err != nil {
			return err
		}
		if more == nil {
			return s.spreadAll(ctx, b)
		}
		q.After = more
	}
	return nil // the rest at the next run
}

// spreadAll notes that a cancellation is in the records.
func (s *Sweeper) spreadAll(ctx context.Context, b Batch) error {
	_, err := amend(ctx, s.Batches, b, func(now *Batch) error {
		done, soon := *b.CanceledAt, s.now().Add(settled)
		now.ClearedAt, now.Due = &done, &soon
		return nil
	})
	return ignore(err)
}

func (s *Sweeper) cancel(ctx context.Context, b Batch, j Job) error {
	_, err := s.change(ctx, j, func(j *Job) error {
		if !b.cancels(*j) || !untouched(*j) {
			return errStop
		}
		return j.end(Canceled, s.now())
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
	if t.Ended() < t.Total() || t.At.Sub(b.AppendedAt) < settled {
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

// end writes the end of a batch and corrects the books: what was reserved and not spent is given back to the days it was
// taken from, the latest first. It reports false where the batch changed meanwhile.
func (s *Sweeper) end(ctx context.Context, b Batch, t Tally) (Batch, bool, error) {
	corrections := b.corrections(t.Cost)
	b = b.clone()
	b.Booked, b.EndedAt, b.Due = t.Cost, &t.At, nil
	if s.Retention > 0 {
		b.ExpiresAt = after(t.At, s.Retention)
	}
	b.Stamp = newID()
	name := b.ID + "/end/" + instantOf(b.AppendedAt)
	for n, e := range corrections {
		b.Days[e.Day] += e.Amount
		e.Owner, e.At, e.Name = b.Owner, t.At, name+"/"+e.Day
		if n < len(corrections)-1 {
			if _, err := s.post(ctx, e, nil); err != nil && !errors.Is(err, ErrExists) {
				return b, false, err
			}
			continue
		}
		p, err := s.post(ctx, e, &b)
		return p.Batch, err == nil, conflicted(err)
	}
	now, err := s.Batches.UpdateBatch(ctx, b)
	return now, err == nil, conflicted(err)
}

// conflicted drops the error of a batch that somebody changed meanwhile: it is looked at again.
func conflicted(err error) error {
	if errors.Is(err, ErrConflict) {
		return nil
	}
	return err
}

func instantOf(t time.Time) string { return t.UTC().Format("20060102T150405.000000") }

// corrections are the entries that bring the books of a batch from what was reserved to what it cost.
func (b Batch) corrections(cost int64) []Entry {
	diff := cost - b.Booked
	var days []string
	for day := range b.Days {
		days = append(days, day)
	}
	slices.Sort(days)
	slices.Reverse(days)
	var all []Entry
	for _, day := range days {
		amount := diff
		if diff < 0 {
			amount = max(diff, -b.Days[day])
		}
		if amount != 0 {
			all = append(all, Entry{Day: day, Amount: amount})
		}
		diff -= amount
	}
	return all
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
			return ignore(r.remove(ctx, j, func(*Job) error { return nil }))
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
	return nil
}
