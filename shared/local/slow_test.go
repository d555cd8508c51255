package local

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// A client that sends a byte now and then, or nothing, holds a connection no longer than this.
func TestSlowClientsAreCutOff(t *testing.T) {
	for name, c := range map[string]struct {
		sends string
		most  time.Duration
	}{
		"nothing":            {"", headerTime},
		"half a header":      {"POST /jobs HTTP/1.1\r\nHost: local", headerTime},
		"half a body":        {"POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nhalf", readTime},
		"a request and idle": {"GET / HTTP/1.1\r\nHost: localhost\r\n\r\n", idleTime},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, stop := context.WithCancel(t.Context())
				pipes, ended := make(wire), make(chan error, 1)
				handler := http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) })
				go func() { ended <- serve(ctx, pipes, handler, slog.New(slog.DiscardHandler), func() {}) }()
				client, err := pipes.dial(ctx, "", "")
				if err != nil {
					t.Fatal(err)
				}
				start := time.Now()
				go func() { _, _ = io.WriteString(client, c.sends) }()
				_, _ = io.Copy(io.Discard, client) // until the server closes it
				if took := time.Since(start); took > c.most+time.Second {
					t.Errorf("the connection was held for %v, want at most %v", took, c.most)
				}
				stop()
				close(pipes)
				if err := <-ended; err != nil {
					t.Error(err)
				}
			})
		})
	}
}

func TestLargeHeadersAreRefused(t *testing.T) {
	r := up(t, Options{})
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, r.url+"/jobs", nil)
	if err != nil {
		t.Fatal(err)
	}
	request.Header.Set("X-Large", strings.Repeat("x", 2*maxHeader))
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	if response.StatusCode != http.StatusRequestHeaderFieldsTooLarge {
		t.Errorf("got %s", response.Status)
	}
}
