package job

import (
	"context"
	"time"

	"easel/shared/request"
)

// BatchRequest is a request for many jobs: a new batch of them, or more for one that there is.
type BatchRequest struct {
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

// Line is one request of a batch request.
type Line struct {
	Number  int // where it stood in what the client sent, from 1
	Request request.Request
}

// MaxLines is how many jobs one batch request may hold.
const MaxLines = 2500

// MaxBatch is how many jobs a batch may hold.
const MaxBatch = 100_000

// The values of [BatchRequest.Changed].
const (
	ChangedRefuse = "refuse" // the whole request is refused
	ChangedKeep   = "keep"   // the job that is there stands
	ChangedAdd    = "add"    // another job is made beside the one that is there
)

// Plan is what a batch request comes to: what would happen, or what has.
type Plan struct {
	Batch    Batch // as it is now; without an ID: it would be made
	Counters Counters
	Created  bool // whether the request made it

	Lines      int // of the request
	Added      int // new jobs
	Restarted  int // jobs that begin again
	Existing   int // lines whose job is there already and is left alone, duplicates not counted
	Changed    int // lines that differ from the job that is there under their custom_id
	Failed     int // of Existing, jobs that failed or were canceled
	Deleted    int // of Existing, jobs that were deleted
	Duplicates int // lines that repeat an earlier one of the request, custom_id and all

	Models map[string]Part // of what is added and restarted, by catalogue ID
	Cost   int64           // of these, in micro-dollars at list price
	Time   time.Duration   // until the last of them is made: at the present pace, behind what waits already, and as the daily budget allows
	Daily  int64           // the daily budget by which Time is longer than the pace alone would have it; 0: it is not
	Sample []string        // the first prompts of these as the model gets them, at most 5
}

// Part is what a request holds of one model.
type Part struct {
	Jobs int64
	Cost int64 // at list price, of one call for each
}

// Choice says which jobs of a batch to begin again.
type Choice struct {
	Statuses []Status // Failed, Canceled; empty: Failed
	Codes    []string // of failures; empty: any
}

// PlanBatch says what a batch request would do and records nothing. Errors are those of SubmitBatch, but of
// money only that no day pays for a job: the plan tells the cost.
func (s *Submitter) PlanBatch(ctx context.Context, c Caller, r BatchRequest) (Plan, error) {
	p, err := s.prepare(ctx, c, r)
	if err != nil {
		return Plan{}, err
	}
	if err := p.checkPrices(s.Budget); err != nil {
		return Plan{}, err
	}
	newEstimator(s).estimate(ctx, p)
	return p.plan, nil
}

// SubmitBatch records many jobs, all of them or, with an error, none; after ErrUnavailable perhaps some, and sending the same
// again completes them. It returns an [*Error] of kind ErrInvalid with up to 100 faulty lines; ErrMismatch for a key
// that came with another request before; ErrNotFound for a batch that is not the caller's; ErrState for one that is
// being deleted, was deleted, or was canceled while the request was under way; ErrBudget with code over_max_cost; or
// ErrUnavailable.
func (s *Submitter) SubmitBatch(ctx context.Context, c Caller, r BatchRequest) (Plan, error) {
	p, err := s.prepare(ctx, c, r)
	if err != nil {
		return Plan{}, err
	}
	if err := p.checkBounds(s.Budget); err != nil {
		return Plan{}, err
	}
	ctx, cancel := detach(ctx) // a client that hangs up now must not leave half a request
	defer cancel()
	newEstimator(s).estimate(ctx, p)
	if err := p.storeInputs(ctx, s.Inputs); err != nil {
		return Plan{}, Unavailable("The input images could not be stored.", err)
	}
	if err := newBatchWriter(s, p).record(ctx); err != nil {
		return Plan{}, err
	}
	if p.repeats {
		p.follow()
	}
	return p.plan, nil
}
