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
func (s *Submitter) RetryBatch(ctx context.Context, c Caller, id string, which Choice) (p Plan, n int, more bool, err error) {
	if len(which.Statuses) == 0 {
		which.Statuses = []Status{Failed}
	}
	if err := (BatchRequest{BatchID: id, Retry: which.Statuses, Open: true}).check(); err != nil {
		return Plan{}, 0, false, err
	}
	w, err := s.retryPlan(ctx, c, id)
	if err != nil {
		return Plan{}, 0, false, err
	}
	ctx, cancel := detach(ctx)
	defer cancel()
	if more, err = s.gather(ctx, w, which); err != nil {
		return Plan{}, 0, false, Unavailable("The jobs of the batch could not be listed.", err)
	}
	n, err = s.retryAll(ctx, w)
	return w.plan, n, more, err
}

func (s *Submitter) retryPlan(ctx context.Context, c Caller, id string) (*batchPlan, error) {
	b, counters, err := FindBatch(ctx, s.Batches, c, id, s.Clock())
	return &batchPlan{batch: b, counters: counters, now: s.Clock(), reopens: true, known: true}, err
}

// retryAll begins the rows of a retry again, and returns how many began.
func (s *Submitter) retryAll(ctx context.Context, p *batchPlan) (int, error) {
	if len(p.rows) > 0 && p.counters.Has(Removing) {
		return 0, forbidBatch(p.batch, "is being deleted", "Make a new one.")
	}
	p.sum()
	if err := p.checkBounds(s.Budget); err != nil {
		return 0, err
	}
	s.estimate(ctx, p)
	if err := s.retryRows(ctx, p); err != nil {
		return p.in, err
	}
	return p.in, s.finishRequest(ctx, p)
}

// gather finds the jobs that the choice means.
func (s *Submitter) gather(ctx context.Context, p *batchPlan, which Choice) (more bool, err error) {
	q := Query{BatchID: p.batch.ID, Statuses: slices.Clone(which.Statuses), Limit: 100}
	if p.counters.Unwritten > 0 && slices.Contains(which.Statuses, Canceled) {
		q.Statuses = append(q.Statuses, Queued)
	}
	for range maxPages {
		jobs, next, err := s.Index.List(ctx, q)
		if err != nil && ctx.Err() != nil && len(p.rows) > 0 {
			return true, nil // the next call goes on
		}
		if err != nil {
			return false, err
		}
		for _, j := range jobs {
			p.choose(j, which)
		}
		if next == nil {
			return false, nil
		}
		if len(p.rows) >= maxRetried {
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
	p.rows = append(p.rows, planRow{job: j, status: status, action: retry})
}

// retryRows begins the rows again that are to be.
func (s *Submitter) retryRows(ctx context.Context, p *batchPlan) error {
	rows := slices.DeleteFunc(slices.Clone(p.rows), func(r planRow) bool { return r.action != retry })
	for len(rows) > 0 {
		part := cut(rows)
		rest := Breather()
		if err := s.retryPart(ctx, p, rows[:part]); err != nil {
			if errors.Is(err, ErrCounters) {
				return noBatch(p.batch.ID)
			}
			return s.unrecorded(p, err)
		}
		if rows = rows[part:]; len(rows) > 0 && p.counters.Running > 0 {
			rest(ctx)
		}
	}
	return nil
}

func (s *Submitter) retryPart(ctx context.Context, p *batchPlan, rows []planRow) error {
	byID := map[string]planRow{}
	jobs := make([]Job, len(rows))
	for n, r := range rows {
		jobs[n], byID[r.job.ID] = r.job, r
	}
	if err := s.touchFlows(ctx, p); err != nil {
		return err
	}
	e := &Edition{Recorder: s.Recorder, Jobs: jobs, Counters: &p.counters}
	e.Edit = func(j *Job, cancelNo int64) error {
		if again, _ := retryable(*j); !again || j.Generation != byID[j.ID].job.Generation {
			return ErrNoChange // a generation that has ended since was begun by this very request
		}
		j.CancelNo = cancelNo
		return restart(j, p.now, (*Job).JoinLine)
	}
	e.reopen = func(d *Difference) error { return p.reopen(e, d) }
	if err := e.Run(ctx); err != nil {
		return err
	}
	p.in += len(e.Written)
	s.linedUp(ctx, e.Written)
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

// retryInBatch begins one job of a batch again.
func (s *Submitter) retryInBatch(ctx context.Context, j Job) (Job, error) {
	p, err := s.retryPlan(ctx, Caller{Operator: true}, j.BatchID) // the job was found for its owner
	if err != nil {
		return Job{}, err
	}
	p.choose(j, Choice{Statuses: []Status{Failed, Canceled}})
	if len(p.rows) == 0 {
		if _, err := retryable(j); !errors.Is(err, ErrNoChange) {
			return Job{}, err
		}
		return j, nil
	}
	if _, err := s.retryAll(ctx, p); err != nil {
		return Job{}, err
	}
	now, err := s.Load(ctx, j.ID)
	return explain(now, err)
}
