package jobtest

import (
	"testing"

	"easel/shared/job"
)

// createTaken has two jobs that are there, one of them changed since.
func createTaken(t *testing.T, s Harness) {
	jobs := plainJobs(6)
	old := create(t, s, jobs[1], jobs[4])
	old[1] = updateOne(t, s, old[1])
	there, err := s.Create(t.Context(), transaction(jobs...))
	refused(t, "create", err, job.ErrExists)
	shows(t, "in the way", there.Jobs, old)
	seesJobs(t, s, old...)
	missesJobs(t, s, jobs[0].ID, jobs[2].ID, jobs[3].ID, jobs[5].ID)
}

// createBatchTaken has a batch, a request and a job that are there: the batch must be shown.
func createBatchTaken(t *testing.T, s Harness) {
	b := createBatch(t, s, fullBatch(fresh("batch")), job.Difference{Next: 3})
	a, j := appends(t, s, requestOf(b)), createOne(t, s, plainJob(fresh("job")))
	other, asked := plainBatch(b.ID), a
	tr := transaction(j, plainJob(fresh("job")))
	other.WriteID, asked.WriteID = tr.WriteID, tr.WriteID
	tr.Batch, tr.Append, tr.Counters = &other, &asked, &job.Difference{BatchID: b.ID, Next: 1}
	for range 3 { // with a request and jobs, with jobs, alone
		tr.WriteID = fresh("w")
		there, err := s.Create(t.Context(), tr)
		refused(t, "create", err, job.ErrExists)
		same(t, "the batch that is there", &b, there.Batch)
		sameCounters(t, "counters", job.Counters{BatchID: b.ID, MaxCost: b.MaxCost, Next: 3}, seesBatch(t, s, b))
		seesAppend(t, s, a)
		seesJobs(t, s, j)
		if len(tr.Jobs) > 1 {
			missesJobs(t, s, tr.Jobs[1].ID)
		}
		if tr.Append == nil {
			tr.Jobs = nil
		}
		tr.Append = nil
	}
}

// createRequestTaken has a request and a job that are there: the request must be shown.
func createRequestTaken(t *testing.T, s Harness) {
	b := plainBatch(fresh("batch"))
	a, j := appends(t, s, requestOf(b)), createOne(t, s, plainJob(fresh("job")))
	asked := appendOf(a.Name)
	asked.Fingerprint = "another"
	tr := transaction(j, plainJob(fresh("job")))
	asked.WriteID = tr.WriteID
	tr.Batch, tr.Append, tr.Counters = &b, &asked, &job.Difference{BatchID: b.ID, Next: 1}
	there, err := s.Create(t.Context(), tr)
	refused(t, "create", err, job.ErrExists)
	same(t, "the request that is there", &a, there.Append)
	seesAppend(t, s, a)
	missesBatch(t, s, b.ID)
	seesJobs(t, s, j)
	missesJobs(t, s, tr.Jobs[1].ID)
}

func createOrder(t *testing.T, s Harness) {
	b := createBatch(t, s, plainBatch(fresh("batch")), job.Difference{Next: 3})
	j, wrong := createOne(t, s, plainJob(fresh("job"))), int64(2)
	for _, id := range []string{b.ID, fresh("batch")} {
		tr := transaction(j)
		tr.Counters = &job.Difference{BatchID: id, Next: 1, If: job.Condition{Next: &wrong}}
		there, err := s.Create(t.Context(), tr)
		refused(t, "create", err, job.ErrExists)
		shows(t, "in the way", there.Jobs, []job.Job{j})
	}
	seesCounters(t, s, job.Counters{BatchID: b.ID, Next: 3})
}

// createRemembered creates a job and a batch whose IDs are remembered.
func createRemembered(t *testing.T, s Harness) {
	j, b := createOne(t, s, plainJob(fresh("job"))), createBatch(t, s, plainBatch(fresh("batch")), job.Difference{})
	erase(t, s, j, moment(9))
	erasesBatch(t, s, b.ID, moment(9))
	there, err := s.Create(t.Context(), transaction(plainJob(fresh("job")), plainJob(j.ID)))
	refused(t, "create of a job", err, job.ErrExists)
	shows(t, "in the way", there.Jobs, []job.Job{rememberedJob(j, moment(9))})
	tr, again := transaction(), plainBatch(b.ID)
	tr.Batch, tr.Counters = &again, &job.Difference{BatchID: b.ID, Next: 1}
	there, err = s.Create(t.Context(), tr)
	refused(t, "create of a batch", err, job.ErrExists)
	want := rememberedBatch(b, moment(9))
	same(t, "the batch that is remembered", &want, there.Batch)
}
