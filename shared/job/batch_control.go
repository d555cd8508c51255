package job

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"easel/shared/backoff"
	"easel/shared/request"
)

// Seal says that no more jobs are expected. Doing it again changes nothing. It returns the batch as it is then, or an
// [*Error] of kind ErrNotFound, ErrState for one that is being deleted, or ErrUnavailable.
func (s *Submitter) Seal(ctx context.Context, c Caller, id string) (Batch, Counters, error) {
	return s.changeBatch(ctx, c, id, func(b Batch, c Counters) (*Difference, error) {
		if c.Has(Removing) {
			return nil, forbidBatch(b, "is being deleted", "Make a new one.")
		}
		return sealing(c, s.Clock()), nil
	})
}

// sealing is the change that seals a batch; nil: it is sealed.
func sealing(c Counters, now time.Time) *Difference {
	if c.Has(Sealed) {
		return nil
	}
	return &Difference{
		BatchID: c.BatchID, Set: map[Instant]time.Time{Sealed: now, Due: now},
		If: Condition{Is: map[Instant]*time.Time{Sealed: nil, Removing: nil}},
	}
}

// SealBatch seals a batch that may be sealed already.
func (r Recorder) SealBatch(ctx context.Context, c Counters) (Counters, error) {
	d := sealing(c, r.Clock())
	if d == nil {
		return c, nil
	}
	now, err := r.AmendCounters(ctx, *d)
	if errors.Is(err, ErrCounters) {
		return now, nil
	}
	return now, err
}

// CancelBatch ends what has not ended in one write. Calls that run go on, and their images are kept. What is added
// or retried later is made all the same. Doing it again changes nothing. It returns an [*Error] of kind ErrNotFound or
// ErrUnavailable.
func (s *Submitter) CancelBatch(ctx context.Context, c Caller, id string) (Batch, Counters, error) {
	return s.changeBatch(ctx, c, id, func(_ Batch, c Counters) (*Difference, error) {
		if c.Over() || c.Has(Stopped) && c.Queued == 0 || c.Has(Removing) {
			return nil, nil
		}
		now := later(s.Clock(), c.When(Appended))
		d := &Difference{
			BatchID: c.BatchID, Cancel: true, Set: map[Instant]time.Time{Stopped: now, Due: now},
			If: Condition{CancelNo: &c.CancelNo, Models: slices.AppendSeq([]string{}, maps.Keys(c.Models)), Is: map[Instant]*time.Time{Removing: nil}},
		}
		if !c.Has(Sealed) {
			d.Set[Sealed] = now
		}
		return d, nil
	})
}

// DeleteBatch has a batch that has ended or was canceled removed with all its jobs, which takes a while. Its ID stays taken
// for 90 days. It returns an [*Error] of kind ErrNotFound, ErrState while jobs have not ended, or ErrUnavailable.
func (s *Submitter) DeleteBatch(ctx context.Context, c Caller, id string) (Batch, Counters, error) {
	return s.changeBatch(ctx, c, id, func(b Batch, c Counters) (*Difference, error) {
		switch {
		case c.Has(Removing):
			return nil, nil
		case c.Queued > 0, c.Running > 0 && !c.Has(Stopped):
			return nil, forbidBatch(b, "has not ended", "Cancel it first, or wait until it has.")
		}
		now := s.Clock()
		return &Difference{
			BatchID: c.BatchID, Set: map[Instant]time.Time{Removing: now, Due: now},
			If: Condition{NoneQueued: true, NoneActive: !c.Has(Stopped), CancelNo: &c.CancelNo, Is: map[Instant]*time.Time{Removing: nil}},
		}, nil
	})
}

// changeBatch changes the counters of a batch, again from what is there if that did not allow it. A nil difference leaves
// them as they are.
func (r Recorder) changeBatch(ctx context.Context, caller Caller, id string, decide func(Batch, Counters) (*Difference, error)) (Batch, Counters, error) {
	b, c, err := FindBatch(ctx, r.Batches, caller, id, r.Clock())
	if err != nil {
		return Batch{}, Counters{}, err
	}
	for n := range backoff.Tries {
		var d *Difference
		if d, err = decide(b, c); err != nil {
			return Batch{}, Counters{}, err
		}
		if d == nil {
			break
		}
		if c, err = r.AmendCounters(ctx, *d); !errors.Is(err, ErrCounters) || !backoff.Pause(ctx, n) {
			break
		}
	}
	if err != nil {
		return Batch{}, Counters{}, explainBatch(b, err, "The batch could not be changed.")
	}
	if c.Over() && !c.Has(Ended) && !c.Has(Removing) {
		_ = r.CloseBatch(ctx, id) // found by the sweep otherwise
	}
	return b, c, nil
}

// LoadBatch reads a batch, trying again while the store fails.
func LoadBatch(ctx context.Context, batches BatchReader, id string) (b Batch, c Counters, err error) {
	err = backoff.Retry(ctx, settled, func() error {
		b, c, err = batches.GetBatch(ctx, id)
		return err
	})
	return b, c, err
}

// FindBatch loads a batch for a caller. Another owner's is not found.
func FindBatch(ctx context.Context, batches BatchReader, caller Caller, id string, now time.Time) (Batch, Counters, error) {
	b, c, err := LoadBatch(ctx, batches, id)
	switch {
	case errors.Is(err, ErrNotFound):
		return Batch{}, Counters{}, noBatch(request.Clip(id))
	case err != nil:
		return Batch{}, Counters{}, Unavailable("The batch could not be read.", err)
	case b.DeletedAt != nil, !caller.Operator && caller.Owner != b.Owner, c.Expired(now):
		return Batch{}, Counters{}, noBatch(request.Clip(id))
	}
	return b, c, nil
}

func noBatch(id string) error {
	return &Error{Kind: ErrNotFound, Code: "batch_not_found", Message: fmt.Sprintf("There is no batch %q. Check the ID; batches of other owners are not shown.", id)}
}

func forbidBatch(b Batch, why, hint string) error {
	return &Error{Kind: ErrState, Code: "wrong_state", Message: fmt.Sprintf("Batch %s %s. %s", b.ID, why, hint)}
}

// explainBatch gives the words for a change that did not come about. what says which, where the store failed.
func explainBatch(b Batch, err error, what string) error {
	_, known := errors.AsType[*Error](err)
	switch {
	case err == nil || known:
		return err
	case errors.Is(err, ErrNotFound):
		return noBatch(b.ID)
	}
	return Unavailable(what, err)
}
