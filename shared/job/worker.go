package job

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/google/uuid"

	"easel/shared/model"
)

// Worker makes the picture of one job at a time. Its fields are what the function behind the queue
// may touch.
type Worker struct {
	Book
	Feed      *Feed
	Images    Images
	Inputs    Inputs
	Generator Generator
	Pacer     Pacer

	// Stopping is closed when the process wants to end: whoever waits for a slot is put back, a call
	// that runs goes on. Nil: never.
	Stopping <-chan struct{}

	// Keep is the time to store a picture and finish, beyond the model call; zero: 25 s. A longer one
	// outlives a longer trouble of the store, as far as the context's deadline leaves room.
	Keep time.Duration

	breaker breaker
}

// Figures of the worker; those of time fit a function that may run 180 s.
const (
	maxAttempts = 5                      // claims in one round
	callTime    = 110 * time.Second      // the longest model call
	keepTime    = 25 * time.Second       // to store and finish
	startTime   = 60 * time.Second       // less time left than this and no call is begun
	lateness    = 900 * time.Millisecond // a slot missed by more is given up
	leaseMargin = 10 * time.Second       // a killed function lives a little past its deadline
	accessGrace = 30 * time.Minute       // how long an account may be refused before a job fails
	troubled    = 30 * time.Second       // until a message is seen again when our own store fails
)

// errLost says that the job is no longer this worker's.
var errLost = errors.New("job lost to another worker")

var done = Outcome{}

func hide(d time.Duration) Outcome { return Outcome{Hide: true, For: d} }

// task is one delivery of one job: what this worker holds.
type task struct {
	*Worker
	born  time.Time // creation of the record: a deleted job may come again under its ID
	sends int       // the message's number
	token string    // of the lease that a claim takes
	until time.Time
}

// Do works on the job that a message points at and says what is to become of the message. The
// context's deadline is when the process may be killed; without one 180 s are assumed. No goroutine
// outlives the call.
func (w *Worker) Do(ctx context.Context, m Message) Outcome {
	j, err := w.load(ctx, m.ID)
	switch {
	case errors.Is(err, ErrNotFound):
		return done
	case err != nil:
		return hide(troubled)
	case j.Status.Ended() || m.Sends != j.Sends:
		return done
	case j.live(w.now()):
		return hide(j.Lease.Until.Sub(w.now()))
	}
	t := &task{Worker: w, born: j.CreatedAt, sends: m.Sends, token: uuid.NewString(), until: w.now().Add(180 * time.Second)}
	if deadline, ok := ctx.Deadline(); ok {
		t.until = deadline
	}
	return t.work(ctx, j)
}

func (t *task) work(ctx context.Context, j Job) Outcome {
	img, err := t.search(ctx, j)
	switch {
	case err != nil:
		return t.trouble(ctx, j)
	case img != nil:
		return t.adopt(ctx, j, *img)
	}
	if f := exhausted(j, t.now()); f != nil {
		return t.conclude(ctx, j, *f, nil)
	}
	if out, ok := t.turn(ctx, j); !ok {
		return out
	}
	j, err = t.claim(ctx, j)
	if err != nil {
		return t.ended(err)
	}
	return t.generate(ctx, j)
}

// search looks for a picture that was stored before, by any round, so that it is never made again.
// Nothing is looked up for a job that was never begun.
func (t *task) search(ctx context.Context, j Job) (*Image, error) {
	if j.Attempts == 0 && j.Round == 1 {
		return nil, nil
	}
	for round := j.Round; round >= 1; round-- {
		key := j.imageKey(round)
		info, err := t.Images.Stat(ctx, key)
		if err == nil {
			return &Image{Key: key, ImageInfo: info}, nil
		}
		if !errors.Is(err, ErrNotFound) {
			return nil, err
		}
	}
	return nil, nil
}

// adopt finishes with a stored picture: no slot, no limit, no call.
func (t *task) adopt(ctx context.Context, j Job, img Image) Outcome {
	j, err := t.take(ctx, j, func(*Job) {})
	if err != nil {
		return t.ended(err)
	}
	return t.finish(ctx, j, img)
}

// exhausted says why no further call may be begun, or nil.
func exhausted(j Job, now time.Time) *Failure {
	switch {
	case j.past(now):
		return &Failure{Code: CodeExpired, Message: "The deadline passed before a picture could be made. Retry it, or submit it with a longer deadline_seconds.", Retryable: true}
	case j.Calls >= j.MaxCalls:
		return &Failure{Code: CodeExhausted, Message: "Each model call that max_model_calls allows was begun and none brought a picture that could be stored. A retry may call, and cost, again.", Retryable: true}
	case j.Attempts >= maxAttempts:
		return &Failure{Code: CodeExhausted, Message: "Five attempts broke off before the model answered. Retry it; if that fails too, look at the server's log.", Retryable: true}
	}
	return nil
}

// turn waits for the model's next slot if it is near, and puts the job back otherwise. While the
// breaker is open slots are a minute apart: probes.
func (t *task) turn(ctx context.Context, j Job) (Outcome, bool) {
	interval := t.Feed.Interval(j.Model)
	within := max(2*time.Second, interval*3/2)
	for {
		if t.until.Sub(t.now()) < startTime+within {
			return t.pace(ctx, j, t.now()), false
		}
		refusal := t.breaker.open(j.Model)
		if refusal != nil {
			interval = probeEvery
		}
		at, ok, err := t.Pacer.Reserve(ctx, j.Model, interval, within)
		switch {
		case err != nil:
			return t.trouble(ctx, j), false
		case !ok && refusal != nil:
			return t.stay(ctx, j, refusal, at.Add(rand.N(interval))), false
		case !ok:
			return t.pace(ctx, j, at.Add(rand.N(interval))), false
		case !t.rest(ctx, at.Sub(t.now())):
			return t.pace(ctx, j, t.now()), false
		case t.now().Sub(at) <= lateness:
			return done, true
		}
	}
}

// rest sleeps until the slot. It reports false if the process wants to end before.
func (t *task) rest(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(max(0, d))
	defer timer.Stop()
	select {
	case <-t.Stopping:
		return false
	default:
	}
	select {
	case <-timer.C:
		return true
	case <-t.Stopping:
	case <-ctx.Done():
	}
	return false
}

// claim takes the job for one model call.
func (t *task) claim(ctx context.Context, j Job) (Job, error) {
	return t.take(ctx, j, func(j *Job) {
		j.Attempts++
		j.Calls++
		j.CostMicroUSD += j.Price
	})
}

// take makes the job this worker's, in one conditional write.
func (t *task) take(ctx context.Context, j Job, edit func(*Job)) (Job, error) {
	return t.change(ctx, j, func(j *Job) error {
		if !t.mine(*j) {
			return errLost
		}
		if j.Status == Running { // its lease has ended: whoever held it is gone
			if err := j.enter(Queued); err != nil {
				return err
			}
		}
		if err := j.enter(Running); err != nil {
			return err
		}
		now := t.now()
		j.StartedAt = &now
		j.Lease = &Lease{Token: t.token, Until: t.until.Add(leaseMargin)}
		j.Waiting = nil
		j.Due = after(j.Lease.Until, time.Minute)
		edit(j)
		return nil
	})
}

// mine reports whether this delivery still counts: nobody sent a newer message, and nobody else holds
// the job under a live lease.
func (t *task) mine(j Job) bool {
	if j.Status.Ended() || j.Sends != t.sends || !j.CreatedAt.Equal(t.born) {
		return false
	}
	return !j.live(t.now()) || j.Lease.Token == t.token
}

// generate calls the model once and keeps what comes.
func (t *task) generate(ctx context.Context, j Job) Outcome {
	m, _ := model.Find(j.Model) // the claim was for a model of the catalogue
	request, err := t.request(ctx, j)
	if err != nil {
		return t.refuse(ctx, j, err)
	}
	limit := min(callTime, t.until.Sub(t.now())-keepTime)
	call, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	result, err := t.Generator.Generate(call, m, request)
	if err != nil {
		return t.refuse(ctx, j, err)
	}
	t.breaker.report(j.Model, nil)
	return t.keep(ctx, j, result)
}

func (t *task) request(ctx context.Context, j Job) (model.Request, error) {
	r := model.Request{
		Prompt: j.Sent.Prompt, NegativePrompt: j.Sent.NegativePrompt, AspectRatio: j.Sent.AspectRatio,
		OutputFormat: j.Sent.OutputFormat, Seed: j.Sent.Seed, Strength: j.Sent.Strength,
	}
	if j.Input.Image == nil {
		return r, nil
	}
	data, err := t.Inputs.GetInput(ctx, j.Input.Image.Key)
	switch {
	case errors.Is(err, ErrNotFound) || (err == nil && hashOf(data) != j.Input.Image.SHA256):
		return r, &CallError{Class: Rejected, Code: CodeInternal, Message: "The stored input image is gone or damaged. Submit the job again with its image.", Cause: err}
	case err != nil:
		return r, &CallError{Class: NotExecuted, Code: WaitOutage, Message: "The input image cannot be read just now.", Cause: err}
	}
	r.Image = data
	return r, nil
}
