package jobtest

import (
	"context"
	"errors"
	"testing"
	"time"

	"easel/shared/job"
)

// Eraser runs the contract of job.Eraser.
func Eraser(t *testing.T, open func(t *testing.T) Store) {
	suite(t, open, map[string]func(*testing.T, Store){
		"erased is gone and the ID is free":           eraseJob,
		"what is remembered is that it was there":     eraseRemembered,
		"a version of what is remembered is conflict": eraseRememberedUpdate,
		"another version is a conflict":               eraseConflict,
		"an unknown ID is not found":                  eraseUnknown,
		"a context that has ended is an error":        eraseEndedContext,
	})
}

// rememberedJob is what is remembered of a job that was deleted at the day of the samples.
func rememberedJob(j job.Job, until *time.Time) job.Job {
	deleted := sampleTime
	return job.Job{ID: j.ID, Version: j.Version + 1, DeletedAt: &deleted, ExpiresAt: until}
}

// erase removes a job, or ends the test.
func erase(t *testing.T, e job.Eraser, j job.Job, until *time.Time) {
	t.Helper()
	if err := e.Erase(t.Context(), j.ID, j.Version, sampleTime, until); err != nil {
		t.Fatalf("erase: %v", err)
	}
}

func eraseJob(t *testing.T, s Store) {
	jobs := create(t, s, plainJobs(2)...)
	erase(t, s, jobs[0], nil)
	missesJobs(t, s, jobs[0].ID)
	seesJobs(t, s, jobs[1], createOne(t, s, fullJob(jobs[0].ID)))
}

func eraseRemembered(t *testing.T, s Store) {
	j := fullJob(fresh("job"))
	j.Version = 1 << 50
	j = createOne(t, s, j)
	erase(t, s, j, moment(5))
	seesJobs(t, s, rememberedJob(j, moment(5)))
}

// eraseRememberedUpdate writes and erases a job as it was before it was deleted.
func eraseRememberedUpdate(t *testing.T, s Store) {
	j := createOne(t, s, plainJob(fresh("job")))
	erase(t, s, j, moment(5))
	want := rememberedJob(j, moment(5))
	there, err := s.Update(t.Context(), transaction(j))
	if !errors.Is(err, job.ErrConflict) {
		t.Errorf("update: %v, want ErrConflict", err)
	}
	shows(t, there.Jobs, []job.Job{want})
	if err := s.Erase(t.Context(), j.ID, j.Version, sampleTime, nil); !errors.Is(err, job.ErrConflict) {
		t.Errorf("erase: %v, want ErrConflict", err)
	}
	seesJobs(t, s, want)
}

func eraseConflict(t *testing.T, s Store) {
	j := createOne(t, s, plainJob(fresh("job")))
	for _, version := range []int64{0, 2} {
		for _, until := range []*time.Time{nil, moment(5)} {
			if err := s.Erase(t.Context(), j.ID, version, sampleTime, until); !errors.Is(err, job.ErrConflict) {
				t.Errorf("erase version %d until %v: %v, want ErrConflict", version, until, err)
			}
		}
	}
	seesJobs(t, s, j)
}

func eraseUnknown(t *testing.T, s Store) {
	id := fresh("job")
	for _, until := range []*time.Time{nil, moment(5)} {
		if err := s.Erase(t.Context(), id, 1, sampleTime, until); !errors.Is(err, job.ErrNotFound) {
			t.Errorf("erase until %v: %v, want ErrNotFound", until, err)
		}
	}
	missesJobs(t, s, id)
}

func eraseEndedContext(t *testing.T, s Store) {
	j := createOne(t, s, plainJob(fresh("job")))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Erase(ctx, j.ID, 1, sampleTime, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("erase: %v, want context.Canceled", err)
	}
	seesJobs(t, s, j)
}
