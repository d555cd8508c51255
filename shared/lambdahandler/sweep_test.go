package lambdahandler_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambda"

	"easel/shared/config"
	"easel/shared/job"
	"easel/shared/lambdahandler"
)

// A job whose message never came back is sent again by the event of the schedule, as Lambda passes it on.
func TestScheduleSweeps(t *testing.T) {
	h := build(t)
	j := h.order(t)
	past := noon.Add(-time.Minute)
	j.Due, j.Visible = &past, noon.Add(-time.Hour)
	if _, err := h.db.Update(t.Context(), j); err != nil {
		t.Fatal(err)
	}
	event, err := os.ReadFile("../../events/sweep.json")
	if err != nil {
		t.Fatal(err)
	}
	out, err := lambda.NewHandler(lambdahandler.Sweep(h.sweeper.Sweep, &lambdahandler.Watcher{Log: h.server.Log})).Invoke(t.Context(), event)
	if err != nil || !json.Valid(out) {
		t.Fatalf("got %s, %v", out, err)
	}
	if now := h.record(t); now.Lost != 1 || now.Sends != j.Sends+1 {
		t.Errorf("lost %d times, sent %d times", now.Lost, now.Sends)
	}
	if !strings.Contains(h.log.String(), "sent=1") {
		t.Errorf("nothing says so: %s", h.log)
	}
}

func TestSweepEndsBeforeLambdaDoes(t *testing.T) {
	deadline := time.Now().Add(time.Hour)
	ctx, cancel := context.WithDeadline(t.Context(), deadline)
	defer cancel()
	err := lambdahandler.Sweep(func(ctx context.Context) (int, error) {
		if own, ok := ctx.Deadline(); !ok || deadline.Sub(own) != 5*time.Second {
			t.Errorf("%v is left, want 5 s", deadline.Sub(own))
		}
		return 0, nil
	}, &lambdahandler.Watcher{Log: slog.New(slog.DiscardHandler)})(ctx)
	if err != nil {
		t.Error(err)
	}
}

func TestSweepThatFailsSaysSo(t *testing.T) {
	var log bytes.Buffer
	refused := errors.New("no table")
	var out bytes.Buffer
	watcher := lambdahandler.NewWatcher(config.Function{Namespace: "easel"}, slog.New(slog.NewTextHandler(&log, nil)), &out, nil)
	err := lambdahandler.Sweep(func(context.Context) (int, error) { return 3, refused }, watcher)(t.Context())
	if !errors.Is(err, refused) || !strings.Contains(log.String(), "no table") || !strings.Contains(log.String(), "sent=3") {
		t.Errorf("got %v, log %s", err, &log)
	}
	if strings.Count(out.String(), `"ended":0`) != 1 {
		t.Errorf("the metrics are not said to live, but %q", &out)
	}
}

func TestSweepThatPanicsTellsThePlaceAlone(t *testing.T) {
	var log bytes.Buffer
	err := lambdahandler.Sweep(func(context.Context) (int, error) {
		panic(job.Job{Input: job.Input{Prompt: "a red fox"}})
	}, &lambdahandler.Watcher{Log: slog.New(slog.NewTextHandler(&log, nil))})(t.Context())
	if err == nil || !strings.Contains(log.String(), "sweep_test.go") || strings.Contains(err.Error()+log.String(), "fox") {
		t.Errorf("got %v, log %s", err, &log)
	}
}
