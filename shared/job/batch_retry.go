package job

import (
	"context"
	"errors"
	"slices"
	"time"
)

// Bounds of one retry.
const (
	maxRetried = 1000
	maxPages   = MaxBatch / 100
)

// RetryBatch begins jobs again that failed or were canceled, at most 1,000 in one call, and says how many and whether
// there may be more. It returns an [*Error] of kind ErrInvalid, ErrNotFound, ErrState, ErrBudget or ErrUnavailable.
func (s *Submitter) RetryBatch(ctx context.Context, c Caller, id string, which Choice) (_ Plan, n int, more bool, err error) {
	if len(which.Statuses) == 0 {
		which.Statuses = []Status{Failed}
	}
	if err := (BatchRequest{BatchID: id, Retry: which.Statuses, Open: true}).check(); err != nil {
		return Plan{}, 0, false, err
	}
	r, err := newBatchRetry(ctx, s, c, id)
	if err != nil {
		return Plan{}, 0, false, err
	}
	ctx, cancel := detach(ctx)
	defer cancel()
	if more, err = r.gather(ctx, which); err != nil {
		return Plan{}, 0, false, Unavailable("The jobs of the batch could not be listed.", err)
	}
	n, err = r.begin(ctx)
	return r.plan, n, more, err
}

// batchRetry begins jobs of a batch again.
type batchRetry struct {
	*batchWriter
	estimator estimator
	index     Index
}

func newBatchRetry(ctx context.Context, s *Submitter, c Caller, id string) (*batchRetry, error) {
	b, counters, err := FindBatch(ctx, s.Batches, c, id, s.Clock())
	if err != nil {
		return nil, err
	}
	p := &batchPlan{batch: b, counters: counters, now: s.Clock(), reopens: true, known: true}
	return &batchRetry{newBatchWriter(s, p), newEstimator(s), s.Index}, nil
}

// begin begins the rows again, and returns how many began.
func (r *batchRetry) begin(ctx context.Context) (int, error) {
	if len(r.rows) > 0 && r.counters.Has(Removing) {
		return 0, forbidBatch(r.batch, "is being deleted", "Make a new one.")
	}
	r.sum()
	if err := r.checkBounds(r.Budget); err != nil {
		return 0, err
	}
	r.estimator.estimate(ctx, r.batchPlan)
	if err := r.retryRows(ctx); err != nil {
		return r.in, err
	}
	return r.in, r.finish(ctx)
}

// gather finds the jobs that the choice means.
func (r *batchRetry) gather(ctx context.Context, which Choice) (more bool, err error) {
	q := Query{BatchID: r.batch.ID, Statuses: slices.Clone(which.Statuses), Limit: 100}
	if r.counters.Unwritten > 0 && slices.Contains(which.Statuses, Canceled) {
		q.Statuses = append(q.Statuses, Queued)
	}
	for range maxPages {
		jobs, next, err := r.index.List(ctx, q)
		if err != nil && ctx.Err() != nil && len(r.rows) > 0 {
			return true, nil // the next call goes on
		}
		if err != nil {
			return false, err
		}
		for _, j := range jobs {
			r.choose(j, which)
		}
		if next == nil {
			return false, nil
		}
		if len(r.rows) >= maxRetried {
			break
		}
		q.After = next
	}
	return true, nil
}

func (p *batchPlan) choose(j Job, which Choice) {
	status := j.view(p.counters.CancelNo)
	coded := len(which.Codes) == 0 || (j.Failure != nil && slices.Contains(which.Codes, j.Failure.Code))
	if j.Deleting || j.Expired(p.now) || !slices.Contains(which.Statuses, status) || (status == Failed && !coded) {
		return
	}
	p.rows = append(p.rows, &planRow{job: j, status: status, action: retry})
}

// retryRows begins the rows again that are to be.
func (w *batchWriter) retryRows(ctx context.Context) error {
	rows := slices.DeleteFunc(slices.Clone(w.rows), func(r *planRow) bool { return r.action != retry })
	for len(rows) > 0 {
		part := cut(rows)
		rest := w.Breather(&w.counters)
		if err := w.retryPart(ctx, rows[:part]); err != nil {
			if errors.Is(err, ErrCounters) {
				return noBatch(w.batch.ID)
			}
			return w.unrecorded(err)
		}
		if rows = rows[part:]; len(rows) > 0 {
			rest(ctx)
		}
	}
	return nil
}

func (w *batchWriter) retryPart(ctx context.Context, rows []*planRow) error {
	byID := map[string]*planRow{}
	jobs := make([]Job, len(rows))
	for n, r := range rows {
		jobs[n], byID[r.job.ID] = r.job, r
	}
	if err := w.touchFlows(ctx); err != nil {
		return err
	}
	e := &Edition{Recorder: w.Recorder, Jobs: jobs, Counters: &w.counters}
	e.Edit = func(j *Job, cancelNo int64) error {
		if again, _ := retryable(*j); !again || j.Generation != byID[j.ID].job.Generation {
			return ErrNoChange // a generation that has ended since was begun by this very request
		}
		j.CancelNo = cancelNo
		return restart(j, w.now, (*Job).JoinLine)
	}
	e.reopen = func(d *Difference) error { return w.reopen(e, d) }
	if err := e.Run(ctx); err != nil {
		return err
	}
	w.in += len(e.Written)
	w.linedUp(ctx, e.Written)
	return nil
}

// reopen lets the batch go on: it has not ended, and is not canceled any more.
func (p *batchPlan) reopen(e *Edition, d *Difference) error {
	if e.Counters.Has(Removing) {
		return forbidBatch(p.batch, "is being deleted", "Make a new one.")
	}
	if e.Counters.CancelNo != p.counters.CancelNo {
		return p.overtaken()
	}
	d.Set = p.again(*e.Counters)
	d.Clear = []Instant{Ended, Told, Expires, Stopped}
	d.If.Is = map[Instant]*time.Time{Removing: nil}
	return nil
}

// one begins a job of the batch again.
func (r *batchRetry) one(ctx context.Context, j Job) (Job, error) {
	r.choose(j, Choice{Statuses: []Status{Failed, Canceled}})
	if len(r.rows) == 0 {
		if _, err := retryable(j); !errors.Is(err, ErrNoChange) {
			return Job{}, err
		}
		return j, nil
	}
	if _, err := r.begin(ctx); err != nil {
		return Job{}, err
	}
	now, err := r.Load(ctx, j.ID)
	return explain(now, err)
}
