package jobtest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"easel/shared/job"
	"easel/shared/request"
)

// Records is the contract of job.Records, but for what a day comes to, which [Days] asks. Stores that open returns may
// share their records.
var Records = Suite[Harness]{
	"a job survives a round trip":             recordRoundTrip,
	"instants keep their microseconds":        recordInstants,
	"an unknown ID is not found":              recordUnknown,
	"an update replaces every field":          recordReplace,
	"an update counts the version":            recordVersion,
	"a conflict shows the present record":     recordConflict,
	"one of many updates wins":                recordUpdateRace,
	"no increment is lost":                    recordIncrements,
	"as many jobs as may be change together":  recordTogether,
	"conflicts stop all and are shown":        recordConflicts,
	"missing jobs stop all and are named":     recordMissing,
	"errors come in their order":              recordOrder,
	"a repetition changes nothing":            recordRepeated,
	"counters change with the job":            recordCounters,
	"counters that are not there stop it":     recordNoCounters,
	"a condition that does not hold stops it": recordConditions,
}

func recordRoundTrip(t *testing.T, s Harness) {
	seesJobs(t, s, create(t, s, fullJob(fresh("job")), plainJob(fresh("job")))...)
}

func recordInstants(t *testing.T, s Harness) {
	j := plainJob(fresh("job"))
	late := time.Date(2041, 12, 31, 23, 59, 59, 999999000, time.UTC)
	j.CreatedAt, j.Deadline = late, &late
	got := read(t, s, createOne(t, s, j).ID)
	for _, at := range []time.Time{got.CreatedAt, *got.Deadline} {
		if !at.Equal(late) || at.Location() != time.UTC {
			t.Errorf("got %v, want %v", at, late)
		}
	}
}

func recordUnknown(t *testing.T, s Harness) {
	id := fresh("job")
	missesJobs(t, s, id)
	for _, version := range []int64{0, 1} {
		j := plainJob(id)
		j.Version = version
		refused(t, fmt.Sprintf("update from version %d", version), last(s.Update(t.Context(), transaction(j))), job.ErrNotFound)
	}
	missesJobs(t, s, id)
}

// recordReplace goes from a full job to a nearly empty one and back: nothing of a former value may shine through.
func recordReplace(t *testing.T, s Harness) {
	id := fresh("job")
	rich, poor, smaller := fullJob(id), plainJob(id), fullJob(id)
	smaller.Metadata = map[string]string{"a": "other"}
	smaller.Input = job.Input{Settings: request.Settings{Prompt: "only a prompt"}}
	smaller.Images = smaller.Images[:1]
	smaller.Images[0].Key = "another key"
	smaller.Lease = &job.Lease{Token: "another token", Until: sampleTime}
	create(t, s, rich)
	for n, want := range []job.Job{smaller, poor, rich, poor} {
		want.Version = int64(n + 1)
		seesJobs(t, s, update(t, s, want)...)
	}
}

func recordVersion(t *testing.T, s Harness) {
	j := plainJob(fresh("job"))
	j.Version = 1 << 50
	j = createOne(t, s, j)
	for range 4 {
		j = updateOne(t, s, j)
	}
	if got := read(t, s, j.ID).Version; got != 1<<50+4 {
		t.Errorf("version %d after 4 updates of %d", got, int64(1<<50))
	}
}

func recordConflict(t *testing.T, s Harness) {
	first := createOne(t, s, plainJob(fresh("job")))
	changed := first
	changed.Waiting = &job.Waiting{Code: job.WaitPace, Message: "wait", Until: sampleTime}
	now := updateOne(t, s, changed)
	for _, version := range []int64{1, 3, 0} {
		first.Version = version
		there, err := s.Update(t.Context(), transaction(first))
		if !errors.Is(err, job.ErrConflict) {
			t.Fatalf("update from version %d: %v, want ErrConflict", version, err)
		}
		shows(t, "in the way", there.Jobs, []job.Job{now})
	}
	seesJobs(t, s, now)
}

// plainJobs are so many jobs of one owner.
func plainJobs(n int) []job.Job {
	prefix, owner := fresh("job"), fresh("owner")
	jobs := make([]job.Job, n)
	for n := range jobs {
		jobs[n] = plainJob(fmt.Sprint(prefix, n))
		jobs[n].Owner, jobs[n].Position = owner, int64(n)
	}
	return jobs
}

func recordTogether(t *testing.T, s Harness) {
	b := createBatch(t, s, plainBatch(fresh("batch")), job.Difference{})
	tr := transaction(create(t, s, plainJobs(job.MaxTogether)...)...)
	tr.Counters = &job.Difference{BatchID: b.ID, Next: int64(len(tr.Jobs))}
	tr.Day = charge(fresh("owner"), 5, 5)
	succeeds(t, "update", last(s.Update(t.Context(), tr)))
	seesJobs(t, s, raised(tr.Jobs)...)
	seesCounters(t, s, job.Counters{BatchID: b.ID, Next: job.MaxTogether})
	spends(t, s, tr.Day.Owner, today, 5)
}

// recordConflicts has jobs with a lower version, with a higher one, with none, and two that could be written.
func recordConflicts(t *testing.T, s Harness) {
	jobs := create(t, s, plainJobs(5)...)
	low, high := updateOne(t, s, jobs[0]), jobs[3]
	jobs[3].Version = 7
	stored := []job.Job{low, jobs[1], jobs[2], high}
	erase(t, s, jobs[4], nil)
	there, err := s.Update(t.Context(), transaction(jobs...))
	refused(t, "update", err, job.ErrConflict)
	shows(t, "in the way", there.Jobs, []job.Job{low, high})
	seesJobs(t, s, stored...)
	missesJobs(t, s, jobs[4].ID)
}

func recordMissing(t *testing.T, s Harness) {
	jobs := plainJobs(5)
	stored := create(t, s, jobs[1], jobs[2], jobs[3])
	there, err := s.Update(t.Context(), transaction(jobs[0], stored[0], stored[1], stored[2], jobs[4]))
	refused(t, "update", err, job.ErrNotFound)
	same(t, "missing", []string{jobs[0].ID, jobs[4].ID}, there.Missing)
	seesJobs(t, s, stored...)
	missesJobs(t, s, jobs[0].ID, jobs[4].ID)
}

// recordOrder takes what stands in the way out, one after the other.
func recordOrder(t *testing.T, s Harness) {
	b := createBatch(t, s, plainBatch(fresh("batch")), job.Difference{Next: 4})
	jobs := create(t, s, plainJobs(2)...)
	wrong, right := int64(5), int64(4)
	tr := transaction(jobs[0], jobs[1], plainJob(fresh("job")))
	tr.Jobs[0].Version = 2
	tr.Counters = &job.Difference{BatchID: b.ID, Next: 1, If: job.Condition{Next: &wrong}}
	tr.Day = charge(fresh("owner"), 11, 10)
	for _, step := range []struct {
		want error
		mend func()
	}{
		{job.ErrConflict, func() { tr.Jobs[0].Version = 1 }},
		{job.ErrNotFound, func() { tr.Jobs = tr.Jobs[:2] }},
		{job.ErrCounters, func() { tr.Counters.If.Next = &right }},
		{job.ErrBudget, nil},
	} {
		tr.WriteID = fresh("w")
		if _, err := s.Update(t.Context(), tr); !errors.Is(err, step.want) {
			t.Errorf("update: %v, want %v", err, step.want)
		}
		seesJobs(t, s, jobs...)
		seesCounters(t, s, job.Counters{BatchID: b.ID, Next: 4})
		spends(t, s, tr.Day.Owner, today, 0)
		if step.mend != nil {
			step.mend()
		}
	}
}

// recordRepeated makes one transaction twice: the second may succeed or find the first in its way.
func recordRepeated(t *testing.T, s Harness) {
	b := createBatch(t, s, plainBatch(fresh("batch")), job.Difference{})
	tr := transaction(createOne(t, s, plainJob(fresh("job"))))
	tr.Counters = &job.Difference{BatchID: b.ID, Next: 1}
	tr.Day = charge(fresh("owner"), 3, 0)
	succeeds(t, "update", last(s.Update(t.Context(), tr)))
	if there, err := s.Update(t.Context(), tr); errors.Is(err, job.ErrConflict) {
		shows(t, "in the way", there.Jobs, raised(tr.Jobs))
	} else if err != nil {
		t.Errorf("repetition: %v", err)
	}
	seesJobs(t, s, raised(tr.Jobs)...)
	seesCounters(t, s, job.Counters{BatchID: b.ID, Next: 1})
	spends(t, s, tr.Day.Owner, today, 3)
}
