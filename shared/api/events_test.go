package api_test

import (
	"bufio"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
	"easel/shared/feed"
	"easel/shared/job"
)

// wire is the answer of a stream as it goes out. It holds what is written until it is read.
type wire struct {
	*io.PipeWriter
	header http.Header
	status chan int
	until  time.Time // when a write has to be done
}

func (w *wire) Header() http.Header    { return w.header }
func (w *wire) WriteHeader(status int) { w.status <- status }
func (w *wire) Flush()                 {}

func (w *wire) SetWriteDeadline(t time.Time) error { w.until = t; return nil }

// Write fails at its deadline, as a connection does whose other end reads nothing.
func (w *wire) Write(data []byte) (int, error) {
	late := time.AfterFunc(time.Until(w.until), func() { w.CloseWithError(context.DeadlineExceeded) })
	defer late.Stop()
	return w.PipeWriter.Write(data)
}

// watching is a client that reads a stream.
type watching struct {
	t     *testing.T
	lines *bufio.Reader
	leave context.CancelFunc
	ended chan struct{}
	head  *wire
}

// watch opens a stream with a key and reads its first event.
func (h *harness) watch(key string) *watching {
	h.t.Helper()
	ctx, leave := context.WithCancel(h.t.Context())
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, base+"/events", http.NoBody)
	if err != nil {
		h.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	reader, writer := io.Pipe()
	w := &watching{t: h.t, lines: bufio.NewReader(reader), leave: leave, ended: make(chan struct{}), head: &wire{writer, http.Header{}, make(chan int, 1), time.Time{}}}
	go func() {
		defer close(w.ended)
		h.handler.ServeHTTP(w.head, r)
		writer.Close()
	}()
	if status, kind := <-w.head.status, w.head.header.Get("Content-Type"); status != http.StatusOK || kind != "text/event-stream" {
		h.t.Fatalf("got %d, %s", status, kind)
	}
	if name, data := w.next(); name != "sync" || data != "{}" {
		h.t.Errorf("it begins with %s %s", name, data)
	}
	return w
}

// next reads an event. A comment is one without a name.
func (w *watching) next() (name, data string) {
	w.t.Helper()
	for {
		line, err := w.lines.ReadString('\n')
		if err != nil {
			w.t.Fatalf("the stream has ended: %v", err)
		}
		field, value, _ := strings.Cut(strings.TrimSuffix(line, "\n"), ":")
		switch value = strings.TrimPrefix(value, " "); field {
		case "event":
			name = value
		case "data":
			data = value
		case "":
			if line == "\n" {
				return name, data
			}
		}
	}
}

// of reads an event of a kind.
func of[T any](w *watching, kind string) (v T) {
	w.t.Helper()
	name, data := w.next()
	if name != kind {
		w.t.Fatalf("got %s %s, want %s", name, data, kind)
	}
	if err := json.Unmarshal([]byte(data), &v); err != nil {
		w.t.Fatal(err)
	}
	return v
}

// close leaves, and waits until the server has noticed.
func (w *watching) close() {
	w.leave()
	<-w.ended
}

func TestEventsShowWhatGETShows(t *testing.T) {
	inHouse(t, func(h *harness) {
		w := h.watch(annKey)
		defer w.close()
		id := h.made("k").ID
		h.besides.Feed.Tell("ann", feed.Job, id)
		_, want := want[api.Job](h, http.StatusOK, "GET", "/jobs/"+id, "")
		if diff := cmp.Diff(want, of[api.Job](w, "job")); diff != "" {
			t.Errorf("a job (-GET +event):\n%s", diff)
		}
		batch := h.batch("a fox").ID
		h.besides.Feed.Tell("ann", feed.Batch, batch)
		if got := of[api.Batch](w, "batch"); got.ID != batch || got.Counts.Total != 1 {
			t.Errorf("got %+v", got)
		}
		h.call("DELETE", "/jobs/"+id, "")
		h.besides.Feed.Tell("ann", feed.Job, id)
		if got := of[map[string]string](w, "deleted"); got["id"] != id || got["object"] != "job" {
			t.Errorf("got %v", got)
		}
	})
}

func TestEventsAreTheCallersOwn(t *testing.T) {
	inHouse(t, func(h *harness) {
		id := h.made("secret").ID
		w := h.watch(bobKey)
		defer w.close()
		h.besides.Feed.Tell("ann", feed.Job, id)
		h.besides.Feed.Tell("bob", feed.Job, id) // whatever is told wrongly
		if got := of[map[string]string](w, "deleted"); got["id"] != id || len(got) != 2 {
			t.Errorf("got %v", got)
		}
		if name, data := w.next(); name != "" {
			t.Errorf("got %s %s", name, data)
		}
		response, _ := h.call("GET", "/events", "", "Authorization", "")
		if response.StatusCode != http.StatusUnauthorized {
			t.Errorf("without a key: %d", response.StatusCode)
		}
	})
}

func TestAStreamLivesBeyondTheBoundsOfOtherAnswers(t *testing.T) {
	inHouse(t, func(h *harness) {
		w := h.watch(annKey)
		defer w.close()
		for range 40 {
			began := time.Now()
			if name, _ := w.next(); name != "" || time.Since(began) != 15*time.Second {
				t.Fatalf("got %q after %v, want a comment each 15 s", name, time.Since(began))
			}
		}
	})
}

func TestAReaderThatTakesNothingIsDropped(t *testing.T) {
	inHouse(t, func(h *harness) {
		w := h.watch(annKey)
		began := time.Now()
		<-w.ended
		if took := time.Since(began); took != 25*time.Second { // a comment, and the time that it may take
			t.Errorf("it was dropped after %v", took)
		}
		if h.besides.Feed.Watched() {
			t.Error("its stream is still open")
		}
		w.leave()
	})
}

func TestAStreamEndsWithTheServer(t *testing.T) {
	inHouse(t, func(h *harness) {
		stopping := make(chan struct{})
		h.server.Reader.Stopping = stopping
		w := h.watch(annKey)
		close(stopping)
		<-w.ended
		w.leave()
	})
}

func TestAStreamEndsWithItsCredential(t *testing.T) {
	inHouse(t, func(h *harness) {
		identify, gone := h.server.Identify, false
		h.server.Identify = func(r *http.Request) (job.Caller, error) {
			if gone {
				return job.Caller{}, &api.Problem{Status: http.StatusUnauthorized}
			}
			return identify(r)
		}
		h.open()
		w := h.watch(annKey)
		gone = true
		if name, _ := w.next(); name != "" {
			t.Errorf("got %s", name)
		}
		<-w.ended
		w.leave()
	})
}

func TestAStoreThatFailsIsLookedAtByTheClient(t *testing.T) {
	inHouse(t, func(h *harness) {
		id := h.made("k").ID
		w := h.watch(annKey)
		defer w.close()
		h.server.Reader.Links = broken{}
		h.besides.Feed.Tell("ann", feed.Job, id)
		if name, _ := w.next(); name != "sync" {
			t.Errorf("got %s", name)
		}
	})
}

type broken struct{}

func (broken) URL(context.Context, string, string, time.Duration) (string, time.Time, error) {
	return "", time.Time{}, io.ErrUnexpectedEOF
}

func TestStreamsOfAnOwnerAreBounded(t *testing.T) {
	inHouse(t, func(h *harness) {
		for range 16 {
			defer h.watch(annKey).close()
		}
		response, p := want[api.Problem](h, http.StatusTooManyRequests, "GET", "/events", "")
		if p.Code != "too_many_streams" || response.Header.Get("Retry-After") == "" {
			t.Errorf("got %+v", p)
		}
		defer h.watch(bobKey).close()
		synctest.Wait()
	})
}

func TestAServerWithoutAFeedHasNoEvents(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.besides.Feed = nil
		h.open()
		if _, p := want[api.Problem](h, http.StatusNotFound, "GET", "/events", ""); strings.Contains(p.Detail, "GET /events") {
			t.Errorf("got %+v", p)
		}
	})
}
