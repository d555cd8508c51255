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
	"easel/shared/model"
	"easel/shared/request"
	"easel/shared/run"
)

// A job whose message never came back is sent again by the event of the schedule, as Lambda passes it on.
func TestScheduleSweeps(t *testing.T) {
	h := build(t)
	j := h.order(t)
	past := noon.Add(-time.Minute)
	j.Due, j.Visible = &past, noon.Add(-time.Hour)
	if _, err := h.db.Update(t.Context(), job.Transaction{WriteID: "changed", Jobs: []job.Job{j}}); err != nil {
		t.Fatal(err)
	}
	event, err := os.ReadFile("../../events/sweep.json")
	if err != nil {
		t.Fatal(err)
	}
	out, err := lambda.NewHandler(lambdahandler.Sweep(h.sweeper.Sweep, h.db, &run.Watcher{Log: h.server.Log})).Invoke(t.Context(), event)
	if err != nil || !json.Valid(out) {
		t.Fatalf("got %s, %v", out, err)
	}
	if now := h.record(t); now.LostMessages != 1 || now.MessageNo != j.MessageNo+1 {
		t.Errorf("lost %d times, sent %d times", now.LostMessages, now.MessageNo)
	}
	if !strings.Contains(h.log.String(), "sent=1") {
		t.Errorf("nothing says so: %s", h.log)
	}
}

func TestSweepThatFailsSaysSo(t *testing.T) {
	var log bytes.Buffer
	refused := errors.New("no table")
	err := lambdahandler.Sweep(func(context.Context) (int, error) { return 3, refused }, nil, &run.Watcher{Log: slog.New(slog.NewTextHandler(&log, nil))})(t.Context())
	if !errors.Is(err, refused) || !strings.Contains(log.String(), "no table") || !strings.Contains(log.String(), "sent=3") {
		t.Errorf("got %v, log %s", err, &log)
	}
}

func TestSweepThatPanicsTellsThePlaceAlone(t *testing.T) {
	var log bytes.Buffer
	err := lambdahandler.Sweep(func(context.Context) (int, error) {
		panic(job.Job{Input: job.Input{Settings: request.Settings{Prompt: "a red fox"}}})
	}, nil, &run.Watcher{Log: slog.New(slog.NewTextHandler(&log, nil))})(t.Context())
	if err == nil || !strings.Contains(log.String(), "sweep_test.go") || strings.Contains(err.Error()+log.String(), "fox") {
		t.Errorf("got %v, log %s", err, &log)
	}
}

// The alarm of a model fires over zeros, so a model without jobs gets none.
func TestSweepMeasuresWhatIsUnderWay(t *testing.T) {
	h := build(t)
	var log, out bytes.Buffer
	watcher := lambdahandler.NewWatcher(config.Function{Namespace: "easel"}, slog.New(slog.NewTextHandler(&log, nil)), &out, nil)
	sweep := lambdahandler.Sweep(func(context.Context) (int, error) { return 0, errors.New("no table") }, h.db, watcher)
	_ = sweep(t.Context())
	if out.Len() > 0 {
		t.Errorf("without jobs there is %s", &out)
	}
	j := h.order(t)
	_ = sweep(t.Context())
	if line := `"ended":0,"model":"` + j.Model + `"`; strings.Count(out.String(), line) != 1 || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("with a job of %s there is %s", j.Model, &out)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_ = sweep(ctx)
	if n := strings.Count(log.String(), "backlog not measured"); n != len(model.Current()) {
		t.Errorf("%d complaints about a backlog that cannot be counted: %s", n, &log)
	}
}
