package lambdahandler_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/lambdacontext"
	"github.com/google/go-cmp/cmp"

	"easel/shared/config"
	"easel/shared/job"
	"easel/shared/lambdahandler"
	"easel/shared/request"
)

// made is a job that took a second to start and two to run.
func made() job.Job {
	start, end := noon.Add(time.Second), noon.Add(3*time.Second)
	return job.Job{
		ID: lion, Model: "stability.stable-image-core-v1:1", Status: job.Succeeded, Input: job.Input{Settings: request.Settings{Prompt: "a red fox"}}, Sent: job.Sent{Prompt: "a red fox"},
		Attempts: 3, Calls: 2, AmbiguousCalls: 1, Throttles: 4, Price: 40_000, CostMicroUSD: 120_000, QueuedAt: noon, StartedAt: &start, CompletedAt: &end,
	}
}

func TestMetrics(t *testing.T) {
	failed := func(code string) func(*job.Job) {
		return func(j *job.Job) { j.Status, j.Failure = job.Failed, &job.Failure{Code: code} }
	}
	for name, c := range map[string]struct {
		edit   func(*job.Job)
		change map[string]any // of what is written for a job that succeeded; nil: not there
	}{
		"succeeded":  {func(*job.Job) {}, nil},
		"exhausted":  {failed(job.CodeExhausted), map[string]any{"failed": 1., "status": "failed"}},
		"expired":    {failed(job.CodeExpired), map[string]any{"failed": 1., "status": "failed"}},
		"moderated":  {failed(job.CodeFiltered), map[string]any{"status": "failed"}},
		"invalid":    {failed(job.CodeInvalid), map[string]any{"status": "failed"}},
		"canceled":   {func(j *job.Job) { j.Status = job.Canceled }, map[string]any{"status": "canceled"}},
		"unstarted":  {func(j *job.Job) { j.StartedAt = nil }, map[string]any{"queue_ms": nil, "run_ms": nil}},
		"back a bit": {func(j *job.Job) { j.QueuedAt = noon.Add(time.Minute) }, map[string]any{"queue_ms": 0.}},
		"cheap":      {func(j *job.Job) { j.Calls, j.Price = 1, 1 }, map[string]any{"list_usd": 0.000001}},
		"not called": {func(j *job.Job) { j.Calls = 0 }, map[string]any{"list_usd": 0.}},
	} {
		t.Run(name, func(t *testing.T) {
			j := made()
			c.edit(&j)
			want := map[string]any{
				"model": j.Model, "job": lion, "status": "succeeded", "queue_ms": 1000., "run_ms": 2000.,
				"attempts": 3., "throttles": 4., "ambiguous": 1., "ended": 1., "failed": 0., "list_usd": 0.08,
			}
			for name, value := range c.change {
				want[name] = value
				if value == nil {
					delete(want, name)
				}
			}
			got := written(t, j)
			delete(got, "_aws")
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// written is the line of metrics for a job.
func written(t *testing.T, j job.Job) map[string]any {
	t.Helper()
	return emitted(t, func(m *lambdahandler.Metrics) error { return m.Ended(j) })
}

// emitted is the one line that is written.
func emitted(t *testing.T, write func(*lambdahandler.Metrics) error) (line map[string]any) {
	t.Helper()
	var out bytes.Buffer
	if err := write(&lambdahandler.Metrics{Namespace: "easel/prod", Out: &out}); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(out.String(), "\n"); n != 1 || strings.Contains(out.String(), "fox") {
		t.Fatalf("%d lines, or a prompt: %s", n, &out)
	}
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatal(err)
	}
	return line
}

// metrics are the metrics of a line, each as "dimensions: name unit", and all of them have to be numbers of the line.
func metrics(t *testing.T, line map[string]any) (all []string) {
	t.Helper()
	var meta struct {
		Timestamp         int64
		CloudWatchMetrics []struct {
			Namespace  string
			Dimensions [][]string
			Metrics    []struct{ Name, Unit string }
		}
	}
	text, err := json.Marshal(line["_aws"])
	if err == nil {
		err = json.Unmarshal(text, &meta)
	}
	if err != nil || meta.Timestamp == 0 {
		t.Fatalf("no metadata: %v, %v", line["_aws"], err)
	}
	for _, set := range meta.CloudWatchMetrics {
		if set.Namespace != "easel/prod" || len(set.Dimensions) != 1 || set.Dimensions[0] == nil {
			t.Errorf("CloudWatch would drop %+v", set)
		}
		for _, m := range set.Metrics {
			all = append(all, strings.TrimSpace(strings.Join(set.Dimensions[0], ",")+": ")+" "+m.Name+" "+m.Unit)
			if _, ok := line[m.Name].(float64); !ok {
				t.Errorf("%s is defined and no number: %v", m.Name, line[m.Name])
			}
		}
		for _, name := range set.Dimensions[0] {
			if _, ok := line[name].(string); !ok {
				t.Errorf("the dimension %s is no text: %v", name, line[name])
			}
		}
	}
	return all
}

// CloudWatch drops a line that is not quite in its format, and says so nowhere.
func TestMetricsAreInTheFormatOfCloudWatch(t *testing.T) {
	for name, c := range map[string]struct {
		write func(*lambdahandler.Metrics) error
		want  []string
	}{
		"an end": {func(m *lambdahandler.Metrics) error { return m.Ended(made()) }, []string{
			"model: queue_ms Milliseconds", "model: run_ms Milliseconds", "model: attempts Count", "model: throttles Count",
			"model: ambiguous Count", "model: ended Count", "model: failed Count", "model: list_usd None", ": list_usd None",
		}},
		"a backlog": {func(m *lambdahandler.Metrics) error { return m.Backlog("stability.stable-image-core-v1:1") }, []string{"model: ended Count"}},
	} {
		t.Run(name, func(t *testing.T) {
			if diff := cmp.Diff(c.want, metrics(t, emitted(t, c.write))); diff != "" {
				t.Error(diff)
			}
		})
	}
	if at := written(t, made())["_aws"].(map[string]any)["Timestamp"]; at != float64(noon.Add(3*time.Second).UnixMilli()) {
		t.Errorf("an end is written under %v", at)
	}
}

// bus is a bus that takes nothing.
type bus struct {
	t    *testing.T
	told func(what string)
}

func (b bus) Ended(ctx context.Context, jobs ...job.Job) error {
	var what []string
	for _, j := range jobs {
		what = append(what, string(j.Status))
	}
	return b.refuse(ctx, strings.Join(what, " "))
}

func (b bus) BatchEnded(ctx context.Context, batch job.Batch, c job.Counters) error {
	return b.refuse(ctx, fmt.Sprint(batch.ID, " ", c.Sum()[job.Succeeded]))
}

func (b bus) refuse(ctx context.Context, what string) error {
	if _, bounded := ctx.Deadline(); !bounded || ctx.Err() != nil {
		b.t.Errorf("the event may take %v", ctx.Err())
	}
	b.told(what)
	return errors.New("no bus")
}

func TestEndsAreToldAndNothingElseIs(t *testing.T) {
	var log, out bytes.Buffer
	var told []string
	w := lambdahandler.NewWatcher(config.Function{Namespace: "easel/prod", Events: true}, slog.New(slog.NewTextHandler(&log, nil)), &out, bus{t, func(what string) { told = append(told, what) }})
	ctx, cancel := context.WithCancel(t.Context())
	cancel() // a job that ends with its invocation is told of too
	for _, status := range job.Statuses {
		j := made()
		j.Status = status
		w.Watch(ctx, job.Running, j)
	}
	ended := job.Counters{Models: map[string]job.Counts{"core": {job.Succeeded: 3, job.Failed: 1}}}
	if err := w.WatchBatch(ctx, job.Batch{ID: "b1", Name: "fox"}, ended); err == nil {
		t.Error("an event that was refused is not sent again")
	}
	if diff := cmp.Diff([]string{"succeeded", "failed", "canceled", "b1 3"}, told); diff != "" {
		t.Error(diff)
	}
	if n := strings.Count(out.String(), "\n"); n != 3 {
		t.Errorf("%d lines of metrics, want 3", n)
	}
	if n := strings.Count(log.String(), "msg=job"); n != 5 || strings.Count(log.String(), "no bus") != 4 || strings.Contains(log.String(), "batch ended") || strings.Contains(log.String(), "fox") {
		t.Errorf("want 5 lines for 5 changes, 4 failures, no prompt: %s", &log)
	}
}

// A run of the sweep that ends many jobs makes a request for ten of them, and one for the rest.
func TestTheSweepTellsOfTenEndsInARequest(t *testing.T) {
	var told []int
	w := lambdahandler.NewWatcher(config.Function{Events: true}, slog.New(slog.DiscardHandler), io.Discard, bus{t, func(what string) { told = append(told, len(strings.Fields(what))) }})
	run := lambdahandler.Sweep(func(ctx context.Context) (int, error) {
		for range 23 {
			w.Watch(ctx, job.Queued, made())
		}
		return 0, nil
	}, nil, w)
	if err := run(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.Watch(t.Context(), job.Running, made()) // after the run each is told at once again
	if diff := cmp.Diff([]int{10, 10, 3, 1}, told); diff != "" {
		t.Error(diff)
	}
}

func TestWatcherIsQuietWhereNothingIsWanted(t *testing.T) {
	var log, out bytes.Buffer
	w := lambdahandler.NewWatcher(config.Function{}, slog.New(slog.NewTextHandler(&log, nil)), &out, bus{t, func(string) { t.Error("an event was sent") }})
	w.Watch(t.Context(), job.Running, made())
	if err := w.WatchBatch(t.Context(), job.Batch{ID: "b1"}, job.Counters{}); err != nil || !strings.Contains(log.String(), "batch ended") {
		t.Errorf("got %v and %s", err, &log)
	}
	w.Backlog(t.Context(), nil)
	if out.Len() > 0 {
		t.Errorf("metrics were written: %s", &out)
	}
}

// Every function that ends jobs tells of it: here the one that cancels.
func TestCancelIsCounted(t *testing.T) {
	h := build(t)
	var out bytes.Buffer
	h.server.Submitter.Watch = lambdahandler.NewWatcher(config.Function{Namespace: "easel"}, h.server.Log, &out, nil).Watch
	h.order(t)
	if answer := h.call(t, ask(sample(t, "status-unknown"), "POST", "/jobs/"+lion+"/cancel", "")); answer.StatusCode != http.StatusOK {
		t.Fatalf("got %+v", answer)
	}
	if n := strings.Count(out.String(), `"status":"canceled"`); n != 1 {
		t.Errorf("%d lines of metrics for it: %s", n, &out)
	}
}

func TestLogNamesTheInvocation(t *testing.T) {
	var out bytes.Buffer
	log := lambdahandler.Log(config.Function{Level: slog.LevelWarn}, &out).With("a", 1).WithGroup("g")
	ctx := lambdacontext.NewContext(t.Context(), &lambdacontext.LambdaContext{AwsRequestID: "7d9e"})
	log.InfoContext(ctx, "quiet")
	log.WarnContext(ctx, "loud")
	if got := out.String(); strings.Contains(got, "quiet") || !strings.Contains(got, `"aws_request_id":"7d9e"`) || !strings.Contains(got, `"a":1`) {
		t.Errorf("got %s", got)
	}
	out.Reset()
	log.Warn("outside of any invocation")
	if strings.Contains(out.String(), "aws_request_id") {
		t.Errorf("got %s", &out)
	}
}
