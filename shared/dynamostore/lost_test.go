package dynamostore

import (
	"encoding/json"
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// on applies a reply to the first request of an operation and lets all others pass.
func on(op string, do func(r *operation) reply) func(r *operation) reply {
	return func(r *operation) reply {
		if r.op == op && r.n == 1 {
			return do(r)
		}
		return r.pass(r.body)
	}
}

// lose lets a request take effect and loses the reply.
func lose(r *operation) reply {
	r.pass(r.body)
	return reply{lost: true}
}

// remembering makes the emulator know the repetition of a transaction by its token, as DynamoDB does for ten minutes. It
// counts how often each token came.
func remembering(tokens map[string]int, next func(r *operation) reply) func(r *operation) reply {
	return func(r *operation) reply {
		if r.op != "TransactWriteItems" {
			return next(r)
		}
		var in struct{ ClientRequestToken string }
		_ = json.Unmarshal(r.body, &in) // what comes is JSON
		if tokens[in.ClientRequestToken]++; tokens[in.ClientRequestToken] > 1 {
			return reply{status: http.StatusOK, body: []byte("{}")}
		}
		return next(r)
	}
}

// own reports whether a write took effect, as the core does: it succeeded, or found itself in its way.
func own(there job.Obstacle, err error, writeID string) bool {
	if err == nil {
		return true
	}
	mine := slices.ContainsFunc(there.Jobs, func(j job.Job) bool { return j.WriteID == writeID })
	mine = mine || there.Batch != nil && there.Batch.WriteID == writeID || there.Append != nil && there.Append.WriteID == writeID
	return mine && (errors.Is(err, job.ErrConflict) || errors.Is(err, job.ErrExists))
}

// TestAWriteWhoseReplyWasLostIsMadeOnce loses the reply of a write that took effect, so that the SDK repeats it. DynamoDB
// answers the repetition with success; the emulator, which knows no tokens, finds the first write in its way. Neither
// counts it twice.
func TestAWriteWhoseReplyWasLostIsMadeOnce(t *testing.T) {
	for name, knows := range map[string]bool{"a service that knows tokens": true, "one that does not": false} {
		t.Run(name, func(t *testing.T) {
			f, s := open(t, nil)
			tokens := map[string]int{}
			losing := func(op string) {
				f.mu.Lock()
				defer f.mu.Unlock()
				clear(f.calls)
				f.rule = on(op, lose)
				if knows {
					f.rule = remembering(tokens, f.rule)
				}
			}
			b, a := plainBatch("b"), plainJob("a")
			a.BatchID, a.WriteID, b.WriteID = "b", "w1", "w1"
			d := job.Difference{BatchID: "b", Next: 1}
			losing("TransactWriteItems")
			there, err := s.Create(t.Context(), job.Transaction{WriteID: "w1", Jobs: []job.Job{a}, Batch: &b, Counters: &d})
			if !own(there, err, "w1") || f.count("TransactWriteItems") != 2 {
				t.Errorf("create: %v, %s, after %d requests", err, shown(there), f.count("TransactWriteItems"))
			}
			losing("TransactWriteItems")
			a.WriteID = "w2"
			there, err = s.Update(t.Context(), job.Transaction{WriteID: "w2", Jobs: []job.Job{a}, Counters: &d, Day: charge()})
			if !own(there, err, "w2") || f.count("TransactWriteItems") != 2 {
				t.Errorf("update: %v, %s, after %d requests", err, shown(there), f.count("TransactWriteItems"))
			}
			_, c, err := s.GetBatch(t.Context(), "b")
			if spent, _ := s.Spent(t.Context(), "ann", "2026-11-22"); err != nil || c.Next != 2 || spent != 40_000 || get(t, s, "a").Version != 2 {
				t.Errorf("%v, next %d, spent %d: want 2 and 40,000, each once", err, c.Next, spent)
			}
			if knows && (tokens["w1"] != 2 || tokens["w2"] != 2) {
				t.Errorf("tokens %v, want each write ID twice", tokens)
			}
		})
	}
}

// TestTheCoreSurvivesALostReply cancels a job of a batch, and the reply of the transaction is lost.
func TestTheCoreSurvivesALostReply(t *testing.T) {
	for name, knows := range map[string]bool{"a service that knows tokens": true, "one that does not": false} {
		t.Run(name, func(t *testing.T) {
			f, s := open(t, nil)
			a := plainJob("a")
			a.BatchID, a.Price = "b", 40_000
			createBatch(t, s, plainBatch("b"), job.Difference{Models: map[string]job.Counts{"core": {job.Queued: 1}}, Queued: 1, Waiting: a.Price})
			create(t, s, a)
			f.mu.Lock()
			clear(f.calls)
			if f.rule = on("TransactWriteItems", lose); knows {
				f.rule = remembering(map[string]int{}, f.rule)
			}
			f.mu.Unlock()
			submitter := &job.Submitter{Recorder: job.Recorder{Records: s, Batches: s}}
			j, err := submitter.Cancel(t.Context(), job.Caller{Owner: "ann"}, "a")
			if err != nil || j.Status != job.Canceled || j.Version != 2 || f.count("TransactWriteItems") != 2 {
				t.Errorf("%s at version %d, %v, after %d transactions; want canceled at 2 after 2", j.Status, j.Version, err, f.count("TransactWriteItems"))
			}
			_, c, err := s.GetBatch(t.Context(), "b")
			want := job.Counts{job.Canceled: 1}
			if diff := cmp.Diff(want, c.Models["core"]); diff != "" || err != nil || c.Queued != 0 || c.Waiting != 0 {
				t.Errorf("counts (-want +got), %v, %d queued, %d wait:\n%s", err, c.Queued, c.Waiting, diff)
			}
		})
	}
}

// TestOneJobWhoseReplyWasLostIsRecognised loses the reply of writes outside transactions, which carry no token.
func TestOneJobWhoseReplyWasLostIsRecognised(t *testing.T) {
	f, s := open(t, on("PutItem", lose))
	a := plainJob("a")
	a.WriteID = "w1"
	if there, err := s.Create(t.Context(), job.Transaction{WriteID: "w1", Jobs: []job.Job{a}}); !own(there, err, "w1") {
		t.Errorf("create: %v, %s", err, shown(there))
	}
	f.rule = on("UpdateItem", lose)
	a.WriteID = "w2"
	if there, err := s.Update(t.Context(), job.Transaction{WriteID: "w2", Jobs: []job.Job{a}}); !own(there, err, "w2") {
		t.Errorf("update: %v, %s", err, shown(there))
	}
	f.rule = on("DeleteItem", lose)
	if err := s.Erase(t.Context(), "a", 2, time.Time{}, nil); !errors.Is(err, job.ErrNotFound) {
		t.Errorf("erase: %v, want that the job is gone", err)
	}
	for _, op := range []string{"PutItem", "UpdateItem", "DeleteItem"} {
		if n := f.count(op); n != 2 {
			t.Errorf("%s was sent %d times, want 2", op, n)
		}
	}
}

// TestAnErasedBatchWhoseReplyWasLostIsGone takes success, or that nothing is there: the core takes both for an erasure.
func TestAnErasedBatchWhoseReplyWasLostIsGone(t *testing.T) {
	f, s := open(t, nil)
	createBatch(t, s, plainBatch("b"), job.Difference{})
	f.mu.Lock()
	clear(f.calls)
	f.rule = on("TransactWriteItems", lose)
	f.mu.Unlock()
	if err := s.EraseBatch(t.Context(), "b", job.Condition{}, time.Time{}, nil); err != nil && !errors.Is(err, job.ErrNotFound) {
		t.Error(err)
	}
	if _, _, err := s.GetBatch(t.Context(), "b"); !errors.Is(err, job.ErrNotFound) {
		t.Errorf("%v, want ErrNotFound", err)
	}
}

// TestAnAmendmentWhoseReplyWasLostFailsForItsOwnEffect shows what the condition of an amendment is for.
func TestAnAmendmentWhoseReplyWasLostFailsForItsOwnEffect(t *testing.T) {
	f, s := open(t, nil)
	createBatch(t, s, plainBatch("b"), job.Difference{})
	f.rule = on("UpdateItem", lose)
	none := int64(0)
	c, err := s.Amend(t.Context(), job.Difference{BatchID: "b", Cancel: true, If: job.Condition{CancelNo: &none, Models: []string{}}})
	if !errors.Is(err, job.ErrCounters) || c.CancelNo != 1 {
		t.Errorf("cancel number %d, %v; want 1 with ErrCounters", c.CancelNo, err)
	}
}

func TestALostReservationLeavesASlotUnused(t *testing.T) {
	f, s := open(t, nil)
	first, _, err := s.Reserve(t.Context(), "core", time.Hour, 0)
	if err != nil {
		t.Fatal(err)
	}
	f.rule = func(r *operation) reply {
		if r.n == 3 { // two were for the first slot
			return lose(r)
		}
		return r.pass(r.body)
	}
	at, ok, err := s.Reserve(t.Context(), "core", time.Hour, 3*time.Hour)
	if err != nil || !ok || !at.Equal(first.Add(2*time.Hour)) {
		t.Errorf("%v, %v, %v; want the slot after the next", at, ok, err)
	}
}
