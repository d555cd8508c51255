package run_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"easel/shared/job"
	"easel/shared/run"
)

const id = "018f8d36-7a31-7bd0-9f26-6f0f3a3c0001"

// A delivery is acknowledged, hidden, or comes again, by what the worker says of its message.
func TestDeliver(t *testing.T) {
	refused := errors.New("no queue")
	message := job.Message{V: job.RecordVersion, ID: id}.Encode()
	for name, c := range map[string]struct {
		body    string
		do      func() job.Outcome
		queue   error
		settled string // what the queue was told
		done    bool
		log     string
	}{
		"done":          {message, func() job.Outcome { return job.Outcome{} }, nil, "", true, ""},
		"again":         {message, func() job.Outcome { return job.Outcome{Retry: true, After: time.Second} }, nil, "hide 1s", false, ""},
		"poison":        {"{", nil, nil, "hide 0s", false, "poison message"},
		"a panic":       {message, func() job.Outcome { panic("a red fox") }, nil, "hide 1m0s", false, "worker panicked"},
		"not hidden":    {message, func() job.Outcome { return job.Outcome{Retry: true} }, refused, "hide 0s", false, ""},
		"poison stays":  {"{", nil, refused, "hide 0s", false, "poison message"},
		"panic, hidden": {message, func() job.Outcome { panic("a red fox") }, refused, "hide 1m0s", false, id},
	} {
		t.Run(name, func(t *testing.T) {
			var log bytes.Buffer
			settled := ""
			w := run.Worker{
				Do: func(context.Context, job.Message) job.Outcome { return c.do() },
				Hide: func(ctx context.Context, _ string, d time.Duration) error {
					settled = "hide " + d.String()
					return errors.Join(c.queue, ctx.Err())
				},
				Log: slog.New(slog.NewTextHandler(&log, nil)),
			}
			over, cancel := context.WithCancel(t.Context()) // the queue hears of it also when the time for the work is over
			cancel()
			done, err := w.Deliver(over, run.Delivery{Body: c.body, About: []any{"receives", 3}})
			if done != c.done || settled != c.settled || !errors.Is(err, c.queue) || (err != nil) != (c.queue != nil) {
				t.Errorf("done %t after %q, %v", done, settled, err)
			}
			if got := log.String(); !strings.Contains(got, c.log) || (got != "") != (c.log != "") || strings.Contains(got, "red fox") {
				t.Errorf("logged %q", got)
			}
		})
	}
}
