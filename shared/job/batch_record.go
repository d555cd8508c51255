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

// record stores the rows of a plan in transactions, one after the other, and begins again what is to be retried. The first
// one makes the batch or remembers the request, so that its rows have places; the last one seals. A request of which
// some rows are there adds the others.
func (s *Submitter) record(ctx context.Context, p *batchPlan) error {
	rows := slices.DeleteFunc(slices.Clone(p.rows), func(r planRow) bool { return r.action != create })
	if len(rows) > 0 && p.known && p.counters.CancelNo > 0 { // the request that made the batch, sent again
		return p.overtaken()
	}
	for first := true; len(rows) > 0 || first && (p.created || p.keyedRetry()); first = false {
		part := cut(rows)
		rest := Breather()
		if err := s.recordPart(ctx, p, rows[:part], part == len(rows)); err != nil {
			return s.unrecorded(p, err)
		}
		rows = rows[part:]
		if len(rows) > 0 && p.counters.Running > 0 { // claims of the batch come between two transactions
			rest(ctx)
		}
	}
	if err := s.retryRows(ctx, p); err != nil {
		return err
	}
	return s.finishRequest(ctx, p)
}

// keyedRetry reports whether the request has to be remembered though it adds nothing: sent again, it must not begin the
// same jobs once more.
func (p *batchPlan) keyedRetry() bool {
	return !p.known && p.request.Key != "" && slices.ContainsFunc(p.rows, func(r planRow) bool { return r.action == retry })
}

// cut is how many of the rows one transaction takes.
func cut(rows []planRow) int {
	jobs := make([]Job, min(len(rows), MaxTogether))
	for n := range jobs {
		jobs[n] = rows[n].job
	}
	return Together(jobs)
}

func (s *Submitter) unrecorded(p *batchPlan, err error) error {
	if _, known := errors.AsType[*Error](err); known {
		return err
	}
	if errors.Is(err, ErrNotFound) {
		return noBatch(p.batch.ID)
	}
	return Unavailable("Not all jobs could be recorded.", err)
}

// recordPart stores some rows in one transaction, again without what is there already.
func (s *Submitter) recordPart(ctx context.Context, p *batchPlan, rows []planRow, last bool) error {
	var err error
	for n := range 2 * backoff.Tries {
		if err := s.touchFlows(ctx, p); err != nil {
			return err
		}
		t := s.partOf(p, rows, last)
		if len(t.Jobs) == 0 && t.Batch == nil && t.Append == nil {
			return nil
		}
		var there Obstacle
		if there, err = s.insert(ctx, t); err == nil {
			s.recorded(ctx, p, t)
			return nil
		}
		if rows, err = s.avoid(ctx, p, rows, there, err); err != nil {
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

// insert makes one transaction, again while the store fails. It knows by the write ID whether an attempt whose reply was
// lost had taken effect.
func (s *Submitter) insert(ctx context.Context, t Transaction) (there Obstacle, err error) {
	err = backoff.Retry(ctx, settled, func() error {
		there, err = s.Creator.Create(ctx, t)
		if errors.Is(err, ErrExists) && there.holds(t.WriteID) {
			return nil
		}
		return err
	})
	return there, err
}

// holds reports whether what is there was written by the attempt itself, of which the reply was lost.
func (o Obstacle) holds(writeID string) bool {
	return o.Batch != nil && o.Batch.WriteID == writeID || o.Append != nil && o.Append.WriteID == writeID ||
		slices.ContainsFunc(o.Jobs, func(j Job) bool { return j.WriteID == writeID })
}

// partOf is the transaction of some rows.
func (s *Submitter) partOf(p *batchPlan, rows []planRow, last bool) Transaction {
	t := Transaction{WriteID: s.DrawID()}
	p.wrote = append(p.wrote, t.WriteID)
	d := Difference{BatchID: p.batch.ID, Set: p.again(p.counters), Clear: []Instant{Ended, Told, Expires, Stopped}}
	if last && !p.request.Open {
		d.Set[Sealed] = p.now
	} else {
		d.Clear = append(d.Clear, Sealed)
	}
	s.remember(p, &t, &d)
	for _, r := range rows {
		t.Jobs = append(t.Jobs, p.jobOf(r, t.WriteID))
		d.Count(t.Jobs[len(t.Jobs)-1], p.counters.CancelNo, 1)
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
func (s *Submitter) remember(p *batchPlan, t *Transaction, d *Difference) {
	cancelNo, next := p.counters.CancelNo, p.counters.Next
	switch {
	case p.created:
		b := p.batch
		b.WriteID = t.WriteID
		t.Batch = &b
		d.Next = int64(len(p.rows))
		return
	case !p.known:
		p.first = next
		t.Append = &Append{
			Name: p.name(), BatchID: p.batch.ID, WriteID: t.WriteID, Fingerprint: p.fingerprint, First: next, CancelNo: cancelNo, At: p.now,
		}
		d.Next = int64(len(p.rows))
		d.If.Next = &next
	}
	d.If.CancelNo, d.If.Is = &cancelNo, map[Instant]*time.Time{Removing: nil}
}

// name is the name under which a request is remembered: that of its key, or of its rows. It is of one batch, since a
// batch that was removed may be made again under its ID.
func (p *batchPlan) name() string {
	made := p.batch.ID + "/" + p.batch.CreatedAt.UTC().Format("20060102T150405.000000")
	if p.request.Key != "" {
		return made + "/key/" + HashOf([]byte(p.request.Key))
	}
	var b []byte
	for _, r := range p.rows {
		b = append(append(b, r.job.ID...), '\n')
	}
	return made + "/rows/" + HashOf(b)
}

// jobOf is the record of a new row.
func (p *batchPlan) jobOf(r planRow, writeID string) Job {
	j := r.job
	j.Position = p.first + r.place
	j.WriteID, j.CancelNo = writeID, p.counters.CancelNo
	j.CreatedAt, j.QueuedAt, j.Visible, j.Version, j.MessageNo = p.now, p.now, p.now, p.now.UnixMicro(), int(p.now.UnixMicro())
	if j.DeadlineSeconds > 0 {
		j.Deadline = new(p.now.Add(time.Duration(j.DeadlineSeconds) * time.Second))
	}
	j.JoinLine(p.now)
	return j
}

// recorded takes note of a transaction that took effect.
func (s *Submitter) recorded(ctx context.Context, p *batchPlan, t Transaction) {
	p.created, p.known = false, true
	p.in += len(t.Jobs)
	for _, j := range t.Jobs {
		s.watch(ctx, "", j)
	}
	s.linedUp(ctx, t.Jobs)
}

// finishRequest seals the batch where the request added nothing that would have, and says how the batch stands now.
func (s *Submitter) finishRequest(ctx context.Context, p *batchPlan) error {
	b, c, err := LoadBatch(ctx, s.Batches, p.batch.ID)
	if err == nil && !p.request.Open && !p.reopens && !c.Has(Sealed) {
		c, err = s.SealBatch(ctx, c)
	}
	if err != nil {
		return s.unrecorded(p, err)
	}
	if c.Over() {
		_ = s.CloseBatch(ctx, b.ID) // found by the sweep otherwise
	}
	p.plan.Batch, p.plan.Counters = b, c
	return nil
}
