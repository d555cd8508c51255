package job_test

import (
	"testing"

	"easel/shared/job"
)

func TestOneRunWritesACancellationAndRemovesABatchOfAnySize(t *testing.T) {
	inHarness(t, func(h *harness) {
		id := h.inLine(job.BatchRequest{Lines: many(2300, "core")}).Batch.ID
		if _, _, err := h.submit.CancelBatch(h.t.Context(), ann, id); err != nil {
			t.Fatal(err)
		}
		h.sweep()
		if c := h.counters(id); c.Unwritten != 0 {
			t.Errorf("after one run the cancellation of %d jobs is not in their records", c.Unwritten)
		}
		if _, _, err := h.submit.DeleteBatch(h.t.Context(), ann, id); err != nil {
			t.Fatal(err)
		}
		h.sweep()
		jobs, _, err := h.db.List(h.t.Context(), job.Query{BatchID: id, Limit: 100})
		if err != nil || len(jobs) != 0 {
			t.Errorf("after one run %d jobs of the batch are there: %v", len(jobs), err)
		}
	})
}
