package functions

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
)

// front stands before the emulator and counts what functions ask of AWS. It passes one request at a time, since
// the emulator looks at a condition and writes in two steps that others may come between.
type front struct {
	pass http.Handler

	mu    sync.Mutex
	asked map[string]int // by operation, such as DynamoDB PutItem
	again int            // of these, requests that the SDK repeated
	sent  []string       // bodies of messages
	told  []told
}

// told is an event as EventBridge gets it.
type told struct{ DetailType, Detail string }

// watch has the functions that are started from now on ask through a front.
func (a *account) watch(t testing.TB) *front {
	t.Helper()
	emulator, err := url.Parse(*a.aws.BaseEndpoint)
	if err != nil {
		t.Fatal(err)
	}
	f := &front{pass: httputil.NewSingleHostReverseProxy(emulator), asked: map[string]int{}}
	server := httptest.NewServer(f)
	t.Cleanup(server.Close)
	a.env = append(a.env, "AWS_ENDPOINT_URL="+server.URL)
	return f
}

// during returns what is asked while something is done.
func (f *front) during(do func()) map[string]int {
	f.mu.Lock()
	f.asked, f.again, f.sent = map[string]int{}, 0, nil
	f.mu.Unlock()
	do()
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.asked)
}

func (f *front) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	f.note(r, body)
	if made, rest := created(r, body); len(made) > 1 && f.store(w, r, made, rest) {
		return
	}
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	f.pass.ServeHTTP(w, r)
}

// note takes note of a request.
func (f *front) note(r *http.Request, body []byte) {
	service, op, _ := strings.Cut(r.Header.Get("X-Amz-Target"), ".")
	service, _, _ = strings.Cut(service, "_")
	f.asked[service+" "+op]++
	if !strings.HasPrefix(r.Header.Get("Amz-Sdk-Request"), "attempt=1;") {
		f.again++
	}
	var in struct {
		Entries []struct {
			MessageBody string
			told
		}
	}
	_ = json.Unmarshal(body, &in) // of other operations it is empty
	for _, e := range in.Entries {
		if op == "SendMessageBatch" {
			f.sent = append(f.sent, e.MessageBody)
		}
		if op == "PutEvents" {
			f.told = append(f.told, e.told)
		}
	}
}

// created are the items that a transaction does nothing with but to create them, and its other writes.
func created(r *http.Request, body []byte) (items, rest []json.RawMessage) {
	var in struct{ TransactItems []json.RawMessage }
	if !strings.HasSuffix(r.Header.Get("X-Amz-Target"), ".TransactWriteItems") || json.Unmarshal(body, &in) != nil {
		return nil, nil
	}
	for _, write := range in.TransactItems {
		var w struct {
			Put struct {
				Item                json.RawMessage
				ConditionExpression string
			}
		}
		if json.Unmarshal(write, &w) == nil && w.Put.ConditionExpression == "attribute_not_exists(pk)" {
			items = append(items, w.Put.Item)
		} else {
			rest = append(rest, write)
		}
	}
	return items, rest
}

// store does in the emulator's place what takes it half a minute where there are a thousand items: it copies the whole
// table for each item of a transaction. Where one of the items is there already, or the other writes do not take effect,
// nothing is done.
func (f *front) store(w http.ResponseWriter, r *http.Request, made, rest []json.RawMessage) bool {
	var keys, puts []any
	for _, it := range made {
		var id struct {
			Key  json.RawMessage `json:"pk"`
			Sort json.RawMessage `json:"sk"`
		}
		if json.Unmarshal(it, &id) != nil {
			return false
		}
		keys = append(keys, map[string]any{"pk": id.Key, "sk": id.Sort})
		puts = append(puts, map[string]any{"PutRequest": map[string]any{"Item": it}})
	}
	for part := range slices.Chunk(keys, 100) {
		var there found
		if !f.ask(r, "BatchGetItem", map[string]any{"RequestItems": map[string]any{name: map[string]any{"Keys": part}}}, &there) || len(there.Responses[name]) > 0 {
			return false
		}
	}
	if len(rest) > 0 && !f.ask(r, "TransactWriteItems", map[string]any{"TransactItems": rest}, nil) {
		return false
	}
	for part := range slices.Chunk(puts, 25) {
		if !f.ask(r, "BatchWriteItem", map[string]any{"RequestItems": map[string]any{name: part}}, nil) {
			panic("the emulator has taken half of a transaction")
		}
	}
	_, _ = io.WriteString(w, "{}") // a client that is gone gets no answer either
	return true
}

type found struct {
	Responses map[string][]json.RawMessage
}

// ask makes another request of the emulator under the signature of one that came, which it does not check.
func (f *front) ask(r *http.Request, op string, in map[string]any, out any) bool {
	body, err := json.Marshal(in)
	if err != nil {
		return false
	}
	own := r.Clone(r.Context())
	own.Header.Set("X-Amz-Target", "DynamoDB_20120810."+op)
	own.Header.Del("Accept-Encoding")
	own.Body, own.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	answer := httptest.NewRecorder()
	f.pass.ServeHTTP(answer, own)
	return answer.Code == http.StatusOK && (out == nil || json.Unmarshal(answer.Body.Bytes(), out) == nil)
}
