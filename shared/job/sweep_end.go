package job

import (
	"context"
	"errors"
	"slices"
	"time"
)

// end writes the end of a batch and corrects the books: what was reserved and not spent is given back to the days it was
// taken from, the latest first. It reports false where the batch changed meanwhile. The first correction comes with the
// end itself; should the others never be made, earlier days stay the poorer.
func (s *Sweeper) end(ctx context.Context, b Batch, t Tally) (Batch, bool, error) {
	cost := t.Cost + b.Removed
	corrections := b.corrections(cost)
	b = b.clone()
	b.shrink(t.Total())
	b.Booked, b.EndedAt, b.Due = cost, &t.At, nil
	if b.Deleting {
		b.Due = &t.At
	}
	if s.Retention > 0 {
		b.ExpiresAt = after(t.At, s.Retention)
	}
	b.Stamp = newID()
	if len(corrections) == 0 {
		now, err := s.Batches.UpdateBatch(ctx, b)
		return won(now, b, err)
	}
	for n, e := range corrections {
		b.Days[e.Day] += e.Amount
		corrections[n].Owner, corrections[n].At = b.Owner, t.At
		corrections[n].Name = b.ID + "/end/" + instantOf(b.AppendedAt) + "/" + instantOf(t.At) + "/" + e.Day
	}
	p, err := s.post(ctx, corrections[0], &b)
	if errors.Is(err, ErrExists) { // by an attempt of ours whose reply was lost
		p.Batch, err = s.Batches.GetBatch(ctx, b.ID)
	}
	now, ended, err := won(p.Batch, b, err)
	if !ended {
		return now, false, err
	}
	for _, e := range corrections[1:] {
		_, _ = s.post(ctx, e, nil)
	}
	return now, true, nil
}

// won reports whether the batch is as we wrote it. A conflict is no error: somebody changed the batch, and it is looked at
// again.
func won(now, ours Batch, err error) (Batch, bool, error) {
	if err != nil && !errors.Is(err, ErrConflict) {
		return now, false, err
	}
	return now, now.Stamp == ours.Stamp, nil
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
