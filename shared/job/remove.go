package job

import (
	"context"
	"errors"
	"strings"
	"time"
)

// rememberDeleted is how long the ID of a deleted job or batch stays taken.
const rememberDeleted = 90 * 24 * time.Hour

// deleteAgain is when a deletion that was begun is looked at: what a crash left is removed then.
const deleteAgain = time.Minute

// removal removes jobs with all that belongs to them.
type removal struct {
	Recorder
	Images Images
	Inputs Inputs
	Eraser Eraser

	keepFor time.Duration // how long the ID stays taken; 0: it is free at once
}

func (s *Submitter) removal() removal {
	return removal{Recorder: s.Recorder, Images: s.Images, Inputs: s.Inputs, Eraser: s.Eraser}
}

// shares reports whether other jobs of the batch may start from the same stored image.
func (j Job) shares(in InputImage) bool {
	return j.BatchID != "" && strings.HasPrefix(in.Key, inputKey(j.BatchID)+"/")
}

// remove marks a job, after an edit that may object, and erases it. From the mark on no one can start it again, no
// image is added, and the sweep erases it if this process does not.
func (r removal) remove(ctx context.Context, j Job, edit func(*Job) error) error {
	j, err := r.change(ctx, j, func(j *Job) error {
		if err := edit(j); err != nil {
			return err
		}
		if j.Deleting {
			return errStop
		}
		j.settleLease()
		j.Deleting, j.Due = true, new(r.now().Add(deleteAgain))
		return nil
	})
	if err != nil {
		_, err = explain(j, err)
		return err
	}
	return r.erase(ctx, j)
}

// expire removes a job whose time is over, unless it was begun again meanwhile or has got a star. It is marked first, so that
// what comes beside it is refused or keeps the images.
func (r removal) expire(ctx context.Context, j Job) error {
	return r.remove(ctx, j, func(j *Job) error {
		if !closed(*j) || !j.expired(r.now()) {
			return forbid(*j, "removed", "It is kept again.")
		}
		return nil
	})
}

func (r removal) erase(ctx context.Context, j Job) error {
	var keys []string
	for generation := 1; generation <= j.Generation; generation++ {
		keys = append(keys, j.imageKey(generation))
	}
	err := r.Images.Delete(ctx, keys)
	for _, in := range j.Input.images() {
		if err == nil && !j.shares(in) { // those go with the batch
			err = r.Inputs.DeleteInput(ctx, in.Key)
		}
	}
	if err == nil {
		err = r.Eraser.Erase(ctx, j.ID, j.Version, r.now(), r.until(j))
	}
	switch {
	case errors.Is(err, ErrNotFound), errors.Is(err, ErrConflict) && r.gone(ctx, j):
		return nil
	case errors.Is(err, ErrConflict):
		return &Error{Kind: ErrState, Code: "job_changed", Message: "The job changed while it was being deleted. Look at it and delete it again.", Cause: err}
	case err != nil:
		return unavailable("The job could not be deleted.", err)
	}
	return nil
}

// gone reports whether another has removed the job meanwhile.
func (r removal) gone(ctx context.Context, j Job) bool {
	_, err := r.load(ctx, j.ID)
	return errors.Is(err, ErrNotFound)
}

// until is how long the job's ID stays taken. One that was drawn by chance is never sent again.
func (r removal) until(j Job) *time.Time {
	if r.keepFor == 0 || !derived(j.ID) {
		return nil
	}
	return new(r.now().Add(r.keepFor))
}
