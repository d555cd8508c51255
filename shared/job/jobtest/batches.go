package jobtest

import (
	"slices"
	"testing"
	"time"

	"easel/shared/job"
)

// Batches is the contract of job.Batches, and of the counters wherever they change.
var Batches = Suite[Harness]{
	"a batch is amended as the core says":       amendStories,
	"a batch survives a round trip":             batchRoundTrip,
	"instants keep their microseconds":          batchInstants,
	"an unknown ID is not found":                batchUnknown,
	"a condition that does not hold stops it":   amendConditions,
	"counters follow the core through any port": countersFollow,
	"differences of many add up":                amendRace,
	"jobs of many add up":                       countersRace,
	"one of many notices the end":               amendRaceOnce,
}

// amend changes counters, or ends the test.
func amend(t *testing.T, b job.Batches, d job.Difference) job.Counters {
	t.Helper()
	now, err := b.Amend(t.Context(), d)
	succeeds(t, "amend", err)
	return now
}

// dotted is the name of a model with marks that some query language may read.
const dotted = "stability.sd3-5-large-v1:0"

// everything is a difference in which no figure is empty, but for Cancel.
func everything(batch string) job.Difference {
	d := job.Difference{
		BatchID: batch, Models: map[string]job.Counts{"one": {}, dotted: {}}, Queued: 1, Running: 2,
		Cost: 3, Charged: 4, Waiting: 5, Ordered: 6, Next: 7, Unwritten: 8, Set: map[job.Instant]time.Time{},
	}
	for n, status := range job.Statuses {
		d.Models["one"][status], d.Models[dotted][status] = int64(n+20), int64(n+30)
	}
	for n, name := range job.Instants {
		d.Set[name] = *moment(n)
	}
	return d
}

func batchRoundTrip(t *testing.T, s Harness) {
	for _, b := range []job.Batch{fullBatch(fresh("batch")), plainBatch(fresh("batch"))} {
		b = createBatch(t, s, b, job.Difference{Next: 5})
		sameCounters(t, "counters", job.Counters{BatchID: b.ID, MaxCost: b.MaxCost, Next: 5}, seesBatch(t, s, b))
	}
}

func batchInstants(t *testing.T, s Harness) {
	b := plainBatch(fresh("batch"))
	late := time.Date(2041, 12, 31, 23, 59, 59, 999999000, time.UTC)
	b.CreatedAt = late
	b = createBatch(t, s, b, job.Difference{Set: map[job.Instant]time.Time{job.Sealed: late}})
	got := seesBatch(t, s, b).At[job.Sealed]
	if !got.Equal(late) || got.Location() != time.UTC {
		t.Errorf("got %v, want %v", got, late)
	}
}

func batchUnknown(t *testing.T, s Harness) {
	id := fresh("batch")
	missesBatch(t, s, id)
	missesBatch(t, s, id) // what was refused makes none
}

// amendments are differences of a batch, the first of which it begins with.
func amendments() map[string][]job.Difference {
	cancel := job.Difference{
		Cancel: true, Clear: []job.Instant{job.Ended, job.Told}, Set: map[job.Instant]time.Time{job.Stopped: *moment(1), job.Due: *moment(1)},
		If: job.Condition{Models: []string{"one", "other"}},
	}
	large := everything("")
	large.Cost, large.Waiting, large.Ordered, large.Charged, large.If.CostAtMost = 1<<52+1, 1<<52+1, 1<<52+1, 1<<52+1, new(int64(1<<53+2))
	instants := []job.Difference{{}}
	for n, name := range job.Instants {
		cleared := job.Difference{Clear: []job.Instant{name}}
		instants = append(instants, cleared, job.Difference{Set: instant(name, n)}, job.Difference{Set: instant(name, n+100)})
	}
	for _, name := range job.Instants[1:] {
		instants = append(instants, job.Difference{Clear: []job.Instant{name}, Set: instant(job.Instants[0], 7)})
	}
	return map[string][]job.Difference{
		"every figure is added": {{}, everything(""), everything(""), everything(""), {
			Models: map[string]job.Counts{"one": {job.Queued: -1, job.Running: 1}, "new": {job.Queued: 1}},
			Queued: -9, Running: -1, Cost: -1, Charged: -20, Waiting: -3, Ordered: -4, Next: -1, Unwritten: -2,
		}},
		"what was set is replaced and cleared": instants,
		"a cancellation moves what is queued": {{
			Models: map[string]job.Counts{"one": {job.Queued: 5, job.Canceled: 1, job.Running: 2}, "other": {job.Queued: 7}},
			Queued: 12, Running: 2, Waiting: 480_000, Cost: 9, Charged: 8, Ordered: 99, Next: 15,
		}, cancel, {
			Models: map[string]job.Counts{"other": {job.Queued: 3}}, Queued: 3, Waiting: 3, Unwritten: -4, Clear: []job.Instant{job.Stopped},
		}, cancel},
		"a batch without jobs can be canceled":              {{}, {Cancel: true, If: job.Condition{Models: []string{}}}},
		"figures may have more than 32 bits, up to a bound": {{}, large, large, large, large},
	}
}

// instant sets one to so many microseconds.
func instant(name job.Instant, micros int) map[job.Instant]time.Time {
	return map[job.Instant]time.Time{name: *moment(micros)}
}

// amendStories makes each amendment beside another batch, of which nothing may change.
func amendStories(t *testing.T, s Harness) {
	for name, steps := range amendments() {
		t.Run(name, func(t *testing.T) {
			f, other := follows(t, s, steps[0]), follows(t, s, job.Difference{Next: 1})
			for _, d := range steps[1:] {
				d.BatchID = f.want.BatchID
				now, err := s.Amend(t.Context(), d)
				f.holds(t, d, &now, err)
			}
			seesCounters(t, s, other.want)
		})
	}
}

// amendRace has 20 writers, each with an amount of its own.
func amendRace(t *testing.T, s Harness) {
	const writers = 20
	b := createBatch(t, s, plainBatch(fresh("batch")), job.Difference{})
	want, after := job.Counters{BatchID: b.ID}, make([]int64, writers)
	change := func(n int) job.Difference {
		return job.Difference{BatchID: b.ID, Cost: 1 << n, Next: 1, Models: map[string]job.Counts{"one": {job.Statuses[n%5]: int64(n)}}}
	}
	for n := range writers {
		want, _ = want.Apply(change(n))
	}
	raceOf(t, writers, func(n int) error {
		now, err := s.Amend(t.Context(), change(n))
		after[n] = now.Next
		return err
	})
	seesCounters(t, s, want)
	slices.Sort(after)
	for n, next := range after {
		if next != int64(n+1) {
			t.Fatalf("writers were told that next is %v, want each of 1 to %d once", after, writers)
		}
	}
}

// countersRace has as many writers, each with a job.
func countersRace(t *testing.T, s Harness) {
	const writers = 20
	b := createBatch(t, s, plainBatch(fresh("batch")), job.Difference{})
	jobs := create(t, s, plainJobs(writers)...)
	want := job.Counters{BatchID: b.ID, Cost: 1<<writers - 1, Next: writers}
	raceOf(t, writers, func(n int) error {
		tr := transaction(jobs[n])
		tr.Counters = &job.Difference{BatchID: b.ID, Cost: 1 << n, Next: 1}
		_, err := insistUpdate(t, s, tr)
		return err
	})
	seesCounters(t, s, want)
	for _, j := range jobs {
		if got := read(t, s, j.ID).Version; got != 2 {
			t.Errorf("a job has version %d, want 2", got)
		}
	}
}

func amendRaceOnce(t *testing.T, s Harness) {
	b := createBatch(t, s, plainBatch(fresh("batch")), job.Difference{})
	first := winner(t, racers, job.ErrCounters, func(n int) error {
		return last(s.Amend(t.Context(), job.Difference{
			BatchID: b.ID, Set: map[job.Instant]time.Time{job.Ended: *moment(n)}, If: job.Condition{Is: map[job.Instant]*time.Time{job.Ended: nil}},
		}))
	})
	seesCounters(t, s, job.Counters{BatchID: b.ID, At: map[job.Instant]time.Time{job.Ended: *moment(first)}})
}
