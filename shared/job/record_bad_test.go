package job_test

import (
	"context"
	"testing"

	"easel/shared/job"
	"easel/shared/job/jobtest"
)

func TestARecordThatCannotBeReadHoldsUpNoOther(t *testing.T) {
	inHarness(t, func(h *harness) {
		ids := h.lost(50)
		bad := ids[20]
		h.fault.Before = jobtest.Refuse([]string{bad}, "finder.find")
		_, err := h.sweeper.Sweep(h.t.Context())
		if err == nil {
			h.t.Error("it is not told of")
		}
		for _, id := range ids {
			if j := h.get(id); id != bad && j.LostMessages != 1 {
				h.t.Errorf("it was not sent again: %+v", j)
			}
		}
	})
}

func TestAJobThatCannotBeReadTakesNoTurnOfOthers(t *testing.T) {
	inHarness(t, func(h *harness) {
		id := h.inLine(job.BatchRequest{Lines: many(50, "")}).Batch.ID
		jobs := h.listed(id)
		h.fault.Before = jobtest.Refuse([]string{jobs[7].ID}, "finder.find")
		if _, err := h.sweeper.Sweep(h.t.Context()); err == nil {
			h.t.Error("it is not told of")
		}
		for _, j := range h.listed(id) {
			if j.Enqueued != (j.ID != jobs[7].ID) {
				h.t.Errorf("enqueued: %v, position %d", j.Enqueued, j.Position)
			}
		}
	})
}

// torn are records of which one cannot be read in full.
type torn struct {
	job.Finder
	id string
}

func (f torn) Find(ctx context.Context, ids []string) ([]job.Job, error) {
	jobs, err := f.Finder.Find(ctx, ids)
	for n := range jobs {
		jobs[n].Damaged = jobs[n].ID == f.id
	}
	return jobs, err
}

func TestAJobWhoseRecordIsDamagedEnds(t *testing.T) {
	inHarness(t, func(h *harness) {
		id := h.inLine(job.BatchRequest{Lines: many(5, "")}).Batch.ID
		bad := h.listed(id)[2].ID
		h.sweeper.Finder = torn{h.sweeper.Finder, bad}
		h.sweep()
		if j := h.get(bad); j.Status != job.Failed || j.Failure.Code != job.CodeInternal {
			t.Errorf("it is %s: %+v", j.Status, j.Failure)
		}
		h.checkCounters(id)
		h.runBatch(id)
		if c := h.counters(id).Sum(); c[job.Succeeded] != 4 {
			t.Errorf("of the others %d are made", c[job.Succeeded])
		}
	})
}

func TestCountersThatCannotBeReadHoldUpNoOtherBatch(t *testing.T) {
	inHarness(t, func(h *harness) {
		bad := h.inLine(job.BatchRequest{Lines: many(2, "")}).Batch.ID
		good := h.inLine(job.BatchRequest{Lines: many(2, "")}).Batch.ID
		h.fault.Before = jobtest.Refuse([]string{bad}, "countersreader.readcounters")
		if _, err := h.sweeper.Sweep(h.t.Context()); err == nil {
			h.t.Error("it is not told of")
		}
		for id, turn := range map[string]bool{bad: false, good: true} {
			for _, j := range h.listed(id) {
				if j.Enqueued != turn {
					h.t.Errorf("enqueued: %v, want %v", j.Enqueued, turn)
				}
			}
		}
	})
}
