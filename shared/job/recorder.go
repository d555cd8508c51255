package job

import (
	"context"
	"errors"
	"time"

	"easel/shared/backoff"
)

// Recorder loads and updates job records with optimistic locking: an update names the version that it was made from, and
// where another came first the change is made again from the record that is there. With each job it changes the
// counters of its batch and the day that its call is charged to. Submitter, Worker and Sweeper share its rules for lost
// replies and conflicts.
type Recorder struct {
	Records Records
	Batches Batches
	Now     func() time.Time    // nil: time.Now
	NewID   func() string       // of records and writes; nil: UUIDs of version 7
	Chance  func(n int64) int64 // a number from 0 to below n; nil: by chance

	// OneWriter says that the store has one writer, which commits together what waits for it: a write never refuses another
	// because both change the counters of a batch. False for a store in which they may, as in DynamoDB.
	OneWriter bool

	// Retention is how long a job is kept after its end, and a batch after its own; then it is not found, and its
	// idempotency key is free. Zero: until it is deleted.
	Retention time.Duration

	// Budget is what an owner's calls may cost a day at list price, in micro-dollars; 0: anything, and no days are kept.
	Budget int64

	Simulated bool // whether the generator behind the queue is the simulator, whose calls are charged to days of their own

	// Watch is told of every change of state, after it was written. It must be quick. Nil: changes are not reported.
	Watch func(ctx context.Context, from Status, j Job)

	// Ended is told of every batch that has ended, with its counters. If it fails it is called again later. Nil: ends
	// are not reported.
	Ended func(ctx context.Context, b Batch, c Counters) error
}

// ErrNoChange ends a change without an error: the record is as the caller wants it.
var ErrNoChange = errors.New("nothing to change")

// Present is the time of a clock to the microsecond, which is what every store keeps.
func Present(clock func() time.Time) time.Time {
	if clock == nil {
		clock = time.Now
	}
	return clock().UTC().Truncate(time.Microsecond)
}

// Clock is the present by the field Now, to the microsecond.
func (r Recorder) Clock() time.Time { return Present(r.Now) }

func (r Recorder) watch(ctx context.Context, from Status, j Job) {
	if r.Watch != nil && from != j.Status {
		r.Watch(ctx, from, j)
	}
}

// Load reads a record, trying again while the store fails.
func (r Recorder) Load(ctx context.Context, id string) (Job, error) { return load(ctx, r.Records, id) }

func load(ctx context.Context, records RecordReader, id string) (Job, error) {
	j, err := recall(ctx, records, id)
	if err == nil && j.DeletedAt != nil {
		return Job{}, ErrNotFound
	}
	return j, err
}

// recall is load, but also finds what is remembered of a deleted job.
func recall(ctx context.Context, records RecordReader, id string) (j Job, err error) {
	err = backoff.Retry(ctx, settled, func() error {
		j, err = records.Get(ctx, id)
		return err
	})
	return j, err
}

// Change applies edit to the record and writes it. An error of edit ends it: ErrNoChange returns the record as it is.
func (r Recorder) Change(ctx context.Context, j Job, edit func(*Job) error) (Job, error) {
	return r.Amend(ctx, j, nil, func(j *Job, _ int64) error { return edit(j) })
}

// Amend is change for an edit that needs to know the batch's cancel number, with the counters as far as they are known.
func (r Recorder) Amend(ctx context.Context, j Job, known *Counters, edit func(*Job, int64) error) (Job, error) {
	e := &Edition{Recorder: r, Jobs: []Job{j}, Counters: known, Edit: edit, single: true}
	err := e.Run(ctx)
	if len(e.Written) == 1 {
		return e.Written[0], nil
	}
	if errors.Is(err, ErrNoChange) {
		return e.seen, nil
	}
	if len(e.Jobs) == 1 {
		j = e.Jobs[0]
	}
	return j, err
}

// commit makes one transaction by a method of a port, again while the store fails. It knows by the write ID whether an
// attempt whose reply was lost had taken effect: then the port returns inTheWay.
func commit(ctx context.Context, t Transaction, inTheWay error, port func(context.Context, Transaction) (Obstacle, error)) (there Obstacle, err error) {
	err = backoff.Retry(ctx, settled, func() error {
		there, err = port(ctx, t)
		if errors.Is(err, inTheWay) && there.holds(t.WriteID) {
			return nil
		}
		return err
	})
	return there, err
}

// settled reports whether an error is the answer of a store that works.
func settled(err error) bool {
	for _, kind := range []error{ErrConflict, ErrNotFound, ErrExists, ErrCounters, ErrBudget} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// date says of a job that has just ended, or has lost its star, when it expires, and of one that begins again or is starred
// that it does not. A job whose input images belong to its batch is kept as long as that.
func (r Recorder) date(from Job, j *Job) {
	switch {
	case !j.Status.Ended():
		j.ExpiresAt = nil
		return
	case j.Starred && from.ExpiresAt != nil:
		j.ExpiresAt = nil
	case j.Starred, r.Retention == 0:
		return
	case from.Starred:
		j.ExpiresAt = new(r.Clock().Add(r.Retention))
	case !from.Status.Ended() && (j.BatchID == "" || len(j.Input.images()) == 0):
		j.ExpiresAt = new(j.CompletedAt.Add(r.Retention))
	default:
		return
	}
	if j.Lease == nil && !j.Deleting {
		j.Due = removeAt(*j)
	}
}

// removeAt is when the sweep removes a job that has ended, with its pictures and then the record. It is nil where the sweep
// removes no jobs, and for a job without a call or an image of its own: the record is all that it has, so its batch or the
// store removes it, and thousands of rows that are canceled together set no timers.
func removeAt(j Job) *time.Time {
	if Untouched(j) && len(j.Input.images()) == 0 {
		return nil
	}
	return j.ExpiresAt
}

// cloneJob copies what an edit may touch through a pointer or a slice.
func cloneJob(j Job) Job {
	j.Images = append([]Image(nil), j.Images...)
	if j.Lease != nil {
		lease := *j.Lease
		j.Lease = &lease
	}
	return j
}

// Untouched reports whether no call was made for the job in any generation, so that it has no image.
func Untouched(j Job) bool { return j.Calls == 0 && j.Attempts == 0 && j.Generation == 1 }
