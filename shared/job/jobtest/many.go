package jobtest

import (
	"testing"

	"easel/shared/job"
)

// Finder is the contract of job.Finder, which is asked wherever a record is got, too.
var Finder = Suite[Harness]{
	"those that are there are found whole": findSome,
	"a hundred are found":                  findHundred,
	"nothing is found of nothing":          findNothing,
}

// CountersReader is the contract of job.CountersReader, which is asked wherever counters are got, too.
var CountersReader = Suite[Harness]{
	"counters come of many batches": countersMany,
}

func findSome(t *testing.T, h Harness) {
	jobs := create(t, h, fullJob(fresh("job")), plainJob(fresh("job")), plainJob(fresh("job")))
	finds(t, h, []string{fresh("job"), jobs[1].ID, fresh("job"), jobs[0].ID}, jobs[0], jobs[1])
}

func findHundred(t *testing.T, h Harness) {
	jobs := create(t, h, plainJobs(100)...)
	finds(t, h, names(jobs), jobs...)
}

func findNothing(t *testing.T, h Harness) {
	if found, err := h.Find(t.Context(), nil); err != nil || len(found) != 0 {
		t.Errorf("of no IDs %d jobs are found: %v", len(found), err)
	}
	finds(t, h, []string{fresh("job")})
}

// countersMany asks for more batches than a service reads at a time, and besides for a batch that is remembered, one that was
// erased, one that never was, and a job.
func countersMany(t *testing.T, h Harness) {
	const there = 110
	ids := make([]string, there+2)
	for n := range ids {
		ids[n] = fresh("batch")
		createBatch(t, h, plainBatch(ids[n]), job.Difference{Next: int64(n)})
	}
	erasesBatch(t, h, ids[there], moment(100))
	erasesBatch(t, h, ids[there+1], nil)
	ids = append(ids, fresh("batch"), createOne(t, h, plainJob(fresh("job"))).ID)
	for _, asked := range [][]string{ids, ids[there:], nil} {
		all, err := h.ReadCounters(t.Context(), asked)
		if want := max(0, len(asked)-4); err != nil || len(all) != want {
			t.Errorf("counters of %d batches, want %d: %v", len(all), want, err)
		}
		for id, c := range all {
			if c.BatchID != id || ids[c.Next] != id {
				t.Errorf("the counters of %s are those of %s, the next position is %d", id, c.BatchID, c.Next)
			}
		}
	}
}
