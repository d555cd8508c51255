package job

import (
	"context"
	"errors"
	"time"

	"easel/shared/backoff"
)

// AmendCounters changes the counters of a batch, again while the store fails. A change that is repeated though it had
// taken effect meets its own condition.
func (r Recorder) AmendCounters(ctx context.Context, d Difference) (c Counters, err error) {
	err = backoff.Retry(ctx, settled, func() error {
		c, err = r.Batches.Amend(ctx, d)
		return err
	})
	return c, err
}

// CloseBatch notices that a batch has ended, if it has, and tells of it. Only the one who writes the end tells; what a
// crash leaves is found by the batch's timer.
func (r Recorder) CloseBatch(ctx context.Context, id string) error {
	b, c, err := LoadBatch(ctx, r.Batches, id)
	if err != nil || !c.Over() || c.Has(Ended) || c.Has(Removing) {
		return IgnoreOvertaken(err)
	}
	c, err = r.endBatch(ctx, c)
	if err != nil {
		return IgnoreOvertaken(err)
	}
	return r.TellEnd(ctx, b, c)
}

// endBatch writes the end. It returns ErrCounters if the batch goes on, or another has written it.
func (r Recorder) endBatch(ctx context.Context, c Counters) (Counters, error) {
	now := r.Clock()
	d := Difference{
		BatchID: c.BatchID, Set: map[Instant]time.Time{Ended: now, Due: now},
		If: Condition{NoneActive: true, Is: map[Instant]*time.Time{Sealed: c.When(Sealed), Ended: nil, Removing: nil}},
	}
	if r.Retention > 0 {
		d.Set[Expires] = now.Add(r.Retention)
	}
	return r.AmendCounters(ctx, d)
}

// TellEnd tells of an end that was written, and then notes that this was done: the event goes out at least once.
func (r Recorder) TellEnd(ctx context.Context, b Batch, c Counters) error {
	if r.Ended != nil {
		if err := r.Ended(ctx, b, c); err != nil {
			return err
		}
	}
	ended := c.When(Ended)
	d := Difference{BatchID: c.BatchID, Set: map[Instant]time.Time{Told: *ended}, If: Condition{Is: map[Instant]*time.Time{Ended: ended, Removing: nil}}}
	switch {
	case c.Unwritten > 0: // the timer goes on with what a cancellation has left
	case c.Has(Expires):
		d.Set[Due] = c.At[Expires]
	default:
		d.Clear = []Instant{Due}
	}
	_, err := r.AmendCounters(ctx, d)
	return IgnoreOvertaken(err)
}

// IgnoreOvertaken drops the error of a record that was deleted, or of a batch that was changed, meanwhile: another has it.
func IgnoreOvertaken(err error) error {
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrCounters) {
		return nil
	}
	return err
}
