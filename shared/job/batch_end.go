package job

import (
	"context"
	"errors"
	"time"
)

// amendCounters changes the counters of a batch, again while the store fails. A change that is repeated though it had
// taken effect meets its own condition.
func (r Recorder) amendCounters(ctx context.Context, d Difference) (c Counters, err error) {
	for n := range Tries {
		c, err = r.Batches.Amend(ctx, d)
		if err == nil || settled(err) || !pause(ctx, n) {
			break
		}
	}
	return c, err
}

// closeBatch notices that a batch has ended, if it has, and tells of it. Only the one who writes the end tells; what a
// crash leaves is found by the batch's timer.
func (r Recorder) closeBatch(ctx context.Context, id string) error {
	b, c, err := loadBatch(ctx, r.Batches, id)
	if err != nil || !c.over() || c.has(Ended) || c.has(Removing) {
		return ignore(err)
	}
	c, err = r.endBatch(ctx, c)
	if err != nil {
		return ignore(err)
	}
	return r.tellEnd(ctx, b, c)
}

// endBatch writes the end. It returns ErrCounters if the batch goes on, or another has written it.
func (r Recorder) endBatch(ctx context.Context, c Counters) (Counters, error) {
	now := r.now()
	d := Difference{
		BatchID: c.BatchID, Set: map[Instant]time.Time{Ended: now, Due: now},
		If: Condition{NoneActive: true, Is: map[Instant]*time.Time{Sealed: c.When(Sealed), Ended: nil, Removing: nil}},
	}
	if r.Retention > 0 {
		d.Set[Expires] = now.Add(r.Retention)
	}
	return r.amendCounters(ctx, d)
}

// tellEnd tells of an end that was written, and then notes that this was done: the event goes out at least once.
func (r Recorder) tellEnd(ctx context.Context, b Batch, c Counters) error {
	if r.Ended != nil {
		if err := r.Ended(ctx, b, c); err != nil {
			return err
		}
	}
	ended := c.When(Ended)
	d := Difference{BatchID: c.BatchID, Set: map[Instant]time.Time{Told: *ended}, If: Condition{Is: map[Instant]*time.Time{Ended: ended, Removing: nil}}}
	switch {
	case c.Unwritten > 0: // the timer goes on with what a cancellation has left
	case c.has(Expires):
		d.Set[Due] = c.At[Expires]
	default:
		d.Clear = []Instant{Due}
	}
	_, err := r.amendCounters(ctx, d)
	return ignore(err)
}

// ignore drops the error of a record that was deleted, or of a batch that was changed, meanwhile: another has it.
func ignore(err error) error {
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrCounters) {
		return nil
	}
	return err
}
