package main

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riversqlite"
	"github.com/riverqueue/river/rivermigrate"
	_ "modernc.org/sqlite" // the driver named sqlite
)

// pragmas are those of Easel, but that River does not wait for the disk at each commit. In a file system in memory
// there is nothing to wait for.
const pragmas = "?_pragma=journal_mode(WAL)&_pragma=synchronous(NORMAL)&_pragma=busy_timeout(10000)&_txlock=immediate"

// fetchEvery is the shortest time between two fetches that River takes: it limits the rate.
const fetchEvery = time.Millisecond

type nothing struct{}

func (nothing) Kind() string { return "nothing" }

// worker counts the jobs it is given and says when the last has come.
type worker struct {
	river.WorkerDefaults[nothing]
	left *atomic.Int64
}

func (w worker) Work(context.Context, *river.Job[nothing]) error {
	w.left.Add(-1)
	return nil
}

// queue is River on a file.
type queue struct {
	pool   *sql.DB
	client *river.Client[*sql.Tx]
	ends   <-chan *river.Event
	left   *atomic.Int64
}

// openRiver makes the file. The pool holds one connection, as River's driver advises.
func openRiver(ctx context.Context, file string, workers int) (*queue, error) {
	pool, err := sql.Open("sqlite", "file:"+file+pragmas)
	if err != nil {
		return nil, err
	}
	pool.SetMaxOpenConns(1)
	driver := riversqlite.New(pool)
	migrator, err := rivermigrate.New(driver, nil)
	if err == nil {
		_, err = migrator.Migrate(ctx, rivermigrate.DirectionUp, nil)
	}
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	left := new(atomic.Int64)
	left.Store(jobs)
	known := river.NewWorkers()
	river.AddWorker(known, worker{left: left})
	client, err := river.NewClient(driver, &river.Config{
		Queues:        map[string]river.QueueConfig{river.QueueDefault: {MaxWorkers: workers}},
		FetchCooldown: fetchEvery, FetchPollInterval: fetchEvery,
		Workers: known, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, errors.Join(err, pool.Close())
	}
	return &queue{pool: pool, client: client, left: left}, nil
}

// record inserts the jobs, a thousand at a time.
func (q *queue) record(ctx context.Context) error {
	const together = 1000
	for n := 0; n < jobs; n += together {
		some := make([]river.InsertManyParams, together)
		for i := range some {
			some[i].Args = nothing{}
		}
		if _, err := q.client.InsertMany(ctx, some); err != nil {
			return err
		}
	}
	return nil
}

// work returns when every job is recorded as completed.
func (q *queue) work(ctx context.Context) error {
	ends, stop := q.client.SubscribeConfig(&river.SubscribeConfig{ChanSize: 2 * jobs, Kinds: []river.EventKind{river.EventKindJobCompleted}})
	defer stop()
	if err := q.client.Start(ctx); err != nil {
		return err
	}
	for range jobs {
		<-ends
	}
	go func() { _ = q.client.Stop(ctx) }()
	<-q.client.Stopped()
	return nil
}

func (q *queue) expect(ctx context.Context) error {
	var completed int
	if err := q.pool.QueryRowContext(ctx, "SELECT count(*) FROM river_job WHERE state = 'completed'").Scan(&completed); err != nil {
		return err
	}
	if completed != jobs || q.left.Load() != 0 {
		return fmt.Errorf("%d of %d jobs are recorded as completed", completed, jobs)
	}
	return nil
}
