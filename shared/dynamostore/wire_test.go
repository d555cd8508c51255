package dynamostore

import (
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"easel/shared/awstest"
	"easel/shared/job"
)

// wire is a connection on which a test reads what is sent and says what comes back. It is for what an emulator cannot
// tell or does not do.
type wire struct {
	answer func(op, body string) (int, string) // nil: 200 with nothing in it

	mu   sync.Mutex
	sent []string // operation and body
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return nil, err
	}
	_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	w.mu.Lock()
	w.sent = append(w.sent, op+" "+string(body))
	w.mu.Unlock()
	status, answer := http.StatusOK, "{}"
	if w.answer != nil {
		status, answer = w.answer(op, string(body))
	}
	return &http.Response{StatusCode: status, Header: http.Header{}, Body: io.NopCloser(strings.NewReader(answer))}, nil
}

// wired returns a store at the end of a wire.
func wired(answer func(op, body string) (int, string)) (*wire, *Store) {
	w := &wire{answer: answer}
	cfg := awstest.Config("http://dynamodb.example")
	cfg.HTTPClient = &http.Client{Transport: w}
	return w, New(dynamodb.NewFromConfig(cfg), "jobs", Options{
		Now:     func() time.Time { return instantOf("2026-11-22T10:00:00Z") },
		Backoff: func(int) time.Duration { return 0 },
	})
}

func instantOf(s string) time.Time {
	t, err := time.Parse(time.RFC3339, s)
	if err != nil {
		panic(err)
	}
	return t
}

// plainJob is a job without anything that is optional.
func plainJob(id string) job.Job {
	day := instantOf("2026-11-22T10:00:00Z")
	return job.Job{V: 1, ID: id, Version: 1, Owner: "ann", Status: job.Queued, Model: "core", CreatedAt: day, Input: job.Input{Prompt: secretPrompt}}
}

// expect compares the requests that were sent with JSON. Order counts.
func (w *wire) expect(t *testing.T, want ...string) {
	t.Helper()
	var got, wanted []any
	for _, s := range w.sent {
		got = append(got, parsed(t, s))
	}
	for _, s := range want {
		wanted = append(wanted, parsed(t, s))
	}
	if diff := cmp.Diff(wanted, got); diff != "" {
		t.Errorf("requests (-want +got):\n%s", diff)
	}
}

// parsed is an operation and its JSON, without the token that every transaction gets.
func parsed(t *testing.T, s string) any {
	t.Helper()
	op, body, _ := strings.Cut(s, " ")
	var v map[string]any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	delete(v, "ClientRequestToken")
	return map[string]any{op: v}
}
