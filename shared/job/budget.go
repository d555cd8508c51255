package job

import (
	"context"
	"errors"
	"fmt"
)

// bookedAs names the reservation of one attempt to record a job, or to begin it again.
func bookedAs(j Job) string { return fmt.Sprintf("job/%s/%d/%s", j.ID, j.Round, j.Stamp) }

// unreserve gives back what was reserved for a job that turned out to be there already.
func (s *Submitter) unreserve(ctx context.Context, j Job) {
	if j.Booked == 0 {
		return
	}
	e := Entry{Name: bookedAs(j) + "/back", Owner: j.Owner, Day: j.BookedDay, Amount: -j.Price, At: s.now(), Fingerprint: j.fingerprint()}
	_, _ = s.post(ctx, e, nil) // otherwise the budget is the poorer
}

// reserve books a single job, where owners have a budget.
func (s *Submitter) reserve(ctx context.Context, j *Job) error {
	if s.Budget == 0 {
		return nil
	}
	now := s.now()
	e := Entry{
		Name: bookedAs(*j), Owner: j.Owner, Day: dayOf(now),
		Amount: j.Price, Limit: s.Budget, At: now, Fingerprint: j.fingerprint(),
	}
	j.Booked, j.BookedDay = j.CostMicroUSD+j.Price, e.Day
	_, err := s.post(ctx, e, nil)
	switch {
	case err == nil || errors.Is(err, ErrExists):
		return nil
	case errors.Is(err, ErrBudget):
		return s.overBudget(ctx, j.Owner, j.Price)
	}
	return unavailable("The budget could not be asked.", err)
}

// post tries again while the store fails. An entry of this name that is there may be our own.
func (b Book) post(ctx context.Context, e Entry, batch *Batch) (p Posted, err error) {
	for n := range tries {
		p, err = b.Budgets.Post(ctx, e, batch)
		final := err == nil || errors.Is(err, ErrExists) || errors.Is(err, ErrBudget) || errors.Is(err, ErrConflict) || errors.Is(err, ErrNotFound)
		if final || !pause(ctx, n) {
			break
		}
	}
	return p, err
}

// settleUp corrects what was reserved for a single job once nothing more can come of it: a call that was never made
// costs nothing, and a repeated one twice. Where it fails the budget is the poorer, never the account.
func (b Book) settleUp(ctx context.Context, was, j Job) {
	if j.Booked == 0 || !closed(j) || closed(was) || j.CostMicroUSD == j.Booked {
		return
	}
	_, _ = b.post(ctx, Entry{
		Name: fmt.Sprintf("end/%s/%d", j.ID, j.Round), Owner: j.Owner, Day: j.BookedDay, Amount: j.CostMicroUSD - j.Booked,
		Fingerprint: j.fingerprint(), At: b.now(),
	}, nil)
}

// closed reports whether a job has ended and no call of its last round is under way.
func closed(j Job) bool { return j.Status.Ended() && j.Lease == nil }
