package api_test

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/png"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"easel/shared/api"
	"easel/shared/disk"
	"easel/shared/feed"
	"easel/shared/job"
	"easel/shared/job/jobtest"
	"easel/shared/model"
	"easel/shared/pace"
	"easel/shared/read"
	"easel/shared/sqlite"
	"easel/shared/sweep"
	"easel/shared/worker"
)

const (
	base   = "http://127.0.0.1:8080"
	annKey = "the-key-of-ann-for-tests"
	bobKey = "the-key-of-bob-for-tests"
)

// harness is the API before the whole core on the embedded adapters, each port behind a fault that a test may set.
type harness struct {
	t       *testing.T
	queue   *sqlite.Queue
	fault   *jobtest.Fault
	studio  *studio
	worker  *worker.Worker
	sweeper *sweep.Sweeper
	server  api.Server
	handler http.Handler
	store   *disk.Store
	log     *bytes.Buffer

	besides *api.Embedded
}

// studio paints one pixel, or does what the test says before.
type studio struct {
	calls atomic.Int32
	do    func() error
}

func (s *studio) Generate(_ context.Context, _ model.Model, r model.Request) (model.Result, error) {
	s.calls.Add(1)
	if s.do != nil {
		if err := s.do(); err != nil {
			return model.Result{}, err
		}
	}
	return model.Result{Image: picture(1, 1), Seed: r.Seed}, nil
}

func picture(w, h int) []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h)))
	return b.Bytes()
}

// inHouse runs a test in virtual time.
func inHouse(t *testing.T, test func(h *harness)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		db, err := sqlite.Open(t.Context(), filepath.Join(dir, "easel.db"), sqlite.Options{Unsafe: true})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		test(build(t, db, filepath.Join(dir, "images")))
	})
}

// pass lets virtual time go by.
func pass(d time.Duration) { <-time.After(d) }

func build(t *testing.T, db *sqlite.DB, images string) *harness {
	t.Helper()
	store, err := disk.NewStore(images, make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	store.SetBase(base)
	keys, err := api.LoadKeys(strings.NewReader("ann " + annKey + "\nbob " + bobKey + "\n"))
	if err != nil {
		t.Fatal(err)
	}
	h := &harness{t: t, besides: &api.Embedded{Feed: &feed.Hub{}, Pictures: store, Sessions: api.NewSessions(func() *api.Keys { return keys })}, queue: db.Queue(sqlite.QueueOptions{}), store: store, fault: &jobtest.Fault{}, studio: &studio{}, log: &bytes.Buffer{}}
	recorder := job.Recorder{Records: db, Batches: db}
	dispatcher := &job.Dispatcher{Queue: h.queue, Toucher: db}
	limiter := &pace.Limiter{Limits: func(string) pace.Limits { return pace.Limits{Start: 60} }}
	h.worker = &worker.Worker{Recorder: recorder, Dispatcher: dispatcher, Limiter: limiter, Images: store, Inputs: store, Generator: h.studio, Pacer: db, Days: db}
	h.sweeper = &sweep.Sweeper{
		Recorder: recorder, Dispatcher: dispatcher, Limiter: limiter, Lines: db, Standings: db, Waiters: db, Counters: db, Days: db, Timers: db, Index: db, Finder: db, BatchIndex: db, BatchEraser: db, Images: store, Inputs: store, InputEraser: store, Eraser: db,
	}
	dispatcher.Wake = func() { // turns are given out at once
		if _, err := h.sweeper.Sweep(t.Context()); err != nil {
			t.Error(err)
		}
	}
	h.server = api.Server{
		Besides: h.besides,
		Submitter: &job.Submitter{
			Recorder: recorder, Dispatcher: dispatcher, Limiter: limiter, Images: store, Inputs: store, Creator: db, Eraser: db, Finder: db,
			BatchEraser: db, Index: db, Timers: db, Standings: db, Days: db, Backlog: db,
			NewSeed: func() int64 { return 4711 },
		},
		Reader: &read.Reader{
			Records: db, Index: db, Links: store, Thumbs: store.Thumbnails(), Secret: []byte("secret"), Words: true,
			BatchRecords: db, BatchIndex: db, Standings: db, Days: db, Limiter: limiter,
		},
		Identify: h.besides.Sessions.Identify,
		Log:      slog.New(slog.NewTextHandler(h.log, nil)),
		NewID:    func() string { return "00000000-0000-4000-8000-000000000000" },
	}
	h.fault.On(h.server.Submitter, h.server.Reader)
	h.open()
	return h
}

// open makes the handler anew, after a change of the server's fields, with the files beside it as the embedded mode has
// them.
func (h *harness) open() {
	server := h.server
	server.Beside = map[string]http.Handler{"/files/": h.store.Handler()}
	h.handler = api.New(server)
}

// RoundTrip answers a request without a network, so that virtual time goes on, and holds every answer against the
// description.
func (h *harness) RoundTrip(r *http.Request) (*http.Response, error) {
	sent := r.Clone(r.Context())
	sent.RequestURI, sent.RemoteAddr = r.URL.RequestURI(), "127.0.0.1:50000"
	if sent.Host == "" {
		sent.Host = r.URL.Host
	}
	var body []byte
	if sent.Body != nil {
		body, _ = io.ReadAll(sent.Body)
	}
	sent.Body = io.NopCloser(bytes.NewReader(body))
	if r.URL.Path == "/events" { // a stream that is read to its end
		ctx, leave := context.WithTimeout(sent.Context(), time.Second)
		defer leave()
		sent = sent.WithContext(ctx)
	}
	recorder := httptest.NewRecorder()
	h.handler.ServeHTTP(recorder, sent)
	response := recorder.Result()
	response.Request = r
	if !strings.HasPrefix(r.URL.Path, "/files/") {
		described(h.t, sent, response)
		if response.StatusCode < http.StatusMultipleChoices {
			ordered(h.t, sent, body)
		}
	}
	return response, nil
}

// call sends a request for ann with JSON and returns the answer and its body. Headers are pairs.
func (h *harness) call(method, path, body string, header ...string) (*http.Response, []byte) {
	h.t.Helper()
	r, err := http.NewRequestWithContext(h.t.Context(), method, base+path, strings.NewReader(body))
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+annKey)
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	for n := 0; n < len(header); n += 2 {
		set(r, header[n], header[n+1])
	}
	response, _ := h.RoundTrip(r)
	data, err := io.ReadAll(response.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return response, data
}

// set replaces a header; an empty value takes it away.
func set(r *http.Request, name, value string) {
	switch {
	case name == "Host":
		r.Host = value
	case value == "":
		r.Header.Del(name)
	default:
		r.Header.Set(name, value)
	}
}

// want calls and expects a status and, of an answer in JSON, a value of the type.
func want[T any](h *harness, status int, method, path, body string, header ...string) (*http.Response, T) {
	h.t.Helper()
	response, data := h.call(method, path, body, header...)
	if response.StatusCode != status {
		h.t.Fatalf("%s %s: got %d, want %d: %s", method, path, response.StatusCode, status, data)
	}
	var v T
	if err := json.Unmarshal(data, &v); err != nil {
		h.t.Fatalf("%s %s: %v", method, path, err)
	}
	return response, v
}

// order submits a small request under a key.
func (h *harness) order(key string) api.Job {
	h.t.Helper()
	_, j := want[api.Job](h, http.StatusAccepted, "POST", "/jobs", `{"prompt": "a red fox"}`, "Idempotency-Key", key)
	return j
}

// work lets a worker do what is in the queue, one message.
func (h *harness) work() {
	d, err := h.queue.Receive(h.t.Context())
	if err != nil {
		h.t.Error(err)
		return
	}
	m, err := job.ParseMessage(d.Body)
	if err != nil {
		h.t.Error(err)
		return
	}
	if out := h.worker.Do(h.t.Context(), m); !out.Retry {
		_ = h.queue.Ack(h.t.Context(), d.Receipt)
	}
}

// made is a job that has succeeded.
func (h *harness) made(key string) api.Job {
	h.t.Helper()
	j := h.order(key)
	h.work()
	_, j = want[api.Job](h, http.StatusOK, "GET", "/jobs/"+j.ID, "")
	if j.Status != "succeeded" {
		h.t.Fatalf("the job is %s", j.Status)
	}
	return j
}
