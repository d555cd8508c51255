package job_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"easel/shared/job"
)

// A call of the batch runs while a request of four transactions comes. Each takes a second here; one of a store whose writes
// refuse each other takes a second more but for the last, and that second is left to the call.
func TestWritesLeaveEverySecondMomentToCallsWhereWritesRefuseEachOther(t *testing.T) {
	for oneWriter, long := range map[bool]time.Duration{true: 4 * time.Second, false: 7 * time.Second} {
		inHarness(t, func(h *harness) {
			h.submit.OneWriter = oneWriter
			id := h.batch(job.BatchRequest{Lines: rows("a fox"), Open: true}).Batch.ID
			h.studio.do = func(context.Context, int) error { wait(time.Minute); return nil }
			h.start()
			synctest.Wait()
			if c := h.counters(id); c.Running != 1 {
				h.t.Fatalf("%d calls run", c.Running)
			}
			h.fault.Before = func(_ context.Context, op string) error {
				if op == "creator.create" {
					wait(time.Second)
				}
				return nil
			}
			began := time.Now()
			h.inLine(job.BatchRequest{BatchID: id, Key: "k", Lines: many(3*job.MaxTogether+1, "")})
			if took := time.Since(began).Round(time.Second); took != long {
				h.t.Errorf("one writer %v: it took %v, want %v", oneWriter, took, long)
			}
			h.checkCounters(id)
			wait(time.Minute)
		})
	}
}
