package local

import (
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"easel/shared/job"
)

// What net/http writes by itself becomes an entry, without the value of a panic.
func TestWhatTheHTTPServerSaysHidesThePanic(t *testing.T) {
	var b sink
	complain := slog.NewLogLogger(complaints{slog.NewTextHandler(&b, nil)}, slog.LevelWarn)
	complain.Printf("http: panic serving %v: %v\n%s", "127.0.0.1:1", "a secret fox\nmsg=INJECTED", "goroutine 7 [running]:\nplace.go:1")
	complain.Print("http: TLS handshake error from 127.0.0.1:1: EOF")
	said := b.String()
	if strings.Contains(said, "secret") || strings.HasPrefix(said, "msg=INJECTED") || !strings.Contains(said, "place.go:1") || !strings.Contains(said, `err="http: TLS handshake`) {
		t.Errorf("got %s", said)
	}
}

// A sweep that panics is told in the log, and the server goes on.
func TestASweepThatPanicsDoesNotEndTheServer(t *testing.T) {
	r := run(t, Options{adjust: func(e *engine) { e.sweeper = &job.Sweeper{} }})
	for !strings.Contains(r.log.String(), `msg="sweep panicked"`) {
		if response, err := http.Get(r.url + "/jobs"); err != nil {
			t.Fatal(err)
		} else {
			response.Body.Close()
		}
	}
	if response, err := http.Get(r.url + "/jobs"); err != nil || response.StatusCode != http.StatusOK {
		t.Errorf("got %v, %v", response, err)
	}
}
