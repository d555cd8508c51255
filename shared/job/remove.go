package job

import (
	"context"
	"errors"
	"strings"
	"time"
)

// RememberDeleted is how long the ID of a deleted job or batch stays taken.
const RememberDeleted = 90 * 24 * time.Hour

// deleteAgain is when a deletion that was begun is looked at: what a crash left is removed then.
const deleteAgain = time.Minute

// Removal removes jobs with all that belongs to them.
type Removal struct {
	Recorder
	Images Images
	Inputs Inputs
	Eraser Eraser

	KeepFor time.Duration // how long the ID stays taken; 0: it is free at once
}

func (s *Submitter) removal() Removal {
	return Removal{Recorder: s.Recorder, Images: s.Images, Inputs: s.Inputs, Eraser: s.Eraser}
}

// Remove marks a job, after an edit that may object, and erases it. From the mark on it cannot be started again, no
// image is added, and the sweep erases it if this process does not.
func (r Removal) Remove(ctx context.Context, j Job, edit func(*Job) error) error {
	j, err := r.Mark(ctx, j, edit)
	if err != nil {
		return err
	}
	return r.Erase(ctx, j)
}

// Mark is the first half of [Removal.Remove]. It returns the job as it is to be erased.
func (r Removal) Mark(ctx context.Context, j Job, edit func(*Job) error) (Job, error) {
	j, err := r.Change(ctx, j, func(j *Job) error {
		if err := edit(j); err != nil {
			return err
		}
		if j.Deleting {
			return ErrNoChange
		}
		j.SettleLease()
		j.Deleting, j.Due = true, new(r.Clock().Add(deleteAgain))
		return nil
	})
	if err != nil {
		return explain(j, err)
	}
	return j, nil
}

// Expire removes a job whose time is over, unless it was begun again meanwhile or has got a star. It is marked first, so that
// what comes beside it is refused or keeps the images.
func (r Removal) Expire(ctx context.Context, j Job) error {
	return r.Remove(ctx, j, func(j *Job) error {
		if !Closed(*j) || !j.Expired(r.Clock()) {
			return ForbidLeased(*j, "removed", "It is kept again.")
		}
		return nil
	})
}

// discard removes a job that has expired with all that belongs to it, unless it was begun again meanwhile.
func (r Removal) discard(ctx context.Context, j Job) error {
	if j.DeletedAt != nil {
		return IgnoreOvertaken(r.Eraser.Erase(ctx, j.ID, j.Version, r.Clock(), nil))
	}
	return r.Remove(ctx, j, func(j *Job) error {
		if !j.Expired(r.Clock()) {
			return ForbidLeased(*j, "replaced", "It was started again.")
		}
		return nil
	})
}

// Erase removes a job that cannot begin again: first its images, then its record.
func (r Removal) Erase(ctx context.Context, j Job) error {
	if err := r.EraseImages(ctx, j); err != nil {
		return err
	}
	return r.EraseRecord(ctx, j)
}

// EraseImages removes the images that calls for the jobs may have left, in any generation.
func (r Removal) EraseImages(ctx context.Context, jobs ...Job) error {
	var keys []string
	for _, j := range jobs {
		for generation := 1; generation <= j.Generation; generation++ {
			keys = append(keys, j.ImageKey(generation))
		}
	}
	if len(keys) == 0 {
		return nil
	}
	if err := r.Images.Delete(ctx, keys); err != nil {
		return Unavailable(notDeleted, err)
	}
	return nil
}

const notDeleted = "The job could not be deleted."

// EraseRecord removes a job whose images are gone.
func (r Removal) EraseRecord(ctx context.Context, j Job) (err error) {
	for _, in := range j.Input.images() {
		shared := j.BatchID != "" && strings.HasPrefix(in.Key, InputKey(j.BatchID)+"/")
		if err == nil && !shared { // other jobs may start from the same image, which goes with the batch
			err = r.Inputs.DeleteInput(ctx, in.Key)
		}
	}
	if err == nil {
		err = r.Eraser.Erase(ctx, j.ID, j.Version, r.Clock(), r.until(j))
	}
	switch {
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrConflict) && r.gone(ctx, j):
		return nil
	case errors.Is(err, ErrConflict):
		return &Error{Kind: ErrState, Code: "job_changed", Message: "The job changed while it was being deleted. Look at it and delete it again.", Cause: err}
	case err != nil:
		return Unavailable(notDeleted, err)
	}
	return nil
}

// gone reports whether another has removed the job meanwhile.
func (r Removal) gone(ctx context.Context, j Job) bool {
	_, err := r.Load(ctx, j.ID)
	return errors.Is(err, ErrNotFound)
}

// until is how long the job's ID stays taken. One that was drawn by chance is never sent again.
func (r Removal) until(j Job) *time.Time {
	if r.KeepFor == 0 || !derived(j.ID) {
		return nil
	}
	return new(r.Clock().Add(r.KeepFor))
}
