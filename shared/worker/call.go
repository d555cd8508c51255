package worker

import (
	"context"
	"errors"
	"time"

	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/pace"
)

// probes is where the slots of a model's probes are kept: apart from the usual ones, so that those are free as
// soon as a probe has passed.
func probes(model string) string { return model + " probes" }

// turn waits for the model's next slot if it is near, and puts the job back otherwise. While the
// breaker is open slots are probes, further apart.
func (t *task) turn(ctx context.Context, j job.Job) (slot time.Time, out job.Outcome, ok bool) {
	for {
		now := t.Clock()
		slots, interval, refused := j.Model, t.Dispatcher.Limiter.Interval(ctx, j.Model, now), job.Refusal(ctx, t.Dispatcher.Limiter, j.Model, now)
		within := max(2*time.Second, interval*3/2*reach(j))
		if refused != nil {
			slots, interval, within = probes(j.Model), max(interval, t.probe()), 2*time.Second
		}
		within = min(within, t.until.Sub(now)-startTime)
		if within <= 0 {
			return slot, t.pace(ctx, j, now.Add(time.Second)), false
		}
		at, near, err := t.Pacer.Reserve(ctx, slots, interval, within)
		switch {
		case err != nil:
			return slot, t.retryStore(ctx, j, err), false
		case !near && refused != nil:
			return slot, t.waitForBreaker(ctx, j, refused, at.Add(t.Jitter(interval))), false
		case !near:
			return slot, t.pace(ctx, j, at.Add(t.Jitter(interval))), false
		case !t.rest(ctx, at.Sub(t.Clock())):
			return slot, t.pace(ctx, j, t.Clock()), false
		case t.Clock().Sub(at) <= lateness:
			return at, done, true
		}
	}
}

// reach lets a job that was put back look further ahead than one that has just come: who finds the next slot taken
// again and again would otherwise be passed by chance alone.
func reach(j job.Job) time.Duration { return time.Duration(min(1+j.Reach, 5)) }

func (w *Worker) probe() time.Duration {
	if w.Probe > 0 {
		return w.Probe
	}
	return pace.ProbeEvery
}

// rest sleeps until the slot. It reports false if the process wants to end before.
func (t *task) rest(ctx context.Context, d time.Duration) bool {
	select {
	case <-t.Stopping:
		return false
	default:
	}
	if d <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-t.Stopping:
	case <-ctx.Done():
	}
	return false
}

// claim makes the job this worker's for one model call and charges batch and day for it, in one conditional write. It goes
// on only as long as its slot is good. It returns errLost if the delivery no longer counts or the batch was canceled, and
// errStale if another was at work on the job since this worker looked at it: then what was seen must be looked at again,
// from the stored images on.
func (t *task) claim(ctx context.Context, j job.Job, slot time.Time) (job.Job, error) {
	ctx, cancel := context.WithTimeout(ctx, max(0, slot.Add(lateness).Sub(t.Clock())))
	defer cancel()
	taken, err := t.Amend(ctx, j, t.counters, func(j *job.Job, cancelNo int64) error {
		switch {
		case j.Lease != nil && j.Lease.Token == t.token: // the write before this one had taken effect
			return job.ErrNoChange
		case !t.mine(*j), j.BatchID != "" && j.CancelNo < cancelNo:
			return errLost
		case j.Attempts != t.seen.Attempts || len(j.Images) != len(t.seen.Images):
			return errStale
		}
		return t.BeginCall(j, t.token, t.until)
	})
	t.held = err == nil
	return taken, err
}

// unclaim settles a claim that failed. Where batch or day refused it they are asked again. Where it is not known whether it
// took effect the record tells, and then its call is given back, since none was begun. What cannot be read stays as it
// is: a call too many counts rather than one too few.
func (t *task) unclaim(ctx context.Context, cause error) job.Outcome {
	switch {
	case errors.Is(cause, errLost), errors.Is(cause, errStale), errors.Is(cause, job.ErrNotFound):
		return t.outcome(ctx, cause)
	case errors.Is(cause, job.ErrCounters), errors.Is(cause, job.ErrBudget):
		if out, stopped := t.admit(ctx, t.seen); stopped {
			return out
		}
		return t.joinLine(ctx, t.seen, nil) // another call took the money and gave it back
	}
	detached, cancel := t.detached(ctx)
	defer cancel()
	j, err := t.Load(detached, t.seen.ID)
	t.held = err == nil && j.Lease != nil && j.Lease.Token == t.token
	t.unpaid = t.held
	switch {
	case errors.Is(cause, context.DeadlineExceeded) && t.held:
		return t.missed(ctx, j)
	case errors.Is(cause, context.DeadlineExceeded) && err == nil:
		return t.putBack(ctx, j, job.Waiting{Code: job.WaitPace, Message: "Its slot passed before the job was taken.", Until: t.Clock()}, func(j *job.Job) {
			if j.Lease != nil && j.Lease.Token == t.token { // the claim took effect behind the look
				j.GiveBack()
				j.Lease = nil
			}
		})
	case !t.held:
		return t.outcome(ctx, cause)
	}
	j.StoreErrors = t.seen.StoreErrors // the claim began them anew
	return t.retryStore(ctx, j, cause)
}

// missed puts back a job whose claim took so long that its slot has passed.
func (t *task) missed(ctx context.Context, j job.Job) job.Outcome {
	t.unpaid = true
	return t.putBack(ctx, j, job.Waiting{Code: job.WaitPace, Message: "Its slot had passed when the job was taken.", Until: t.Clock()}, (*job.Job).GiveBack)
}

// same reports whether the record is still of the job that was looked at: a deleted one may come again
// under its ID.
func (t *task) same(j job.Job) bool { return j.CreatedAt.Equal(t.seen.CreatedAt) && !j.Deleting }

// mine reports whether this worker may decide about the job. A retry raises the number of messages, so
// the worker of an earlier round cannot. Once it has taken the job only its lease
// counts; before that, the delivery does, until a newer message is sent or another worker holds a live lease.
func (t *task) mine(j job.Job) bool {
	if j.Status.Ended() || !t.same(j) || j.MessageNo != t.seen.MessageNo {
		return false
	}
	if t.held {
		return j.Status == job.Running && j.Lease.Token == t.token
	}
	return !j.Live(t.Clock()) || j.Lease.Token == t.token
}

// generate calls the model once and keeps what comes. Where the claim took so long that the slot has passed, or the time
// left is too short, no call is begun.
func (t *task) generate(ctx context.Context, j job.Job, request model.Request, slot time.Time) job.Outcome {
	now := t.Clock()
	if now.Sub(slot) > lateness || t.until.Sub(now) < startTime/2 {
		return t.missed(ctx, j)
	}
	m, _ := model.Find(j.Model) // a record names a model of the catalogue
	call, cancel := context.WithTimeout(ctx, min(callTime, t.until.Sub(now)-keepTime))
	defer cancel()
	result, err := t.Generator.Generate(call, m, request)
	if err != nil {
		call, ok := errors.AsType[*job.CallError](err)
		t.throttled = ok && call.Code == job.WaitThrottled
		return t.handleCallError(ctx, j, now, err)
	}
	t.hear(j, now, nil)
	return t.keep(ctx, j, now, result)
}

// hear takes note of what a call brought. It is told to others when the job is settled: that comes first.
func (t *task) hear(j job.Job, began time.Time, e *job.CallError) {
	t.Dispatcher.Limiter.Observe(j.Model, e.Outcome(began, t.Clock()))
}

// errInput says that the input image of a job cannot be used any more.
var errInput = errors.New("input image is gone or damaged")

// request is what the model gets. It is read before a slot is taken, so that trouble with a store of
// our own wastes none.
func (t *task) request(ctx context.Context, j job.Job) (model.Request, error) {
	r := model.Request{
		Prompt: j.Sent.Prompt, NegativePrompt: j.Sent.NegativePrompt, AspectRatio: j.Sent.AspectRatio,
		OutputFormat: j.Sent.OutputFormat, Seed: j.Sent.Seed, Strength: j.Sent.Strength,
		StylePreset: j.Sent.StylePreset, Parameters: j.Sent.Parameters,
	}
	var err error
	if r.Image, err = t.input(ctx, j.Input.Image); err != nil {
		return r, err
	}
	r.Mask, err = t.input(ctx, j.Input.Mask)
	return r, err
}

// input reads a stored image, and nothing where the job has none.
func (t *task) input(ctx context.Context, in *job.InputImage) ([]byte, error) {
	if in == nil {
		return nil, nil
	}
	data, err := t.Inputs.GetInput(ctx, in.Key)
	if errors.Is(err, job.ErrNotFound) || (err == nil && job.HashOf(data) != in.SHA256) {
		return nil, errInput
	}
	return data, err
}

func (t *task) failInput(ctx context.Context, j job.Job, err error) job.Outcome {
	if errors.Is(err, errInput) {
		return t.fail(ctx, j, job.Failure{Code: job.CodeInternal, Message: "The stored input image is gone or damaged. Submit the job again with its image."}, nil)
	}
	return t.retryStore(ctx, j, err)
}
