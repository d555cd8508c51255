package jobtest

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// Finder runs the contract of job.Finder.
func Finder(t *testing.T, open func(t *testing.T) Store) {
	suite(t, open, map[string]func(*testing.T, Store){
		"those that are there are found whole": findSome,
		"a hundred are found":                  findHundred,
		"nothing is found of nothing":          findNothing,
		"a job is found as it is now":          findNow,
		"what is remembered is found":          findRemembered,
		"a context that has ended is an error": findEndedContext,
	})
}

// finds looks for IDs and compares what is found with the jobs.
func finds(t *testing.T, f job.Finder, ids []string, want ...job.Job) {
	t.Helper()
	got, err := f.Find(t.Context(), ids)
	if err != nil {
		t.Fatalf("find: %v", err)
	}
	if len(got) != len(want) {
		t.Errorf("%d jobs found, want %d", len(got), len(want))
	}
	if diff := cmp.Diff(byID(want), byID(got)); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
}

func findSome(t *testing.T, s Store) {
	jobs := create(t, s, fullJob(fresh("job")), plainJob(fresh("job")), plainJob(fresh("job")))
	finds(t, s, []string{fresh("job"), jobs[1].ID, fresh("job"), jobs[0].ID}, jobs[0], jobs[1])
}

func findHundred(t *testing.T, s Store) {
	jobs, ids := create(t, s, plainJobs(100)...), make([]string, 100)
	for n := range jobs {
		ids[n] = jobs[n].ID
	}
	finds(t, s, ids, jobs...)
}

func findNothing(t *testing.T, s Store) {
	createOne(t, s, plainJob(fresh("job")))
	finds(t, s, nil)
	finds(t, s, []string{fresh("job")})
}

func findNow(t *testing.T, s Store) {
	j := createOne(t, s, plainJob(fresh("job")))
	for range 5 {
		j = updateOne(t, s, j)
		finds(t, s, []string{j.ID}, j)
	}
}

func findRemembered(t *testing.T, s Store) {
	jobs := create(t, s, plainJobs(3)...)
	erase(t, s, jobs[0], nil)
	erase(t, s, jobs[1], moment(5))
	finds(t, s, []string{jobs[0].ID, jobs[1].ID, jobs[2].ID}, rememberedJob(jobs[1], moment(5)), jobs[2])
}

func findEndedContext(t *testing.T, s Store) {
	j := createOne(t, s, plainJob(fresh("job")))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := s.Find(ctx, []string{j.ID}); !errors.Is(err, context.Canceled) {
		t.Errorf("find: %v, want context.Canceled", err)
	}
}
