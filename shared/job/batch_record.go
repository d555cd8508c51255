package job

import (
	"context"
	"errors"
	"slices"
	"time"

	"easel/shared/backoff"
)

// Times of a batch.
const (
	OpenTime  = 24 * time.Hour // after which a batch to which nothing is appended seals itself
	BatchLook = time.Hour      // until the timer of a batch looks at it, whatever happens
)

// batchWriter stores what the plan of a batch request says.
type batchWriter struct {
	Recorder
	*batchPlan
	dispatcher *Dispatcher
	creator    Creator
	eraser     BatchEraser
	removal    Removal // of expired jobs that are in the way
}

func newBatchWriter(s *Submitter, p *batchPlan) *batchWriter {
	return &batchWriter{s.Recorder, p, s.Dispatcher, s.Creator, s.BatchEraser, s.removal()}
}

// record stores the rows of a plan in transactions, one after the other, and begins again what is to be retried. The first
// one makes the batch or remembers the request, so that its rows have places; the last one seals. A request of which
// some rows are there adds the others.
func (w *batchWriter) record(ctx context.Context) error {
	rows := slices.DeleteFunc(slices.Clone(w.rows), func(r *planRow) bool { return r.action != create })
	if len(rows) > 0 && w.known && w.counters.CancelNo > 0 { // the request that made the batch, sent again
		return w.overtaken()
	}
	for first := true; len(rows) > 0 || first && (w.created || w.keyedRetry()); first = false {
		part := cut(rows)
		rest := w.Breather(&w.counters)
		if err := w.recordPart(ctx, rows[:part], part == len(rows)); err != nil {
			return w.unrecorded(err)
		}
		if rows = rows[part:]; len(rows) > 0 {
			rest(ctx)
		}
	}
	if err := w.retryRows(ctx); err != nil {
		return err
	}
	return w.finish(ctx)
}

// keyedRetry reports whether the request has to be remembered though it adds nothing: sent again, it must not begin the
// same jobs once more.
func (w *batchWriter) keyedRetry() bool {
	return !w.known && w.request.Key != "" && slices.ContainsFunc(w.rows, func(r *planRow) bool { return r.action == retry })
}

// cut is how many of the rows one transaction takes.
func cut(rows []*planRow) int {
	jobs := make([]Job, min(len(rows), MaxTogether))
	for n := range jobs {
		jobs[n] = rows[n].job
	}
	return Together(jobs)
}

func (p *batchPlan) unrecorded(err error) error {
	return explainBatch(p.batch, err, "Not all jobs could be recorded.")
}

// recordPart stores some rows in one transaction, again without what is there already.
func (w *batchWriter) recordPart(ctx context.Context, rows []*planRow, last bool) error {
	var err error
	for n := range 2 * backoff.Tries {
		if err := w.touchFlows(ctx); err != nil {
			return err
		}
		t := w.partOf(rows, last)
		if len(t.Jobs) == 0 && t.Batch == nil && t.Append == nil {
			return nil
		}
		var there Obstacle
		if there, err = commit(ctx, t, ErrExists, w.creator.Create); err == nil {
			w.recorded(ctx, t)
			return nil
		}
		if rows, err = w.avoid(ctx, rows, there, err); err != nil {
			if settled(err) || final(err) || !backoff.Pause(ctx, n) {
				return err
			}
		}
	}
	return err
}

// final reports whether an error is an answer that no repetition changes.
func final(err error) bool {
	known, is := errors.AsType[*Error](err)
	return is && !errors.Is(known.Kind, ErrUnavailable)
}

// holds reports whether what is there was written by the attempt itself, of which the reply was lost.
func (o Obstacle) holds(writeID string) bool {
	return o.Batch != nil && o.Batch.WriteID == writeID || o.Append != nil && o.Append.WriteID == writeID ||
		slices.ContainsFunc(o.Jobs, func(j Job) bool { return j.WriteID == writeID })
}

// partOf is the transaction of some rows.
func (w *batchWriter) partOf(rows []*planRow, last bool) Transaction {
	t := Transaction{WriteID: w.DrawID()}
	w.wrote = append(w.wrote, t.WriteID)
	d := Difference{BatchID: w.batch.ID, Set: w.again(w.counters), Clear: []Instant{Ended, Told, Expires, Stopped}}
	if last && !w.request.Open {
		d.Set[Sealed] = w.now
	} else {
		d.Clear = append(d.Clear, Sealed)
	}
	w.remember(&t, &d)
	for _, r := range rows {
		t.Jobs = append(t.Jobs, w.jobOf(r, t.WriteID))
		d.Count(t.Jobs[len(t.Jobs)-1], w.counters.CancelNo, 1)
		d.Ordered += r.job.Price
	}
	d.trim()
	t.Counters = &d
	return t
}

// again are the instants of a batch that goes on. It has a timer in any case, since the sweep may have cleared the one that
// it had; where a cancellation was still to be written it comes at once.
func (p *batchPlan) again(c Counters) map[Instant]time.Time {
	due := p.now.Add(BatchLook)
	if c.Unwritten > 0 {
		due = p.now
	}
	return map[Instant]time.Time{Appended: p.now, Due: due}
}

// remember makes the batch, or notes where the rows of an append stand, in the first transaction.
func (w *batchWriter) remember(t *Transaction, d *Difference) {
	cancelNo, next := w.counters.CancelNo, w.counters.Next
	switch {
	case w.created:
		b := w.batch
		b.WriteID = t.WriteID
		t.Batch = &b
		d.Next = int64(len(w.rows))
		return
	case !w.known:
		w.first = next
		t.Append = &Append{
			Name: w.name(), BatchID: w.batch.ID, WriteID: t.WriteID, Fingerprint: w.fingerprint, First: next, CancelNo: cancelNo, At: w.now,
		}
		d.Next = int64(len(w.rows))
		d.If.Next = &next
	}
	d.If.CancelNo, d.If.Is = &cancelNo, map[Instant]*time.Time{Removing: nil}
}

// name is the name under which a request is remembered: that of its key, or of its rows. It is of one batch, since a
// batch that was removed may be made again under its ID.
func (w *batchWriter) name() string {
	made := w.batch.ID + "/" + w.batch.CreatedAt.UTC().Format("20060102T150405.000000")
	if w.request.Key != "" {
		return made + "/key/" + HashOf([]byte(w.request.Key))
	}
	var b []byte
	for _, r := range w.rows {
		b = append(append(b, r.job.ID...), '\n')
	}
	return made + "/rows/" + HashOf(b)
}

// jobOf is the record of a new row.
func (w *batchWriter) jobOf(r *planRow, writeID string) Job {
	j := r.job
	j.Position = w.first + r.place
	j.WriteID, j.CancelNo = writeID, w.counters.CancelNo
	j.CreatedAt, j.QueuedAt, j.Visible, j.Version, j.MessageNo = w.now, w.now, w.now, w.now.UnixMicro(), int(w.now.UnixMicro())
	if j.DeadlineSeconds > 0 {
		j.Deadline = new(w.now.Add(time.Duration(j.DeadlineSeconds) * time.Second))
	}
	j.JoinLine(w.now)
	return j
}

// recorded takes note of a transaction that took effect.
func (w *batchWriter) recorded(ctx context.Context, t Transaction) {
	w.created, w.known = false, true
	w.in += len(t.Jobs)
	for _, j := range t.Jobs {
		w.watch(ctx, "", j)
	}
	w.linedUp(ctx, t.Jobs)
}

// finish seals the batch where the request added nothing that would have, and says how the batch stands now.
func (w *batchWriter) finish(ctx context.Context) error {
	b, c, err := LoadBatch(ctx, w.Batches, w.batch.ID)
	if err == nil && !w.request.Open && !w.reopens && !c.Has(Sealed) {
		c, err = w.SealBatch(ctx, c)
	}
	if err != nil {
		return w.unrecorded(err)
	}
	if c.Over() {
		_ = w.CloseBatch(ctx, b.ID) // found by the sweep otherwise
	}
	w.plan.Batch, w.plan.Counters = b, c
	return nil
}
