package job

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
)

// locate finds the batch of an order, or drafts it.
func (s *Submitter) locate(ctx context.Context, c Caller, w *work) error {
	o := w.order
	if o.BatchID != "" {
		b, err := s.findBatch(ctx, c, o.BatchID)
		if err == nil && b.Deleting {
			return forbidBatch(b, "is being deleted", "Make a new one.")
		}
		w.batch = b
		return err
	}
	w.batch = s.draftBatch(c, w)
	w.plan.Created = true
	if o.Key == "" {
		return nil
	}
	w.batch.ID = deriveID(c.Owner, "batch", o.Key)
	b, err := s.loadBatch(ctx, w.batch.ID)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return unavailable("The batch could not be looked up.", err)
	}
	w.batch, w.plan.Created = b, false
	return matches(b, w.print)
}

// matches holds the fingerprint of a batch that is there against that of the order that would make it.
func matches(b Batch, print string) error {
	if b.Deleting {
		return forbidBatch(b, "is being deleted", "Use another Idempotency-Key.")
	}
	if b.Fingerprint == print {
		return nil
	}
	return &Error{Kind: ErrMismatch, Code: "idempotency_key_reused", Message: "This Idempotency-Key was used for a different order (batch " + b.ID + "). Use a new key for a new order, or send the first order unchanged."}
}

func (s *Submitter) draftBatch(c Caller, w *work) Batch {
	return Batch{
		V: RecordVersion, ID: newID(), Owner: c.Owner, Version: w.now.UnixMicro(), Stamp: newID(),
		Name: w.order.Name, Metadata: w.order.Metadata, Fingerprint: w.print, Simulated: s.Simulated, MaxCost: w.order.MaxCost,
		CreatedAt: w.now, AppendedAt: w.now, Due: after(w.now, openTime),
	}
}

// identify gives the rows the IDs of their jobs.
func (w *work) identify() {
	for n := range w.rows {
		j := &w.rows[n].job
		j.BatchID, j.Owner = w.batch.ID, w.batch.Owner // an operator may append to another's batch
		if j.CustomID != "" {
			j.ID = deriveID(w.batch.ID, j.CustomID)
		} else {
			j.ID = deriveID(w.batch.ID, w.order.Key, strconv.Itoa(w.rows[n].number))
		}
	}
}

// compare holds the rows against the jobs that are there.
func (s *Submitter) compare(ctx context.Context, w *work) error {
	if w.plan.Created {
		return nil
	}
	there, err := s.lookUp(ctx, w.ids())
	if err != nil {
		return unavailable("The jobs of the batch could not be looked up.", err)
	}
	more, err := w.match(there)
	if err != nil || len(more) == 0 {
		return err
	}
	if there, err = s.lookUp(ctx, more); err != nil {
		return unavailable("The jobs of the batch could not be looked up.", err)
	}
	w.turn(there)
	return nil
}

func (w *work) ids() []string {
	all := make([]string, len(w.rows))
	for n, r := range w.rows {
		all[n] = r.job.ID
	}
	return all
}

// match settles the rows whose jobs are there. Those that differ get another ID, where that is wanted. It returns the IDs
// of further jobs that matter: a row may have been changed before.
func (w *work) match(there map[string]Job) (more []string, err error) {
	var faults []FieldError
	for n := range w.rows {
		r := &w.rows[n]
		j, ok := there[r.job.ID]
		same := ok && j.asksFor(r.job.Input, r.job.Model)
		switch {
		case !ok:
		case r.job.CustomID == "" && (!same || j.OtherMembers != r.job.OtherMembers):
			return nil, reused("This Idempotency-Key was used for other jobs in this batch.")
		case same && (j.Replaced == "" || w.order.Changed != ChangedRedo):
			w.found(r, j)
		case w.order.Changed == ChangedRedo:
			w.plan.Changed++
			r.base = &j
			if !same {
				r.job.ID = deriveID(w.batch.ID, r.job.CustomID, "changed", r.job.fingerprint())
			}
			more = append(more, r.job.ID)
			if j.Replaced != "" {
				more = append(more, j.Replaced)
			}
		case w.order.Changed == ChangedKeep:
			w.plan.Changed++
			w.found(r, j)
		default:
			faults = append(faults, FieldError{Line: r.number, Pointer: "/custom_id", Detail: fmt.Sprintf("custom_id %q stands for another request in this batch (job %s, %s). Give it another custom_id, or say what to do: changed=redo makes another picture, changed=keep leaves that one.", clip(r.job.CustomID), j.ID, j.Status)})
		}
	}
	return more, refuseLines(faults[:min(len(faults), mostFaults)])
}

// turn settles the rows that have changed: the same change may have been made before, and what counted until now is
// canceled.
func (w *work) turn(there map[string]Job) {
	for n := range w.rows {
		r := &w.rows[n]
		if r.base == nil {
			continue
		}
		old := *r.base
		if replaced, ok := there[r.base.Replaced]; ok {
			old = replaced
		}
		if old.ID != r.job.ID && !old.Status.Ended() {
			r.old = &old
		}
		if j, ok := there[r.job.ID]; ok {
			w.found(r, j)
			if j.ID != old.ID && r.job.Status == Canceled { // back to what it was before
				r.do = restart
			}
		}
	}
}

func reused(what string) error {
	return &Error{Kind: ErrMismatch, Code: "idempotency_key_reused", Message: what + " Use a new key for new jobs, or send the first ones unchanged."}
}

// found settles a row whose job is there.
func (w *work) found(r *row, j Job) {
	if w.batch.cancels(j) {
		j.Status = Canceled
	}
	r.job, r.do = j, leave
	if slices.Contains(w.order.Retry, j.Status) {
		r.do = restart
	}
}

// lookUp finds jobs by their IDs.
func (s *Submitter) lookUp(ctx context.Context, ids []string) (map[string]Job, error) {
	var mu sync.Mutex
	there := map[string]Job{}
	parts := slices.Collect(slices.Chunk(ids, 100))
	err := aFew(len(parts), 4, func(n int) error {
		found, err := s.Finder.Find(ctx, parts[n])
		mu.Lock()
		defer mu.Unlock()
		for _, j := range found {
			if !j.expired(s.now()) {
				there[j.ID] = j
			}
		}
		return err
	})
	return there, err
}

// inHundreds calls with a hundred rows at a time, a few calls side by side, and joins their errors.
func inHundreds(rows []row, call func(part []row) error) error {
	parts := slices.Collect(slices.Chunk(rows, 100))
	return aFew(len(parts), 4, func(n int) error { return call(parts[n]) })
}

// aFew makes n calls, so many at a time, and joins their errors.
func aFew(n, atOnce int, call func(n int) error) error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var errs error
	slots := make(chan struct{}, atOnce)
	for n := range n {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			err := call(n)
			mu.Lock()
			defer mu.Unlock()
			errs = errors.Join(errs, err)
		})
	}
	wg.Wait()
	return errs
}
