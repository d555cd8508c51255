package jobtest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// Finder runs the contract of job.Finder. The two ports that open returns are of one store.
func Finder(t *testing.T, open func(t *testing.T) (job.Finder, job.Records)) {
	for name, test := range map[string]func(*testing.T, job.Finder, job.Records){
		"those that are there are found whole": findSome,
		"a hundred are found":                  findHundred,
		"nothing is found of nothing":          findNothing,
		"a job is found as it is now":          findNow,
		"a context that has ended is an error": findEndedContext,
	} {
		t.Run(name, func(t *testing.T) {
			f, r := open(t)
			test(t, f, r)
		})
	}
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

func findSome(t *testing.T, f job.Finder, r job.Records) {
	one, other, unasked := full(fresh("job")), order(fresh("job")), order(fresh("job"))
	create(t, r, one, other, unasked)
	finds(t, f, []string{fresh("job"), other.ID, fresh("job"), one.ID}, one, other)
}

func findHundred(t *testing.T, f job.Finder, r job.Records) {
	prefix := fresh("job")
	jobs, ids := make([]job.Job, 100), make([]string, 100)
	for n := range jobs {
		jobs[n] = order(fmt.Sprint(prefix, n))
		ids[n] = jobs[n].ID
	}
	create(t, r, jobs...)
	finds(t, f, ids, jobs...)
}

func findNothing(t *testing.T, f job.Finder, r job.Records) {
	create(t, r, order(fresh("job")))
	finds(t, f, nil)
	finds(t, f, []string{fresh("job")})
}

func findNow(t *testing.T, f job.Finder, r job.Records) {
	j := order(fresh("job"))
	create(t, r, j)
	for n := range 5 {
		j.Stamp = fmt.Sprint("write ", n)
		now, err := r.Update(t.Context(), j)
		if err != nil {
			t.Fatalf("update: %v", err)
		}
		finds(t, f, []string{j.ID}, now)
		j = now
	}
}

func findEndedContext(t *testing.T, f job.Finder, r job.Records) {
	j := order(fresh("job"))
	create(t, r, j)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := f.Find(ctx, []string{j.ID}); !errors.Is(err, context.Canceled) {
		t.Errorf("find: %v, want context.Canceled", err)
	}
}
