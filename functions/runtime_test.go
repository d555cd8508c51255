package functions

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// function is a process of a function, and what Lambda is to it: the Runtime API, which it asks for one invocation after
// the other. One function gets one invocation at a time.
type function struct {
	name   string
	cmd    *exec.Cmd
	server *httptest.Server
	began  time.Time    // when the process was started
	out    bytes.Buffer // of the process, to be read once it has ended
	errors bytes.Buffer
	asked  chan time.Time // when it asked for an invocation
	next   chan invocation
	number int
	ended  chan struct{}

	mu    sync.Mutex
	under map[string]chan<- result // the invocations that it has not answered, by their numbers
}

type invocation struct {
	id       string
	event    []byte
	deadline time.Time
}

// result is what a function answered, or says that it failed to.
type result struct {
	body   []byte
	failed bool
}

// launch starts a function as Lambda does, until the test ends. The function gets this environment and no other.
func launch(t testing.TB, name string, env []string) *function {
	t.Helper()
	f := &function{
		name: name, cmd: exec.CommandContext(t.Context(), filepath.Join(compiled(t, native), name)),
		asked: make(chan time.Time, 1), next: make(chan invocation), ended: make(chan struct{}), under: map[string]chan<- result{},
	}
	f.server = httptest.NewServer(f.api(t))
	f.cmd.Env = append(slices.Clone(env), "AWS_LAMBDA_RUNTIME_API="+strings.TrimPrefix(f.server.URL, "http://"))
	f.cmd.Stdout, f.cmd.Stderr = &f.out, &f.errors
	f.began = time.Now()
	if err := f.cmd.Start(); err != nil {
		f.server.Close()
		t.Fatal(err)
	}
	t.Cleanup(f.kill)
	go func() {
		_ = f.cmd.Wait() // the state of the process tells
		close(f.ended)
	}()
	return f
}

// kill ends the process as Lambda does at the end of its time: without a word.
func (f *function) kill() {
	_ = f.cmd.Process.Kill() // it may have ended
	<-f.ended
	f.server.Close()
}

// api is the part of the Runtime API that functions in Go use.
func (f *function) api(t testing.TB) http.Handler {
	const base = "/2018-06-01/runtime/invocation/"
	mux := http.NewServeMux()
	mux.HandleFunc("GET "+base+"next", f.give)
	mux.HandleFunc("POST "+base+"{id}/response", f.take)
	mux.HandleFunc("POST "+base+"{id}/error", f.take)
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		t.Errorf("%s asked the Runtime API for %s %s", f.name, r.Method, r.URL.Path)
		http.NotFound(w, r)
	})
	return mux
}

func (f *function) give(w http.ResponseWriter, r *http.Request) {
	select {
	case f.asked <- time.Now():
	default: // no test waits for this one
	}
	select {
	case i := <-f.next:
		w.Header().Set("Lambda-Runtime-Aws-Request-Id", i.id)
		w.Header().Set("Lambda-Runtime-Deadline-Ms", strconv.FormatInt(i.deadline.UnixMilli(), 10))
		w.Header().Set("Lambda-Runtime-Invoked-Function-Arn", "arn:aws:lambda:us-east-1:123456789012:function:"+f.name)
		w.Header().Set("Content-Type", "application/json")
		_, _ = w.Write(i.event) // a process that is gone gives no answer either
	case <-r.Context().Done():
	}
}

func (f *function) take(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	f.mu.Lock()
	answer, ok := f.under[r.PathValue("id")]
	delete(f.under, r.PathValue("id"))
	f.mu.Unlock()
	if err != nil || !ok {
		http.Error(w, "no such invocation", http.StatusBadRequest)
		return
	}
	w.WriteHeader(http.StatusAccepted)
	answer <- result{body, strings.HasSuffix(r.URL.Path, "/error")}
}

// begin gives the function an event and so much time. What it answers comes through the channel.
func (f *function) begin(t testing.TB, event []byte, limit time.Duration) <-chan result {
	t.Helper()
	answer := make(chan result, 1)
	f.mu.Lock()
	f.number++
	id := fmt.Sprintf("00000000-0000-4000-8000-%012d", f.number)
	f.under[id] = answer
	f.mu.Unlock()
	select {
	case f.next <- invocation{id, event, time.Now().Add(limit)}:
	case <-f.ended:
		t.Fatalf("%s has ended: %s\n%s", f.name, f.cmd.ProcessState, &f.errors)
	}
	return answer
}

// invoke gives the function an event and returns what it answers.
func (f *function) invoke(t testing.TB, event []byte) []byte {
	t.Helper()
	select {
	case r := <-f.begin(t, event, limits[f.name]):
		if r.failed {
			t.Fatalf("%s failed: %s", f.name, r.body)
		}
		return r.body
	case <-f.ended:
		t.Fatalf("%s ended over an event: %s\n%s", f.name, f.cmd.ProcessState, &f.errors)
	}
	return nil
}
