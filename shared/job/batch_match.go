package job

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"time"

	"easel/shared/request"
)

// locate finds the batch of a request, or drafts it.
func (p planner) locate(ctx context.Context) (err error) {
	if p.request.BatchID != "" {
		p.batch, p.counters, err = FindBatch(ctx, p.Batches, p.caller, p.request.BatchID, p.Clock())
		if err == nil && p.counters.Has(Removing) {
			return forbidBatch(p.batch, "is being deleted", "Make a new one.")
		}
		p.now = later(p.now, p.counters.When(Stopped)) // what begins again is told from what was canceled
		return err
	}
	p.created = true
	p.batch = Batch{
		V: RecordVersion, ID: p.DrawID(), Owner: p.caller.Owner, Name: p.request.Name, Metadata: p.request.Metadata,
		Fingerprint: p.fingerprint, Simulated: p.Simulated, MaxCost: p.request.MaxCost, CreatedAt: p.now,
	}
	if p.request.Key == "" {
		return nil
	}
	p.batch.ID = deriveID(p.caller.Owner, "batch", p.request.Key)
	there, counters, err := LoadBatch(ctx, p.Batches, p.batch.ID)
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return Unavailable("The batch could not be looked up.", err)
	case there.gone(p.Clock()):
		return forget(ctx, p.eraser, there.ID, p.Clock())
	case counters.Expired(p.Clock()):
		return Unavailable("The batch of this Idempotency-Key has expired and is being removed.", nil)
	}
	return p.meet(there, counters)
}

// forget removes what is remembered of a deleted batch, so that its ID is free. One that was made anew meanwhile stays.
func forget(ctx context.Context, eraser BatchEraser, id string, now time.Time) error {
	none := int64(-1)
	if err := eraser.EraseBatch(ctx, id, Condition{CancelNo: &none}, now, nil); IgnoreOvertaken(err) != nil {
		return Unavailable("The batch could not be replaced.", err)
	}
	return nil
}

// meet goes on with a batch that stands where one was to be made: by the same request, sent before.
func (p *batchPlan) meet(there Batch, counters Counters) error {
	switch {
	case there.DeletedAt != nil, counters.Has(Removing):
		return &Error{Kind: ErrState, Code: "deleted", Message: "The batch of this Idempotency-Key (" + there.ID + ") was deleted, and a request that is sent again does not make it anew. Use a new key for new pictures."}
	case there.Fingerprint != p.fingerprint:
		return &Error{Kind: ErrMismatch, Code: "idempotency_key_reused", Message: "This Idempotency-Key was used for a different request (batch " + there.ID + "). Use a new key for a new request, or send the first request unchanged."}
	}
	p.batch, p.counters, p.created, p.known, p.repeats = there, counters, false, true, true
	return nil
}

// identify gives the rows the IDs of their jobs.
func (p *batchPlan) identify() {
	for n, r := range p.rows {
		r.place = int64(n)
		j := &r.job
		j.BatchID, j.Owner = p.batch.ID, p.batch.Owner // an operator may append to another's batch
		if j.CustomID != "" {
			j.ID = deriveID(p.batch.ID, j.CustomID)
		} else {
			j.ID = deriveID(p.batch.ID, p.request.Key, strconv.Itoa(r.number))
		}
	}
}

// changedID is the ID of a job that is made beside the first of its custom_id, for a row that has changed.
func changedID(j Job) string {
	return deriveID(j.BatchID, j.CustomID, "changed", Fingerprint(j.Input, j.Model))
}

// compare holds the rows against the jobs that are there: first those of their IDs, then, of rows that differ, those
// that were made for the same change before.
func (p planner) compare(ctx context.Context) error {
	if p.created {
		return nil
	}
	for range 2 {
		there, err := p.lookUp(ctx)
		if err != nil {
			return Unavailable("The jobs of the batch could not be looked up.", err)
		}
		again, err := p.match(there)
		if err != nil || !again {
			return err
		}
	}
	return nil
}

// match settles the rows whose jobs are there. Rows that differ get the ID of their change, and again says that these
// have to be looked up.
func (p *batchPlan) match(there map[string]Job) (again bool, err error) {
	var faults []request.FieldError
	for _, r := range p.rows {
		j, ok := there[r.job.ID]
		same := ok && (j.DeletedAt != nil || j.asksFor(r.job.Input, r.job.Model))
		switch {
		case !ok || r.action == skip:
		case r.job.CustomID == "" && j.DeletedAt == nil && (!same || j.OtherMembers != r.job.OtherMembers):
			return false, reused("This Idempotency-Key was used for other jobs in this batch.")
		case same:
			p.found(r, j)
		case p.request.Changed == ChangedKeep:
			p.plan.Changed++
			p.found(r, j)
		default:
			r.changed = &j
			r.job.ID = changedID(r.job)
			again = true
		}
	}
	if again {
		return true, nil
	}
	for _, r := range p.rows {
		faults = append(faults, p.judge(r)...)
	}
	return false, refuseLines(faults[:min(len(faults), maxFaults)])
}

// judge decides about a row that differs from the job under its custom_id and for which no job was made yet.
func (p *batchPlan) judge(r *planRow) []request.FieldError {
	if r.changed == nil {
		return nil
	}
	p.plan.Changed++
	if r.action == skip || p.request.Changed == ChangedAdd {
		return nil
	}
	return []request.FieldError{{Line: r.number, Pointer: "/custom_id", Detail: fmt.Sprintf("custom_id %q stands for another request in this batch (job %s, %s). Give it another custom_id, or say what to do: changed=add makes another picture beside that one, changed=keep leaves that one alone.", request.Clip(r.job.CustomID), r.changed.ID, r.changed.view(p.counters.CancelNo))}}
}

func reused(what string) error {
	return &Error{Kind: ErrMismatch, Code: "idempotency_key_reused", Message: what + " Use a new key for new jobs, or send the first ones unchanged."}
}

// found settles a row whose job is there.
func (p *batchPlan) found(r *planRow, j Job) {
	r.job, r.status, r.action = j, j.view(p.counters.CancelNo), skip
	sentAgain := p.request.BatchID == "" // what a request has made it does not begin again
	if j.DeletedAt == nil && !sentAgain && slices.Contains(p.request.Retry, r.status) {
		r.action = retry
	}
}

// lookUp finds the jobs of the rows that are to be made.
func (p planner) lookUp(ctx context.Context) (map[string]Job, error) {
	var mu sync.Mutex
	there := map[string]Job{}
	var ids []string
	for r := range p.todo() {
		ids = append(ids, r.job.ID)
	}
	parts := slices.Collect(slices.Chunk(ids, 100))
	err := Parallel(len(parts), 4, func(n int) error {
		found, err := p.finder.Find(ctx, parts[n])
		mu.Lock()
		defer mu.Unlock()
		for _, j := range found {
			if !j.Expired(p.Clock()) {
				there[j.ID] = j
			}
		}
		return err
	})
	return there, err
}
