// Package sqlite keeps records, lines, queue and pace of the embedded mode in one file: what DynamoDB and SQS do on
// AWS, without an account, a server or cgo.
//
// All writes go through one goroutine that commits all that wait together, so that a disk which can flush a few
// hundred times a second carries thousands of writes. A transaction of the core is one piece of its work: the jobs, the
// counters of their batch and the owner's day are written together or not at all. A call that has returned is on the
// disk. Reads use connections of their own and see every write that has returned.
//
// Prompts are private. What is erased is overwritten, and [DB.Scrub] takes its last traces out of the files.
//
// The package decides nothing about jobs: it stores, finds and delivers. It expects to be the only program that has
// the file open; its caller holds a lock on the folder.
package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	_ "modernc.org/sqlite" // the driver named sqlite
)

// ErrClosed is returned by every call on a [DB] that has been closed.
var ErrClosed = errors.New("database is closed")

// readers bounds the connections that read. SQLite reads are short and the processor is the limit.
const readers = 4

// checkpoint folds the write-ahead log into the file every 4,000 pages, 16 MB. With SQLite's 1,000 a large batch, whose
// rows lie all over the file, waits for that a fifth of its time.
const checkpoint = "wal_autocheckpoint(4000)"

// secureDelete overwrites what is removed with zeros, since prompts are private. [DB.Scrub] does the rest.
const secureDelete = "secure_delete(ON)"

// busyTimeout is for how many milliseconds a connection waits for another.
const busyTimeout = 10_000

// Options are the choices of [Open]. The zero value is right for a server.
type Options struct {
	Now    func() time.Time // nil: time.Now
	Unsafe bool             // do not wait for the disk: for tests alone, a power cut loses what was promised
}

// DB is an open file. It implements every port of records, lines, batches, days and pace in package job and is safe for
// concurrent use. [DB.Queue] is its queue.
type DB struct {
	*file
	batchTable
	lineTable
	jobIndex
	paceTable
	scrubber

	arrivals arrivals
}

// file is what reads and writes the file.
type file struct {
	now    func() time.Time
	writer *writer
	pool   *sql.DB  // of the writer's connection
	read   *sql.DB  // of the readers
	reads  sync.Map // their prepared statements, by query: *sql.Stmt

	lists    chan struct{} // holds a token for each list that is being read
	erasures atomic.Int64  // grows with each; those of an earlier run are the first
}

// Open opens the file, and creates it where there is none. A file that another version of the program has written is
// refused with an error that says what to do. The context bounds the opening alone.
func Open(ctx context.Context, path string, opts Options) (*DB, error) {
	f := &file{now: opts.Now, lists: make(chan struct{}, listers())}
	f.erasures.Store(1)
	if f.now == nil {
		f.now = time.Now
	}
	if err := f.open(ctx, path, opts.Unsafe); err != nil {
		return nil, errors.Join(fmt.Errorf("open database %s: %w", path, err), f.Close())
	}
	return &DB{
		file: f, batchTable: batchTable{f}, lineTable: lineTable{f}, jobIndex: jobIndex{f, lookLimit},
		paceTable: paceTable{file: f}, scrubber: scrubber{file: f},
	}, nil
}

func (db *file) open(ctx context.Context, path string, unsafe bool) (err error) {
	if err := touch(path); err != nil {
		return err
	}
	if db.pool, err = sql.Open("sqlite", dsn(path, unsafe, "journal_mode(WAL)", "temp_store(MEMORY)", checkpoint, secureDelete)); err != nil {
		return err
	}
	conn, err := db.pool.Conn(ctx)
	if err != nil {
		return err
	}
	if err = prepare(ctx, conn); err == nil {
		err = watchWords(ctx, conn)
	}
	if err != nil {
		return errors.Join(err, conn.Close())
	}
	db.writer = startWriter(conn)
	if db.read, err = sql.Open("sqlite", dsn(path, unsafe, "query_only(1)")); err != nil {
		return err
	}
	db.read.SetMaxOpenConns(readers)
	db.read.SetMaxIdleConns(readers)
	return nil
}

// Close lets the writes that are under way finish and closes the file. Calls that wait, and later ones, return
// [ErrClosed].
func (db *file) Close() error {
	var errs []error
	if db.read != nil {
		errs = append(errs, db.read.Close())
	}
	if db.writer != nil {
		errs = append(errs, db.writer.close())
	}
	if db.pool != nil { // last, because the last connection folds the write-ahead log into the file
		errs = append(errs, db.pool.Close())
	}
	return errors.Join(errs...)
}

// touch creates the file readable by its owner alone, since prompts are private. SQLite gives its side files the
// same mode.
func touch(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	return f.Close()
}

func dsn(path string, unsafe bool, pragmas ...string) string {
	synchronous := "synchronous(FULL)"
	if unsafe {
		synchronous = "synchronous(OFF)"
	}
	query := url.Values{"_pragma": append([]string{fmt.Sprintf("busy_timeout(%d)", busyTimeout), synchronous, "journal_size_limit(67108864)"}, pragmas...)}
	name := filepath.ToSlash(path)
	if filepath.IsAbs(path) && !strings.HasPrefix(name, "/") {
		name = "/" + name // C:/x becomes file:///C:/x
	}
	if !strings.HasPrefix(name, "/") {
		return "file:" + (&url.URL{Path: name}).EscapedPath() + "?" + query.Encode()
	}
	return (&url.URL{Scheme: "file", Path: name, RawQuery: query.Encode()}).String()
}
