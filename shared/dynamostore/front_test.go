package dynamostore

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"easel/shared/awstest"
)

// front stands before the emulator. It passes one request at a time, since the emulator looks at a condition and
// writes in two steps that others may come between: without it, two of 32 updates of one version went through. And it
// does with a request what a test wants.
type front struct {
	// rule decides over the nth request of an operation, counted from 1. Nil: all pass.
	rule func(r *operation) reply

	back aws.Config // of the emulator itself

	mu    sync.Mutex
	calls map[string]int
	pass  http.Handler
}

// operation is what a rule sees.
type operation struct {
	op   string // such as PutItem
	n    int
	body []byte
	pass func(body []byte) reply // asks the emulator
}

// reply is what the client gets: lost is a connection that breaks.
type reply struct {
	status int
	body   []byte
	lost   bool
}

func refuse(code, message string) reply {
	body, _ := json.Marshal(map[string]any{"__type": "com.amazonaws.dynamodb.v20120810#" + code, "message": message})
	return reply{status: http.StatusBadRequest, body: body}
}

// secretPrompt must not come up in any error.
const secretPrompt = "a prompt that nobody else may read"

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	_, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	f.calls[op]++
	ask := &operation{op: op, n: f.calls[op], body: body, pass: func(body []byte) reply {
		again := r.Clone(r.Context())
		again.Body, again.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
		answer := httptest.NewRecorder()
		f.pass.ServeHTTP(answer, again)
		return reply{status: answer.Code, body: answer.Body.Bytes()}
	}}
	rule := f.rule
	if rule == nil {
		rule = func(r *operation) reply { return r.pass(r.body) }
	}
	out := rule(ask)
	if out.lost {
		panic(http.ErrAbortHandler)
	}
	w.Header().Set("Content-Type", "application/x-amz-json-1.0")
	w.WriteHeader(out.status)
	_, _ = w.Write(out.body)
}

// TestMain ends the emulator that all tests share.
func TestMain(m *testing.M) { awstest.Main(m) }

// emulate puts a front before the emulator.
func emulate(t *testing.T) (*front, aws.Config) {
	t.Helper()
	cfg := awstest.Shared(t)
	back, err := url.Parse(*cfg.BaseEndpoint)
	if err != nil {
		t.Fatal(err)
	}
	f := &front{back: cfg, calls: map[string]int{}, pass: httputil.NewSingleHostReverseProxy(back)}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	return f, awstest.Config(server.URL)
}

// open makes an empty table behind a front and has the rule apply from there on.
func open(t *testing.T, rule func(r *operation) reply) (*front, *Store) {
	t.Helper()
	f, cfg := emulate(t)
	s := table(t, cfg)
	f.rule = rule
	return f, s
}

// count is how many requests of an operation have come.
func (f *front) count(op string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[op]
}
