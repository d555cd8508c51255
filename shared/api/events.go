package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"easel/shared/feed"
	"easel/shared/job"
)

// Times of a stream of events.
const (
	eventIdle  = 15 * time.Second // after which a comment shows that the stream lives, and its caller is asked for again
	eventWrite = 10 * time.Second // after which a reader that takes nothing is dropped
	eventRetry = 2 * time.Second  // before a browser opens a stream again that has ended
)

// eventStreams is the route GET /events.
type eventStreams struct {
	*Server
	hub *feed.Hub
}

// serve streams changes of the caller's jobs and batches until the client leaves, its credential ends or the server stops.
func (s eventStreams) serve(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	stream, err := s.hub.Open(c.Owner)
	if errors.Is(err, feed.ErrTooMany) {
		return refuseFor(eventIdle, http.StatusTooManyRequests, "too_many_streams",
			"There are as many streams of events as this server bears. Close one that nobody reads, then open this one again.")
	}
	if err != nil {
		return err
	}
	defer stream.Close()
	ctx, stop := until(r.Context(), s.Reader.Stopping)
	defer stop()
	out := &eventWriter{streams: s, w: w, rc: http.NewResponseController(w), base: s.base(r), caller: c}
	if out.begin(); r.Method == http.MethodHead {
		return nil
	}
	for err = out.sync(); err == nil; {
		var news feed.News
		if news, err = stream.Next(ctx, eventIdle); err == nil {
			err = out.tell(ctx, news)
		}
		if err == nil {
			err = out.check(r)
		}
	}
	return nil // the answer has begun: its end is all that can be told
}

// until is a context that ends as well when the process wants to.
func until(ctx context.Context, stopping <-chan struct{}) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	go func() {
		defer cancel()
		select {
		case <-stopping:
		case <-ctx.Done():
		}
	}()
	return ctx, cancel
}

// eventWriter writes server-sent events, as the HTML standard has them.
type eventWriter struct {
	streams eventStreams
	w       http.ResponseWriter
	rc      *http.ResponseController
	base    string
	caller  job.Caller
	next    time.Time // when the caller is asked for again
}

// begin sends the headers. The server's usual bounds would end the stream: it has its own, for each write. Proxies are asked
// not to hold it back.
func (e *eventWriter) begin() {
	_ = e.rc.SetReadDeadline(time.Time{}) // a test's recorder has no deadlines
	e.w.Header().Set("Content-Type", "text/event-stream")
	e.w.Header().Set("X-Accel-Buffering", "no")
	e.w.WriteHeader(http.StatusOK)
}

// sync asks the client to look at everything that it waits for.
func (e *eventWriter) sync() error {
	return e.send(fmt.Sprintf("retry: %d\nevent: sync\ndata: {}\n\n", eventRetry.Milliseconds()))
}

var errCredential = errors.New("the credential of the stream has ended")

// check ends a stream whose credential has ended since it was opened.
func (e *eventWriter) check(r *http.Request) error {
	now := time.Now()
	if now.Before(e.next) {
		return nil
	}
	if c, err := e.streams.Identify(r); err != nil || c.Owner != e.caller.Owner {
		return errCredential
	}
	e.next = now.Add(eventIdle)
	return nil
}

// tell sends news, or where there are none a comment.
func (e *eventWriter) tell(ctx context.Context, news feed.News) error {
	switch {
	case news.Lost:
		if err := e.sync(); err != nil {
			return err
		}
	case len(news.Jobs)+len(news.Batches) == 0:
		return e.send(":\n\n")
	}
	for _, id := range news.Jobs {
		shown, err := e.streams.Reader.Get(ctx, e.caller, id)
		if err := e.record("job", id, show(shown, e.base), err); err != nil {
			return err
		}
	}
	for _, id := range news.Batches {
		shown, err := e.streams.Reader.Batch(ctx, e.caller, id)
		if err := e.record("batch", id, showBatch(shown, e.base), err); err != nil {
			return err
		}
	}
	return nil
}

// record sends a record as it is now, or that it is gone. What could not be read is to be looked at by the client.
func (e *eventWriter) record(kind, id string, now any, err error) error {
	switch {
	case errors.Is(err, job.ErrNotFound):
		return e.event("deleted", map[string]string{"id": id, "object": kind})
	case err != nil:
		return e.sync()
	}
	return e.event(kind, now)
}

func (e *eventWriter) event(name string, data any) error {
	b, err := encode(data)
	if err != nil {
		return err
	}
	return e.send("event: " + name + "\ndata: " + string(bytes.TrimSpace(b)) + "\n\n")
}

func (e *eventWriter) send(text string) error {
	_ = e.rc.SetWriteDeadline(time.Now().Add(eventWrite)) // likewise
	if _, err := e.w.Write([]byte(text)); err != nil {
		return err
	}
	return e.rc.Flush()
}
