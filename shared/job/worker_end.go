package job

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"time"

	"easel/shared/model"
)

// aside is a context for storing and finishing: what was paid for is kept even when the process is
// told to stop.
func (t *task) aside(ctx context.Context) (context.Context, context.CancelFunc) {
	d := t.Keep
	if d == 0 {
		d = keepTime
	}
	return context.WithTimeout(context.WithoutCancel(ctx), d)
}

// keep stores a picture that arrived and finishes the job with it.
func (t *task) keep(ctx context.Context, j Job, r model.Result) Outcome {
	ctx, cancel := t.aside(ctx)
	defer cancel()
	img, data, err := picture(j, r)
	if err != nil {
		return t.refuse(ctx, j, err)
	}
	img, err = t.store(ctx, img, data)
	if err != nil {
		return t.refuse(ctx, j, &CallError{Class: Ambiguous, Code: CodeInternal, Message: "The picture was made but could not be stored.", Cause: err})
	}
	return t.finish(ctx, j, img)
}

// picture describes the bytes that came, with the settings written into them where wanted.
func picture(j Job, r model.Result) (Image, []byte, error) {
	h, err := model.Sniff(r.Image)
	if err != nil {
		return Image{}, nil, &CallError{Class: Ambiguous, Code: CodeModel, Message: "The model's answer holds no picture.", Cause: err}
	}
	if r.Seed == 0 {
		r.Seed = j.Sent.Seed
	}
	data := r.Image
	if j.Embed == EmbedAll {
		data = embed(data, j, r.Seed, h)
	}
	return Image{Key: j.imageKey(j.Round), ImageInfo: ImageInfo{
		ContentType: h.ContentType(), Width: h.Width, Height: h.Height, SizeBytes: int64(len(data)),
		SHA256: hashOf(data), Seed: r.Seed, Model: j.Model,
	}}, data, nil
}

// store tries until the context ends: the picture is paid for. Where another worker stored one first,
// that one counts.
func (t *task) store(ctx context.Context, img Image, data []byte) (Image, error) {
	for n := 0; ; n++ {
		err := t.Images.Put(ctx, img.Key, data, img.ImageInfo)
		if errors.Is(err, ErrExists) {
			var info ImageInfo
			if info, err = t.Images.Stat(ctx, img.Key); err == nil {
				img.ImageInfo = info
			}
		}
		if err == nil || !pause(ctx, n) {
			return img, err
		}
	}
}

// finish writes the end of a job, whatever happened to its record meanwhile. A picture that arrives
// after a cancel, a deadline or a lost lease is added to the job as it stands. Only a deleted job
// takes its picture with it.
func (t *task) finish(ctx context.Context, j Job, img Image) Outcome {
	ctx, cancel := t.aside(ctx)
	defer cancel()
	_, err := t.change(ctx, j, func(j *Job) error {
		if !j.CreatedAt.Equal(t.born) {
			return ErrNotFound
		}
		has := slices.ContainsFunc(j.Images, func(i Image) bool { return i.Key == img.Key })
		if !has {
			j.Images = append(j.Images, img)
		}
		if j.Status == Running && j.Lease != nil && j.Lease.Token == t.token {
			return j.end(Succeeded, t.now())
		}
		if has {
			return errStop
		}
		return nil
	})
	if errors.Is(err, ErrNotFound) {
		err = t.Images.Delete(ctx, []string{img.Key})
	}
	if err != nil {
		return hide(troubled)
	}
	return done
}

// refuse decides what follows from a call that brought no picture.
func (t *task) refuse(ctx context.Context, j Job, err error) Outcome {
	call := &CallError{Class: Ambiguous, Code: CodeModel, Message: "The call broke off and may have been executed.", Cause: err}
	errors.As(err, &call)
	t.breaker.report(j.Model, call)
	switch call.Class {
	case Rejected:
		return t.conclude(ctx, j, Failure{Code: call.Code, Message: call.Message}, func(j *Job) {
			if !call.Charged {
				j.giveBack()
			}
		})
	case Account:
		return t.denied(ctx, j, call)
	case NotExecuted:
		return t.putBack(ctx, j, Waiting{Code: call.Code, Message: call.Message, Until: t.now().Add(backoff(j.Delays))}, func(j *Job) {
			j.giveBack()
			j.Delays++
		})
	}
	return t.unsure(ctx, j, call)
}

// giveBack takes back the attempt and the call of a claim after which nothing was executed.
func (j *Job) giveBack() {
	j.Attempts--
	j.Calls--
	j.CostMicroUSD -= j.Price
}

// denied waits for somebody to mend the account. Nothing counts meanwhile.
func (t *task) denied(ctx context.Context, j Job, call *CallError) Outcome {
	return t.grace(ctx, j, call, t.now().Add(probeEvery), (*Job).giveBack)
}

// stay is the wait of a job whose model's breaker is open: no call was begun for it.
func (t *task) stay(ctx context.Context, j Job, call *CallError, until time.Time) Outcome {
	if call.Class == Account {
		return t.grace(ctx, j, call, until, func(*Job) {})
	}
	return t.putBack(ctx, j, Waiting{Code: WaitOutage, Message: call.Message, Until: until}, nil)
}

// grace puts a job back while its account is refused, and fails it once that has gone on too long.
func (t *task) grace(ctx context.Context, j Job, call *CallError, until time.Time, edit func(*Job)) Outcome {
	now := t.now()
	if j.Refused != nil && now.Sub(*j.Refused) >= accessGrace {
		return t.conclude(ctx, j, Failure{Code: CodeUnavailable, Message: call.Message, Retryable: true}, edit)
	}
	return t.putBack(ctx, j, Waiting{Code: call.Code, Message: call.Message, Until: until}, func(j *Job) {
		edit(j)
		if j.Refused == nil {
			j.Refused = &now
		}
	})
}

// unsure repeats a call that may have been paid for only while the job allows it.
func (t *task) unsure(ctx context.Context, j Job, call *CallError) Outcome {
	if j.Calls >= j.MaxCalls {
		f := Failure{Code: call.Code, Retryable: true, Message: call.Message + " No further call was made because max_model_calls is reached; a retry may cost again."}
		return t.conclude(ctx, j, f, func(j *Job) { j.Unsure++ })
	}
	return t.putBack(ctx, j, Waiting{Code: WaitOutage, Message: call.Message + " It is tried again.", Until: t.now().Add(backoff(j.Delays))}, func(j *Job) {
		j.Unsure++
		j.Delays++
	})
}

// backoff has full jitter, from 2 s to 2 minutes.
func backoff(n int) time.Duration { return rand.N(2*time.Second<<min(n, 6)) + time.Second/2 }

// conclude fails the job, if it is still this worker's.
func (t *task) conclude(ctx context.Context, j Job, f Failure, edit func(*Job)) Outcome {
	ctx, cancel := t.aside(ctx)
	defer cancel()
	_, err := t.change(ctx, j, func(j *Job) error {
		if !t.mine(*j) {
			return errLost
		}
		if edit != nil {
			edit(j)
		}
		return j.fail(f, t.now())
	})
	return t.ended(err)
}

func (t *task) pace(ctx context.Context, j Job, until time.Time) Outcome {
	return t.putBack(ctx, j, Waiting{Code: WaitPace, Message: "The model's next free slot is later.", Until: until}, nil)
}

func (t *task) trouble(ctx context.Context, j Job) Outcome {
	return t.putBack(ctx, j, Waiting{Code: WaitOutage, Message: "Easel's own store did not answer.", Until: t.now().Add(troubled / 2)}, nil)
}

// putBack is every wait: the record says queued and due then, a fresh message comes back at that time
// if it is near, and the old one is done with. So receive counts count crashes, not waiting.
func (t *task) putBack(ctx context.Context, j Job, w Waiting, edit func(*Job)) Outcome {
	ctx, cancel := t.aside(ctx)
	defer cancel()
	j, err := t.change(ctx, j, func(j *Job) error {
		if !t.mine(*j) {
			return errLost
		}
		if edit != nil {
			edit(j)
		}
		if j.Status == Running {
			if err := j.enter(Queued); err != nil {
				return err
			}
			j.Lease = nil
		}
		j.wait(w, t.now())
		return nil
	})
	if err == nil && j.Out {
		_ = t.deliver(ctx, t.Feed, j) // found by the sweep if the queue did not take it
	}
	return t.ended(err)
}

// ended turns the end of a change into what becomes of the message. A job lost to another is the
// other's; where the store failed the message comes again.
func (t *task) ended(err error) Outcome {
	if err == nil || errors.Is(err, errLost) || errors.Is(err, ErrNotFound) {
		return done
	}
	return hide(troubled)
}
