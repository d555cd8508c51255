package job

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"
)

// Book is how the core reads and changes records: one at a time, each change named after the version
// it was made from. Submitter, Worker and Sweeper share its rules for lost replies and conflicts.
type Book struct {
	Records Records
	Budgets Budgets          // nil: nobody has a budget, and there are no batches
	Now     func() time.Time // nil: time.Now

	// Retention is how long a job is kept after its end; then it is not found, and its idempotency key is free. Zero: until
	// somebody deletes it.
	Retention time.Duration

	// Watch is told of every change of state, after it was written. It must be quick. Nil: nobody is.
	Watch func(ctx context.Context, from Status, j Job)
}

// tries bounds how often one change is attempted, against conflicts and against a failing store.
const tries = 8

// errStop ends a change without an error: the record is as the caller wants it.
var errStop = errors.New("nothing to change")

// now is the time to the microsecond, which is what every store keeps.
func (b Book) now() time.Time {
	if b.Now != nil {
		return b.Now().UTC().Truncate(time.Microsecond)
	}
	return time.Now().UTC().Truncate(time.Microsecond)
}

func (b Book) watch(ctx context.Context, from Status, j Job) {
	if b.Watch != nil && from != j.Status {
		b.Watch(ctx, from, j)
	}
}

// load reads a record, trying again while the store fails.
func (b Book) load(ctx context.Context, id string) (j Job, err error) {
	for n := range tries {
		if j, err = b.Records.Get(ctx, id); err == nil || errors.Is(err, ErrNotFound) {
			return j, err
		}
		if !pause(ctx, n) {
			break
		}
	}
	return j, err
}

// change applies edit to the record and writes it. On a conflict it starts again from the record that
// is there now; on any other error it writes the very same again, and knows by the stamp whether the
// first attempt had taken effect. An error of edit ends it: errStop returns the record as it is.
func (b Book) change(ctx context.Context, j Job, edit func(*Job) error) (Job, error) {
	var err error
	for n := range tries {
		edited := j.clone()
		if err = edit(&edited); err != nil {
			return stopped(j, err)
		}
		b.date(j.Status, &edited)
		edited.Stamp = uuid.NewString()
		var now Job
		now, err = b.write(ctx, edited)
		if err == nil {
			b.watch(ctx, j.Status, now)
			b.settleUp(ctx, j, now)
			return now, nil
		}
		if !errors.Is(err, ErrConflict) {
			return j, err
		}
		j = now
		if !pause(ctx, n) {
			break
		}
	}
	return j, err
}

// date says of a job that has just ended when it expires, and of one that begins again that it does not.
func (b Book) date(from Status, j *Job) {
	switch {
	case !j.Status.Ended():
		j.ExpiresAt = nil
	case !from.Ended() && b.Retention > 0:
		j.ExpiresAt = after(*j.CompletedAt, b.Retention)
	}
}

func stopped(j Job, err error) (Job, error) {
	if errors.Is(err, errStop) {
		return j, nil
	}
	return j, err
}

// write updates one version and settles what a lost reply leaves open.
func (b Book) write(ctx context.Context, j Job) (now Job, err error) {
	for n := range tries {
		now, err = b.Records.Update(ctx, j)
		if errors.Is(err, ErrConflict) && now.Stamp == j.Stamp {
			return now, nil
		}
		if err == nil || errors.Is(err, ErrConflict) || errors.Is(err, ErrNotFound) {
			return now, err
		}
		if !pause(ctx, n) {
			break
		}
	}
	return now, err
}

// clone copies what an edit may touch through a pointer or a slice.
func (j Job) clone() Job {
	j.Images = append([]Image(nil), j.Images...)
	if j.Lease != nil {
		lease := *j.Lease
		j.Lease = &lease
	}
	return j
}

// pause waits before attempt n+2, with full jitter from 20 ms up to 1.3 s. It reports whether to go on.
func pause(ctx context.Context, n int) bool {
	return sleep(ctx, rand.N(20*time.Millisecond<<min(n, 6))) == nil
}

// sleep waits for d or for the end of the context.
func sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
