package job_test

import (
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"easel/shared/job"
)

// large is a batch whose jobs are more than are counted each time.
func (h *house) large(n int) string {
	h.t.Helper()
	id := h.batch(job.Order{Key: "large", Open: true}).Batch.ID
	for part := range slices.Chunk(many(n, ""), job.MaxLines) {
		h.batch(job.Order{BatchID: id, Key: fmt.Sprint(n), Lines: part, Open: true})
		n--
	}
	return id
}

func TestALargeBatchIsCountedAtMostOnceInFifteenSeconds(t *testing.T) {
	inHouse(t, func(h *house) {
		id := h.large(5001)
		began := time.Now()
		before := h.fault.Calls("batchindex.countjobs")
		for time.Since(began) < time.Minute-time.Millisecond {
			var wg sync.WaitGroup
			for range 5 {
				wg.Go(func() {
					if b := h.shown(id); b.Tally.Total() != 5001 {
						t.Errorf("it shows %v", b.Tally)
					}
				})
			}
			wg.Wait()
			wait(500 * time.Millisecond)
		}
		if n := h.fault.Calls("batchindex.countjobs") - before; n < 4 || n > 5 {
			t.Errorf("it was counted %d times in a minute, want 4", n)
		}
	})
}

func TestASmallBatchIsCountedWheneverSomebodyAsks(t *testing.T) {
	inHouse(t, func(h *house) {
		id := h.batch(job.Order{Lines: rows("a fox", "a hare")}).Batch.ID
		h.deliver()
		if n := h.shown(id).Tally.Counts[job.Succeeded]; n != 1 {
			t.Errorf("%d made, want 1", n)
		}
		h.deliver()
		if n := h.shown(id).Tally.Counts[job.Succeeded]; n != 2 {
			t.Errorf("%d made, want 2", n)
		}
	})
}

func TestAnEndedBatchIsNotCountedAgain(t *testing.T) {
	inHouse(t, func(h *house) {
		id := h.batch(job.Order{Lines: rows("a fox", "a hare")}).Batch.ID
		h.runBatch(id)
		before := h.fault.Calls("batchindex.countjobs")
		for range 10 {
			if b := h.shown(id); b.Status != job.BatchCompleted || b.Tally.Cost != 80_000 {
				t.Errorf("it shows %+v", b)
			}
			wait(time.Minute)
		}
		if n := h.fault.Calls("batchindex.countjobs") - before; n != 0 {
			t.Errorf("it was counted %d times", n)
		}
	})
}

// A batch may be scheduled by a pace that turns out too slow: where nothing else waits its jobs go before their turn.
func TestABatchGoesAsFastAsThePaceAllows(t *testing.T) {
	inHouse(t, func(h *house) {
		slow := h.submit.Feed.Tempo.Setting
		h.submit.Feed.Tempo.Setting = every(time.Minute)
		id := h.batch(job.Order{Lines: many(30, "")}).Batch.ID
		h.submit.Feed.Tempo.Setting = slow // one a second
		began := time.Now()
		h.runBatch(id)
		if took := time.Since(began); took > 3*time.Minute {
			t.Errorf("30 pictures at one a second took %v", took)
		}
	})
}
