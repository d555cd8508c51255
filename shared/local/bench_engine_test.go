package local

import (
	"bytes"
	"context"
	"image"
	"image/png"
	"log/slog"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"easel/shared/disk"
	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/request"
	"easel/shared/sqlite"
)

// blank is a model that answers at once, always with the same picture.
type blank []byte

func newBlank(b *testing.B) blank {
	b.Helper()
	var picture bytes.Buffer
	if err := png.Encode(&picture, image.NewRGBA(image.Rect(0, 0, 64, 64))); err != nil {
		b.Fatal(err)
	}
	return picture.Bytes()
}

func (p blank) Generate(_ context.Context, _ model.Model, r model.Request) (model.Result, error) {
	return model.Result{Image: p, Seed: r.Seed}, nil
}

// engineOf makes an engine with durable writes, no pace and so many workers. Every end of a job is sent to the channel. It
// does not run yet, and is closed by the last of the three.
func engineOf(b *testing.B, workers int) (*engine, <-chan job.Job, func()) {
	b.Helper()
	return engineIn(b, b.TempDir(), workers)
}

// engineIn is engineOf in a folder.
func engineIn(b *testing.B, dir string, workers int) (*engine, <-chan job.Job, func()) {
	b.Helper()
	folder, err := disk.OpenFolder(dir, Simulated)
	if err != nil {
		b.Fatal(err)
	}
	db, err := sqlite.Open(b.Context(), filepath.Join(folder.Path, "easel.db"), sqlite.Options{})
	if err != nil {
		b.Fatal(err)
	}
	store, err := folder.Store()
	if err != nil {
		b.Fatal(err)
	}
	e := newEngine(parts{
		db: db, store: store, generator: newBlank(b), simulated: true, setting: Options{}.setting(0), workers: workers,
		log: slog.New(slog.DiscardHandler),
	})
	ends := make(chan job.Job, connections)
	e.worker.Watch = func(_ context.Context, _ job.Status, j job.Job) {
		if j.Status.Ended() {
			ends <- j
		}
	}
	return e, ends, func() { _, _, _ = store.Close(), db.Close(), folder.Close() }
}

// idling runs an engine with the usual number of workers until the benchmark is over.
func idling(b *testing.B) (*engine, <-chan job.Job) {
	b.Helper()
	e, ends, shut := engineOf(b, Options{}.withDefaults().Workers)
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(e.start(ctx))
	b.Cleanup(func() {
		stop()
		wg.Wait()
		shut()
	})
	return e, ends
}

func orderOne(b *testing.B, e *engine) {
	b.Helper()
	if _, err := e.submitter.Submit(b.Context(), job.Caller{Owner: "ann"}, request.Request{Settings: request.Settings{Prompt: "a red fox in the snow"}}, ""); err != nil {
		b.Error(err)
	}
}

// endOne reads the end of one job, which must have a picture.
func endOne(b *testing.B, ends <-chan job.Job) {
	b.Helper()
	if j := <-ends; j.Status != job.Succeeded {
		b.Fatalf("a job ended %s: %+v", j.Status, j.Failure)
	}
}

// BenchmarkOverhead is what a job takes beside the model: from the moment it is recorded to the moment its picture
// and its end are on the disk, one job at a time, with a model that takes no time.
func BenchmarkOverhead(b *testing.B) {
	e, ends := idling(b)
	var queued time.Time
	e.submitter.Watch = func(context.Context, job.Status, job.Job) { queued = time.Now() }
	d := e.submitter.Dispatcher
	var times []time.Duration
	for b.Loop() {
		// What was sent within a second counts as ahead even when it has ended. A new dispatcher asks the index, as for
		// requests that come further apart.
		e.submitter.Dispatcher = &job.Dispatcher{Queue: d.Queue, Toucher: d.Toucher, Wake: d.Wake}
		orderOne(b, e)
		endOne(b, ends)
		times = append(times, time.Since(queued))
	}
	figure(b, quantile(times, 0.5), "ms-median")
	b.ReportMetric(quantile(times, 0.99), "ms-p99")
}

// BenchmarkRate is how many jobs a second go the whole way, from the order to the stored picture, with a model that
// takes no time and no pace.
func BenchmarkRate(b *testing.B) {
	const batch = 500
	e, ends := idling(b)
	jobs := 0
	for b.Loop() {
		var wg sync.WaitGroup
		for range connections {
			wg.Go(func() {
				for range batch / connections {
					orderOne(b, e)
				}
			})
		}
		for range batch / connections * connections {
			endOne(b, ends)
			jobs++
		}
		wg.Wait()
	}
	figure(b, float64(jobs)/b.Elapsed().Seconds(), "jobs/s")
}
