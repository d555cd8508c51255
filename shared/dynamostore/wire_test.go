package dynamostore

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/google/go-cmp/cmp"

	"easel/shared/awstest"
	"easel/shared/job"
	"easel/shared/request"
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

// made is the token of the SDK, which makes one by chance otherwise.
type made struct{}

func (made) GetIdempotencyToken() (string, error) { return "made by the SDK", nil }

// wired returns a store at the end of a wire.
func wired(answer func(op, body string) (int, string)) (*wire, *Store) {
	w := &wire{answer: answer}
	cfg := awstest.Config("http://dynamodb.example")
	cfg.HTTPClient = &http.Client{Transport: w}
	client := dynamodb.NewFromConfig(cfg, func(o *dynamodb.Options) { o.IdempotencyTokenProvider = made{} })
	s := New(client, "jobs")
	s.now = func() time.Time { return instantOf("2026-11-22T10:00:00Z") }
	s.backoff = func(int) time.Duration { return 0 }
	return w, s
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
	return job.Job{V: 1, ID: id, Version: 1, Owner: "ann", Status: job.Queued, Model: "core", CreatedAt: day, Input: job.Input{Settings: request.Settings{Prompt: secretPrompt}}}
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

// parsed is an operation and its JSON.
func parsed(t *testing.T, s string) any {
	t.Helper()
	op, body, _ := strings.Cut(s, " ")
	var v map[string]any
	if err := json.Unmarshal([]byte(body), &v); err != nil {
		t.Fatalf("%s: %v", s, err)
	}
	return map[string]any{op: v}
}

// spelled are the writes of a request, each in a line: the verb, the key, what changes and under which condition, with
// names and values in the place of their placeholders. A put is shown without its item. The first line names the request,
// with its token if it has one.
func spelled(t *testing.T, sent string) []string {
	t.Helper()
	op, body, _ := strings.Cut(sent, " ")
	if op != "TransactWriteItems" {
		return []string{op, spell(t, strings.TrimSuffix(op, "Item"), []byte(body))}
	}
	var in struct {
		ClientRequestToken string
		TransactItems      []map[string]json.RawMessage
	}
	if err := json.Unmarshal([]byte(body), &in); err != nil {
		t.Fatal(err)
	}
	lines := []string{op + " " + in.ClientRequestToken}
	for _, write := range in.TransactItems {
		for verb, one := range write {
			lines = append(lines, spell(t, verb, one))
		}
	}
	return lines
}

var placeholder = regexp.MustCompile(`[#:]\w+`)

func spell(t *testing.T, verb string, body []byte) string {
	t.Helper()
	type attributes map[string]map[string]any
	var in struct {
		Key, Item, ExpressionAttributeValues  attributes
		ExpressionAttributeNames              map[string]string
		UpdateExpression, ConditionExpression string
		ReturnValuesOnConditionCheckFailure   string
	}
	if err := json.Unmarshal(body, &in); err != nil {
		t.Fatal(err)
	}
	text := in.UpdateExpression
	if in.ConditionExpression != "" {
		text += " IF " + in.ConditionExpression
	}
	text = placeholder.ReplaceAllStringFunc(text, func(p string) string {
		if name, ok := in.ExpressionAttributeNames[p]; ok {
			return name
		}
		for _, v := range in.ExpressionAttributeValues[p] {
			return fmt.Sprint(v)
		}
		return p
	})
	if in.ReturnValuesOnConditionCheckFailure == "ALL_OLD" {
		text += " OR SHOW"
	}
	where := in.Key
	if where == nil {
		where = in.Item
	}
	if where[sk]["S"] != alone {
		text = fmt.Sprint(where[sk]["S"], " ", text)
	}
	return fmt.Sprint(verb, " ", where[pk]["S"], " ", text)
}
