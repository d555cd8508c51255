package functions

import (
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
	"easel/shared/eventbus"
	"easel/shared/job"
)

// animals is the batch that submit-batch.json orders and that the other events of batches are about.
const animals = "28352b3a-74f2-52de-90ff-be85c85d2fa8"

// herd orders two jobs of a batch and appends a third. One is made, the others are canceled and begun again.
func (s *story) herd(t *testing.T) {
	t.Helper()
	before := s.paid()
	for _, c := range []struct {
		name     string
		status   int
		stands   string // the batch
		counts   api.Counts
		messages int // that a worker gets then
		paid     int // calls after that
	}{
		{"submit-batch", http.StatusAccepted, "running", api.Counts{Total: 2, Queued: 2}, 0, 0},
		{"submit-batch", http.StatusOK, "running", api.Counts{Total: 2, Queued: 2}, 0, 0},
		{"submit-batch-append", http.StatusAccepted, "running", api.Counts{Total: 3, Queued: 3}, 1, 1},
		{"submit-batch-cancel", http.StatusOK, "canceled", api.Counts{Total: 3, Succeeded: 1, Canceled: 2}, 2, 1},
		{"submit-batch-retry", http.StatusAccepted, "running", api.Counts{Total: 3, Queued: 2, Succeeded: 1}, 2, 3},
	} {
		var b api.Batch
		s.ask(t, s.submit, c.name, c.status, &b)
		if b.ID != animals || b.Status != c.stands {
			t.Errorf("%s: the batch %s is %s, want %s, %s", c.name, b.ID, b.Status, animals, c.stands)
		}
		if diff := cmp.Diff(c.counts, b.Counts); diff != "" {
			t.Errorf("%s: jobs (-want +got):\n%s", c.name, diff)
		}
		s.answer(t, c.messages)
		if got := s.paid() - before; got != c.paid {
			t.Errorf("%s: %d calls paid, want %d", c.name, got, c.paid)
		}
	}
}

// answer lets the worker work on so many messages, each of which it must be done with.
func (s *story) answer(t *testing.T, messages int) {
	t.Helper()
	for range messages {
		m := s.receive(t)
		if !s.deliver(t, s.worker, m) {
			t.Errorf("the worker is not done with %s", *m.Body)
		}
		s.remove(t, m)
	}
}

// end lets the sweep notice that all jobs of the batch have ended: it writes that down, tells of it once, and what was
// reserved and not spent is given back. Before that it looks after the cancellation.
func (s *story) end(t *testing.T) {
	t.Helper()
	for _, later := range []bool{true, true, false} {
		if later {
			s.age(t)
		}
		if got := s.sweep.invoke(t, s.event(t, "sweep")); string(got) != "null" {
			t.Errorf("the sweep answers %s", got)
		}
	}
	var b api.Batch
	var list api.BatchList
	s.ask(t, s.status, "status-batch", http.StatusOK, &b)
	s.ask(t, s.status, "status-batches", http.StatusOK, &list)
	if b.Status != string(job.BatchCompleted) || b.CompletedAt == nil || b.Counts != (api.Counts{Total: 3, Succeeded: 3}) || b.Cost.ListUSD != "0.12" {
		t.Errorf("in the end the batch is %+v", b)
	}
	if len(list.Data) != 1 || list.Data[0].ID != animals || list.Data[0].Status != b.Status {
		t.Errorf("listed %+v", list.Data)
	}
	s.heard(t)
	s.balanced(t)
}

// age has a minute pass for the batch: the sweep believes no index that is asked soon after a write.
func (s *story) age(t *testing.T) {
	t.Helper()
	b, err := s.store.GetBatch(t.Context(), animals)
	if err != nil {
		t.Fatal(err)
	}
	for _, at := range []*time.Time{&b.AppendedAt, b.SealedAt, b.CanceledAt, b.ClearedAt, b.Due} {
		if at != nil {
			*at = at.Add(-time.Minute)
		}
	}
	if _, err := s.store.UpdateBatch(t.Context(), b); err != nil {
		t.Fatal(err)
	}
}

// heard checks what the event bus was told: of each end of a job, and once of the batch.
func (s *story) heard(t *testing.T) {
	t.Helper()
	var ends []string
	jobs := 0
	for _, e := range s.front.told {
		switch e.DetailType {
		case eventbus.DetailType:
			jobs++
		case eventbus.BatchType:
			ends = append(ends, e.Detail)
		}
	}
	if jobs != 7 || len(ends) != 1 {
		t.Fatalf("told of the ends of %d jobs and %d batches, want 7 and 1", jobs, len(ends))
	}
	var got map[string]any
	if err := json.Unmarshal([]byte(ends[0]), &got); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"id": animals, "owner": "iam:AROADBQP57FF2AEXAMPLE", "counts": map[string]any{"succeeded": 3.0}, "simulated": true,
		"cost": map[string]any{"list_usd": 0.12},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("told of the batch (-want +got):\n%s", diff)
	}
}

// balanced holds the owner's day against what was called. The day may have changed meanwhile.
func (s *story) balanced(t *testing.T) {
	t.Helper()
	var spent int64
	for _, at := range []time.Time{time.Now().Add(-24 * time.Hour), time.Now()} {
		n, err := s.store.Spent(t.Context(), "iam:AROADBQP57FF2AEXAMPLE", at.UTC().Format(time.DateOnly))
		if err != nil {
			t.Fatal(err)
		}
		spent += n
	}
	if want := int64(4*40_000 + 140_000); spent != want { // four pictures of core, one of ultra
		t.Errorf("the owner's day has come to %d micro-dollars, want %d", spent, want)
	}
}
