package job_test

import (
	"testing"

	"easel/shared/job"
	"easel/shared/job/jobtest"
)

func TestTheTimeOfTheLineSurvivesAStandingThatIsLost(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.fault.Rule = jobtest.Fail("standingwriter.setstanding", jobtest.Before, jobtest.Forever)
		id := h.inLine(job.BatchRequest{Lines: many(600, "")}).Batch.ID
		_, _ = h.sweeper.Sweep(h.t.Context()) // 150 turns for ann
		h.fault.Rule = nil
		_, err := h.submit.SubmitBatch(h.t.Context(), bob, job.BatchRequest{Lines: many(200, "")})
		if err != nil {
			h.t.Fatal(err)
		}
		for range 100 {
			h.deliver()
		}
		h.sweep() // 100 turns
		out := 0
		for _, j := range h.listed(id) {
			if j.Enqueued || j.Status.Ended() {
				out++
			}
		}
		if out < 195 {
			h.t.Errorf("%d of the jobs of the first had their turns; want 150 and half of 100", out)
		}
	})
}
