package job

import (
	"context"
	"errors"
	"time"

	"easel/shared/model"
)

// keep stores an image that arrived and finishes the job with it.
func (t *task) keep(ctx context.Context, j Job, began time.Time, r model.Result) Outcome {
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
func newImage(j Job, r model.Result) (Image, []byte, error) {
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
	return Image{Key: j.imageKey(j.Generation), ImageInfo: ImageInfo{
		ContentType: h.ContentType(), Width: h.Width, Height: h.Height, SizeBytes: int64(len(data)),
		SHA256: hashOf(data), Seed: r.Seed, Model: j.Model,
	}}, data, nil
}

// store tries until the context ends: the image is paid for. Where another worker stored one first,
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

// finish writes the end of a job, whatever happened to its record meanwhile. An image that arrives
// after a cancel, a deadline or a lost lease is added to the job as it stands. Only a deleted job
// takes its image with it.
func (t *task) finish(ctx context.Context, j Job, img Image) Outcome {
	ctx, cancel := t.detached(ctx)
	defer cancel()
	_, err := t.insist(ctx, j, func(j *Job, _ int64) error {
		if !t.same(*j) {
			return ErrNotFound
		}
		return t.attach(j, img)
	})
	if errors.Is(err, ErrNotFound) {
		err = t.Images.Delete(ctx, []string{img.Key})
	}
	if err != nil {
		return retryAfter(troubled)
	}
	t.closeNear(ctx)
	return done
}

// insist writes what a call has come to, again until the context ends: the call was paid for, or has to be given back.
func (t *task) insist(ctx context.Context, j Job, edit func(*Job, int64) error) (now Job, err error) {
	for n := 0; ; n++ {
		now, err = t.amend(ctx, j, t.counters, edit)
		if err == nil || errors.Is(err, errLost) || errors.Is(err, ErrNotFound) || !pause(ctx, n) {
			return now, err
		}
	}
}

// attach adds the image and ends the job where no other worker is at work on it. A job that is queued again ends as well:
// its image is here, and another would be paid for. A job that ended otherwise stays as it is, with the image.
func (t *task) attach(j *Job, img Image) error {
	has := j.has(img)
	j.add(img)
	free := j.Lease == nil || j.Lease.Token == t.token || !j.leased(t.now())
	switch {
	case j.Status == Queued:
		return j.endFound(free, t.now())
	case j.Status == Running && free:
		return j.end(Succeeded, t.now())
	case j.Lease != nil && free:
		j.settleLease()
	case has:
		return errStop
	}
	return nil
}
