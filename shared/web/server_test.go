package web_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/local"
)

// A server is the embedded one with its simulator.
type server struct {
	t      testing.TB
	url    string
	data   string
	client *client.Client
	stop   func() error
}

// serve starts one on a free port, with quick pictures unless the options say otherwise.
func serve(t testing.TB, o local.Options) *server {
	t.Helper()
	if o.Data == "" {
		o.Data = t.TempDir()
	}
	if o.Addr == "" {
		o.Addr = "127.0.0.1:0"
	}
	if o.Sim.Latency == 0 {
		o.Sim.Latency = -1
	}
	o.Log, o.Out = slog.New(slog.DiscardHandler), io.Discard
	ready, ended := make(chan string, 1), make(chan error, 1)
	o.Ready = func(url string) { ready <- url }
	ctx, cancel := context.WithCancel(context.Background())
	go func() { ended <- local.Run(ctx, o) }()
	s := &server{t: t, data: o.Data}
	s.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() { _ = s.stop() })
	select {
	case s.url = <-ready:
	case err := <-ended:
		ended <- err
		t.Fatalf("the server did not start: %v", err)
	}
	var err error
	if s.client, err = client.New(s.url, ""); err != nil {
		t.Fatal(err)
	}
	return s
}

// tiny is a simulator that draws as quickly as it can.
func tiny() local.SimOptions { return local.SimOptions{Tiny: true, Latency: -1} }

// make orders a picture and waits for its end.
func (s *server) make(request api.JobRequest) api.Job {
	s.t.Helper()
	j, err := s.client.Submit(s.t.Context(), request, "", 20*time.Second)
	if err != nil {
		s.t.Fatal(err)
	}
	return j
}

// fill orders many small pictures at once and waits for the last.
func (s *server) fill(lines int, line func(n int) string) (batch string) {
	s.t.Helper()
	var b strings.Builder
	for n := range lines {
		b.WriteString(line(n) + "\n")
	}
	var made struct{ ID string }
	s.call("POST", "/batches", "application/x-ndjson", b.String(), &made)
	for range 100 {
		var now struct{ Counts struct{ Queued, Running int } }
		s.call("GET", "/batches/"+made.ID+"?wait=20", "", "", &now)
		if now.Counts.Queued+now.Counts.Running == 0 {
			return made.ID
		}
	}
	s.t.Fatal("the batch does not end")
	return ""
}

func (s *server) call(method, path, kind, body string, out any) {
	s.t.Helper()
	r, err := http.NewRequestWithContext(s.t.Context(), method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	if kind != "" {
		r.Header.Set("Content-Type", kind)
	}
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	defer answer.Body.Close()
	data, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode >= 300 {
		s.t.Fatalf("%s %s: %d %s %v", method, path, answer.StatusCode, data, err)
	}
	if out != nil {
		if err := json.Unmarshal(data, out); err != nil {
			s.t.Fatal(err)
		}
	}
}

// jobs are all of the server's, newest first, up to a hundred.
func (s *server) jobs() []api.Job {
	s.t.Helper()
	l, err := s.client.List(s.t.Context(), client.ListQuery{Limit: 100})
	if err != nil {
		s.t.Fatal(err)
	}
	return l.Data
}
