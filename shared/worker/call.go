package worker

import (
	"context"
	"errors"
	"time"

	"easel/shared/job"
	"easel/shared/model"
)

// call is the one call of the model that a delivery makes: from the claim of the job to the image or the failure.
type call struct {
	*task
	request model.Request
	slot    time.Time // that was reserved for it
	began   time.Time
}

// claim makes the job this worker's for one model call and charges batch and day for it, in one conditional write. It goes
// on only as long as its slot is good. It returns errLost if the delivery no longer counts or the batch was canceled, and
// errStale if another was at work on the job since this worker looked at it: then what was seen must be looked at again,
// from the stored images on.
func (c *call) claim(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, max(0, c.slot.Add(lateness).Sub(c.Clock())))
	defer cancel()
	taken, err := c.Amend(ctx, c.seen, c.counters, func(j *job.Job, cancelNo int64) error {
		switch {
		case c.holds(*j): // the write before this one had taken effect
			return job.ErrNoChange
		case !c.mine(*j), j.FlowKey().CanceledBy(cancelNo):
			return errLost
		case j.Attempts != c.seen.Attempts || len(j.Images) != len(c.seen.Images):
			return errStale
		}
		return c.BeginCall(j, c.token, c.until)
	})
	if c.held = err == nil; c.held {
		c.last = taken
	}
	return err
}

// unclaim settles a claim that failed. Where batch or day refused it they are asked again. Where it is not known whether it
// took effect the record tells, and then its call is given back, since none was begun. What cannot be read stays as it
// is: a call too many counts rather than one too few.
func (c *call) unclaim(ctx context.Context, cause error) job.Outcome {
	switch {
	case errors.Is(cause, errLost), errors.Is(cause, errStale), errors.Is(cause, job.ErrNotFound):
		return c.outcome(ctx, cause)
	case errors.Is(cause, job.ErrCounters), errors.Is(cause, job.ErrBudget):
		if out, stopped := c.admit(ctx); stopped {
			return out
		}
		return c.joinLine(ctx) // another call took the money and gave it back
	}
	detached, cancel := c.detached(ctx)
	defer cancel()
	j, err := c.Load(detached, c.seen.ID)
	if err == nil {
		c.last = j
	}
	c.held = err == nil && c.holds(j)
	c.unpaid = c.held
	switch {
	case errors.Is(cause, context.DeadlineExceeded) && c.held:
		return c.missed(ctx)
	case errors.Is(cause, context.DeadlineExceeded) && err == nil:
		return c.putBack(ctx, job.Waiting{Code: job.WaitPace, Message: "Its slot passed before the job was taken.", Until: c.Clock()}, func(j *job.Job) {
			if c.holds(*j) { // the claim took effect behind the look
				j.GiveBack()
				j.Lease = nil
			}
		})
	case !c.held:
		return c.outcome(ctx, cause)
	}
	c.last.StoreErrors = c.seen.StoreErrors // the claim began them anew
	return c.retryStore(ctx, cause)
}

// missed puts back a job whose claim took so long that its slot has passed.
func (c *call) missed(ctx context.Context) job.Outcome {
	c.unpaid = true
	return c.putBack(ctx, job.Waiting{Code: job.WaitPace, Message: "Its slot had passed when the job was taken.", Until: c.Clock()}, (*job.Job).GiveBack)
}

// generate calls the model once and keeps what comes. Where the claim took so long that the slot has passed, or the time
// left is too short, no call is begun.
func (c *call) generate(ctx context.Context) job.Outcome {
	c.began = c.Clock()
	left := c.until.Sub(c.began)
	if c.began.Sub(c.slot) > lateness || left < startTime/2 {
		return c.missed(ctx)
	}
	m, _ := model.Find(c.seen.Model) // a record names a model of the catalogue
	limited, cancel := context.WithTimeout(ctx, min(callTime, left-keepTime))
	defer cancel()
	result, err := c.Generator.Generate(limited, m, c.request)
	if err != nil {
		refused, ok := errors.AsType[*job.CallError](err)
		c.throttled = ok && refused.Code == job.WaitThrottled
		return c.handleCallError(ctx, err)
	}
	c.hear(nil)
	return c.keep(ctx, result)
}

// hear takes note of what a call brought. It is told to others when the job is settled: that comes first.
func (c *call) hear(e *job.CallError) {
	c.Limiter.Observe(c.seen.Model, e.Outcome(c.began, c.Clock()))
}

// errInput says that the input image of a job cannot be used any more.
var errInput = errors.New("input image is gone or damaged")

// request is what the model gets. It is read before a slot is taken, so that trouble with a store of
// our own wastes none.
func (w *Worker) request(ctx context.Context, j job.Job) (model.Request, error) {
	r := model.Request{
		Prompt: j.Sent.Prompt, NegativePrompt: j.Sent.NegativePrompt, AspectRatio: j.Sent.AspectRatio,
		OutputFormat: j.Sent.OutputFormat, Seed: j.Sent.Seed, Strength: j.Sent.Strength,
		StylePreset: j.Sent.StylePreset, Parameters: j.Sent.Parameters,
	}
	var err error
	if r.Image, err = w.input(ctx, j.Input.Image); err != nil {
		return r, err
	}
	r.Mask, err = w.input(ctx, j.Input.Mask)
	return r, err
}

// input reads a stored image, and nothing where the job has none.
func (w *Worker) input(ctx context.Context, in *job.InputImage) ([]byte, error) {
	if in == nil {
		return nil, nil
	}
	data, err := w.Inputs.GetInput(ctx, in.Key)
	if errors.Is(err, job.ErrNotFound) || (err == nil && job.HashOf(data) != in.SHA256) {
		return nil, errInput
	}
	return data, err
}
