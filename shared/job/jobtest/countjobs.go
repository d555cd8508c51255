package jobtest

import (
	"maps"
	"testing"

	"easel/shared/job"
)

// CountJobs lists all jobs of a batch and returns what they come to under the batch's cancel number: Models, Queued,
// Running, Cost, Charged, Waiting and Unwritten. It is the check of the stored counters, of which [Figures] returns the
// same fields. The two are equal as long as no job of the batch was deleted.
func CountJobs(t testing.TB, ix job.Index, batchID string, cancelNo int64) job.Counters {
	t.Helper()
	d := job.Difference{BatchID: batchID}
	q := job.Query{BatchID: batchID, Limit: 100}
	for {
		page, more, err := ix.List(t.Context(), q)
		if err != nil {
			t.Fatalf("list the jobs of batch %s: %v", batchID, err)
		}
		for _, j := range page {
			d.Count(j, cancelNo, 1)
		}
		if more == nil {
			break
		}
		q.After = more
	}
	counted, _ := job.Counters{BatchID: batchID}.Apply(d)
	return Figures(counted)
}

// Figures returns of counters what [CountJobs] finds in the records of the jobs.
func Figures(c job.Counters) job.Counters {
	return compact(job.Counters{
		BatchID: c.BatchID, Models: c.Models, Queued: c.Queued, Running: c.Running,
		Cost: c.Cost, Charged: c.Charged, Waiting: c.Waiting, Unwritten: c.Unwritten,
	})
}

// compact leaves out the states without a job, and the models without one.
func compact(c job.Counters) job.Counters {
	models := map[string]job.Counts{}
	for id, counts := range c.Models {
		some := maps.Clone(counts)
		maps.DeleteFunc(some, func(_ job.Status, n int64) bool { return n == 0 })
		if len(some) > 0 {
			models[id] = some
		}
	}
	c.Models = models
	return c
}
