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
		if c.name != "submit-batch-cancel" { // its messages were sent before
			s.turns(t)
		}
		s.answer(t, c.messages)
		if got := s.paid() - before; got != c.paid {
			t.Errorf("%s: %d calls paid, want %d", c.name, got, c.paid)
		}
	}
}

// turns lets the sweep give out turns.
func (s *story) turns(t *testing.T) {
	t.Helper()
	if got := s.sweep.invoke(t, s.event(t, "sweep")); string(got) != "null" {
		t.Errorf("the sweep answers %s", got)
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

// end looks at the batch, whose end the worker has noticed and told of when it finished its last job. The sweep finds
// nothing to do.
func (s *story) end(t *testing.T) {
	t.Helper()
	var b api.Batch
	var list api.BatchList
	s.ask(t, s.status, "status-batch", http.StatusOK, &b)
	s.ask(t, s.status, "status-batches", http.StatusOK, &list)
	if b.Status != string(job.BatchCompleted) || b.CompletedAt == nil || b.Counts != (api.Counts{Total: 3, Succeeded: 3}) ||
		b.Cost.ListUSD != "0.12" || b.Cost.WaitingUSD != "0" || b.Cost.RunningUSD != "0" {
		t.Errorf("in the end the batch is %+v", b)
	}
	if len(list.Data) != 1 || list.Data[0].ID != animals || list.Data[0].Status != b.Status {
		t.Errorf("listed %+v", list.Data)
	}
	s.heard(t)
	s.turns(t)
	s.heard(t)
	s.balanced(t)
}

// heard checks what the event bus was told: of each end of a job, and of both ends of the batch, which was begun again
// behind the first.
func (s *story) heard(t *testing.T) {
	t.Helper()
	var ends []any
	jobs := 0
	for _, e := range s.front.told {
		switch e.DetailType {
		case eventbus.DetailType:
			jobs++
		case eventbus.BatchType:
			var end any
			if err := json.Unmarshal([]byte(e.Detail), &end); err != nil {
				t.Fatal(err)
			}
			ends = append(ends, end)
		}
	}
	if jobs != 7 {
		t.Errorf("told of the ends of %d jobs, want 7", jobs)
	}
	end := func(succeeded, canceled, cost float64) any {
		return map[string]any{
			"id": animals, "owner": "iam:AROADBQP57FF2AEXAMPLE", "simulated": true, "cost": map[string]any{"list_usd": cost},
			"counts": map[string]any{"queued": 0.0, "running": 0.0, "succeeded": succeeded, "failed": 0.0, "canceled": canceled},
		}
	}
	if diff := cmp.Diff([]any{end(1, 2, 0.04), end(3, 0, 0.12)}, ends); diff != "" {
		t.Errorf("told of the batch (-want +got):\n%s", diff)
	}
}

// balanced holds the owner's day against what was called. The day may have changed meanwhile.
func (s *story) balanced(t *testing.T) {
	t.Helper()
	var spent int64
	for _, at := range []time.Time{time.Now().Add(-24 * time.Hour), time.Now()} {
		n, err := s.store.Spent(t.Context(), "iam:AROADBQP57FF2AEXAMPLE", at.UTC().Format(time.DateOnly)+" simulated")
		if err != nil {
			t.Fatal(err)
		}
		spent += n
	}
	if want := int64(4*40_000 + 140_000); spent != want { // four pictures of core, one of ultra
		t.Errorf("the owner's day has come to %d micro-dollars, want %d", spent, want)
	}
}
