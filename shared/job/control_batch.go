package job

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/google/uuid"
)

// Seal says that no more jobs are expected. Doing it again changes nothing.
func (s *Submitter) Seal(ctx context.Context, c Caller, id string) (Batch, error) {
	return s.control(ctx, c, id, s.seal)
}

func (s *Submitter) seal(b *Batch) error {
	if b.SealedAt != nil {
		return errStop
	}
	now := s.now()
	b.SealedAt, b.Due = &now, &now
	return nil
}

// CancelBatch ends what has not ended in one write. Calls that run go on, and their pictures are kept. What is appended
// or retried later is made all the same. Doing it again changes nothing. It returns an [*Error] of kind ErrNotFound or
// ErrUnavailable.
func (s *Submitter) CancelBatch(ctx context.Context, c Caller, id string) (Batch, error) {
	return s.control(ctx, c, id, func(b *Batch) error {
		if b.EndedAt != nil || (b.CanceledAt != nil && !b.AppendedAt.After(*b.CanceledAt)) {
			return errStop
		}
		now := later(s.now(), b.CanceledAt)
		if b.AppendedAt.After(now) {
			now = b.AppendedAt
		}
		b.CanceledAt, b.Due = &now, &now
		if b.SealedAt == nil {
			b.SealedAt = &now
		}
		return nil
	})
}

// DeleteBatch has a batch that has ended or was canceled removed with all its jobs, which takes a while. It returns an
// [*Error] of kind ErrNotFound, ErrState while jobs have not ended, or ErrUnavailable.
func (s *Submitter) DeleteBatch(ctx context.Context, c Caller, id string) (Batch, error) {
	return s.control(ctx, c, id, func(b *Batch) error {
		switch {
		case b.Deleting:
			return errStop
		case b.EndedAt == nil && (b.CanceledAt == nil || b.AppendedAt.After(*b.CanceledAt)):
			return forbidBatch(*b, "has not ended", "Cancel it first. Of one whose last job has just ended that is noticed within a minute.")
		}
		now := s.now()
		b.Deleting, b.Due = true, &now
		return nil
	})
}

func (s *Submitter) control(ctx context.Context, c Caller, id string, edit func(*Batch) error) (Batch, error) {
	b, err := s.findBatch(ctx, c, id)
	if err != nil {
		return Batch{}, err
	}
	b, err = s.changeBatch(ctx, b, edit)
	return b, settleBatch(b, err)
}

// Bounds of one retry.
const (
	mostRetried = 1000
	mostPages   = 100
)

// RetryBatch begins jobs again that failed or were canceled, at most 1,000 in one call, and says how many and whether
// there may be more. It returns an [*Error] of kind ErrInvalid, ErrNotFound, ErrState, ErrBudget or ErrUnavailable.
func (s *Submitter) RetryBatch(ctx context.Context, c Caller, id string, which Choice) (b Batch, n int, more bool, err error) {
	if len(which.Statuses) == 0 {
		which.Statuses = []Status{Failed}
	}
	if err := s.checkOrder(Order{BatchID: id, Retry: which.Statuses, Open: true}); err != nil {
		return Batch{}, 0, false, err
	}
	b, err = s.findBatch(ctx, c, id)
	if err != nil {
		return Batch{}, 0, false, err
	}
	ctx, cancel := detach(ctx)
	defer cancel()
	w := &work{order: Order{BatchID: id, Retry: which.Statuses}, batch: b, now: s.now(), retry: true}
	if more, err = s.gather(ctx, w, which); err != nil {
		return Batch{}, 0, false, unavailable("The jobs of the batch could not be listed.", err)
	}
	if err := s.rework(ctx, w); err != nil {
		return Batch{}, 0, false, err
	}
	return w.batch, len(w.rows), more, nil
}

// gather finds the jobs that the choice means.
func (s *Submitter) gather(ctx context.Context, w *work, which Choice) (more bool, err error) {
	q := Query{BatchID: w.batch.ID, Statuses: slices.Clone(which.Statuses), Limit: 100}
	if w.batch.CanceledAt != nil && slices.Contains(which.Statuses, Canceled) {
		q.Statuses = append(q.Statuses, Queued)
	}
	for range mostPages {
		jobs, next, err := s.Feed.Index.List(ctx, q)
		if err != nil {
			return false, err
		}
		for _, j := range jobs {
			w.choose(j, which)
		}
		if next == nil {
			return false, nil
		}
		if len(w.rows) >= mostRetried {
			break
		}
		q.After = next
	}
	return true, nil
}

func (w *work) choose(j Job, which Choice) {
	status := j.Status
	if w.batch.cancels(j) {
		status = Canceled
	}
	coded := len(which.Codes) == 0 || (j.Failure != nil && slices.Contains(which.Codes, j.Failure.Code))
	if j.Deleting || !slices.Contains(which.Statuses, status) || (status == Failed && !coded) {
		return
	}
	w.rows = append(w.rows, row{job: j, do: restart})
}

// rework books and begins the rows of a retry.
func (s *Submitter) rework(ctx context.Context, w *work) error {
	if len(w.rows) == 0 {
		return nil
	}
	if w.batch.Deleting {
		return forbidBatch(w.batch, "is being deleted", "Make a new one.")
	}
	w.sum()
	if err := s.book(ctx, w); err != nil {
		return err
	}
	if err := s.restartAll(ctx, w, w.rows); err != nil {
		return unavailable("Not all jobs could be begun again.", err)
	}
	return nil
}

// retryOf begins one job of a batch again.
func (s *Submitter) retryOf(ctx context.Context, j Job) (Job, error) {
	b, err := s.loadBatch(ctx, j.BatchID)
	if err != nil {
		return settle(j, err)
	}
	w := &work{order: Order{BatchID: b.ID}, batch: b, now: s.now(), retry: true}
	w.choose(j, Choice{Statuses: []Status{Failed, Canceled}})
	switch {
	case len(w.rows) > 0:
	case j.Round > 1 && !j.Status.Ended():
		return j, nil
	case j.Deleting:
		return Job{}, forbid(j, "retried", "It is being deleted.")
	default:
		return Job{}, forbid(j, "retried", "Only failed and canceled jobs can; submit a new job for another picture.")
	}
	if err := s.rework(ctx, w); err != nil {
		return Job{}, err
	}
	now, err := s.load(ctx, j.ID)
	return settle(now, err)
}

func (s *Submitter) changeBatch(ctx context.Context, b Batch, edit func(*Batch) error) (Batch, error) {
	return amend(ctx, s.Batches, b, edit)
}

// amend applies edit to a batch and writes it, again from what is there now on a conflict. An error of edit ends it:
// errStop returns the batch as it is.
func amend(ctx context.Context, batches Batches, b Batch, edit func(*Batch) error) (Batch, error) {
	var err error
	for n := range tries {
		edited := b.clone()
		if err = edit(&edited); err != nil {
			if errors.Is(err, errStop) {
				return b, nil
			}
			return b, err
		}
		edited.Stamp = uuid.NewString()
		var now Batch
		now, err = batches.UpdateBatch(ctx, edited)
		switch {
		case err == nil || errors.Is(err, ErrConflict) && now.Stamp == edited.Stamp:
			return now, nil
		case errors.Is(err, ErrConflict):
			b = now
		case errors.Is(err, ErrNotFound):
			return b, err
		}
		if !pause(ctx, n) {
			break
		}
	}
	return b, err
}

// loadBatch reads a batch, trying again while the store fails.
func loadBatch(ctx context.Context, batches Batches, id string) (b Batch, err error) {
	for n := range tries {
		b, err = batches.GetBatch(ctx, id)
		if err == nil || errors.Is(err, ErrNotFound) || !pause(ctx, n) {
			break
		}
	}
	return b, err
}

func (s *Submitter) loadBatch(ctx context.Context, id string) (Batch, error) {
	return loadBatch(ctx, s.Batches, id)
}

func (s *Submitter) findBatch(ctx context.Context, c Caller, id string) (Batch, error) {
	return findBatch(ctx, s.Batches, c, id, s.now())
}

// findBatch loads a batch for a caller. Another owner's is not found.
func findBatch(ctx context.Context, batches Batches, c Caller, id string, now time.Time) (Batch, error) {
	b, err := loadBatch(ctx, batches, id)
	switch {
	case errors.Is(err, ErrNotFound):
		return Batch{}, noBatch(clip(id))
	case err != nil:
		return Batch{}, unavailable("The batch could not be read.", err)
	case !c.Operator && c.Owner != b.Owner, b.ExpiresAt != nil && !now.Before(*b.ExpiresAt):
		return Batch{}, noBatch(clip(id))
	}
	return b, nil
}

func noBatch(id string) error {
	return &Error{Kind: ErrNotFound, Code: "batch_not_found", Message: fmt.Sprintf("There is no batch %q. Check the ID; batches of other owners are not shown.", id)}
}

func forbidBatch(b Batch, why, hint string) error {
	return &Error{Kind: ErrState, Code: "wrong_state", Message: fmt.Sprintf("Batch %s %s. %s", b.ID, why, hint)}
}

// settleBatch gives the words for a change that did not come about.
func settleBatch(b Batch, err error) error {
	_, known := errors.AsType[*Error](err)
	switch {
	case err == nil || known:
		return err
	case errors.Is(err, ErrNotFound):
		return noBatch(b.ID)
	}
	return unavailable("The batch could not be changed.", err)
}
