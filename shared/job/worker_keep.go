package job

import (
	"context"
	"errors"
	"slices"
	"time"

	"easel/shared/model"
)

// keep stores a picture that arrived and finishes the job with it.
func (t *task) keep(ctx context.Context, j Job, began time.Time, r model.Result) Outcome {
	ctx, cancel := t.aside(ctx)
	defer cancel()
	img, data, err := newImage(j, r)
	if err != nil {
		return t.refuse(ctx, j, began, err)
	}
	img, err = t.store(ctx, img, data)
	if err != nil { // perhaps it was, and only the reply was lost: the next delivery looks first
		return t.trouble(ctx, j, err)
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
		if !t.same(*j) {
			return ErrNotFound
		}
		return t.attach(j, img)
	})
	if errors.Is(err, ErrNotFound) {
		err = t.Images.Delete(ctx, []string{img.Key})
	}
	if err != nil {
		return hide(troubled)
	}
	return done
}

// attach adds the picture and ends the job where it is this worker's to end. A job that is queued again
// ends as well: its picture is here, and another would be paid for.
func (t *task) attach(j *Job, img Image) error {
	has := slices.ContainsFunc(j.Images, func(i Image) bool { return i.Key == img.Key })
	if !has {
		j.Images = append(j.Images, img)
	}
	ours := j.Lease != nil && j.Lease.Token == t.token
	switch {
	case j.Status == Queued:
		if err := j.enter(Running); err != nil {
			return err
		}
		return j.end(Succeeded, t.now())
	case j.Status == Running && ours:
		return j.end(Succeeded, t.now())
	case ours:
		j.Lease = nil
	case has:
		return errStop
	}
	return nil
}
