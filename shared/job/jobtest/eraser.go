package jobtest

import (
	"fmt"
	"testing"
	"time"

	"easel/shared/job"
)

// Eraser is the contract of job.Eraser.
var Eraser = Suite[Harness]{
	"erased is gone and the ID is free":           eraseJob,
	"what is remembered is that it was there":     eraseRemembered,
	"a version of what is remembered is conflict": eraseRememberedUpdate,
	"another version is a conflict":               eraseConflict,
	"an unknown ID is not found":                  eraseUnknown,
}

// rememberedJob is what is remembered of a job that was deleted at the day of the samples.
func rememberedJob(j job.Job, until *time.Time) job.Job {
	deleted := sampleTime
	return job.Job{ID: j.ID, Version: j.Version + 1, DeletedAt: &deleted, ExpiresAt: until}
}

// erase removes a job, or ends the test.
func erase(t *testing.T, e job.Eraser, j job.Job, until *time.Time) {
	t.Helper()
	succeeds(t, "erase", e.Erase(t.Context(), j.ID, j.Version, sampleTime, until))
}

func eraseJob(t *testing.T, s Harness) {
	jobs := create(t, s, plainJobs(2)...)
	erase(t, s, jobs[0], nil)
	missesJobs(t, s, jobs[0].ID)
	seesJobs(t, s, jobs[1], createOne(t, s, fullJob(jobs[0].ID)))
}

func eraseRemembered(t *testing.T, s Harness) {
	j := fullJob(fresh("job"))
	j.Version = 1 << 50
	j = createOne(t, s, j)
	erase(t, s, j, moment(5))
	seesJobs(t, s, rememberedJob(j, moment(5)))
}

// eraseRememberedUpdate writes and erases a job as it was before it was deleted.
func eraseRememberedUpdate(t *testing.T, s Harness) {
	j := createOne(t, s, plainJob(fresh("job")))
	erase(t, s, j, moment(5))
	want := rememberedJob(j, moment(5))
	there, err := s.Update(t.Context(), transaction(j))
	refused(t, "update", err, job.ErrConflict)
	shows(t, "in the way", there.Jobs, []job.Job{want})
	refused(t, "erase", s.Erase(t.Context(), j.ID, j.Version, sampleTime, nil), job.ErrConflict)
	seesJobs(t, s, want)
}

func eraseConflict(t *testing.T, s Harness) {
	j := createOne(t, s, plainJob(fresh("job")))
	for _, version := range []int64{0, 2} {
		for _, until := range []*time.Time{nil, moment(5)} {
			refused(t, fmt.Sprintf("erase version %d until %v", version, until), s.Erase(t.Context(), j.ID, version, sampleTime, until), job.ErrConflict)
		}
	}
	seesJobs(t, s, j)
}

func eraseUnknown(t *testing.T, s Harness) {
	id := fresh("job")
	for _, until := range []*time.Time{nil, moment(5)} {
		refused(t, fmt.Sprintf("erase until %v", until), s.Erase(t.Context(), id, 1, sampleTime, until), job.ErrNotFound)
	}
	missesJobs(t, s, id)
}
