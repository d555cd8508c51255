package feed_test

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"easel/shared/feed"
	"easel/shared/job"
	"easel/shared/sqlite"
)

// watched is a store with a stream of ann's changes.
func watched(t *testing.T) (feed.Store, *feed.Stream) {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(t.TempDir(), "easel.db"), sqlite.Options{Unsafe: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	store := feed.Store{Backing: db, Hub: &feed.Hub{}}
	stream, err := store.Hub.Open("ann")
	if err != nil {
		t.Fatal(err)
	}
	return store, stream
}

func plain(id, batch string) job.Job {
	return job.Job{V: job.RecordVersion, ID: id, Version: 1, Owner: "ann", Status: job.Queued, Model: "core", BatchID: batch, CreatedAt: time.Unix(1, 0)}
}

// hears holds what is told next, within two seconds, against what it should be.
func hears(t *testing.T, s *feed.Stream, want feed.News) {
	t.Helper()
	got, err := s.Next(t.Context(), 2*time.Second)
	if diff := cmp.Diff(want, got, cmpopts.EquateEmpty()); diff != "" || err != nil {
		t.Errorf("next (-want +got), %v:\n%s", err, diff)
	}
}

func TestWritesAreTold(t *testing.T) {
	store, s := watched(t)
	ctx := t.Context()
	j := plain("1", "")
	if _, err := store.Create(ctx, job.Transaction{Jobs: []job.Job{j}}); err != nil {
		t.Fatal(err)
	}
	hears(t, s, feed.News{Jobs: []string{"1"}})
	if _, err := store.Update(ctx, job.Transaction{Jobs: []job.Job{j}}); err != nil {
		t.Fatal(err)
	}
	hears(t, s, feed.News{Jobs: []string{"1"}})
	batch := job.Transaction{Batch: &job.Batch{ID: "b", Owner: "ann"}, Jobs: []job.Job{plain("2", "b")}, Counters: &job.Difference{BatchID: "b", Queued: 1}}
	if _, err := store.Create(ctx, batch); err != nil {
		t.Fatal(err)
	}
	hears(t, s, feed.News{Batches: []string{"b"}})
	row := job.Transaction{Jobs: batch.Jobs, Counters: &job.Difference{BatchID: "b", Queued: -1, Running: 1}}
	if _, err := store.Update(ctx, row); err != nil {
		t.Fatal(err)
	}
	hears(t, s, feed.News{Jobs: []string{"2"}})
	hears(t, s, feed.News{Batches: []string{"b"}})
	if _, err := store.Amend(ctx, job.Difference{BatchID: "b", Set: map[job.Instant]time.Time{job.Sealed: time.Unix(2, 0)}}); err != nil {
		t.Fatal(err)
	}
	hears(t, s, feed.News{Batches: []string{"b"}})
}

// TestAWriteOfWhichNobodyKnowsIsTold has the client leave while its job is written.
func TestAWriteOfWhichNobodyKnowsIsTold(t *testing.T) {
	store, s := watched(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := store.Create(ctx, job.Transaction{Jobs: []job.Job{plain("1", "")}}); err == nil {
		t.Error("the write has succeeded")
	}
	hears(t, s, feed.News{Jobs: []string{"1"}})
}
