package job_test

import (
	"bytes"
	"context"
	"errors"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"easel/shared/disk"
	"easel/shared/job"
	"easel/shared/job/jobtest"
	"easel/shared/model"
	"easel/shared/pace"
	"easel/shared/read"
	"easel/shared/request"
	"easel/shared/sqlite"
	"easel/shared/sweep"
	"easel/shared/worker"
)

// harness is the whole core on the embedded adapters, each port behind a fault that a test may set.
type harness struct {
	t       *testing.T
	dir     string
	db      *sqlite.DB
	queue   *sqlite.Queue
	store   *disk.Store
	fault   *jobtest.Fault
	studio  *studio
	submit  *job.Submitter
	worker  *worker.Worker
	reader  *read.Reader
	sweeper *sweep.Sweeper
	mu      sync.Mutex
	steps   []string // the changes of state that were watched
	ended   []string // the batches of whose end was told
	fails   error    // what telling of an end returns
}

// studio is a generator that paints one pixel, or does what the test says.
type studio struct {
	mu    sync.Mutex
	calls int
	seeds []int64
	do    func(ctx context.Context, n int) error // before the picture; nil: nothing
	image []byte                                 // nil: one pixel
}

func (s *studio) Generate(ctx context.Context, _ model.Model, r model.Request) (model.Result, error) {
	s.mu.Lock()
	s.calls++
	s.seeds = append(s.seeds, r.Seed)
	n := s.calls
	s.mu.Unlock()
	if s.do != nil {
		if err := s.do(ctx, n); err != nil {
			return model.Result{}, err
		}
	}
	if s.image != nil {
		return model.Result{Image: s.image, Seed: r.Seed}, nil
	}
	return model.Result{Image: bytes.Clone(dot), Seed: r.Seed}, nil
}

// called is how many calls were begun.
func (s *studio) called() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.calls
}

// dot is the picture that a studio makes. It is encoded once, for thousands of calls.
var dot = pixel(1, 1)

func pixel(w, h int) []byte {
	var b bytes.Buffer
	_ = png.Encode(&b, image.NewGray(image.Rect(0, 0, w, h)))
	return b.Bytes()
}

var (
	ann = job.Caller{Owner: "ann"}
	bob = job.Caller{Owner: "bob"}
)

// inHouse runs a test in virtual time.
func inHarness(t *testing.T, test func(h *harness)) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		h := open(t, dir)
		defer h.db.Close()
		test(h)
	})
}

func open(t *testing.T, dir string) *harness {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(dir, "easel.db"), sqlite.Options{Unsafe: true})
	if err != nil {
		t.Fatal(err)
	}
	store, err := disk.NewStore(filepath.Join(dir, "images"), make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { store.Close() })
	store.SetBase("http://127.0.0.1:8080")
	h := &harness{t: t, dir: dir, db: db, queue: db.Queue(sqlite.QueueOptions{}), store: store, fault: &jobtest.Fault{}, studio: &studio{}}
	recorder := job.Recorder{Records: db, Batches: db, Watch: func(_ context.Context, from job.Status, j job.Job) {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.steps = append(h.steps, string(from)+">"+string(j.Status))
	}}
	recorder.Ended = func(_ context.Context, b job.Batch, c job.Counters) error {
		h.mu.Lock()
		defer h.mu.Unlock()
		h.ended = append(h.ended, b.ID)
		return h.fails
	}
	dispatcher := &job.Dispatcher{Queue: h.queue, Toucher: db}
	limiter := &pace.Limiter{Limits: every(time.Second), Store: db}
	h.submit = &job.Submitter{
		Recorder: recorder, Dispatcher: dispatcher, Limiter: limiter, Images: store, Inputs: store, Creator: db, Eraser: db, Finder: db, BatchEraser: db,
		Index: db, Timers: db, Standings: db, Days: db, Backlog: db,
	}
	h.worker = &worker.Worker{Recorder: recorder, Dispatcher: dispatcher, Limiter: limiter, Images: store, Inputs: store, Generator: h.studio, Pacer: db, Days: db}
	h.reader = &read.Reader{
		Records: db, Index: db, Links: store, Thumbs: store.Thumbnails(), Secret: []byte("secret"),
		BatchRecords: db, BatchIndex: db, Standings: db, Days: db, Limiter: limiter,
	}
	h.sweeper = &sweep.Sweeper{
		Recorder: recorder, Dispatcher: dispatcher, Limiter: limiter, Lines: db, Standings: db, Waiters: db, Counters: db, Days: db, Timers: db, Index: db, Finder: db,
		BatchIndex: db, BatchEraser: db, Images: store, Inputs: store, InputEraser: store, Eraser: db,
	}
	h.fault.On(h.submit, h.worker, h.reader, h.sweeper)
	return h
}

// every is a setting at which calls are so far apart, whatever is learnt.
func every(interval time.Duration) func(string) pace.Limits {
	rate := min(float64(time.Minute)/float64(interval), 1e9) / 0.985
	return func(string) pace.Limits { return pace.Limits{Start: rate, Max: rate} }
}

// order submits a request for ann and must succeed.
func (h *harness) order(r request.Request, key string) job.Job {
	h.t.Helper()
	receipt, err := h.submit.Submit(h.t.Context(), ann, r, key)
	if err != nil {
		h.t.Fatal(err)
	}
	return receipt.Job
}

// bytes reads a stored picture past all ports.
func (h *harness) bytes(key string) []byte {
	h.t.Helper()
	data, err := os.ReadFile(filepath.Join(h.dir, "images", filepath.FromSlash(key)))
	if err != nil {
		h.t.Fatal(err)
	}
	return data
}

// get reads the record itself.
func (h *harness) get(id string) job.Job {
	h.t.Helper()
	j, err := h.db.Get(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return j
}

// deliver receives one message and hands it to a worker. It returns what becomes of the message.
func (h *harness) deliver() job.Outcome {
	h.t.Helper()
	d := h.receive()
	m, err := job.ParseMessage(d.Body)
	if err != nil {
		h.t.Fatal(err)
	}
	return h.settle(d, h.do(m))
}

// start hands one message to a worker that works beside the test.
func (h *harness) start() {
	h.t.Helper()
	m, err := job.ParseMessage(h.receive().Body)
	if err != nil {
		h.t.Fatal(err)
	}
	go h.do(m)
}

func (h *harness) do(m job.Message) job.Outcome {
	ctx, cancel := context.WithTimeout(h.t.Context(), 3*time.Minute)
	defer cancel()
	return h.worker.Do(ctx, m)
}

func (h *harness) receive() sqlite.Delivery {
	h.t.Helper()
	ctx, cancel := context.WithTimeout(h.t.Context(), 2*time.Hour)
	defer cancel()
	d, err := h.queue.Receive(ctx)
	if err != nil {
		h.t.Fatalf("no message came in two hours: %v", err)
	}
	return d
}

func (h *harness) settle(d sqlite.Delivery, out job.Outcome) job.Outcome {
	h.t.Helper()
	var err error
	if out.Retry {
		err = h.queue.Hide(h.t.Context(), d.Receipt, out.After)
	} else {
		err = h.queue.Ack(h.t.Context(), d.Receipt)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

// run delivers until the job has ended, sweeping when the queue is empty.
func (h *harness) run(id string) job.Job {
	h.t.Helper()
	for range 200 {
		if j := h.get(id); j.Status.Ended() {
			return j
		}
		stats, err := h.queue.Stats(h.t.Context())
		if err != nil {
			h.t.Fatal(err)
		}
		if stats.Visible+stats.Delayed+stats.InFlight > 0 {
			h.deliver()
			continue
		}
		wait(time.Minute)
		h.sweep()
	}
	h.t.Fatalf("the job never ended: %+v", h.get(id))
	return job.Job{}
}

func (h *harness) sweep() {
	h.t.Helper()
	if _, err := h.sweeper.Sweep(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

// wait lets virtual time pass.
func wait(d time.Duration) { <-time.After(d) }

// want holds an error against its kind and code.
func want(t *testing.T, err, kind error, code string) {
	t.Helper()
	var e *job.Error
	if !errors.Is(err, kind) || !errors.As(err, &e) || e.Code != code {
		t.Errorf("got %v, want %v with code %s", err, kind, code)
	}
}

// budget sets what an owner's calls may cost a day.
func (h *harness) budget(micro int64) {
	h.submit.Budget, h.worker.Budget, h.sweeper.Budget, h.reader.Budget = micro, micro, micro, micro
}

// retention sets how long what has ended is kept.
func (h *harness) retention(d time.Duration) {
	h.submit.Retention, h.worker.Retention, h.sweeper.Retention = d, d, d
}

// counters reads the counters of a batch past all faults.
func (h *harness) counters(id string) job.Counters {
	h.t.Helper()
	_, c, err := h.db.GetBatch(h.t.Context(), id)
	if err != nil {
		h.t.Fatal(err)
	}
	return c
}
