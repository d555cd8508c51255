package job

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"
)

// openTime is after how long a batch to which nothing is appended seals itself.
const openTime = 24 * time.Hour

// affordable holds the cost of an order against the bound of its batch, before anything is written.
func (w *work) affordable() error {
	b := w.batch
	room := b.MaxCost - b.Booked
	if b.MaxCost == 0 || w.owed() <= room {
		return nil
	}
	fit := 0
	for _, r := range w.todo() {
		if room -= w.price(r); room < 0 {
			break
		}
		fit++
	}
	return &Error{
		Kind: ErrBudget, Code: "over_max_cost",
		Message: fmt.Sprintf("These %d pictures cost %s at list price, and max_cost_usd leaves %s of %s: %d of them fit, in their order. Send fewer, or make a batch with a higher bound.",
			len(w.todo()), Dollars(w.owed()), Dollars(max(0, b.MaxCost-b.Booked)), Dollars(b.MaxCost), fit),
	}
}

// owed is what an order is booked with: its cost, but for what the batch holds already.
func (w *work) owed() (sum int64) {
	for _, r := range w.todo() {
		sum += w.price(r)
	}
	return sum
}

// price is what a row is booked with. The money of a job that ended without a call stays in the batch until that ends.
func (w *work) price(r row) int64 {
	if r.do == restart && r.job.Calls == 0 && w.batch.EndedAt == nil {
		return 0
	}
	return r.job.Price
}

// solvent refuses an order that the owner's day has no room for before anything is written. The reservation decides.
func (s *Submitter) solvent(ctx context.Context, w *work) error {
	if s.Budget == 0 || !w.plan.Created { // otherwise it may be in the books already
		return nil
	}
	spent, err := s.Budgets.Spent(ctx, w.batch.Owner, dayOf(w.now))
	if err == nil && spent > s.Budget-w.plan.Cost {
		return s.overBudget(ctx, w.batch.Owner, w.plan.Cost)
	}
	return nil
}

// book reserves the money and the places of an order: one entry in the books and one write of the batch, or neither. An
// entry that is there was made by the same order before: then nothing is added, unless the batch has ended or was
// canceled since, and gave the money back.
func (s *Submitter) book(ctx context.Context, w *work) error {
	name := w.entry()
	var err error
	for n := range tries {
		b := s.grow(ctx, w)
		e := s.reservation(w, name)
		refusal := w.admissible()
		if refusal != nil {
			e.Day, e.Amount, e.Limit = dayOf(w.now), maxUSD*1_000_000, 1 // no day has room for it: it asks for the entry and writes nothing
		}
		var p Posted
		p, err = s.Budgets.Post(ctx, e, &b)
		switch {
		case err == nil:
			w.settle(p.Batch, p.Entry.First)
			return nil
		case errors.Is(err, ErrExists):
			again, err := s.booked(ctx, w, p.Entry)
			if err != nil || again == "" {
				return err
			}
			name = w.entry() + again
			continue
		case errors.Is(err, ErrBudget) && refusal != nil:
			return refusal
		case errors.Is(err, ErrBudget):
			return s.overBudget(ctx, w.batch.Owner, w.owed())
		case errors.Is(err, ErrNotFound):
			return noBatch(w.batch.ID)
		case errors.Is(err, ErrConflict):
			w.batch = p.Batch
			if w.batch.Deleting {
				return forbidBatch(w.batch, "is being deleted", "Make a new one.")
			}
		}
		if !pause(ctx, n) {
			break
		}
	}
	return unavailable("The order could not be booked.", err)
}

// MaxBatch is how many jobs a batch may hold.
const MaxBatch = 100_000

// admissible holds an order that is not in the books against the bounds of its batch.
func (w *work) admissible() error {
	if n := w.batch.Jobs() + int64(w.plan.Added); n > MaxBatch {
		return &Error{Kind: ErrInvalid, Code: "too_many_jobs", Message: fmt.Sprintf("The batch would have %d jobs; at most %d are possible. Make another batch for the rest.", n, MaxBatch)}
	}
	return w.affordable()
}

// entry is the name under which an order stands in the books: that of its key, or of its rows. It is of one life of the
// batch, since a deleted one may be made again under its ID.
func (w *work) entry() string {
	life := w.batch.ID + "/" + instantOf(w.batch.CreatedAt)
	if w.order.Key != "" {
		return life + "/key/" + hashOf([]byte(w.order.Key))
	}
	var b []byte
	for _, r := range w.rows {
		b = append(b, r.job.ID...)
		if r.do == restart {
			b = strconv.AppendInt(append(b, ' '), int64(r.job.Round), 10)
		}
		b = append(b, '\n')
	}
	return life + "/rows/" + hashOf(b)
}

func (s *Submitter) reservation(w *work, name string) Entry {
	e := Entry{
		Name: name, Owner: w.batch.Owner, Amount: w.owed(), Limit: s.Budget, First: w.batch.Next,
		Fingerprint: w.print, At: w.now,
	}
	if s.Budget > 0 {
		e.Day = dayOf(w.now)
	}
	return e
}

// grow is the batch with the order in it.
func (s *Submitter) grow(ctx context.Context, w *work) Batch {
	b := w.batch.clone()
	b.Next += int64(len(w.rows))
	b.Booked += w.owed()
	if s.Budget > 0 {
		if b.Days == nil {
			b.Days = map[string]int64{}
		}
		b.Days[dayOf(w.now)] += w.owed()
	}
	w.now = later(s.now(), b.CanceledAt)
	s.schedule(ctx, w)
	if b.Parts == nil {
		b.Parts = map[string]Part{}
	}
	for id, p := range w.plan.Models {
		part := b.Parts[id]
		part.Cost += p.Cost
		if p.Due.After(part.Due) {
			part.Due = p.Due
		}
		for _, r := range w.todo() {
			if r.do == add && r.job.Model == id {
				part.Jobs++
			}
		}
		b.Parts[id] = part
	}
	b.AppendedAt, b.EndedAt, b.ExpiresAt = w.now, nil, nil
	sealed := !w.order.Open
	if w.retry {
		sealed = b.SealedAt != nil
	}
	b.SealedAt, b.Due = nil, after(w.now, openTime)
	if sealed || b.uncleared() {
		b.Due = after(w.now, firstLook)
	}
	if sealed {
		b.SealedAt = &w.now
	}
	b.Stamp = uuid.NewString()
	return b
}

// later is the time now, but behind a cancellation: what begins then is not canceled by it.
func later(now time.Time, canceled *time.Time) time.Time {
	if canceled != nil && !now.After(*canceled) {
		return canceled.Add(time.Microsecond)
	}
	return now
}

func (w *work) settle(b Batch, first int64) {
	w.batch, w.first = b, first
	w.plan.Batch = b
}

// booked goes on with an order that stands in the books already. Where the batch has given the money back since, it
// returns what to add to the name of the entry, so that the order is booked again.
func (s *Submitter) booked(ctx context.Context, w *work, e Entry) (again string, err error) {
	if w.order.Key != "" && e.Fingerprint != w.print {
		return "", reused("This Idempotency-Key was used for other jobs in this batch.")
	}
	b, err := s.loadBatch(ctx, w.batch.ID)
	if err != nil {
		return "", unavailable("The batch could not be read.", err)
	}
	w.batch = b
	switch {
	case b.Deleting:
		return "", forbidBatch(b, "is being deleted", "Make a new one.")
	case b.EndedAt != nil:
		return "/" + instantOf(*b.EndedAt), nil
	case b.CanceledAt != nil && !b.AppendedAt.After(*b.CanceledAt):
		return "/" + instantOf(*b.CanceledAt), nil
	}
	w.now = later(w.now, b.CanceledAt)
	w.settle(b, e.First)
	if w.order.Key != "" {
		w.resume(e)
	}
	return "", nil
}

// resume leaves alone what the same request has begun again before.
func (w *work) resume(e Entry) {
	for n := range w.rows {
		if r := &w.rows[n]; r.do == restart && !r.job.QueuedAt.Before(e.At) {
			r.do = leave
		}
	}
	w.sum()
}

func dayOf(t time.Time) string { return t.UTC().Format(time.DateOnly) }

// overBudget is the answer to an order for which the owner's day has no room.
func (s *Submitter) overBudget(ctx context.Context, owner string, cost int64) error {
	now := s.now()
	midnight := now.Truncate(24 * time.Hour).Add(24 * time.Hour)
	spent, err := s.Budgets.Spent(ctx, owner, dayOf(now))
	said := ""
	if err == nil {
		said = fmt.Sprintf(" %s of it are reserved or spent.", Dollars(max(0, spent)))
	}
	return &Error{
		Kind: ErrBudget, Code: "budget_exceeded", Wait: midnight.Sub(now),
		Message: fmt.Sprintf("This costs %s at list price, and your budget for a day is %s.%s Send less, or send it again after 00:00 UTC.", Dollars(cost), Dollars(s.Budget), said),
	}
}
