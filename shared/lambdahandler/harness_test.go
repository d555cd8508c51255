package lambdahandler_test

import (
	"bytes"
	"context"
	"encoding/json"
	"image"
	"image/jpeg"
	"image/png"
	"log/slog"
	"net/http"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"easel/shared/api"
	"easel/shared/disk"
	"easel/shared/job"
	"easel/shared/lambdahandler"
	"easel/shared/model"
	"easel/shared/pace"
	"easel/shared/read"
	"easel/shared/run"
	"easel/shared/sqlite"
	"easel/shared/sweep"
	"easel/shared/worker"
)

// The events of the folder events are about these two jobs of one owner: the one that is submitted by submit-core.json,
// and one that no request has submitted.
const (
	lion  = "e5967c82-7083-51ba-8b00-7924f5006cfc"
	owner = "iam:AROADBQP57FF2AEXAMPLE"
)

// noon is the time of the events, at which every clock of a harness stands.
var noon = time.Date(2026, 11, 22, 12, 0, 1, 0, time.UTC)

func clock() time.Time { return noon }

// load reads a file with one event.
func load[E any](t *testing.T, path string) (e E) {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(data, &e); err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	return e
}

func event(t *testing.T, path string) events.APIGatewayV2HTTPRequest {
	t.Helper()
	return load[events.APIGatewayV2HTTPRequest](t, path)
}

func sample(t *testing.T, name string) events.APIGatewayV2HTTPRequest {
	t.Helper()
	return event(t, filepath.Join("../../events", name+".json"))
}

func messages(t *testing.T, name string) events.SQSEvent {
	t.Helper()
	return load[events.SQSEvent](t, filepath.Join("../../events", name+".json"))
}

// harness is the whole core on the embedded adapters, with a model that paints at once.
type harness struct {
	calls   atomic.Int32 // of the model
	panics  bool         // whether the model panics
	db      *sqlite.DB
	worker  *worker.Worker
	sweeper *sweep.Sweeper
	server  api.Server
	log     *bytes.Buffer
}

// Generate paints six pixels.
func (h *harness) Generate(_ context.Context, _ model.Model, r model.Request) (model.Result, error) {
	h.calls.Add(1)
	if h.panics {
		panic("over " + r.Prompt)
	}
	var b bytes.Buffer
	picture := image.NewGray(image.Rect(0, 0, 3, 2))
	err := png.Encode(&b, picture)
	if r.OutputFormat == "jpeg" {
		b.Reset()
		err = jpeg.Encode(&b, picture, nil)
	}
	return model.Result{Image: b.Bytes(), Seed: r.Seed}, err
}

func build(t *testing.T) *harness {
	t.Helper()
	dir := t.TempDir()
	db, err := sqlite.Open(t.Context(), filepath.Join(dir, "easel.db"), sqlite.Options{Unsafe: true, Now: clock})
	if err != nil {
		t.Fatal(err)
	}
	store, err := disk.NewStore(filepath.Join(dir, "images"), make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = store.Close(), db.Close() })
	store.SetBase("https://pictures.example.com")
	store.Now = clock
	h := &harness{db: db, log: &bytes.Buffer{}}
	log := slog.New(slog.NewTextHandler(h.log, nil))
	watcher := &run.Watcher{Log: log}
	recorder := job.Recorder{Records: db, Batches: db, Now: clock, Watch: watcher.Watch, Ended: watcher.WatchBatch}
	limiter := &pace.Limiter{Limits: func(string) pace.Limits { return pace.Limits{Start: 60} }, Store: db}
	dispatcher := &job.Dispatcher{Queue: db.Queue(sqlite.QueueOptions{}), Toucher: db}
	h.worker = &worker.Worker{Recorder: recorder, Dispatcher: dispatcher, Limiter: limiter, Images: store, Inputs: store, Generator: h, Pacer: db, Days: db}
	h.sweeper = &sweep.Sweeper{
		Recorder: recorder, Dispatcher: dispatcher, Limiter: limiter, Lines: db, Standings: db, Waiters: db, Counters: db, Days: db, Timers: db, Index: db, Finder: db, BatchIndex: db, BatchEraser: db, Images: store, Inputs: store, InputEraser: store, Eraser: db,
	}
	h.server = api.Server{
		Submitter: &job.Submitter{
			Recorder: recorder, Dispatcher: dispatcher, Limiter: limiter, Images: store, Inputs: store, Creator: db, Eraser: db, Finder: db, BatchEraser: db, Index: db, Timers: db, Standings: db, Days: db, Backlog: db,
			NewSeed: func() int64 { return 4711 },
		},
		Reader: &read.Reader{
			Records: db, Index: db, Links: store, Secret: []byte("secret"), Now: clock,
			BatchRecords: db, BatchIndex: db, Standings: db, Days: db, Limiter: limiter,
		},
		Identify: lambdahandler.Owners{Unknown: api.Anonymous()}.Identify,
		Hosts:    []string{"*"}, Log: log,
		NewID: func() string { return "00000000-0000-4000-8000-000000000000" },
	}
	return h
}

// call answers one request as the function does.
func (h *harness) call(t *testing.T, e events.APIGatewayV2HTTPRequest) events.APIGatewayV2HTTPResponse {
	t.Helper()
	out, err := lambdahandler.HTTP(api.New(h.server))(t.Context(), e)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// order submits the lion and returns its record.
func (h *harness) order(t *testing.T) job.Job {
	t.Helper()
	if out := h.call(t, sample(t, "submit-core")); out.StatusCode != http.StatusAccepted {
		t.Fatalf("got %+v", out)
	}
	return h.record(t)
}

func (h *harness) record(t *testing.T) job.Job {
	t.Helper()
	j, err := h.db.Get(t.Context(), lion)
	if err != nil {
		t.Fatal(err)
	}
	return j
}
