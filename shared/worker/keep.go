package worker

import (
	"context"
	"errors"
	"time"

	"easel/shared/backoff"
	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/request"
)

// keep stores an image that arrived and finishes the job with it.
func (t *task) keep(ctx context.Context, j job.Job, began time.Time, r model.Result) job.Outcome {
	ctx, cancel := t.detached(ctx)
	defer cancel()
	img, data, err := newImage(j, r)
	if err != nil {
		return t.handleCallError(ctx, j, began, err)
	}
	img, err = t.store(ctx, img, data)
	if err != nil { // perhaps it was, and only the reply was lost: the next delivery looks first
		return t.retryStore(ctx, j, err)
	}
	return t.finish(ctx, j, img)
}

// newImage returns what is stored of the bytes that came, with the settings written into them where wanted.
func newImage(j job.Job, r model.Result) (job.Image, []byte, error) {
	h, err := model.Sniff(r.Image)
	if err != nil {
		return job.Image{}, nil, &job.CallError{Class: job.Ambiguous, Code: job.CodeModel, Message: "The model's answer holds no picture.", Cause: err}
	}
	if r.Seed == 0 {
		r.Seed = j.Sent.Seed
	}
	data := r.Image
	if j.Embed == request.EmbedAll {
		data = embed(data, j, r.Seed, h)
	}
	return job.Image{Key: j.ImageKey(j.Generation), ImageInfo: job.ImageInfo{
		ContentType: h.ContentType(), Width: h.Width, Height: h.Height, SizeBytes: int64(len(data)),
		SHA256: job.HashOf(data), Seed: r.Seed, Model: j.Model,
	}}, data, nil
}

// store tries until the context ends: the image is paid for. Where another worker stored one first,
// that one counts.
func (t *task) store(ctx context.Context, img job.Image, data []byte) (job.Image, error) {
	for n := 0; ; n++ {
		err := t.Images.Put(ctx, img.Key, data, img.ImageInfo)
		if errors.Is(err, job.ErrExists) {
			var info job.ImageInfo
			if info, err = t.Images.Stat(ctx, img.Key); err == nil {
				img.ImageInfo = info
			}
		}
		if err == nil || !backoff.Pause(ctx, n) {
			return img, err
		}
	}
}

// finish writes the end of a job, whatever happened to its record meanwhile. An image that arrives
// after a cancel, a deadline or a lost lease is added to the job as it stands. Only a deleted job
// takes its image with it.
func (t *task) finish(ctx context.Context, j job.Job, img job.Image) job.Outcome {
	ctx, cancel := t.detached(ctx)
	defer cancel()
	_, err := t.insist(ctx, j, func(j *job.Job, _ int64) error {
		if !t.same(*j) {
			return job.ErrNotFound
		}
		return t.attach(j, img)
	})
	if errors.Is(err, job.ErrNotFound) {
		err = t.Images.Delete(ctx, []string{img.Key})
	}
	if err != nil {
		return retryAfter(troubled)
	}
	t.closeNear(ctx)
	return done
}

// insist writes what a call has come to, again until the context ends: the call was paid for, or has to be given back.
func (t *task) insist(ctx context.Context, j job.Job, edit func(*job.Job, int64) error) (now job.Job, err error) {
	for n := 0; ; n++ {
		now, err = t.Amend(ctx, j, t.counters, edit)
		if err == nil || errors.Is(err, errLost) || errors.Is(err, job.ErrNotFound) || !backoff.Pause(ctx, n) {
			return now, err
		}
	}
}

// attach adds the image and ends the job where no other worker is at work on it. A job that is queued again ends as well:
// its image is here, and another would be paid for. A job that ended otherwise stays as it is, with the image.
func (t *task) attach(j *job.Job, img job.Image) error {
	has := j.Has(img)
	j.Add(img)
	free := j.Lease == nil || j.Lease.Token == t.token || !j.Leased(t.Clock())
	switch {
	case j.Status == job.Queued:
		return j.EndFound(free, t.Clock())
	case j.Status == job.Running && free:
		return j.End(job.Succeeded, t.Clock())
	case j.Lease != nil && free:
		j.SettleLease()
	case has:
		return job.ErrNoChange
	}
	return nil
}
