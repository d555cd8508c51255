package lambdahandler_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
	"easel/shared/lambdahandler"
	"easel/shared/run"
)

// hidden is what a queue was asked to hide.
type hidden struct {
	Receipt string
	For     time.Duration
}

// queued is a worker over a queue that remembers.
type queued struct {
	run.Worker
	hidden []hidden
	log    bytes.Buffer
}

func newQueued(do func(context.Context, job.Message) job.Outcome) *queued {
	q := &queued{}
	q.Do, q.Log = do, slog.New(slog.NewTextHandler(&q.log, nil))
	q.Hide = func(ctx context.Context, receipt string, d time.Duration) error {
		q.hidden = append(q.hidden, hidden{receipt, d})
		return ctx.Err()
	}
	return q
}

// failed are the messages of a batch that stay in the queue.
func (q *queued) failed(ctx context.Context, t *testing.T, e events.SQSEvent) (ids []string) {
	t.Helper()
	out, err := lambdahandler.Work(&q.Worker)(ctx, e)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range out.BatchItemFailures {
		ids = append(ids, f.ItemIdentifier)
	}
	return ids
}

func TestWorkerWorksOnTheSampleEvents(t *testing.T) {
	h := build(t)
	h.order(t)
	q := newQueued(h.worker.Do)
	for _, c := range []struct {
		event string
		calls int32 // of the model, so far
		fails int
	}{{"worker-unknown", 0, 0}, {"worker-good", 1, 0}, {"worker-duplicate", 1, 0}, {"worker-poison", 1, 1}} {
		if ids := q.failed(t.Context(), t, messages(t, c.event)); len(ids) != c.fails || h.calls.Load() != c.calls {
			t.Errorf("%s: %q failed after %d calls, want %d and %d", c.event, ids, h.calls.Load(), c.fails, c.calls)
		}
	}
	if j := h.record(t); j.Status != job.Succeeded || len(j.Images) != 1 {
		t.Errorf("the job is %s with %d pictures", j.Status, len(j.Images))
	}
	if diff := cmp.Diff([]hidden{{messages(t, "worker-poison").Records[0].ReceiptHandle, 0}}, q.hidden); diff != "" {
		t.Error(diff)
	}
	if !strings.Contains(q.log.String(), "poison message") {
		t.Errorf("nothing says so: %s", &q.log)
	}
}

func TestMessageUnderALeaseIsHiddenUntilItEnds(t *testing.T) {
	h := build(t)
	j := h.order(t)
	j.Status, j.Lease = job.Running, &job.Lease{Token: "of another", Until: noon.Add(90 * time.Second)}
	if _, err := h.db.Update(t.Context(), job.Transaction{WriteID: "changed", Jobs: []job.Job{j}}); err != nil {
		t.Fatal(err)
	}
	q := newQueued(h.worker.Do)
	e := messages(t, "worker-duplicate")
	if ids := q.failed(t.Context(), t, e); len(ids) != 1 || ids[0] != e.Records[0].MessageId {
		t.Errorf("%q failed", ids)
	}
	if diff := cmp.Diff([]hidden{{e.Records[0].ReceiptHandle, 90 * time.Second}}, q.hidden); diff != "" {
		t.Error(diff)
	}
}

func TestPanicOverOneMessageFailsThatOne(t *testing.T) {
	h := build(t)
	h.order(t)
	h.panics = true
	e := events.SQSEvent{Records: append(messages(t, "worker-good").Records, messages(t, "worker-unknown").Records...)}
	q := newQueued(h.worker.Do)
	if ids := q.failed(t.Context(), t, e); len(ids) != 1 || ids[0] != e.Records[0].MessageId {
		t.Errorf("%q failed", ids)
	}
	if diff := cmp.Diff([]hidden{{e.Records[0].ReceiptHandle, time.Minute}}, q.hidden); diff != "" {
		t.Error(diff)
	}
	log := q.log.String()
	if !strings.Contains(log, lion) || !strings.Contains(log, "harness_test.go") || strings.Contains(log, "baby of lion") {
		t.Errorf("the log must name the job and the place, and not repeat what the panic says: %s", log)
	}
}

func TestBatchIsWorkedOnOneByOne(t *testing.T) {
	var e events.SQSEvent
	for range 3 {
		e.Records = append(e.Records, messages(t, "worker-good").Records...)
	}
	for n, id := range []string{"a", "b", "c"} {
		e.Records[n].MessageId, e.Records[n].ReceiptHandle = id, "receipt "+id
		e.Records[n].Body = job.Message{V: job.RecordVersion, ID: id}.Encode()
	}
	var order []string
	q := newQueued(func(_ context.Context, m job.Message) job.Outcome {
		order = append(order, m.ID)
		return job.Outcome{Retry: m.ID == "b", After: time.Second}
	})
	if diff := cmp.Diff([]string{"b"}, q.failed(t.Context(), t, e)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]string{"a", "b", "c"}, order); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff([]hidden{{"receipt b", time.Second}}, q.hidden); diff != "" {
		t.Error(diff)
	}
}

func TestMessageThatCannotBeHiddenStillFails(t *testing.T) {
	q := newQueued(func(context.Context, job.Message) job.Outcome { return job.Outcome{Retry: true, After: time.Second} })
	q.Hide = func(context.Context, string, time.Duration) error { return errors.New("no queue") }
	if ids := q.failed(t.Context(), t, messages(t, "worker-good")); len(ids) != 1 {
		t.Errorf("%q failed", ids)
	}
	if !strings.Contains(q.log.String(), "no queue") {
		t.Errorf("nothing says so: %s", &q.log)
	}
}

// What is to become of a message is told to the queue even when the time for the work is over.
func TestWorkerPassesTheDeadlineOn(t *testing.T) {
	deadline := time.Now().Add(-time.Second)
	ctx, cancel := context.WithDeadline(t.Context(), deadline)
	defer cancel()
	var own time.Time
	q := newQueued(func(ctx context.Context, _ job.Message) job.Outcome {
		own, _ = ctx.Deadline()
		return job.Outcome{Retry: true, After: time.Second}
	})
	q.failed(ctx, t, messages(t, "worker-good"))
	if !own.Equal(deadline) || len(q.hidden) != 1 || strings.Contains(q.log.String(), "not hidden") {
		t.Errorf("deadline %v, want %v; hidden %v; log %s", own, deadline, q.hidden, &q.log)
	}
}
