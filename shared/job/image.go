package job

import (
	"context"
	"errors"
	"slices"
	"time"

	"easel/shared/backoff"
)

// FindImage returns the image that a generation of the job has left, the latest first, or ErrNotFound.
func FindImage(ctx context.Context, images Images, j Job) (Image, error) {
	for generation := j.Generation; generation >= 1; generation-- {
		key := j.ImageKey(generation)
		info, err := stat(ctx, images, key)
		if !errors.Is(err, ErrNotFound) {
			return Image{Key: key, ImageInfo: info}, err
		}
	}
	return Image{}, ErrNotFound
}

// stat tries again while the store fails.
func stat(ctx context.Context, images Images, key string) (info ImageInfo, err error) {
	err = backoff.Retry(ctx, settled, func() error {
		info, err = images.Stat(ctx, key)
		return err
	})
	return info, err
}

// Has reports whether the job holds the image.
func (j Job) Has(img Image) bool {
	return slices.ContainsFunc(j.Images, func(i Image) bool { return i.Key == img.Key })
}

// Add adds an image that the job does not have yet.
func (j *Job) Add(img Image) {
	if !j.Has(img) {
		j.Images = append(j.Images, img)
	}
}

// EndFound ends a queued job whose image is there. The call of another worker that it waits for keeps its lease, so that
// what was not executed is given back.
func (j *Job) EndFound(free bool, now time.Time) error {
	other := j.Lease
	if err := j.Enter(Running); err != nil {
		return err
	}
	if err := j.End(Succeeded, now); err != nil || free {
		return err
	}
	j.Lease, j.Due, j.Enqueued = other, new(other.Until.Add(time.Minute)), true
	return nil
}
