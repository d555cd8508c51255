package job_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"easel/shared/job"
	"easel/shared/read"
	"easel/shared/request"
)

// star sets a star for ann, or takes it off, and must succeed.
func (h *harness) star(id string, starred bool) job.Job {
	h.t.Helper()
	j, err := h.submit.Star(h.t.Context(), ann, id, starred)
	if err != nil {
		h.t.Fatal(err)
	}
	return j
}

func TestAStarIsSetOnceAndTakenOff(t *testing.T) {
	inHarness(t, func(h *harness) {
		id := h.order(fox, "").ID
		first := h.star(id, true)
		if again := h.star(id, true); !first.Starred || !again.Starred || again.Version != first.Version {
			t.Errorf("starred %v at version %d, again %v at version %d", first.Starred, first.Version, again.Starred, again.Version)
		}
		if j := h.star(id, false); j.Starred || h.get(id).Starred {
			t.Error("the star is still there")
		}
		_, err := h.submit.Star(h.t.Context(), bob, id, true)
		want(t, err, job.ErrNotFound, "job_not_found")
		_, err = h.submit.Star(h.t.Context(), ann, "7", true)
		want(t, err, job.ErrNotFound, "job_not_found")
	})
}

// TestAStarDisturbsNoWorker stars a job at each step of its way, also between a worker's look and its write.
func TestAStarDisturbsNoWorker(t *testing.T) {
	for name, during := range map[string]func(h *harness, id string){
		"in the queue":    func(h *harness, id string) { h.star(id, true) },
		"during its call": func(h *harness, id string) { h.during(func() { h.star(id, true) }) },
		"before its claim": func(h *harness, id string) {
			h.meanwhile("records.update", func() { h.star(id, true) })
		},
		"before its finish": func(h *harness, id string) {
			h.during(func() { h.meanwhile("records.update", func() { h.star(id, true) }) })
		},
	} {
		t.Run(name, func(t *testing.T) {
			inHarness(t, func(h *harness) {
				id := h.order(fox, "").ID
				during(h, id)
				j := h.run(id)
				if j.Status != job.Succeeded || !j.Starred || j.Attempts != 1 || h.studio.called() != 1 || len(j.Images) != 1 {
					t.Errorf("got %s, starred %v, with %d images after %d attempts and %d calls", j.Status, j.Starred, len(j.Images), j.Attempts, h.studio.called())
				}
			})
		})
	}
}

// during does something while the model is called.
func (h *harness) during(do func()) {
	h.studio.do = func(context.Context, int) error { do(); return nil }
}

func TestAStarredRowIsMadeWithItsBatch(t *testing.T) {
	inHarness(t, func(h *harness) {
		id := h.batch(job.BatchRequest{Lines: rows("a", "b")}).Batch.ID
		row := h.listed(id)[0].ID
		before := h.counters(id)
		h.star(row, true)
		if now := h.counters(id); now.Queued != before.Queued || now.Waiting != before.Waiting {
			t.Errorf("%d jobs wait for %d, before %d for %d", now.Queued, now.Waiting, before.Queued, before.Waiting)
		}
		h.runBatch(id)
		if j := h.get(row); j.Status != job.Succeeded || !j.Starred {
			t.Errorf("got %s, starred %v", j.Status, j.Starred)
		}
	})
}

func TestAStarredJobDoesNotExpire(t *testing.T) {
	for name, request := range map[string]request.Request{
		"of words":    fox,
		"of an image": {Settings: request.Settings{Prompt: "a fox", Model: "sd35"}, Image: pixel(64, 64)},
	} {
		for when, before := range map[string]bool{"before its end": true, "after its end": false} {
			t.Run(name+" "+when, func(t *testing.T) {
				inHarness(t, func(h *harness) {
					h.retention(day)
					id := h.order(request, "").ID
					if before {
						h.star(id, true)
					}
					if j := h.run(id); before == (j.ExpiresAt != nil) {
						t.Errorf("at its end it expires at %v", j.ExpiresAt)
					}
					h.star(id, true)
					wait(3 * day)
					h.sweep()
					shown, err := h.reader.Get(h.t.Context(), ann, id)
					if err != nil || shown.Job.ExpiresAt != nil || shown.Job.Due != nil {
						t.Fatalf("expires at %v, due %v: %v", shown.Job.ExpiresAt, shown.Job.Due, err)
					}
					if j := h.star(id, false); j.ExpiresAt == nil || time.Until(*j.ExpiresAt) != day {
						t.Errorf("without its star it expires at %v", j.ExpiresAt)
					}
					wait(day)
					h.sweep()
					if _, err := h.reader.Get(h.t.Context(), ann, id); !errors.Is(err, job.ErrNotFound) {
						t.Errorf("after the retention: %v", err)
					}
				})
			})
		}
	}
}

// TestAStarredRowOutlivesItsBatch has two rows that share an input image, which keeps them as long as their batch.
func TestAStarredRowOutlivesItsBatch(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.retention(day)
		r := request.Request{Settings: request.Settings{Prompt: "a fox", Model: "sd35"}, Image: pixel(64, 64), CustomID: "a"}
		other := r
		other.CustomID = "b"
		id := h.batch(job.BatchRequest{Lines: []job.Line{{Number: 1, Request: r}, {Number: 2, Request: other}}}).Batch.ID
		h.runBatch(id)
		kept, gone := h.listed(id)[0], h.listed(id)[1]
		h.star(kept.ID, true)
		for range 5 {
			wait(day / 2)
			h.sweep()
			h.sweep()
		}
		if _, _, err := h.db.GetBatch(h.t.Context(), id); !errors.Is(err, job.ErrNotFound) {
			t.Errorf("the batch is left: %v", err)
		}
		if _, err := h.db.Get(h.t.Context(), gone.ID); !errors.Is(err, job.ErrNotFound) {
			t.Errorf("the other row is left: %v", err)
		}
		shown, err := h.reader.Get(h.t.Context(), ann, kept.ID)
		if err != nil || len(shown.Links) != 1 {
			t.Fatalf("the starred row: %v", err)
		}
		if _, err := h.store.Stat(h.t.Context(), kept.Images[0].Key); err != nil {
			t.Errorf("its picture: %v", err)
		}
		h.star(kept.ID, false)
		if err := h.submit.Delete(h.t.Context(), ann, kept.ID); err != nil {
			t.Errorf("it cannot be deleted: %v", err)
		}
	})
}

// TestAStarBesideTheEndOfABatchHoldsOrIsRefused stars a row at each step of its removal.
func TestAStarBesideTheEndOfABatchHoldsOrIsRefused(t *testing.T) {
	for _, op := range []string{"records.update", "images.delete", "eraser.erase"} {
		t.Run(op, func(t *testing.T) {
			inHarness(t, func(h *harness) {
				h.retention(day)
				r := request.Request{Settings: request.Settings{Prompt: "a fox", Model: "sd35"}, Image: pixel(64, 64)}
				id := h.batch(job.BatchRequest{Lines: []job.Line{{Number: 1, Request: r}}}).Batch.ID
				h.runBatch(id)
				row := h.listed(id)[0]
				refused := errors.New("nobody has tried")
				h.meanwhile(op, func() { _, refused = h.submit.Star(h.t.Context(), ann, row.ID, true) })
				for range 5 {
					wait(day / 2)
					h.sweep()
					h.sweep()
				}
				shown, err := h.reader.Get(h.t.Context(), ann, row.ID)
				_, gone := h.store.Stat(h.t.Context(), row.Images[0].Key)
				switch {
				case refused == nil && (err != nil || !shown.Job.Starred || gone != nil):
					t.Errorf("with its star: %v, and its picture: %v", err, gone)
				case refused != nil && (!errors.Is(refused, job.ErrNotFound) || !errors.Is(err, job.ErrNotFound) || gone == nil):
					t.Errorf("the star was refused: %v; the row: %v", refused, err)
				}
			})
		})
	}
}

func TestADeletedBatchTakesStarredRowsAlong(t *testing.T) {
	inHarness(t, func(h *harness) {
		id := h.batch(job.BatchRequest{Lines: rows("a")}).Batch.ID
		h.runBatch(id)
		row := h.listed(id)[0].ID
		h.star(row, true)
		if _, _, err := h.submit.DeleteBatch(h.t.Context(), ann, id); err != nil {
			t.Fatal(err)
		}
		h.sweep()
		if _, err := h.reader.Get(h.t.Context(), ann, row); !errors.Is(err, job.ErrNotFound) {
			t.Errorf("the row is left: %v", err)
		}
	})
}

func TestAListOfStarsIsReadWithACursorOfItsOwn(t *testing.T) {
	inHarness(t, func(h *harness) {
		var ids []string
		for range 5 {
			ids = append(ids, h.order(fox, "").ID)
			wait(time.Second)
		}
		h.star(ids[1], true)
		h.star(ids[3], true)
		f := read.Filter{Starred: true, Limit: 1}
		page, err := h.reader.List(h.t.Context(), ann, f)
		if err != nil || len(page.Jobs) != 1 || page.Jobs[0].Job.ID != ids[3] {
			t.Fatalf("got %+v, %v", page, err)
		}
		_, err = h.reader.List(h.t.Context(), ann, read.Filter{Limit: 1, Cursor: page.Next})
		want(t, err, job.ErrInvalid, "invalid_cursor")
		f.Cursor = page.Next
		page, err = h.reader.List(h.t.Context(), ann, f)
		if err != nil || len(page.Jobs) != 1 || page.Jobs[0].Job.ID != ids[1] {
			t.Errorf("the second page: %+v, %v", page, err)
		}
	})
}
