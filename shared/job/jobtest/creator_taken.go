package jobtest

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// createTaken has two jobs that are there, one of them changed since.
func createTaken(t *testing.T, s Store) {
	jobs := plainJobs(6)
	old := create(t, s, jobs[1], jobs[4])
	old[1] = updateOne(t, s, old[1])
	there, err := s.Create(t.Context(), transaction(jobs...))
	if !errors.Is(err, job.ErrExists) {
		t.Errorf("create: %v, want ErrExists", err)
	}
	shows(t, there.Jobs, old)
	seesJobs(t, s, old...)
	missesJobs(t, s, jobs[0].ID, jobs[2].ID, jobs[3].ID, jobs[5].ID)
}

// createBatchTaken has a batch, a request and a job that are there: the batch must be shown.
func createBatchTaken(t *testing.T, s Store) {
	b := createBatch(t, s, fullBatch(fresh("batch")), job.Difference{Next: 3})
	a, j := appends(t, s, requestOf(b)), createOne(t, s, plainJob(fresh("job")))
	other, asked := plainBatch(b.ID), a
	tr := transaction(j, plainJob(fresh("job")))
	other.WriteID, asked.WriteID = tr.WriteID, tr.WriteID
	tr.Batch, tr.Append, tr.Counters = &other, &asked, &job.Difference{BatchID: b.ID, Next: 1}
	for range 3 { // with a request and jobs, with jobs, alone
		tr.WriteID = fresh("w")
		there, err := s.Create(t.Context(), tr)
		if !errors.Is(err, job.ErrExists) {
			t.Errorf("create: %v, want ErrExists", err)
		}
		if diff := cmp.Diff(&b, there.Batch); diff != "" {
			t.Errorf("the batch that is there (-want +got):\n%s", diff)
		}
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
func createRequestTaken(t *testing.T, s Store) {
	b := plainBatch(fresh("batch"))
	a, j := appends(t, s, requestOf(b)), createOne(t, s, plainJob(fresh("job")))
	asked := appendOf(a.Name)
	asked.Fingerprint = "another"
	tr := transaction(j, plainJob(fresh("job")))
	asked.WriteID = tr.WriteID
	tr.Batch, tr.Append, tr.Counters = &b, &asked, &job.Difference{BatchID: b.ID, Next: 1}
	there, err := s.Create(t.Context(), tr)
	if !errors.Is(err, job.ErrExists) {
		t.Errorf("create: %v, want ErrExists", err)
	}
	if diff := cmp.Diff(&a, there.Append); diff != "" {
		t.Errorf("the request that is there (-want +got):\n%s", diff)
	}
	seesAppend(t, s, a)
	missesBatch(t, s, b.ID)
	seesJobs(t, s, j)
	missesJobs(t, s, tr.Jobs[1].ID)
}

func createOrder(t *testing.T, s Store) {
	b := createBatch(t, s, plainBatch(fresh("batch")), job.Difference{Next: 3})
	j, wrong := createOne(t, s, plainJob(fresh("job"))), int64(2)
	for _, id := range []string{b.ID, fresh("batch")} {
		tr := transaction(j)
		tr.Counters = &job.Difference{BatchID: id, Next: 1, If: job.Condition{Next: &wrong}}
		there, err := s.Create(t.Context(), tr)
		if !errors.Is(err, job.ErrExists) {
			t.Errorf("create: %v, want ErrExists", err)
		}
		shows(t, there.Jobs, []job.Job{j})
	}
	seesCounters(t, s, job.Counters{BatchID: b.ID, Next: 3})
}

// createRemembered creates a job and a batch whose IDs are remembered.
func createRemembered(t *testing.T, s Store) {
	j, b := createOne(t, s, plainJob(fresh("job"))), createBatch(t, s, plainBatch(fresh("batch")), job.Difference{})
	if err := s.Erase(t.Context(), j.ID, 1, sampleTime, moment(9)); err != nil {
		t.Fatalf("erase: %v", err)
	}
	if err := s.EraseBatch(t.Context(), b.ID, job.Condition{}, sampleTime, moment(9)); err != nil {
		t.Fatalf("erase batch: %v", err)
	}
	there, err := s.Create(t.Context(), transaction(plainJob(fresh("job")), plainJob(j.ID)))
	if !errors.Is(err, job.ErrExists) {
		t.Errorf("create of a job: %v, want ErrExists", err)
	}
	shows(t, there.Jobs, []job.Job{rememberedJob(j, moment(9))})
	tr, again := transaction(), plainBatch(b.ID)
	tr.Batch, tr.Counters = &again, &job.Difference{BatchID: b.ID, Next: 1}
	there, err = s.Create(t.Context(), tr)
	if !errors.Is(err, job.ErrExists) {
		t.Errorf("create of a batch: %v, want ErrExists", err)
	}
	want := rememberedBatch(b, moment(9))
	if diff := cmp.Diff(&want, there.Batch); diff != "" {
		t.Errorf("the batch that is remembered (-want +got):\n%s", diff)
	}
}
