package bulk

import (
	"context"
	"errors"
	"sync/atomic"

	"github.com/google/uuid"

	"easel/shared/api"
)

// sender appends rows to the batch.
type sender struct {
	requests
	answered atomic.Uint32 // number of the last append that was answered
	refusal  error         // of an append, written before sending ends
}

// send appends the rows to the batch and seals it. Where the server refuses, the rows that it has taken go on.
func (s *sender) send(ctx context.Context) error {
	for p, err := range s.parts(tableRow.open) {
		if err != nil {
			return err
		}
		if s.refusal == nil {
			err = s.add(ctx, p)
		}
		switch {
		case err == nil && s.refusal == nil:
			continue
		case s.refusal == nil && refused(err):
			s.refusal = err
		case err != nil:
			return err
		}
		for _, key := range p.keys {
			row, _ := s.rows.get(key)
			s.rows.move(key, row.offer.id, idle)
		}
		s.course.count(func(c *course) { c.unsent += len(p.keys); c.total -= len(p.keys) })
	}
	_, err := persisted(ctx, &s.batch.retrier, func() (api.Batch, error) { return s.Client.SealBatch(ctx, s.batch.ID) })
	return err
}

// add appends one part, and then cancels the jobs that its rows have replaced: a run that dies between the two pays for a
// picture too many at the most, and the next one cancels. Where the bound of the batch has no room for both, those that
// are replaced are canceled first.
func (s *sender) add(ctx context.Context, p part) error {
	err := s.append(ctx, p)
	if said, ok := errors.AsType[*api.Problem](err); ok && said.Code == "over_max_cost" {
		n, failed := s.cancellations.cancelReplaced(ctx, p.holds)
		if failed != nil {
			return failed
		}
		if n > 0 {
			err = s.append(ctx, p)
		}
	}
	if err != nil {
		return err
	}
	_, err = s.cancellations.cancelReplaced(ctx, p.holds)
	return err
}

// append sends one part. Its key makes an attempt that is repeated count once; it is a new one in each run, since what
// was canceled in between is to begin again.
func (s *sender) append(ctx context.Context, p part) error {
	key := uuid.NewString()
	b, err := persisted(ctx, &s.batch.retrier, func() (api.Batch, error) { return s.Client.AppendJobs(ctx, s.batch.ID, s.order(p), key) })
	if err != nil {
		return err
	}
	number := s.answered.Load() + 1
	s.rows.answered(p.keys, number)
	s.answered.Store(number)
	s.course.count(func(c *course) { c.sent += len(p.keys); c.order(b.Order, s.now()) })
	s.tell(Event{Event: Sent})
	return nil
}
