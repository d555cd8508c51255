package lambdahandler_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"

	"easel/shared/bedrock"
	"easel/shared/bedrocksim"
	"easel/shared/config"
	"easel/shared/disk"
	"easel/shared/job"
	"easel/shared/job/jobtest"
	"easel/shared/lambdahandler"
	"easel/shared/model"
	"easel/shared/pace"
	"easel/shared/request"
	"easel/shared/run"
	"easel/shared/sqlite"
	"easel/shared/sweep"
	"easel/shared/worker"
)

// cloud is a stack in virtual time. The embedded adapters stand in for table, queue and bucket, and the simulator with
// the real quotas for Bedrock.
type cloud struct {
	t         *testing.T
	db        *sqlite.DB
	index     index
	records   job.Records // of the db
	queue     *sqlite.Queue
	store     *disk.Store
	sim       *bedrocksim.Server
	generator job.Generator
	tolerant  bool                                       // of sweeps that report an error
	batches   int                                        // ordered
	front     core                                       // of the function that takes orders
	every     time.Duration                              // between two sweeps
	faults    func() *jobtest.Fault                      // of a process that sweeps
	before    func(ctx context.Context, op string) error // of the fault of every process that starts from now on
	budget    int64                                      // of an owner for a day
	waits     chan struct{}                              // holds a token while jobs wait for a turn that no sweep has seen; nil: the schedule is enough

	concurrency int // invocations of the worker at most

	metrics *run.Watcher

	mu     sync.Mutex
	jobs   []string               // ordered
	ended  map[string]bool        // by job
	stored map[string]time.Time   // when the first picture of a job was
	begun  map[string][]time.Time // calls, by owner
}

// index is what shows jobs later than their records, and what makes them.
type index interface {
	job.Creator
	job.Timers
	job.Waiters
}

// core is what one process of a function runs.
type core struct {
	submitter *job.Submitter
	worker    *worker.Worker
	sweeper   *sweep.Sweeper
}

// start wires the core of a process. What it keeps in memory it shares with no other, and whatever it does to the world
// passes the fault.
func (c *cloud) start(f *jobtest.Fault) core {
	recorder := job.Recorder{Records: c.records, Batches: c.db, Watch: c.watch, Simulated: true, Budget: c.budget}
	dispatcher := &job.Dispatcher{Queue: c.queue, Toucher: c.db, Wake: c.wake}
	limiter := &pace.Limiter{Limits: setting, Store: c.db}
	images := shelf{c.store, c}
	all := core{
		submitter: &job.Submitter{
			Recorder: recorder, Dispatcher: dispatcher, Limiter: limiter, Images: images, Inputs: c.store, Creator: c.index, Eraser: c.db, Finder: c.db,
			BatchEraser: c.db, Index: c.db, Timers: c.index, Standings: c.db, Days: c.db, Backlog: c.db,
		},
		worker: &worker.Worker{
			Recorder: recorder, Dispatcher: dispatcher, Limiter: limiter, Images: images, Inputs: c.store, Generator: c.generator, Pacer: c.db, Days: c.db,
		},
		sweeper: &sweep.Sweeper{
			Recorder: recorder, Dispatcher: dispatcher, Limiter: limiter, Lines: c.db, Standings: c.db, Waiters: c.index, Counters: c.db, Days: c.db, Timers: c.index, Index: c.db,
			Finder: c.db, BatchIndex: c.db, BatchEraser: c.db, Images: images, Inputs: c.store, InputEraser: c.store, Eraser: c.db,
		},
	}
	f.Before = c.before
	f.On(all.submitter, all.worker, all.sweeper)
	return all
}

// setting is the pace of a stack whose operator has set none.
func setting(id string) pace.Limits {
	return config.Function{}.Setting(id)
}

// interval is the time between two calls of a model at that pace.
func interval(id string) time.Duration {
	return time.Duration(float64(time.Minute) / (0.985 * setting(id).Start))
}

// inCloud runs a test in virtual time, beside the other tests.
func inCloud(t *testing.T, test func(t *testing.T, c *cloud)) {
	t.Helper()
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) { test(t, newCloud(t, dir)) })
}

func newCloud(t *testing.T, dir string) *cloud {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(dir, "easel.db"), sqlite.Options{Unsafe: true})
	if err != nil {
		t.Fatal(err)
	}
	store, err := disk.NewStore(filepath.Join(dir, "images"), make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _, _ = db.Close(), store.Close() })
	c := &cloud{
		t: t, db: db, index: db, records: db, store: store, concurrency: concurrency, every: sweepEvery,
		ended: map[string]bool{}, stored: map[string]time.Time{}, begun: map[string][]time.Time{}, faults: func() *jobtest.Fault { return &jobtest.Fault{} },
	}
	c.simulate(bedrocksim.Options{})
	c.metrics = lambdahandler.NewWatcher(config.Function{}, slog.New(slog.DiscardHandler), io.Discard, nil)
	c.queue = db.Queue(sqlite.QueueOptions{Visibility: 1080 * time.Second, MaxReceives: 8}) // as the template sets them
	c.front = c.start(&jobtest.Fault{})
	return c
}

// simulate puts a simulator of the real quotas in the place of Bedrock.
func (c *cloud) simulate(o bedrocksim.Options) {
	c.t.Helper()
	o.Quota, o.Tiny, o.Seed = 1, true, 1
	sim, err := bedrocksim.New(o)
	if err != nil {
		c.t.Fatal(err)
	}
	c.t.Cleanup(func() { _ = sim.Close() })
	c.sim, c.generator = sim, connect(c.t, sim)
}

// pipes is a listener whose connections are pipes, so that virtual time passes while both ends wait.
type pipes chan net.Conn

func (w pipes) Accept() (net.Conn, error) {
	if c, ok := <-w; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (w pipes) Close() error   { return nil }
func (w pipes) Addr() net.Addr { return &net.TCPAddr{} }

func (w pipes) dial(context.Context, string, string) (net.Conn, error) {
	here, there := net.Pipe()
	w <- there
	return here, nil
}

// connect returns the client of a simulator.
func connect(t *testing.T, sim http.Handler) job.Generator {
	t.Helper()
	line := make(pipes)
	server := &http.Server{Handler: sim}
	go func() { _ = server.Serve(line) }()
	transport := &http.Transport{DialContext: line.dial}
	url := "http://bedrock"
	client := bedrock.Client(aws.Config{
		Region: bedrocksim.DefaultRegion, BaseEndpoint: &url, Credentials: credentials.NewStaticCredentialsProvider("simulated", "simulated", ""),
	}, func(o *bedrockruntime.Options) { o.HTTPClient = &http.Client{Transport: transport} })
	generator, err := bedrock.New(client, bedrock.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		close(line)
		_ = server.Close()
	})
	return generator
}

// shelf is the bucket. It remembers when a job's first picture was stored.
type shelf struct {
	job.Images
	c *cloud
}

// Put stores a picture.
func (s shelf) Put(ctx context.Context, key string, data []byte, info job.ImageInfo) error {
	err := s.Images.Put(ctx, key, data, info)
	s.c.mu.Lock()
	defer s.c.mu.Unlock()
	id := strings.Split(key, "/")[2] // images/single/ID/…
	if _, known := s.c.stored[id]; err == nil && !known {
		s.c.stored[id] = time.Now()
	}
	return err
}

func (c *cloud) watch(ctx context.Context, from job.Status, j job.Job) {
	c.metrics.Watch(ctx, from, j)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ended[j.ID] = j.Status.Ended()
	if j.Status == job.Running {
		c.begun[j.Owner] = append(c.begun[j.Owner], time.Now())
	}
}

// wake lets a sweep come early.
func (c *cloud) wake() {
	select {
	case c.waits <- struct{}{}:
	default:
	}
}

// order submits a job, whose prompt ends with a number of its own.
func (c *cloud) order(who string, r request.Request) job.Job {
	c.t.Helper()
	r.Prompt = fmt.Sprintf("a fox %s, number %d", r.Prompt, len(c.jobs))
	receipt, err := c.front.submitter.Submit(c.t.Context(), job.Caller{Owner: who}, r, "")
	if err != nil {
		c.t.Fatal(err)
	}
	c.jobs = append(c.jobs, receipt.Job.ID)
	return receipt.Job
}

func (c *cloud) get(id string) job.Job {
	c.t.Helper()
	j, err := c.db.Get(c.t.Context(), id)
	if err != nil {
		c.t.Fatal(err)
	}
	return j
}

func (c *cloud) stats() sqlite.Stats {
	c.t.Helper()
	stats, err := c.queue.Stats(c.t.Context())
	if err != nil {
		c.t.Fatal(err)
	}
	return stats
}

// left is how many of the jobs that were ordered have not ended.
func (c *cloud) left() (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, id := range c.jobs {
		if !c.ended[id] {
			n++
		}
	}
	return n
}

// await lets virtual time pass until every job has ended, and returns how long that took.
func (c *cloud) await(most time.Duration) time.Duration {
	c.t.Helper()
	began := time.Now()
	for c.left() > 0 {
		wait(10 * time.Second)
		if time.Since(began) > most {
			c.t.Fatalf("%d of %d jobs have not ended after %v", c.left(), len(c.jobs), most)
		}
	}
	return time.Since(began)
}

// wait lets virtual time pass.
func wait(d time.Duration) { <-time.After(d) }

// calls are the calls that the simulator took, by prompt.
func (c *cloud) calls() (taken map[string][]bedrocksim.Entry, throttled int) {
	taken = map[string][]bedrocksim.Entry{}
	for _, e := range c.sim.Ledger(bedrocksim.Filter{}).Entries {
		switch {
		case e.Outcome == bedrocksim.Executed:
			taken[e.Prompt] = append(taken[e.Prompt], e)
		case e.Status == http.StatusTooManyRequests && e.Fault == "":
			throttled++
		}
	}
	return taken, throttled
}

// named is a model of the catalogue.
func named(t *testing.T, name string) model.Model {
	t.Helper()
	m, ok := model.Find(name)
	if !ok {
		t.Fatalf("the catalogue has no %s", name)
	}
	return m
}
