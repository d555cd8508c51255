package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"sync"

	"easel/shared/job"
)

// together bounds how many writes share a commit, and so how long the first of them waits for the last.
const together = 256

// writer owns the one connection that writes. It takes what is waiting, runs each piece, commits once and answers all.
type writer struct {
	tx      *tx
	ops     chan *op
	stop    chan struct{}
	stopped chan struct{}
	once    sync.Once
}

// op is one piece of work that is written wholly or not at all.
type op struct {
	ctx  context.Context
	run  func(*tx) error
	done chan error
}

func startWriter(conn *sql.Conn) *writer {
	w := &writer{
		tx:      &tx{conn: conn, stmts: map[string]*sql.Stmt{}},
		ops:     make(chan *op, together),
		stop:    make(chan struct{}),
		stopped: make(chan struct{}),
	}
	w.tx.renew()
	go w.loop()
	return w
}

func (w *writer) close() (err error) {
	w.once.Do(func() {
		close(w.stop)
		<-w.stopped
		err = w.tx.close()
	})
	return err
}

// write runs the piece of work on the writer's connection and returns its result once it is on the disk. If it
// returns an error nothing of it is kept. It may run twice, the first time in vain. A caller whose context ends while
// the work is under way gets the context's error, and the work may have been written all the same.
func write[T any](ctx context.Context, w *writer, run func(*tx) (T, error)) (T, error) {
	var result, none T
	o := &op{ctx: ctx, done: make(chan error, 1), run: func(x *tx) (err error) {
		result, err = run(x)
		return err
	}}
	if err := w.enqueue(o); err != nil {
		return none, err
	}
	select {
	case err := <-o.done:
		return result, err
	case <-ctx.Done():
		return none, ctx.Err()
	case <-w.stopped:
	}
	select {
	case err := <-o.done: // answered just before the end
		return result, err
	default:
		return none, ErrClosed
	}
}

func (w *writer) enqueue(o *op) error {
	if err := o.ctx.Err(); err != nil {
		return err
	}
	select {
	case <-w.stop:
		return ErrClosed
	default:
	}
	select {
	case w.ops <- o:
		return nil
	case <-o.ctx.Done():
		return o.ctx.Err()
	case <-w.stop:
		return ErrClosed
	}
}

func (w *writer) loop() {
	defer close(w.stopped)
	for {
		select {
		case <-w.stop:
			return
		case first := <-w.ops:
			runtime.Gosched() // those who are about to write come first
			w.serve(w.gather(first))
		}
	}
}

// gather takes what else is waiting, without waiting for more.
func (w *writer) gather(first *op) []*op {
	ops := []*op{first}
	for len(ops) < together {
		select {
		case o := <-w.ops:
			ops = append(ops, o)
		default:
			return ops
		}
	}
	return ops
}

// serve commits the pieces together, with savepoints only where one of them has to be undone, since they cost more than
// many a piece. If that fails, because a full disk ends the whole transaction, each is
// tried alone: the one that needs no room must not fail with the one that does.
func (w *writer) serve(ops []*op) {
	errs, err := w.commit(ops, w.step)
	if errors.Is(err, errUndo) {
		errs, err = w.commit(ops, w.guarded)
	}
	if err == nil {
		for i, o := range ops {
			o.done <- errs[i]
		}
		return
	}
	if len(ops) == 1 {
		ops[0].done <- err
		return
	}
	for _, o := range ops {
		w.serve([]*op{o})
	}
}

// commit runs the pieces in one transaction. The errors are those of single pieces; err means that nothing at all
// was written.
func (w *writer) commit(ops []*op, step func(*op) (err, lost error)) (errs []error, err error) {
	if _, err := w.tx.exec("BEGIN IMMEDIATE"); err != nil {
		return nil, err
	}
	errs = make([]error, len(ops))
	for i, o := range ops {
		if errs[i], err = step(o); err != nil {
			return nil, w.rollback(err)
		}
	}
	if err := w.tx.writeTouches(); err != nil {
		return nil, w.rollback(err)
	}
	if err := writeWords(w.tx); err != nil {
		return nil, w.rollback(err)
	}
	if _, err := w.tx.exec("COMMIT"); err != nil {
		return nil, w.rollback(err)
	}
	w.tx.renew()
	return errs, nil
}

// errUndo says that a piece has failed which may have changed something.
var errUndo = errors.New("a piece has to be undone")

// step runs one piece. Its own error leaves the transaction whole if it is a refusal that came before any change; lost
// says that the transaction has to go.
func (w *writer) step(o *op) (err, lost error) {
	if err := o.ctx.Err(); err != nil {
		return err, nil
	}
	w.tx.changed, w.tx.failed = false, false
	err = o.run(w.tx)
	if w.tx.failed || err != nil && (w.tx.changed || !refusal(err)) {
		return nil, errUndo
	}
	return err, nil
}

// refusal reports whether an error is the answer of a store that works.
func refusal(err error) bool {
	for _, kind := range []error{job.ErrConflict, job.ErrNotFound, job.ErrExists, job.ErrCounters, job.ErrBudget} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// guarded runs one piece within a savepoint. Its own error leaves the transaction whole, lost says that the
// transaction is gone.
func (w *writer) guarded(o *op) (err, lost error) {
	if err := o.ctx.Err(); err != nil {
		return err, nil
	}
	if _, err := w.tx.exec("SAVEPOINT piece"); err != nil {
		return nil, err
	}
	before := w.tx.added
	if err = o.run(w.tx); err == nil {
		err = w.tx.writeTouches()
	}
	if err != nil {
		if _, gone := w.tx.exec("ROLLBACK TO piece"); gone != nil {
			return nil, err // SQLite gave the transaction up for the same reason
		}
		w.tx.undo(before)
	}
	_, lost = w.tx.exec("RELEASE piece")
	return err, lost
}

// rollback ends a transaction of which SQLite may or may not have let go by itself, and returns the cause.
func (w *writer) rollback(cause error) error {
	_, _ = w.tx.exec("ROLLBACK") // fails where SQLite has rolled back already
	w.tx.undo(nil)
	return cause
}
