package api_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/job"
)

// line is a connection on which a test decides over each request, counted from 1. Nil passes it on.
type line struct {
	far  http.RoundTripper
	do   func(n int, r *http.Request) (*http.Response, error)
	n    int
	sent []*http.Request
}

func (l *line) RoundTrip(r *http.Request) (*http.Response, error) {
	l.n++
	l.sent = append(l.sent, r)
	if l.do != nil {
		if response, err := l.do(l.n, r); response != nil || err != nil {
			return response, err
		}
	}
	return l.far.RoundTrip(r)
}

var errBroken = errors.New("connection reset by peer")

func answerOf(status int, body string, header ...string) *http.Response {
	response := &http.Response{StatusCode: status, Status: http.StatusText(status), Header: http.Header{}, Body: io.NopCloser(strings.NewReader(body))}
	for n := 0; n < len(header); n += 2 {
		response.Header.Set(header[n], header[n+1])
	}
	return response
}

// client returns ann's client over a line to the harness.
func (h *harness) client() (*client.Client, *line) {
	h.t.Helper()
	c, err := client.New(base+"/", annKey)
	if err != nil {
		h.t.Fatal(err)
	}
	l := &line{far: h}
	c.HTTP = &http.Client{Transport: l}
	return c, l
}

func TestClientDoesEverything(t *testing.T) {
	inHouse(t, func(h *harness) {
		c, l := h.client()
		ctx := h.t.Context()
		var seed int64 = 7
		j, err := c.Submit(ctx, api.JobRequest{Settings: api.Settings{Prompt: "a red fox", Seed: &seed, Model: "sd35"}, Image: picture(64, 64)}, "", 0)
		if err != nil || j.Status != "queued" || j.Sent.Seed != 7 || j.Input.Image.Width != 64 {
			t.Fatalf("got %+v, %v", j, err)
		}
		list, err := c.List(ctx, client.ListQuery{Status: []string{"queued", "failed"}, Model: "sd35", Limit: 1})
		if err != nil || len(list.Data) != 1 || cmp.Diff(j, list.Data[0]) != "" {
			t.Errorf("got %+v, %v", list, err)
		}
		if j, err = c.Cancel(ctx, j.ID); err != nil || j.Status != "canceled" {
			t.Errorf("got %+v, %v", j, err)
		}
		if j, err = c.Retry(ctx, j.ID); err != nil || j.Status != "queued" {
			t.Errorf("got %+v, %v", j, err)
		}
		go h.work() // of the two messages the first is stale
		go h.work()
		if j, err = c.Get(ctx, j.ID, 10*time.Second); err != nil || !j.Ended() || len(j.Images) != 1 {
			t.Fatalf("got %+v, %v", j, err)
		}
		var file bytes.Buffer
		if err := c.Download(ctx, j, 0, &file); err != nil || int64(file.Len()) != j.Images[0].SizeBytes {
			t.Errorf("got %d bytes, %v", file.Len(), err)
		}
		if last := l.sent[len(l.sent)-1]; last.Header.Get("Authorization") != "" || !strings.HasPrefix(last.Header.Get("User-Agent"), "easel/") {
			t.Errorf("the picture was fetched with %v", last.Header)
		}
		if err := c.Delete(ctx, j.ID); err != nil {
			t.Error(err)
		}
		if _, err := c.Get(ctx, j.ID, 0); !errors.Is(err, job.ErrNotFound) {
			t.Errorf("got %v", err)
		}
		if models, err := c.Models(ctx, true); err != nil || len(models.Data) < 4 {
			t.Errorf("got %+v, %v", models, err)
		}
		if err := c.Health(ctx); err != nil {
			t.Error(err)
		}
	})
}

func TestLostAnswerOrdersOnce(t *testing.T) {
	inHouse(t, func(h *harness) {
		c, l := h.client()
		l.do = func(n int, r *http.Request) (*http.Response, error) {
			if n > 2 {
				return nil, nil
			}
			_, _ = h.RoundTrip(r)
			return nil, errBroken
		}
		j, err := c.Submit(h.t.Context(), api.JobRequest{Settings: api.Settings{Prompt: "a red fox"}}, "", 0)
		l.do = nil
		list, _ := c.List(h.t.Context(), client.ListQuery{})
		if err != nil || len(list.Data) != 1 || list.Data[0].ID != j.ID || l.n != 4 {
			t.Errorf("got %d jobs in %d requests, %v", len(list.Data), l.n, err)
		}
	})
}

func TestClientKnowsTheKindsOfTheCore(t *testing.T) {
	inHouse(t, func(h *harness) {
		c, _ := h.client()
		j := h.made("one")
		_, reused := c.Submit(h.t.Context(), api.JobRequest{Settings: api.Settings{Prompt: "a blue fox"}}, "one", 0)
		_, invalid := c.Submit(h.t.Context(), api.JobRequest{}, "two", 0)
		_, state := c.Cancel(h.t.Context(), j.ID)
		_, forbidden := c.List(h.t.Context(), client.ListQuery{Owner: "bob"})
		for got, want := range map[error]error{
			reused: job.ErrMismatch, invalid: job.ErrInvalid, state: job.ErrState, forbidden: job.ErrForbidden,
		} {
			if !errors.Is(got, want) {
				t.Errorf("got %v, want %v", got, want)
			}
		}
	})
}

func TestLostAnswerOfARetryIsNotRepeated(t *testing.T) {
	inHouse(t, func(h *harness) {
		c, l := h.client()
		l.do = func(int, *http.Request) (*http.Response, error) { return nil, errBroken }
		if _, err := c.Retry(h.t.Context(), "7"); !errors.Is(err, client.ErrUnreachable) || l.n != 1 {
			t.Errorf("got %v after %d requests", err, l.n)
		}
	})
}

func TestLostAnswerOfADeleteIsSuccess(t *testing.T) {
	inHouse(t, func(h *harness) {
		c, l := h.client()
		j := h.order("one")
		l.do = func(n int, r *http.Request) (*http.Response, error) {
			if n > 1 {
				return nil, nil
			}
			_, _ = h.RoundTrip(r)
			return nil, errBroken
		}
		if err := c.Delete(h.t.Context(), j.ID); err != nil || l.n != 2 {
			t.Errorf("got %v after %d requests", err, l.n)
		}
		if err := c.Delete(h.t.Context(), j.ID); !errors.Is(err, job.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	})
}

func TestClientWaitsAsLongAsTheServerAsks(t *testing.T) {
	inHouse(t, func(h *harness) {
		c, l := h.client()
		l.do = func(n int, _ *http.Request) (*http.Response, error) {
			if n == 1 {
				return answerOf(http.StatusTooManyRequests, "", "Retry-After", "7"), nil
			}
			return nil, nil
		}
		start := time.Now()
		if _, err := c.Models(h.t.Context(), false); err != nil || time.Since(start) != 7*time.Second {
			t.Errorf("got %v after %v", err, time.Since(start))
		}
		l.n, l.do = 0, func(int, *http.Request) (*http.Response, error) {
			return answerOf(http.StatusServiceUnavailable, "", "Retry-After", "60"), nil
		}
		_, err := c.Models(h.t.Context(), false)
		var p *api.Problem
		if !errors.As(err, &p) || p.RetryAfter != time.Minute || l.n != 1 || !errors.Is(err, job.ErrUnavailable) {
			t.Errorf("got %v after %d requests", err, l.n)
		}
	})
}

func TestClientGivesUp(t *testing.T) {
	inHouse(t, func(h *harness) {
		c, l := h.client()
		l.do = func(int, *http.Request) (*http.Response, error) {
			return answerOf(http.StatusBadGateway, "<html>oops</html>"), nil
		}
		_, err := c.Get(h.t.Context(), "7", 0)
		var p *api.Problem
		if !errors.As(err, &p) || p.Status != http.StatusBadGateway || p.Code != "bad_gateway" || p.Detail == "" || l.n != 4 {
			t.Errorf("got %v after %d requests", err, l.n)
		}
		l.n, l.do = 0, func(int, *http.Request) (*http.Response, error) { return nil, errBroken }
		if err = c.Delete(h.t.Context(), "7"); !errors.Is(err, client.ErrUnreachable) || !errors.Is(err, errBroken) || !strings.Contains(err.Error(), "127.0.0.1:8080") || l.n != 4 {
			t.Errorf("got %v after %d requests", err, l.n)
		}
		l.n, l.do = 0, func(int, *http.Request) (*http.Response, error) {
			return nil, &net.OpError{Op: "dial", Err: errBroken}
		}
		if _, err = c.Get(h.t.Context(), "7", 0); !errors.Is(err, client.ErrUnreachable) || l.n != 1 {
			t.Errorf("where nobody listens, got %v after %d requests", err, l.n)
		}
		l.n, l.do = 0, func(int, *http.Request) (*http.Response, error) {
			return answerOf(http.StatusOK, "<html>hello</html>"), nil
		}
		if _, err = c.Get(h.t.Context(), "7", 0); err == nil || !strings.Contains(err.Error(), "is 127.0.0.1:8080 an Easel server?") || l.n != 1 {
			t.Errorf("got %v after %d requests", err, l.n)
		}
	})
}

func TestCanceledCallIsNotUnreachable(t *testing.T) {
	inHouse(t, func(h *harness) {
		c, l := h.client()
		ctx, cancel := context.WithCancel(h.t.Context())
		l.do = func(int, *http.Request) (*http.Response, error) { cancel(); return nil, errBroken }
		if _, err := c.Get(ctx, "7", 0); !errors.Is(err, context.Canceled) || errors.Is(err, client.ErrUnreachable) || l.n != 1 {
			t.Errorf("got %v after %d requests", err, l.n)
		}
	})
}

func TestEndlessAnswerIsCut(t *testing.T) {
	inHouse(t, func(h *harness) {
		c, l := h.client()
		l.do = func(int, *http.Request) (*http.Response, error) {
			response := answerOf(http.StatusOK, "")
			response.Body = io.NopCloser(endless{})
			return response, nil
		}
		if _, err := c.Models(h.t.Context(), false); err == nil || !strings.Contains(err.Error(), "more than") {
			t.Errorf("got %v", err)
		}
	})
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

func TestProblemReadsWellOnATerminal(t *testing.T) {
	p := &api.Problem{Detail: "Two things are wrong.", Errors: []api.ProblemField{
		{Pointer: "/seed", Detail: "seed is no number."}, {Parameter: "limit", Detail: "limit is large."}, {Line: 3, Detail: "comma."},
	}}
	want := "Two things are wrong.\n  /seed: seed is no number.\n  ?limit: limit is large.\n  line 3: comma."
	if got := p.Error(); got != want {
		t.Errorf("got %q", got)
	}
	p = &api.Problem{Detail: "Nothing was recorded."}
	for n := range 40 {
		p.Errors = append(p.Errors, api.ProblemField{Line: n + 2, Column: "Format", Detail: "A4 is no format."})
	}
	p.Errors = append(p.Errors, api.ProblemField{Line: 3, Pointer: "/seed", Detail: "seed is no number."})
	want = "Nothing was recorded.\n  line 2, 3, 4 and 37 more, column Format: A4 is no format.\n  line 3, /seed: seed is no number."
	if got := p.Error(); got != want {
		t.Errorf("got %q", got)
	}
	p = &api.Problem{Detail: "Not accepted: seed is no number.", Errors: []api.ProblemField{{Pointer: "/seed", Detail: "seed is no number."}}}
	if got := p.Error(); got != p.Detail {
		t.Errorf("got %q", got)
	}
}

func TestServerAddress(t *testing.T) {
	for address, ok := range map[string]bool{
		"http://127.0.0.1:8080": true, "https://easel.example.com/prod/": true, "localhost:8080": true, "example.com": true,
		"": false, "ftp://example.com": false, "http://": false, "http://[::1": false,
	} {
		if _, err := client.New(address, ""); (err == nil) != ok {
			t.Errorf("%q: got %v", address, err)
		}
	}
}
