// Package worker takes one delivery of a job to its end: it looks for an image that is there already, waits for a slot, claims
// the job, calls the model once, stores the image and records it. What fails is put back, or fails for good, by what a
// failure means for money. Where messages come from, and what a panic or a log line is, is its caller's business.
package worker

import (
	"context"
	"errors"
	"time"

	"easel/shared/job"
	"easel/shared/pace"
)

// Worker makes the image of one job at a time. Its fields are what the function behind the queue may touch.
type Worker struct {
	job.Recorder
	Dispatcher *job.Dispatcher
	Limiter    *pace.Limiter
	Images     job.Images
	Inputs     job.Inputs
	Generator  job.Generator
	Pacer      pace.Pacer
	Days       job.Days

	// Stopping is closed when the process wants to end: a job that waits for a slot is put back, a call
	// that runs goes on. Nil: never.
	Stopping <-chan struct{}

	// Report is told of every call that brought no image, with its cause, and of trouble with a store of
	// our own. It must be quick. Nil: reports are dropped.
	Report func(ctx context.Context, j job.Job, err error)

	// Probe is the time between two calls while the breaker is open, less than ten minutes; zero: a minute.
	Probe time.Duration

	// Keep is the time to store an image and finish, beyond the model call; zero: 25 s. A longer one
	// outlives a longer trouble of the store, as far as the context's deadline leaves room.
	Keep time.Duration
}

// Figures of the worker; those of time fit a function that may run 180 s.
const (
	callTime    = 110 * time.Second      // the longest model call
	keepTime    = 25 * time.Second       // to store and finish
	startTime   = 60 * time.Second       // less time left than this and no call is begun
	lateness    = 900 * time.Millisecond // a slot missed by more is given up
	troubled    = 30 * time.Second       // until a message is seen again when our own store fails
	maxTroubles = 60                     // waits in a row for our own store, up to 2 minutes each
)

var (
	errLost  = errors.New("job lost to another worker")
	errStale = errors.New("job changed since it was looked at")
)

var done = job.Outcome{}

func retryAfter(d time.Duration) job.Outcome { return job.Outcome{Retry: true, After: d} }

// task is one delivery of one job: its steps, and the waits and ends that they lead to.
type task struct {
	record
	unpaid    bool      // whether the call is known not to have been executed
	throttled bool      // whether it was refused as one too many
	until     time.Time // when the process may be killed
}

// Do works on the job that a message points at and says what is to become of the message. The
// context's deadline is when the process may be killed; without one 180 s are assumed. No goroutine
// outlives the call.
func (w *Worker) Do(ctx context.Context, m job.Message) job.Outcome {
	j, err := w.Load(ctx, m.ID)
	switch {
	case errors.Is(err, job.ErrNotFound):
		return done
	case err != nil:
		return retryAfter(troubled)
	case m.MessageNo != j.MessageNo || job.Closed(j) || j.Deleting:
		return done
	case j.Leased(w.Clock()): // a worker holds it, or held it when it was canceled
		return retryAfter(j.Lease.Until.Sub(w.Clock()))
	}
	t := &task{
		record: record{Worker: w, seen: j, last: j, token: w.DrawID()}, until: w.Clock().Add(180 * time.Second),
	}
	if deadline, ok := ctx.Deadline(); ok {
		t.until = w.Clock().Add(time.Until(deadline)) // by this worker's clock, which may be off
	}
	switch {
	case j.Status.Ended():
		return t.recoverResult(ctx)
	case j.Damaged:
		return t.fail(ctx, job.Damage, nil)
	}
	return t.work(ctx)
}

// recoverResult looks for the image of a job that was canceled during its call and whose worker never came
// back: that worker may have died between storing and finishing.
func (t *task) recoverResult(ctx context.Context) job.Outcome {
	img, err := job.FindImage(ctx, t.Images, t.seen)
	switch {
	case errors.Is(err, job.ErrNotFound):
		return t.endLease(ctx)
	case err != nil:
		return retryAfter(10 * troubled) // a few receives are left to it
	}
	return t.finish(ctx, img)
}

// endLease settles a call that brought nothing: what it charged is spent.
func (t *task) endLease(ctx context.Context) job.Outcome {
	_, err := t.Change(ctx, t.seen, func(j *job.Job) error {
		if !j.Status.Ended() || j.Lease == nil || j.Leased(t.Clock()) {
			return job.ErrNoChange
		}
		j.SettleLease()
		return nil
	})
	return t.outcome(ctx, err)
}

// work takes the steps of a delivery in the order that docs/ARCHITECTURE.md gives: what costs
// nothing comes before the slot, and the claim comes last before the call.
func (t *task) work(ctx context.Context) job.Outcome {
	if out, found := t.reuseExisting(ctx); found {
		return out
	}
	if out, stopped := t.admit(ctx); stopped {
		return out
	}
	request, err := t.request(ctx, t.seen)
	switch {
	case errors.Is(err, errInput):
		return t.fail(ctx, job.Failure{Code: job.CodeInternal, Message: "The stored input image is gone or damaged. Submit the job again with its image."}, nil)
	case err != nil:
		return t.retryStore(ctx, err)
	}
	slot, out, ok := t.turn(ctx)
	if !ok {
		return out
	}
	if out, found := t.reuseExisting(ctx); found { // the wait for the slot was long enough for another to store
		return out
	}
	c := &call{task: t, request: request, slot: slot}
	if err := c.claim(ctx); err != nil {
		return c.unclaim(ctx, err)
	}
	out = c.generate(ctx)
	t.Limiter.Flush(ctx, t.seen.Model, t.Clock())
	return out
}

// reuseExisting looks for an image that was stored before, by any generation, so that it is never made again, and
// finishes with it: no slot, no limit, no call. A job that was never claimed has none.
func (t *task) reuseExisting(ctx context.Context) (out job.Outcome, found bool) {
	if t.seen.Attempts == 0 && t.seen.Generation == 1 {
		return done, false
	}
	img, err := job.FindImage(ctx, t.Images, t.seen)
	switch {
	case errors.Is(err, job.ErrNotFound):
		return done, false
	case err != nil:
		return t.retryStore(ctx, err), true
	}
	return t.finish(ctx, img), true
}

// detached is a context for storing and finishing: what was paid for is kept even when the process is
// told to stop.
func (w *Worker) detached(ctx context.Context) (context.Context, context.CancelFunc) {
	d := w.Keep
	if d == 0 {
		d = keepTime
	}
	return context.WithTimeout(context.WithoutCancel(ctx), d)
}
