package sqlite

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
	"easel/shared/job/jobtest"
)

// restart brings every kind of record and message about, recovers an hour before any lease ends, and returns the
// records as they were.
func restart(t *testing.T, wall *jobtest.Clock, db *DB) map[string]job.Job {
	t.Helper()
	q, before := db.Queue(QueueOptions{}), map[string]job.Job{}
	for id, edit := range map[string]func(*job.Job){
		"running":   func(j *job.Job) { j.Status, j.Enqueued, j.MessageNo, j.Lease = job.Running, true, 1, lease() },
		"in flight": func(j *job.Job) { j.Enqueued, j.MessageNo = true, 1 },
		"delayed":   func(j *job.Job) { j.Enqueued, j.MessageNo = true, 3 },
		"lost":      func(j *job.Job) { j.Enqueued, j.MessageNo = true, 1 },
		"stale":     func(j *job.Job) { j.Enqueued, j.MessageNo = true, 2 },
		"dead":      func(j *job.Job) { j.Enqueued, j.MessageNo = true, 1 },
		"waiting":   func(j *job.Job) { j.MessageNo = 1 },
		"ended":     func(j *job.Job) { j.Status, j.Due, j.MessageNo = job.Succeeded, nil, 1 },

		"canceled":      func(j *job.Job) { j.Status, j.MessageNo, j.Lease = job.Canceled, 1, lease() },
		"long canceled": func(j *job.Job) { j.Status, j.Due, j.MessageNo, j.Lease = job.Canceled, nil, 1, past() },
		"settled late":  func(j *job.Job) { j.Status, j.Due, j.MessageNo, j.Lease = job.Canceled, minutes(-1), 1, past() },
		"deleting":      func(j *job.Job) { j.Status, j.Deleting = job.Succeeded, true },
		"retried":       func(j *job.Job) { j.Enqueued, j.MessageNo, j.Lease = true, 2, lease() },
		"retried, lost": func(j *job.Job) { j.Enqueued, j.MessageNo, j.Lease = true, 2, lease() },
		"in line again": func(j *job.Job) { j.MessageNo, j.Lease = 1, lease() },
	} {
		j := order(id)
		j.Due = minutes(120)
		edit(&j)
		store(t, db, j)
		before[id] = j
		annotate(t, db, "jobs", id, "mood", "good")
	}
	send(t, q, message("dead", 1, 0))
	for range DefaultMaxReceives {
		if err := q.Hide(t.Context(), receive(t, q, "dead").Receipt, 0); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range flying {
		send(t, q, message(id, 1, 0))
		receive(t, q, id)
	}
	send(t, q, message("delayed", 3, 10*time.Minute), message("stale", 1, 10*time.Minute), message("retried", 2, 10*time.Minute))
	wall.Advance(time.Minute)
	if err := db.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	return before
}

// flying are the jobs whose messages were in flight.
var flying = []string{"running", "in flight", "canceled", "long canceled", "retried, lost"}

// minutes returns an instant so long after the first.
func minutes(n time.Duration) *time.Time {
	t := instant().Add(n * time.Minute)
	return &t
}

func past() *job.Lease { return &job.Lease{Token: "token", Until: instant().Add(-time.Hour)} }

func lease() *job.Lease { return &job.Lease{Token: "token", Until: instant().Add(time.Hour)} }

func recovering(t *testing.T) (*DB, *jobtest.Clock) {
	t.Helper()
	wall := jobtest.NewClock(instant())
	return reopen(t, filepath.Join(t.TempDir(), "easel.db"), Options{Now: wall.Now, Unsafe: true}), wall
}

func TestRecoverEndsLeasesAndFindsWhatWasLost(t *testing.T) {
	db, wall := recovering(t)
	before, now := restart(t, wall, db), wall.Now()
	for id, want := range before {
		if want.Lease != nil && want.Lease.Until.After(now) {
			want.Lease.Until = now
			want.Version++
		}
		switch id {
		case "running", "lost", "stale", "dead", "retried, lost", "canceled", "deleting":
			want.Due = &now
			want.Version++
		}
		got, err := db.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("job %s (-want +got):\n%s", id, diff)
		}
		if doc := stored(t, db, "jobs", id); doc["mood"] != "good" || doc["version"] != float64(max(1, want.Version)) {
			t.Errorf("job %s: version %v, attribute of another version %v", id, doc["version"], doc["mood"])
		}
	}
	refs, err := db.Fired(t.Context(), "core", now, 10)
	if err != nil {
		t.Fatal(err)
	}
	want := []job.Ref{{ID: "settled late", Due: *minutes(-1)}}
	for _, id := range []string{"canceled", "dead", "deleting", "lost", "retried, lost", "running", "stale"} {
		want = append(want, job.Ref{ID: id, Due: now})
	}
	if diff := cmp.Diff(want, refs); diff != "" {
		t.Errorf("due (-want +got):\n%s", diff)
	}
}

func TestRecoverShowsWhatWasInFlight(t *testing.T) {
	db, wall := recovering(t)
	restart(t, wall, db)
	q := db.Queue(QueueOptions{})
	stats(t, q, Stats{Visible: 6, Delayed: 2, Dead: 1})
	if t.Failed() {
		return // a message that is not visible would be waited for
	}
	for _, id := range flying {
		if d := receive(t, q, id); d.Receives != 2 {
			t.Errorf("job %s: receive count %d, want 2: a crash counts", id, d.Receives)
		}
	}
	if d := receive(t, q, "retried"); d.Receives != 1 {
		t.Errorf("receive count %d, want 1: it waited for a call that has died", d.Receives)
	}
	wall.Advance(10 * time.Minute)
	receive(t, q, "delayed")
}

func TestARecoveredRecordCanBeUpdated(t *testing.T) {
	db, wall := recovering(t)
	restart(t, wall, db)
	for _, id := range []string{"running", "canceled", "retried"} {
		j, err := db.Get(t.Context(), id)
		if err != nil {
			t.Fatal(err)
		}
		if _, err = db.Update(t.Context(), written(j)); err != nil {
			t.Errorf("update of %s: %v", id, err)
		}
	}
}

func TestRecoverFreesTheIDsOfWhatWasDeletedLongAgo(t *testing.T) {
	db, wall := recovering(t)
	for _, id := range []string{"a", "b"} {
		j := order(id)
		j.Due = minutes(120)
		store(t, db, j)
	}
	for n, id := range []string{"a", "b"} {
		if err := db.Erase(t.Context(), id, 1, wall.Now(), minutes(time.Duration(n+1))); err != nil {
			t.Fatal(err)
		}
		tr := job.Transaction{WriteID: "w", Batch: &job.Batch{ID: id}}
		if _, err := db.Create(t.Context(), tr); err != nil {
			t.Fatal(err)
		}
		if err := db.EraseBatch(t.Context(), id, job.Condition{}, wall.Now(), minutes(time.Duration(n+1))); err != nil {
			t.Fatal(err)
		}
	}
	wall.Advance(time.Minute)
	if err := db.Recover(t.Context()); err != nil {
		t.Fatal(err)
	}
	if b, err := db.Get(t.Context(), "b"); err != nil || b.Version != 2 || b.Due != nil {
		t.Errorf("what is remembered has version %d and is due %v, want 2 and never: %v", b.Version, b.Due, err)
	}
	for id, want := range map[string]error{"a": job.ErrNotFound, "b": nil} {
		_, err := db.Get(t.Context(), id)
		_, _, inBatch := db.GetBatch(t.Context(), id)
		if !errors.Is(err, want) || !errors.Is(inBatch, want) {
			t.Errorf("%s: job %v, batch %v; want %v", id, err, inBatch, want)
		}
	}
}
