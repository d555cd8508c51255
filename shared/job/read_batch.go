package job

import (
	"context"
	"errors"
	"maps"
	"slices"
	"time"
)

// BatchStatus is where a batch stands, told from its record and the states of its jobs.
type BatchStatus string

// The states of a batch.
const (
	BatchRunning   BatchStatus = "running"   // some jobs have not ended, or more may come
	BatchCompleted BatchStatus = "completed" // sealed, and every job has ended, well or not
	BatchCanceling BatchStatus = "canceling" // canceled, and calls that were under way go on
	BatchCanceled  BatchStatus = "canceled"
	BatchDeleting  BatchStatus = "deleting"
)

// ShownBatch is a batch with what its jobs tell.
type ShownBatch struct {
	Batch     Batch
	Status    BatchStatus
	Tally     Tally
	PerMinute float64    // jobs that ended a minute, since the first was ordered; 0: not known
	Ends      *time.Time // when the last job is made at the present pace; nil: it has ended
}

// BatchFilter selects batches for a list.
type BatchFilter struct {
	Owner  string // whose, for operators alone; empty: the caller's own
	Limit  int    // 1..100
	Cursor string // of the page before; empty: the first page
}

// BatchPage is a part of a list of batches.
type BatchPage struct {
	Batches []ShownBatch
	Next    string // cursor of the next page; empty: this is the last
}

// The rules of counting. What is counted for one who asks is kept for the next.
const (
	smallBatch = 5000                   // up to so many jobs are counted whenever somebody asks
	countAge   = 15 * time.Second       // of a count of more that is still good, or longer:
	countShare = 600 * time.Microsecond // for each job, since a count of many costs, and says little new after seconds
	countWait  = 3 * time.Second        // for the first count of a batch, made by another
)

// Batch returns a batch and counts its jobs; those of a large one at most once in 15 s, whoever asks. It returns an
// [*Error] of kind ErrNotFound or ErrUnavailable.
func (r *Reader) Batch(ctx context.Context, c Caller, id string) (ShownBatch, error) {
	b, err := findBatch(ctx, r.BatchRecords, c, id, r.book().now())
	if err != nil {
		return ShownBatch{}, err
	}
	return r.ShowBatch(ctx, b)
}

// ShowBatch counts the jobs of a batch that the caller has in hand.
func (r *Reader) ShowBatch(ctx context.Context, b Batch) (ShownBatch, error) {
	t, err := r.tally(ctx, b)
	if err != nil {
		return ShownBatch{}, unavailable("The jobs of the batch could not be counted.", err)
	}
	now := r.book().now()
	t = b.hide(b.complete(t, now))
	shown := ShownBatch{Batch: b, Tally: t, Status: b.status(t)}
	until := now
	if b.EndedAt != nil {
		until = *b.EndedAt
	}
	if took := until.Sub(b.CreatedAt); took >= time.Second {
		shown.PerMinute = float64(t.Ended()) / took.Minutes()
	}
	if t.Ended() < t.Total() && r.Tempo != nil {
		shown.Ends = after(now.Truncate(time.Second), usual+b.remaining(t, func(m string) time.Duration { return r.Tempo.interval(ctx, m, now) }))
	}
	return shown, nil
}

// hide counts as canceled what a cancellation has reached and no record says yet.
func (b Batch) hide(t Tally) Tally {
	if b.CanceledAt == nil || b.AppendedAt.After(*b.CanceledAt) || t.Counts[Queued] == 0 {
		return t
	}
	t.Counts = maps.Clone(t.Counts)
	t.Counts[Canceled] += t.Counts[Queued]
	delete(t.Counts, Queued)
	return t
}

func (b Batch) status(t Tally) BatchStatus {
	over := t.Ended() == t.Total()
	fresh := t.At.Before(b.AppendedAt.Add(settled)) // counted before what was added or begun again may show
	canceled := b.CanceledAt != nil && !b.AppendedAt.After(*b.CanceledAt)
	switch {
	case b.Deleting:
		return BatchDeleting
	case canceled && over:
		return BatchCanceled
	case canceled:
		return BatchCanceling
	case b.EndedAt != nil, over && b.SealedAt != nil && !fresh:
		return BatchCompleted
	}
	return BatchRunning
}

// tally counts the jobs of a batch, or takes the count that is kept where that is good enough.
func (r *Reader) tally(ctx context.Context, b Batch) (Tally, error) {
	small := b.Jobs() <= smallBatch
	if small && b.EndedAt == nil {
		return r.count(ctx, b.ID)
	}
	age := max(countAge, time.Duration(b.Jobs())*countShare)
	over := time.Now().Add(countWait)
	for n := 0; ; n++ {
		kept, err := r.Tallies.Tally(ctx, b.ID)
		if err != nil {
			return kept, err
		}
		now := r.book().now()
		last := b.EndedAt != nil && !kept.At.Before(*b.EndedAt)
		if last || kept.Counts != nil && now.Sub(kept.Begun) < age {
			return kept, nil
		}
		if kept.Version == 0 || now.Sub(kept.Begun) >= age || time.Now().After(over) {
			t, err := r.recount(ctx, b.ID, kept)
			if err != nil || t.Counts != nil {
				return t, err
			}
		}
		if !pause(ctx, n) { // somebody else makes the first count
			return kept, ctx.Err()
		}
	}
}

func (r *Reader) count(ctx context.Context, id string) (Tally, error) {
	t, err := r.BatchIndex.CountJobs(ctx, id)
	t.At = r.book().now()
	return t, err
}

// recount makes a new count. If somebody else has begun one meanwhile the tally that is kept comes back, which may have
// no counts yet.
func (r *Reader) recount(ctx context.Context, id string, kept Tally) (Tally, error) {
	claim := kept
	claim.Begun = r.book().now()
	claim, err := r.Tallies.SetTally(ctx, id, claim)
	if err != nil {
		return claim, conflicted(err)
	}
	t, err := r.count(ctx, id)
	if err != nil {
		return kept, err
	}
	t.Version, t.Begun = claim.Version, claim.Begun
	_, _ = r.Tallies.SetTally(ctx, id, t) // whoever was quicker has counted as well
	return t, nil
}

// Batches returns the caller's batches, newest first. Errors are those of [Reader.List].
func (r *Reader) Batches(ctx context.Context, c Caller, f BatchFilter) (BatchPage, error) {
	list := Filter{Owner: f.Owner, Limit: f.Limit, Cursor: f.Cursor, BatchID: batchList}
	q, err := r.query(c, list)
	if err != nil {
		return BatchPage{}, err
	}
	found, more, err := r.BatchIndex.ListBatches(ctx, q.Owner, q.After, f.Limit)
	if err != nil {
		return BatchPage{}, unavailable("The list could not be read.", err)
	}
	now := r.book().now()
	found = slices.DeleteFunc(found, func(b Batch) bool { return b.ExpiresAt != nil && !now.Before(*b.ExpiresAt) })
	page := BatchPage{Batches: make([]ShownBatch, len(found))}
	err = aFew(len(found), 4, func(n int) error {
		shown, err := r.ShowBatch(ctx, found[n])
		page.Batches[n] = shown
		return err
	})
	if err != nil {
		return BatchPage{}, err
	}
	if more != nil {
		page.Next = r.cursor(list, *more)
	}
	return page, nil
}

// batchList stands for a batch in the cursors of the list of batches, so that those of jobs do not fit.
const batchList = "batches"

// find loads a job for a caller, as its batch makes it look.
func (r *Reader) find(ctx context.Context, c Caller, id string) (Job, error) {
	j, err := r.book().find(ctx, c, id)
	if err != nil || j.BatchID == "" || j.Status != Queued {
		return j, err
	}
	return r.look(ctx, j, map[string]Batch{})
}

// look shows a queued job as canceled if its batch is. Batches that were read are kept for the next job of a list.
func (r *Reader) look(ctx context.Context, j Job, read map[string]Batch) (Job, error) {
	if j.BatchID == "" || j.Status != Queued {
		return j, nil
	}
	b, ok := read[j.BatchID]
	if !ok {
		var err error
		b, err = loadBatch(ctx, r.BatchRecords, j.BatchID)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return j, unavailable("The job's batch could not be read.", err)
		}
		read[j.BatchID] = b
	}
	if b.cancels(j) {
		j.Status, j.Waiting, j.CompletedAt = Canceled, nil, b.CanceledAt
	}
	return j, nil
}
