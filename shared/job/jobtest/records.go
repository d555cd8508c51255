package jobtest

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// Records runs the contract of job.Records. Stores that open returns may share their records.
func Records(t *testing.T, open func(t *testing.T) job.Records) {
	for name, test := range map[string]func(*testing.T, job.Records){
		"a job survives a round trip":           recordRoundTrip,
		"an empty job stays empty":              recordEmpty,
		"instants keep their microseconds":      recordInstants,
		"an unknown ID is not found":            recordUnknown,
		"create returns what was there":         recordCreateMixed,
		"create takes a hundred":                recordCreateHundred,
		"one of many creators wins":             recordCreateRace,
		"an update replaces every field":        recordReplace,
		"an update counts the version":          recordVersion,
		"a conflict returns the present record": recordConflict,
		"one of many updates wins":              recordUpdateRace,
		"no increment is lost":                  recordIncrements,
		"a context that has ended is an error":  recordEndedContext,
	} {
		t.Run(name, func(t *testing.T) { test(t, open(t)) })
	}
}

func recordRoundTrip(t *testing.T, r job.Records) {
	want := full(fresh("job"))
	create(t, r, want)
	if diff := cmp.Diff(want, read(t, r, want.ID)); diff != "" {
		t.Errorf("the stored job differs (-want +got):\n%s", diff)
	}
}

func recordEmpty(t *testing.T, r job.Records) {
	want := order(fresh("job"))
	create(t, r, want)
	want.Version = 1
	if diff := cmp.Diff(want, read(t, r, want.ID)); diff != "" {
		t.Errorf("the stored job differs (-want +got):\n%s", diff)
	}
}

func recordInstants(t *testing.T, r job.Records) {
	j := order(fresh("job"))
	late := time.Date(2041, 12, 31, 23, 59, 59, 999999000, time.UTC)
	j.CreatedAt, j.Deadline = late, &late
	create(t, r, j)
	got := read(t, r, j.ID)
	for _, at := range []time.Time{got.CreatedAt, *got.Deadline} {
		if !at.Equal(late) || at.Location() != time.UTC {
			t.Errorf("got %v, want %v", at, late)
		}
	}
}

func recordUnknown(t *testing.T, r job.Records) {
	id := fresh("job")
	if _, err := r.Get(t.Context(), id); !errors.Is(err, job.ErrNotFound) {
		t.Errorf("get: %v, want ErrNotFound", err)
	}
	j := order(id)
	j.Version = 1
	if _, err := r.Update(t.Context(), j); !errors.Is(err, job.ErrNotFound) {
		t.Errorf("update: %v, want ErrNotFound", err)
	}
	if _, err := r.Get(t.Context(), id); !errors.Is(err, job.ErrNotFound) {
		t.Errorf("get after the update: %v, want ErrNotFound", err)
	}
}

func recordCreateMixed(t *testing.T, r job.Records) {
	prefix := fresh("job")
	var jobs, old []job.Job
	for n := range 6 {
		jobs = append(jobs, order(fmt.Sprint(prefix, n)))
	}
	for _, j := range []job.Job{jobs[1], jobs[4]} {
		j.Stamp = "was there"
		create(t, r, j)
		j.Version = 1
		old = append(old, j)
	}
	existing, err := r.Create(t.Context(), jobs)
	if err != nil {
		t.Fatalf("create: %v", err)
	}
	if diff := cmp.Diff(byID(old), byID(existing)); diff != "" {
		t.Errorf("existing records (-want +got):\n%s", diff)
	}
	for n, j := range jobs {
		want := map[bool]string{true: "was there", false: "first"}[n == 1 || n == 4]
		if got := read(t, r, j.ID); got.Stamp != want || got.Version != 1 {
			t.Errorf("job %d: stamp %q, version %d; want %q, 1", n, got.Stamp, got.Version, want)
		}
	}
}

func byID(jobs []job.Job) map[string]job.Job {
	m := map[string]job.Job{}
	for _, j := range jobs {
		m[j.ID] = j
	}
	return m
}

func recordCreateHundred(t *testing.T, r job.Records) {
	prefix := fresh("job")
	jobs := make([]job.Job, 100)
	for n := range jobs {
		jobs[n] = order(fmt.Sprint(prefix, n))
		jobs[n].Position = int64(n)
	}
	create(t, r, jobs...)
	for n := range jobs {
		if got := read(t, r, jobs[n].ID).Position; got != int64(n) {
			t.Errorf("job %d has position %d", n, got)
		}
	}
}

// recordReplace goes from a full job to a nearly empty one and back: nothing of a former value may shine through.
func recordReplace(t *testing.T, r job.Records) {
	id := fresh("job")
	rich, poor := full(id), order(id)
	smaller := full(id)
	smaller.Metadata = map[string]string{"a": "other"}
	smaller.Input = job.Input{Prompt: "only a prompt"}
	smaller.Images = smaller.Images[:1]
	smaller.Images[0].Key = "another key"
	smaller.Lease = &job.Lease{Token: "another token", Until: day}
	create(t, r, rich)
	for n, want := range []job.Job{smaller, poor, rich, poor} {
		want.Version = int64(n + 1)
		returned, err := r.Update(t.Context(), want)
		if err != nil {
			t.Fatalf("update: %v", err)
		}
		want.Version++
		if diff := cmp.Diff(want, read(t, r, id)); diff != "" {
			t.Errorf("update %d: stored (-want +got):\n%s", n, diff)
		}
		if diff := cmp.Diff(want, returned); diff != "" {
			t.Errorf("update %d: returned (-want +got):\n%s", n, diff)
		}
	}
}

func recordVersion(t *testing.T, r job.Records) {
	j := order(fresh("job"))
	j.Version = 40
	create(t, r, j)
	j = read(t, r, j.ID)
	for want := int64(40); want < 45; want++ {
		if j.Version != want {
			t.Fatalf("version %d, want %d", j.Version, want)
		}
		var err error
		if j, err = r.Update(t.Context(), j); err != nil {
			t.Fatalf("update: %v", err)
		}
	}
}

func recordConflict(t *testing.T, r job.Records) {
	j := order(fresh("job"))
	create(t, r, j)
	first := read(t, r, j.ID)
	second := first
	first.Stamp, second.Stamp = "winner", "loser"
	first.Waiting = &job.Waiting{Code: job.WaitPace, Message: "wait", Until: day}
	now, err := r.Update(t.Context(), first)
	if err != nil {
		t.Fatalf("update: %v", err)
	}
	for _, version := range []int64{1, 3, 0} {
		second.Version = version
		got, err := r.Update(t.Context(), second)
		if !errors.Is(err, job.ErrConflict) {
			t.Fatalf("update from version %d: %v, want ErrConflict", version, err)
		}
		if diff := cmp.Diff(now, got); diff != "" {
			t.Errorf("conflict from version %d returned (-want +got):\n%s", version, diff)
		}
	}
	if diff := cmp.Diff(now, read(t, r, j.ID)); diff != "" {
		t.Errorf("a conflict changed the record (-want +got):\n%s", diff)
	}
}

func recordEndedContext(t *testing.T, r job.Records) {
	j := order(fresh("job"))
	create(t, r, j)
	j.Version = 1
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, created := r.Create(ctx, []job.Job{order(fresh("job"))})
	_, updated := r.Update(ctx, j)
	_, got := r.Get(ctx, j.ID)
	for call, err := range map[string]error{"create": created, "update": updated, "get": got} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want context.Canceled", call, err)
		}
	}
}
