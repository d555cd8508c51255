package job

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// avoid takes out of the rows what is there already, and learns what else stood in the way. Without an error the rest is
// to be sent again.
func (w *batchWriter) avoid(ctx context.Context, rows []*planRow, there Obstacle, cause error) ([]*planRow, error) {
	switch {
	case errors.Is(cause, ErrExists) && there.Batch != nil:
		return rows, w.meetRival(ctx, *there.Batch)
	case errors.Is(cause, ErrExists) && there.Append != nil:
		return rows, w.resume(ctx, *there.Append)
	case errors.Is(cause, ErrExists):
		return w.without(ctx, rows, there.Jobs)
	case errors.Is(cause, ErrCounters):
		return rows, w.refresh(there.Counters)
	}
	return rows, cause
}

// meetRival goes on behind the same request, sent twice at a time, whose batch was made first: that one has added all.
func (w *batchWriter) meetRival(ctx context.Context, there Batch) error {
	_, counters, err := LoadBatch(ctx, w.Batches, there.ID)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return err
	}
	if there.gone(w.Clock()) {
		return forget(ctx, w.eraser, there.ID, w.Clock())
	}
	if counters.CancelNo > 0 && there.Fingerprint == w.fingerprint {
		w.batch = there
		return w.overtaken()
	}
	return w.meet(there, counters)
}

// follow counts the rows of a request that was made before as there: it is they that the other attempt adds.
func (p *batchPlan) follow() {
	p.plan.Existing += p.plan.Added
	p.plan.Added, p.plan.Cost, p.plan.Time, p.plan.Daily, p.plan.Sample = 0, 0, 0, 0, nil
	p.plan.Models, p.plan.Created = map[string]Part{}, false
}

// resume goes on with a request that is remembered. Its rows are not made after a cancellation that came behind it.
func (w *batchWriter) resume(ctx context.Context, a Append) error {
	if w.request.Key != "" && a.Fingerprint != w.fingerprint {
		return reused("This Idempotency-Key was used for other jobs in this batch.")
	}
	if a.CancelNo < w.counters.CancelNo {
		return w.overtaken()
	}
	w.first, w.known = a.First, true
	for _, r := range w.rows {
		if r.action == retry && !r.job.QueuedAt.Before(a.At) {
			r.action = skip // the same request has begun it again before
		}
	}
	w.sum()
	return nil
}

// overtaken is the answer to a request that a cancellation of its batch has overtaken.
func (p *batchPlan) overtaken() error {
	in := p.in + len(p.rows) - len(slices.Collect(p.todo()))
	return forbidBatch(p.batch, "was canceled while this request was under way", fmt.Sprintf("%d of its %d jobs are in the batch, and canceled. Send the others with another Idempotency-Key, or retry them, if they are wanted all the same.", in, len(p.rows)))
}

// without takes out the rows whose jobs are there. Expired ones make room.
func (w *batchWriter) without(ctx context.Context, rows []*planRow, there []Job) ([]*planRow, error) {
	var errs error
	taken := map[string]bool{}
	for _, j := range there {
		if j.Expired(w.Clock()) {
			errs = errors.Join(errs, w.removal.discard(ctx, j))
			continue
		}
		taken[j.ID] = true
		if !w.leave(j) {
			w.in++
		}
	}
	return slices.DeleteFunc(slices.Clone(rows), func(r *planRow) bool { return taken[r.job.ID] }), errs
}

// leave counts a row of an append as there if another request has added its job meanwhile. Of a request that makes a
// batch the one that has made it answers for all rows.
func (p *batchPlan) leave(j Job) bool {
	n := slices.IndexFunc(p.rows, func(r *planRow) bool { return r.job.ID == j.ID })
	if n < 0 || p.request.BatchID == "" || slices.Contains(p.wrote, j.WriteID) {
		return false
	}
	r := p.rows[n]
	r.job, r.status, r.action = j, j.view(p.counters.CancelNo), skip
	p.sum()
	return true
}

// refresh looks at the counters that did not allow a transaction.
func (w *batchWriter) refresh(now *Counters) error {
	switch {
	case now == nil:
		return ErrNotFound
	case now.Has(Removing):
		return forbidBatch(w.batch, "is being deleted", "Make a new one.")
	case w.known && now.CancelNo != w.counters.CancelNo:
		return w.overtaken()
	}
	w.counters = *now
	if err := cmp.Or(w.checkSize(), w.checkMaxCost()); err != nil {
		return err
	}
	w.now = later(w.Clock(), now.When(Stopped))
	return nil
}

// later is the time now, but behind a cancellation: what begins then is not canceled by it.
func later(now time.Time, canceled *time.Time) time.Time {
	if canceled != nil && !now.After(*canceled) {
		return canceled.Add(time.Microsecond)
	}
	return now
}
