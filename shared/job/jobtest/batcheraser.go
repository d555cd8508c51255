package jobtest

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"easel/shared/gate"
	"easel/shared/job"
)

// BatchEraser is the contract of job.BatchEraser.
var BatchEraser = Suite[Harness]{
	"erased is gone and the ID is free":       eraseBatch,
	"requests of another batch stay":          eraseBatchRequests,
	"what is remembered is that it was there": eraseBatchRemembered,
	"a condition that does not hold keeps it": eraseConditions,
	"an unknown ID is not found":              eraseBatchUnknown,
	"many may erase one batch":                eraseBatchRace,
}

// rememberedBatch is what is remembered of a batch that was deleted at the day of the samples.
func rememberedBatch(b job.Batch, until *time.Time) job.Batch {
	deleted := sampleTime
	return job.Batch{ID: b.ID, DeletedAt: &deleted, ExpiresAt: until}
}

// erasesBatch removes a batch, or ends the test.
func erasesBatch(t *testing.T, e job.BatchEraser, id string, until *time.Time) {
	t.Helper()
	succeeds(t, "erase batch", e.EraseBatch(t.Context(), id, job.Condition{}, sampleTime, until))
}

func eraseBatch(t *testing.T, s Harness) {
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
func eraseBatchRequests(t *testing.T, s Harness) {
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

func eraseBatchRemembered(t *testing.T, s Harness) {
	b := createBatch(t, s, fullBatch(fresh("batch")), everything(""))
	erasesBatch(t, s, b.ID, moment(5))
	counters := seesBatch(t, s, rememberedBatch(b, moment(5)))
	counters.BatchID = ""
	sameCounters(t, "counters of what is remembered", job.Counters{}, counters)
	refused(t, "amend", last(s.Amend(t.Context(), job.Difference{BatchID: b.ID, Next: 1})), job.ErrNotFound)
	tr := transaction(createOne(t, s, plainJob(fresh("job"))))
	tr.Counters = &job.Difference{BatchID: b.ID, Next: 1}
	if there, err := s.Update(t.Context(), tr); !errors.Is(err, job.ErrCounters) || there.Counters != nil {
		t.Errorf("update: %v, counters %v; want ErrCounters and none", err, there.Counters)
	}
	refused(t, "erase again", s.EraseBatch(t.Context(), b.ID, job.Condition{}, sampleTime, nil), job.ErrNotFound)
	seesBatch(t, s, rememberedBatch(b, moment(5)))
	if err := s.EraseBatch(t.Context(), b.ID, job.Condition{}, *moment(5), nil); err != nil {
		t.Errorf("erase of what was remembered until then: %v", err)
	}
	missesBatch(t, s, b.ID)
	createBatch(t, s, plainBatch(b.ID), job.Difference{})
}

func eraseBatchUnknown(t *testing.T, s Harness) {
	id := fresh("batch")
	for _, until := range []*time.Time{nil, moment(5)} {
		refused(t, fmt.Sprintf("erase until %v", until), s.EraseBatch(t.Context(), id, job.Condition{}, sampleTime, until), job.ErrNotFound)
		missesBatch(t, s, id)
	}
}

// eraseBatchRace has many that erase one batch. Where a store needs several steps more than one may be told that it is done.
func eraseBatchRace(t *testing.T, s Harness) {
	b := createBatch(t, s, plainBatch(fresh("batch")), job.Difference{})
	done := winners(t, racers, job.ErrNotFound, func(int) error {
		return s.EraseBatch(t.Context(), b.ID, job.Condition{}, sampleTime, nil)
	})
	if len(done) == 0 {
		t.Error("none erased the batch")
	}
	missesBatch(t, s, b.ID)
}
