package job

import (
	"context"
	"errors"
	"time"
)

// Order is a request for many jobs: a new batch of them, or more for one that there is.
type Order struct {
	BatchID string // add to this batch; empty: make one
	Key     string // the Idempotency-Key; empty: none

	// Of a new batch.
	Name     string            // 0..128 characters
	Metadata map[string]string // 16 pairs, 4,096 bytes together
	MaxCost  int64             // in micro-dollars; 0: no bound

	Lines   []Line   // 0..2,500
	Open    bool     // more will be added: the batch is not sealed
	Changed string   // what becomes of a line whose custom_id stands for another request already; empty: ChangedRefuse
	Retry   []Status // jobs that are there already in one of these states begin again: Failed, Canceled
}

// Line is one request of an order.
type Line struct {
	Number  int // where it stood in what the client sent, from 1
	Request Request
}

// MaxLines is how many jobs one order may hold.
const MaxLines = 2500

// The values of [Order.Changed].
const (
	ChangedRefuse = "refuse" // the whole order is refused
	ChangedKeep   = "keep"   // the job that is there stands
	ChangedRedo   = "redo"   // another job is made, and the one that is there canceled if it has not ended
)

// Plan is what an order comes to: what would happen, or what has.
type Plan struct {
	Batch   Batch // as it is now; without an ID: it would be made
	Created bool  // whether the order made it

	Lines      int // of the order
	Added      int // new jobs
	Restarted  int // jobs that begin again
	Existing   int // lines whose job is there already and is left alone, duplicates not counted
	Changed    int // lines that differ from the job that is there under their custom_id
	Failed     int // of Existing, jobs that failed or were canceled
	Duplicates int // lines that repeat an earlier one of the order, custom_id and all

	Models map[string]Part // of what is added and restarted, by catalogue ID
	Cost   int64           // of these, in micro-dollars at list price
	Time   time.Duration   // until the last of them is made, at the present pace and behind what waits already
	Sample []string        // the first prompts of these as the model gets them, at most 5
}

// Choice says which jobs of a batch to begin again.
type Choice struct {
	Statuses []Status // Failed, Canceled; empty: Failed
	Codes    []string // of failures; empty: any
}

// Plan says what an order would do and records nothing. Errors are those of Order, but none about money: the plan tells
// the cost.
func (s *Submitter) Plan(ctx context.Context, c Caller, o Order) (Plan, error) {
	w, err := s.prepare(ctx, c, o)
	if err != nil {
		return Plan{}, err
	}
	s.schedule(ctx, w)
	return w.plan, nil
}

// Order records many jobs, all of them or, with an error, none; after ErrUnavailable perhaps some, and sending the same
// again completes them. It returns an [*Error] of kind ErrInvalid with up to 100 faulty lines; ErrMismatch for a key
// that came with another order before; ErrNotFound for a batch that is not the caller's; ErrState for one that is
// being deleted; ErrBudget with code over_max_cost or budget_exceeded; or ErrUnavailable.
func (s *Submitter) Order(ctx context.Context, c Caller, o Order) (Plan, error) {
	w, err := s.prepare(ctx, c, o)
	if err != nil {
		return Plan{}, err
	}
	if w.plan.Created { // otherwise it may be in the books already
		if err := w.affordable(); err != nil {
			return Plan{}, err
		}
	}
	if err := s.solvent(ctx, w); err != nil {
		return Plan{}, err
	}
	ctx, cancel := detach(ctx) // a client that hangs up now must not leave half an order
	defer cancel()
	if err := s.begin(ctx, w); err != nil {
		return Plan{}, err
	}
	if len(w.todo()) == 0 {
		return s.finishOrder(ctx, w)
	}
	if err := s.storeShared(ctx, w); err != nil {
		return Plan{}, unavailable("The input images could not be stored.", err)
	}
	if err := s.book(ctx, w); err != nil {
		return Plan{}, err
	}
	if err := s.enlist(ctx, w); err != nil {
		return Plan{}, unavailable("Not all jobs could be recorded.", err)
	}
	return w.plan, nil
}

// begin makes the batch of an order that needs one.
func (s *Submitter) begin(ctx context.Context, w *work) error {
	if !w.plan.Created {
		return nil
	}
	var err error
	for n := range tries {
		var there Batch
		there, err = s.Batches.CreateBatch(ctx, w.batch)
		if err == nil || there.Stamp == w.batch.Stamp {
			return nil
		}
		if errors.Is(err, ErrExists) { // by the same order, sent twice at a time
			w.batch, w.plan.Created = there, false
			return matches(there, w.print)
		}
		if !pause(ctx, n) {
			break
		}
	}
	return unavailable("The batch could not be recorded.", err)
}

// finishOrder ends an order that has nothing to make: it may seal the batch.
func (s *Submitter) finishOrder(ctx context.Context, w *work) (Plan, error) {
	if err := s.replaceAll(ctx, w); err != nil {
		return Plan{}, unavailable("Not all jobs could be changed.", err)
	}
	if w.order.Open || w.batch.SealedAt != nil {
		w.plan.Batch = w.batch
		return w.plan, nil
	}
	b, err := s.changeBatch(ctx, w.batch, s.seal)
	w.plan.Batch = b
	return w.plan, settleBatch(b, err)
}
