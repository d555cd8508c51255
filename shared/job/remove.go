package job

import (
	"context"
	"errors"
	"strings"
)

// removal removes jobs with all that belongs to them.
type removal struct {
	Book
	Images Images
	Inputs Inputs
	Eraser Eraser

	shared bool // the whole batch is going, and with it the images that its jobs share
}

func (s *Submitter) removal() removal {
	return removal{Book: s.Book, Images: s.Images, Inputs: s.Inputs, Eraser: s.Eraser}
}

// shares reports whether other jobs of the batch may start from the same stored image.
func (j Job) shares(in InputImage) bool {
	return j.BatchID != "" && strings.HasPrefix(in.Key, inputKey(j.BatchID)+"/")
}

// remove marks a job, after an edit that may object, and erases it. From the mark on nobody may start it again or add a
// picture.
func (s removal) remove(ctx context.Context, j Job, edit func(*Job) error) error {
	j, err := s.change(ctx, j, func(j *Job) error {
		if err := edit(j); err != nil {
			return err
		}
		if j.Deleting {
			return errStop
		}
		j.Deleting = true
		return nil
	})
	if err != nil {
		_, err = settle(j, err)
		return err
	}
	return s.erase(ctx, j)
}

func (s removal) erase(ctx context.Context, j Job) error {
	var keys []string
	for round := 1; round <= j.Round; round++ {
		keys = append(keys, j.imageKey(round))
	}
	err := s.Images.Delete(ctx, keys)
	for _, in := range j.Input.images() {
		if err == nil && (s.shared || !j.shares(in)) {
			err = s.Inputs.DeleteInput(ctx, in.Key)
		}
	}
	if err == nil {
		err = s.Eraser.Erase(ctx, j.ID, j.Version)
	}
	switch {
	case errors.Is(err, ErrNotFound):
		return nil
	case errors.Is(err, ErrConflict):
		return &Error{Kind: ErrState, Code: "job_changed", Message: "The job changed while it was being deleted. Look at it and delete it again.", Cause: err}
	case err != nil:
		return unavailable("The job could not be deleted.", err)
	}
	return nil
}
