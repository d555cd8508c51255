package local

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"easel/shared/backoff"
	"easel/shared/disk"
	"easel/shared/feed"
	"easel/shared/job"
	"easel/shared/pace"
	"easel/shared/read"
	"easel/shared/run"
	"easel/shared/sqlite"
	"easel/shared/sweep"
	"easel/shared/worker"
)

// Times of the embedded mode. A process that lives on has no reason to give up storing a paid picture
// after seconds, so its workers have more time than a function has.
const (
	taskTime  = 10 * time.Minute      // for one message, from receipt to acknowledgement
	keepTime  = 5 * time.Minute       // of that, to store and finish
	ackTime   = 10 * time.Second      // for the last message of a worker that stops
	stopTime  = 2 * time.Minute       // for calls that run when the process is told to stop
	sweepTime = time.Second           // between two sweeps
	sweepRest = 50 * time.Millisecond // of that, at the least: many who submit do not keep the sweep busy
	sweepLong = 15 * time.Second      // after which a sweep leaves the rest to the next, so that turns are given out in between
	scrubTime = time.Minute           // until the traces of what was erased are taken out of the files
	errorTime = time.Second           // before the queue is asked again after an error
	simProbe  = 2 * time.Second       // between two calls of a simulated model that fails
)

// engine is the core on its embedded adapters, with the goroutines that drive it.
type engine struct {
	submitter *job.Submitter
	reader    *read.Reader
	worker    *worker.Worker
	sweeper   *sweep.Sweeper
	db        *sqlite.DB
	queue     *sqlite.Queue
	store     *disk.Store
	health    *health
	feed      *feed.Hub
	workers   int
	waits     chan struct{} // holds a token while jobs may wait for a turn that no sweep has seen
	log       *slog.Logger
}

// parts are what an engine is made of.
type parts struct {
	db        *sqlite.DB
	store     *disk.Store
	room      func() error // an error where the disk is full
	generator job.Generator
	simulated bool
	retired   bool
	budget    int64 // of an owner for a day, in micro-dollars; 0: none
	setting   func(model string) pace.Limits
	secret    []byte
	links     time.Duration // how long an address of a picture may be asked to hold
	workers   int
	log       *slog.Logger
	adjust    func(*engine) // a test's changes; nil: none
}

func newEngine(p parts) *engine {
	e := &engine{
		db: p.db, queue: p.db.Queue(sqlite.QueueOptions{}), store: p.store, health: newHealth(p.room, p.db.Probe, p.store.Probe), workers: p.workers, log: p.log,
		waits: make(chan struct{}, 1), feed: &feed.Hub{},
	}
	store := feed.Store{Backing: p.db, Hub: e.feed}
	watcher := &run.Watcher{Log: p.log}
	recorder := job.Recorder{
		Records: store, Batches: store, OneWriter: true, Budget: p.budget, Simulated: p.simulated, Watch: watcher.Watch, Ended: watcher.WatchBatch,
	}
	limiter := &pace.Limiter{Limits: p.setting, Store: p.db}
	dispatcher := &job.Dispatcher{Queue: e.queue, Toucher: p.db, Wake: e.wake}
	e.submitter = &job.Submitter{
		Recorder: recorder, Dispatcher: dispatcher, Limiter: limiter, Images: p.store, Inputs: p.store, Creator: store, Eraser: p.db, Finder: p.db,
		BatchEraser: p.db, Index: p.db, Timers: p.db, Standings: p.db, Days: p.db, Backlog: p.db, Retired: p.retired,
	}
	e.reader = &read.Reader{
		Records: p.db, Index: p.db, Words: true, Links: p.store, Thumbs: p.store.Thumbnails(), MaxLink: p.links, Secret: p.secret,
		BatchRecords: p.db, BatchIndex: p.db, Standings: p.db, Days: p.db, Budget: p.budget, Limiter: limiter,
	}
	e.worker = &worker.Worker{
		Recorder: recorder, Dispatcher: dispatcher, Limiter: limiter, Images: p.store, Inputs: p.store, Generator: p.generator, Pacer: p.db, Days: p.db,
		Keep: keepTime, Report: watcher.Report,
	}
	if p.simulated { // failures are ordered there, and a minute until the next call is too long for a person
		e.worker.Probe = simProbe
	}
	e.sweeper = &sweep.Sweeper{
		Recorder: recorder, Dispatcher: dispatcher, Limiter: limiter, Lines: p.db, Standings: p.db, Waiters: p.db, Counters: p.db, Days: p.db, Timers: p.db,
		Index: p.db, Finder: p.db, BatchIndex: p.db, BatchEraser: p.db,
		Images: p.store, Inputs: p.store, InputEraser: p.store, Eraser: p.db,
	}
	if p.adjust != nil {
		p.adjust(e)
	}
	return e
}

// start begins to work and returns a function that waits for the end. Once ctx ends nothing new is begun, calls that run may
// end, and what waits for its turn is put back. Requests may come as soon as start has returned, and not before: they look
// at what it sets.
func (e *engine) start(ctx context.Context) (wait func()) {
	e.worker.Stopping = ctx.Done()
	e.reader.Stopping = ctx.Done()
	work, kill := context.WithCancel(context.WithoutCancel(ctx))
	context.AfterFunc(ctx, func() { time.AfterFunc(stopTime, kill) })
	var wg sync.WaitGroup
	for range e.workers {
		wg.Go(func() { e.pump(ctx, work) })
	}
	wg.Go(func() { e.sweep(ctx) })
	wg.Go(func() { e.scrub(ctx) })
	return func() {
		wg.Wait()
		kill()
	}
}

// pump is what an event source mapping does: receive, work, acknowledge. A message is acknowledged with the next receive.
func (e *engine) pump(ctx, work context.Context) {
	done := "" // the receipt of a message that is to be acknowledged
	for ctx.Err() == nil {
		d, err := e.next(ctx, done)
		if err == nil {
			done, err = e.handle(work, d)
		}
		if err != nil && ctx.Err() == nil {
			e.log.ErrorContext(ctx, "queue", "err", err)
			_ = backoff.Sleep(ctx, errorTime)
		}
	}
	if done == "" {
		return
	}
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), ackTime)
	defer cancel()
	if err := e.queue.Ack(settle, done); err != nil {
		e.log.ErrorContext(ctx, "queue", "err", err)
	}
}

// next acknowledges a message, if there is one, and receives another.
func (e *engine) next(ctx context.Context, done string) (sqlite.Delivery, error) {
	if done == "" {
		return e.queue.Receive(ctx)
	}
	return e.queue.Next(ctx, done)
}

// handle works on one delivery, within the time that a worker has here. It returns the receipt where the message is to be
// acknowledged.
func (e *engine) handle(ctx context.Context, d sqlite.Delivery) (done string, err error) {
	ctx, cancel := context.WithTimeout(ctx, taskTime)
	defer cancel()
	w := run.Worker{Do: e.worker.Do, Hide: e.queue.Hide, Log: e.log}
	worked, err := w.Deliver(ctx, run.Delivery{Body: d.Body, Receipt: d.Receipt, About: []any{"receives", d.Receives}})
	if !worked {
		return "", err
	}
	return d.Receipt, nil
}

// sweep is what a schedule does, and at once where jobs begin to wait.
func (e *engine) sweep(ctx context.Context) {
	for ctx.Err() == nil {
		if err := e.sweepOnce(ctx); err != nil && !errors.Is(err, context.Canceled) {
			e.log.ErrorContext(ctx, "sweep", "err", err)
		}
		_ = backoff.Sleep(ctx, sweepRest)
		select {
		case <-time.After(sweepTime - sweepRest):
		case <-e.waits:
		case <-ctx.Done():
		}
	}
}

// wake ends the rest of the sweep.
func (e *engine) wake() {
	select {
	case e.waits <- struct{}{}:
	default:
	}
}

// scrub takes the traces of erased jobs out of the files. What a stop leaves is done after the next start.
func (e *engine) scrub(ctx context.Context) {
	for {
		_ = backoff.Sleep(ctx, scrubTime)
		if ctx.Err() != nil {
			return
		}
		if err := e.db.Scrub(ctx); err != nil && !errors.Is(err, context.Canceled) {
			e.log.ErrorContext(ctx, "scrub", "err", err)
		}
	}
}

func (e *engine) sweepOnce(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, sweepLong)
	defer cancel()
	return run.Guard(ctx, e.log, "sweep", func() error {
		_, err := e.sweeper.Sweep(ctx)
		return err
	})
}
