package jobtest

import (
	"errors"
	"testing"
	"time"

	"easel/shared/gate"
	"easel/shared/job"
)

// BatchEraser runs the contract of job.BatchEraser.
func BatchEraser(t *testing.T, open func(t *testing.T) Store) {
	suite(t, open, map[string]func(*testing.T, Store){
		"erased is gone and the ID is free":       eraseBatch,
		"requests of another batch stay":          eraseBatchRequests,
		"what is remembered is that it was there": eraseBatchRemembered,
		"a condition that does not hold keeps it": eraseConditions,
		"an unknown ID is not found":              eraseBatchUnknown,
		"many may erase one batch":                eraseBatchRace,
	})
}

// rememberedBatch is what is remembered of a batch that was deleted at the day of the samples.
func rememberedBatch(b job.Batch, until *time.Time) job.Batch {
	deleted := sampleTime
	return job.Batch{ID: b.ID, DeletedAt: &deleted, ExpiresAt: until}
}

// erasesBatch removes a batch, or ends the test.
func erasesBatch(t *testing.T, e job.BatchEraser, id string, until *time.Time) {
	t.Helper()
	if err := e.EraseBatch(t.Context(), id, job.Condition{}, sampleTime, until); err != nil {
		t.Fatalf("erase batch: %v", err)
	}
}

func eraseBatch(t *testing.T, s Store) {
	b := createBatch(t, s, fullBatch(fresh("batch")), everything(""))
	other := createBatch(t, s, plainBatch(fresh("batch")), job.Difference{Next: 2})
	erasesBatch(t, s, b.ID, nil)
	missesBatch(t, s, b.ID)
	sameCounters(t, "counters of another batch", job.Counters{BatchID: other.ID, Next: 2}, seesBatch(t, s, other))
	b = createBatch(t, s, plainBatch(b.ID), job.Difference{})
	sameCounters(t, "counters of the new batch", job.Counters{BatchID: b.ID}, seesBatch(t, s, b))
}

// eraseBatchRequests has a request of a batch whose ID begins with that of the erased one. Those of the erased batch a
// store may keep: the core gives none of their names to a batch that is made anew.
func eraseBatchRequests(t *testing.T, s Store) {
	for _, until := range []*time.Time{nil, moment(5)} {
		b := createBatch(t, s, plainBatch(fresh("batch")), job.Difference{})
		kept := appends(t, s, requestOf(plainBatch(b.ID+"#")))
		for range gate.Size(3, 120) {
			appends(t, s, requestOf(b))
		}
		erasesBatch(t, s, b.ID, until)
		seesAppend(t, s, kept)
	}
}

func eraseBatchRemembered(t *testing.T, s Store) {
	b := createBatch(t, s, fullBatch(fresh("batch")), everything(""))
	erasesBatch(t, s, b.ID, moment(5))
	counters := seesBatch(t, s, rememberedBatch(b, moment(5)))
	counters.BatchID = ""
	sameCounters(t, "counters of what is remembered", job.Counters{}, counters)
	if _, err := s.Amend(t.Context(), job.Difference{BatchID: b.ID, Next: 1}); !errors.Is(err, job.ErrNotFound) {
		t.Errorf("amend: %v, want ErrNotFound", err)
	}
	tr := transaction(createOne(t, s, plainJob(fresh("job"))))
	tr.Counters = &job.Difference{BatchID: b.ID, Next: 1}
	if there, err := s.Update(t.Context(), tr); !errors.Is(err, job.ErrCounters) || there.Counters != nil {
		t.Errorf("update: %v, counters %v; want ErrCounters and none", err, there.Counters)
	}
	if err := s.EraseBatch(t.Context(), b.ID, job.Condition{}, sampleTime, nil); !errors.Is(err, job.ErrNotFound) {
		t.Errorf("erase again: %v, want ErrNotFound", err)
	}
	seesBatch(t, s, rememberedBatch(b, moment(5)))
	if err := s.EraseBatch(t.Context(), b.ID, job.Condition{}, *moment(5), nil); err != nil {
		t.Errorf("erase of what was remembered until then: %v", err)
	}
	missesBatch(t, s, b.ID)
	createBatch(t, s, plainBatch(b.ID), job.Difference{})
}

func eraseBatchUnknown(t *testing.T, s Store) {
	id := fresh("batch")
	for _, until := range []*time.Time{nil, moment(5)} {
		if err := s.EraseBatch(t.Context(), id, job.Condition{}, sampleTime, until); !errors.Is(err, job.ErrNotFound) {
			t.Errorf("erase until %v: %v, want ErrNotFound", until, err)
		}
		missesBatch(t, s, id)
	}
}

// eraseBatchRace has many that erase one batch. Where a store needs several steps more than one may be told that it is done.
func eraseBatchRace(t *testing.T, s Store) {
	b := createBatch(t, s, plainBatch(fresh("batch")), job.Difference{})
	done := make(chan int, racers)
	race(t, func(n int) error {
		err := s.EraseBatch(t.Context(), b.ID, job.Condition{}, sampleTime, nil)
		if err == nil {
			done <- n
		}
		if errors.Is(err, job.ErrNotFound) {
			return nil
		}
		return err
	})
	if len(done) == 0 {
		t.Error("none erased the batch")
	}
	missesBatch(t, s, b.ID)
}
