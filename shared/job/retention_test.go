package job_test

import (
	"errors"
	"testing"
	"time"

	"easel/shared/job"
	"easel/shared/job/jobtest"
)

// left reports whether a job's record and its picture are stored.
func (h *harness) left(j job.Job) (record, picture bool) {
	h.t.Helper()
	_, err := h.db.Get(h.t.Context(), j.ID)
	_, gone := h.store.Stat(h.t.Context(), j.Images[0].Key)
	for _, err := range []error{err, gone} {
		if err != nil && !errors.Is(err, job.ErrNotFound) {
			h.t.Fatal(err)
		}
	}
	return err == nil, gone == nil
}

// starLate asks for a star through a server whose clock is a day behind, so that the job is not expired there.
func (h *harness) starLate(id string) error {
	s := *h.submit
	s.Now = func() time.Time { return time.Now().Add(-day) }
	return second(s.Star(h.t.Context(), ann, id, true))
}

func TestAPictureIsKeptAsLongAsItsRecord(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.retention(day)
		plain, starred := h.run(h.order(fox, "").ID), h.run(h.order(fox, "").ID)
		row := h.listed(h.batch(job.BatchRequest{Lines: rows("a")}).Batch.ID)[0]
		row = h.run(row.ID)
		h.star(starred.ID, true)
		wait(day - time.Minute)
		h.sweep()
		for _, j := range []job.Job{plain, starred, row} {
			if record, picture := h.left(j); !record || !picture {
				t.Errorf("before the retention is over record and picture are there: %v, %v", record, picture)
			}
		}
		wait(2 * time.Minute)
		h.sweep()
		for _, j := range []job.Job{plain, row} {
			if record, picture := h.left(j); record || picture {
				t.Errorf("after the retention record and picture are there: %v, %v", record, picture)
			}
		}
		for range 100 {
			wait(10 * day)
			h.sweep()
		}
		if record, picture := h.left(starred); !record || !picture {
			t.Errorf("of a starred job record and picture are there after years: %v, %v", record, picture)
		}
	})
}

func TestAJobThatLosesItsStarIsKeptForTheRetentionFromThenOn(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.retention(day)
		j := h.run(h.order(fox, "").ID)
		h.star(j.ID, true)
		wait(10 * day)
		h.star(j.ID, false)
		wait(day - time.Minute)
		h.sweep()
		if record, picture := h.left(j); !record || !picture {
			t.Errorf("almost a day later record and picture are there: %v, %v", record, picture)
		}
		wait(2 * time.Minute)
		h.sweep()
		if record, picture := h.left(j); record || picture {
			t.Errorf("a day later record and picture are there: %v, %v", record, picture)
		}
	})
}

func TestARemovalThatACrashHasLeftIsFinished(t *testing.T) {
	for _, op := range []string{"images.delete", "eraser.erase"} {
		for _, how := range []jobtest.Failure{jobtest.Before, jobtest.After} {
			inHarness(t, func(h *harness) {
				h.retention(day)
				j := h.run(h.order(fox, "").ID)
				wait(day)
				h.fault.Rule = jobtest.Fail(op, how, 1)
				_, err := h.sweeper.Sweep(h.t.Context())
				if !errors.Is(err, jobtest.ErrFault) {
					t.Fatalf("%s failed and the run says %v", op, err)
				}
				if err := h.starLate(j.ID); !errors.Is(err, job.ErrNotFound) {
					t.Errorf("%s failed, and a star is answered with %v", op, err)
				}
				wait(2 * time.Minute)
				h.sweep()
				if record, picture := h.left(j); record || picture {
					t.Errorf("%s failed, and after the next run record and picture are there: %v, %v", op, record, picture)
				}
			})
		}
	}
}

// TestAStarThatComesAsAJobExpiresHoldsOrIsRefused stars a job at each step of its removal.
func TestAStarThatComesAsAJobExpiresHoldsOrIsRefused(t *testing.T) {
	held := map[string]bool{"timers.fired": true, "records.update": true, "images.delete": false, "eraser.erase": false}
	for op, holds := range held {
		t.Run(op, func(t *testing.T) {
			inHarness(t, func(h *harness) {
				h.retention(day)
				j := h.run(h.order(fox, "").ID)
				wait(day)
				refused := errors.New("nobody has tried")
				h.meanwhile(op, func() { refused = h.starLate(j.ID) })
				for range 3 {
					h.sweep()
					wait(day)
				}
				if (refused == nil) != holds || refused != nil && !errors.Is(refused, job.ErrNotFound) {
					t.Errorf("the star is answered with %v", refused)
				}
				if record, picture := h.left(j); record != holds || picture != holds {
					t.Errorf("record and picture are there: %v, %v", record, picture)
				}
			})
		})
	}
}

// TestOnlyWhatIsStoredHasATimer has rows that are canceled before a call: their records are all there is, and go with their
// batch.
func TestOnlyWhatIsStoredHasATimer(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.retention(day)
		id := h.batch(job.BatchRequest{Lines: rows("a", "b")}).Batch.ID
		if _, _, err := h.submit.CancelBatch(h.t.Context(), ann, id); err != nil {
			t.Fatal(err)
		}
		h.sweep()
		for _, j := range h.listed(id) {
			if j.Status != job.Canceled || j.ExpiresAt == nil || j.Due != nil {
				t.Errorf("%s, expires at %v, due %v", j.Status, j.ExpiresAt, j.Due)
			}
		}
		if j := h.run(h.order(fox, "").ID); j.Due == nil || !j.Due.Equal(*j.ExpiresAt) {
			t.Errorf("with a picture: expires at %v, due %v", j.ExpiresAt, j.Due)
		}
		for range 4 {
			wait(day / 2)
			h.sweep()
			h.sweep()
		}
		if left := h.listed(id); len(left) > 0 {
			t.Errorf("%d rows have outlived their batch", len(left))
		}
	})
}
