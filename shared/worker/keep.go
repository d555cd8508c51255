package worker

import (
	"context"
	"errors"

	"easel/shared/backoff"
	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/request"
)

// keep stores an image that arrived and finishes the job with it.
func (c *call) keep(ctx context.Context, r model.Result) job.Outcome {
	ctx, cancel := c.detached(ctx)
	defer cancel()
	img, data, err := newImage(c.last, r)
	if err != nil {
		return c.handleCallError(ctx, err)
	}
	img, err = c.store(ctx, img, data)
	if err != nil { // perhaps it was, and only the reply was lost: the next delivery looks first
		return c.retryStore(ctx, err)
	}
	return c.finish(ctx, img)
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
func (w *Worker) store(ctx context.Context, img job.Image, data []byte) (job.Image, error) {
	for n := 0; ; n++ {
		err := w.Images.Put(ctx, img.Key, data, img.ImageInfo)
		if errors.Is(err, job.ErrExists) {
			var info job.ImageInfo
			if info, err = w.Images.Stat(ctx, img.Key); err == nil {
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
func (r *record) finish(ctx context.Context, img job.Image) job.Outcome {
	ctx, cancel := r.detached(ctx)
	defer cancel()
	_, err := r.insist(ctx, func(j *job.Job, _ int64) error {
		if !r.same(*j) {
			return job.ErrNotFound
		}
		return r.attach(j, img)
	})
	if errors.Is(err, job.ErrNotFound) {
		err = r.Images.Delete(ctx, []string{img.Key})
	}
	if err != nil {
		return retryAfter(troubled)
	}
	r.closeNear(ctx)
	return done
}

// attach adds the image and ends the job where no other worker is at work on it. A job that is queued again ends as well:
// its image is here, and another would be paid for. A job that ended otherwise stays as it is, with the image.
func (r *record) attach(j *job.Job, img job.Image) error {
	has := j.Has(img)
	j.Add(img)
	free := r.holds(*j) || !j.Leased(r.Clock())
	switch {
	case j.Status == job.Queued:
		return j.EndFound(free, r.Clock())
	case j.Status == job.Running && free:
		return j.End(job.Succeeded, r.Clock())
	case j.Lease != nil && free:
		j.SettleLease()
	case has:
		return job.ErrNoChange
	}
	return nil
}
