package sqlite

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"easel/shared/job"
	"easel/shared/request"
)

// order is a job with what every job has.
func order(id string) job.Job {
	now := instant()
	return job.Job{
		Version: 1,
		V:       job.RecordVersion, ID: id, Owner: "local", Status: job.Queued, Model: "core", Generation: 1,
		Input: job.Input{Settings: request.Settings{Prompt: "a lighthouse"}}, CreatedAt: now, QueuedAt: now, Visible: now, Due: &now,
	}
}

// written is a transaction of jobs alone.
func written(jobs ...job.Job) job.Transaction { return job.Transaction{WriteID: "w", Jobs: jobs} }

// held stops the writer goroutine until release is called, so that writes pile up behind it.
func held(t *testing.T, db *DB) (release func()) {
	t.Helper()
	entered, gate := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		_, err := write(t.Context(), db.writer, func(*tx) (int, error) {
			close(entered)
			<-gate
			return 0, nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-entered
	return func() {
		close(gate)
		wg.Wait()
	}
}

// pile queues a write without waiting for it.
func pile(db *DB, ctx context.Context, run func(*tx) error) *op {
	o := &op{ctx: ctx, run: run, done: make(chan error, 1)}
	db.writer.ops <- o
	return o
}

func insertOne(id string) func(*tx) error {
	return func(x *tx) error {
		j := order(id)
		row, err := encode(j)
		if err != nil {
			return err
		}
		return insert(x, j, row, &job.Obstacle{})
	}
}

func TestWritesShareACommit(t *testing.T) {
	db := scratch(t)
	release := held(t, db)
	var ops []*op
	for n := range 40 {
		ops = append(ops, pile(db, t.Context(), func(x *tx) error {
			var seen int
			if err := x.row("SELECT count(*) FROM jobs", nil, &seen); err != nil {
				return err
			}
			visible, err := count(t, db) // what a reader sees is what has been committed
			if err != nil || seen != n || visible != 0 {
				return fmt.Errorf("write %d sees %d jobs and readers %d: %w", n, seen, visible, err)
			}
			return insertOne(fmt.Sprint("job", n))(x)
		}))
	}
	release()
	for n, o := range ops {
		if err := <-o.done; err != nil {
			t.Errorf("write %d: %v", n, err)
		}
	}
	if n, err := count(t, db); n != len(ops) || err != nil {
		t.Errorf("%d jobs are stored, want %d: %v", n, len(ops), err)
	}
}

func count(t *testing.T, db *DB) (n int, err error) {
	err = db.read.QueryRowContext(t.Context(), "SELECT count(*) FROM jobs").Scan(&n)
	return n, err
}

func TestAFailedWriteLeavesItsNeighboursAlone(t *testing.T) {
	db := scratch(t)
	release := held(t, db)
	broken := errors.New("broken")
	before := pile(db, t.Context(), insertOne("before"))
	failing := pile(db, t.Context(), func(x *tx) error {
		return errors.Join(insertOne("failing")(x), broken)
	})
	after := pile(db, t.Context(), insertOne("after"))
	release()
	if err := <-failing.done; !errors.Is(err, broken) {
		t.Errorf("the failing write returned %v", err)
	}
	for id, o := range map[string]*op{"before": before, "after": after} {
		if err := <-o.done; err != nil {
			t.Errorf("%s: %v", id, err)
		}
		if _, err := db.Get(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
	if _, err := db.Get(t.Context(), "failing"); !errors.Is(err, job.ErrNotFound) {
		t.Errorf("the failed write left its job behind: %v", err)
	}
	seesWhole(t, db) // nor are its words in the index
}

func TestAFullDiskIsAnErrorAndPasses(t *testing.T) {
	db := scratch(t)
	big := order("big")
	big.Input.Prompt = strings.Repeat("lighthouse ", 40_000)
	setPages(t, db, 60)
	if _, err := db.Create(t.Context(), written(big)); err == nil || !strings.Contains(err.Error(), "full") {
		t.Fatalf("create on a full disk: %v, want database or disk is full", err)
	}
	if _, err := db.Create(t.Context(), written(order("small"))); err != nil {
		t.Errorf("what still has room failed: %v", err)
	}
	setPages(t, db, 1<<30)
	if _, err := db.Create(t.Context(), written(big)); err != nil {
		t.Errorf("create when there is room again: %v", err)
	}
}

// TestAFullDiskLeavesNeighboursAlone makes SQLite give up the whole transaction, which takes the savepoints with it.
func TestAFullDiskLeavesNeighboursAlone(t *testing.T) {
	db := scratch(t)
	setPages(t, db, 60)
	release := held(t, db)
	before := pile(db, t.Context(), insertOne("before"))
	full := pile(db, t.Context(), func(x *tx) error {
		_, err := x.exec("INSERT INTO pace (model, next) VALUES (?, 0)", strings.Repeat("x", 1<<20))
		return err
	})
	gone := pile(db, t.Context(), func(x *tx) error {
		_, err := x.exec("ROLLBACK")
		return errors.Join(err, errors.New("gave up"))
	})
	after := pile(db, t.Context(), insertOne("after"))
	release()
	if err := <-full.done; err == nil || !strings.Contains(err.Error(), "full") {
		t.Errorf("a megabyte into 60 pages: %v", err)
	}
	if err := <-gone.done; err == nil || !strings.Contains(err.Error(), "gave up") {
		t.Errorf("the write that lost its transaction returned %v", err)
	}
	for id, o := range map[string]*op{"before": before, "after": after} {
		if err := <-o.done; err != nil {
			t.Errorf("%s: %v", id, err)
		}
		if _, err := db.Get(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
}

func setPages(t *testing.T, db *DB, pages int) {
	t.Helper()
	_, err := write(t.Context(), db.writer, func(x *tx) (n int, err error) {
		return n, x.row(fmt.Sprint("PRAGMA max_page_count = ", pages), nil, &n)
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestAFileThatCannotBeWrittenIsAnError(t *testing.T) {
	db := scratch(t)
	protect := func(on string) {
		if _, err := db.writer.tx.conn.ExecContext(t.Context(), "PRAGMA query_only = "+on); err != nil {
			t.Fatal(err)
		}
	}
	protect("on")
	if _, err := db.Create(t.Context(), written(order("a"))); err == nil || !strings.Contains(err.Error(), "readonly") {
		t.Errorf("create: %v, want a read-only database", err)
	}
	protect("off")
	if _, err := db.Create(t.Context(), written(order("a"))); err != nil {
		t.Errorf("create afterwards: %v", err)
	}
}

func TestACallerMayGiveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := scratch(t)
		ctx, cancel := context.WithCancel(t.Context())
		release := held(t, db)
		unborn := pile(db, ctx, insertOne("unborn"))
		given := make(chan error)
		go func() {
			_, err := db.Create(ctx, written(order("abandoned")))
			given <- err
		}()
		synctest.Wait()
		cancel()
		if err := <-given; !errors.Is(err, context.Canceled) { // the writer still stands
			t.Errorf("create: %v, want context.Canceled", err)
		}
		release()
		if err := <-unborn.done; !errors.Is(err, context.Canceled) {
			t.Errorf("a write whose caller had gone returned %v", err)
		}
		if n, err := count(t, db); n != 0 || err != nil {
			t.Errorf("%d jobs were written whose callers had gone: %v", n, err)
		}
	})
}

func TestClosedIsAnError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		db := scratch(t)
		begin, waiting := time.Now(), make(chan error)
		go func() {
			_, err := db.Queue(QueueOptions{}).Receive(t.Context())
			waiting <- err
		}()
		synctest.Wait()
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if err := <-waiting; !errors.Is(err, ErrClosed) || time.Since(begin) != 0 {
			t.Errorf("receive after %v: %v, want ErrClosed at once", time.Since(begin), err)
		}
		if _, err := db.Create(t.Context(), written(order("a"))); !errors.Is(err, ErrClosed) {
			t.Errorf("create: %v, want ErrClosed", err)
		}
		if err := db.Close(); err != nil {
			t.Errorf("closing twice: %v", err)
		}
	})
}

// TestAFailedCommitIsAnErrorAndPasses lets COMMIT itself fail, as a disk may, by a constraint that is checked there.
func TestAFailedCommitIsAnErrorAndPasses(t *testing.T) {
	db := scratch(t)
	_, err := db.writer.tx.conn.ExecContext(t.Context(), `PRAGMA foreign_keys = ON; CREATE TABLE child (
		job TEXT REFERENCES jobs (id) DEFERRABLE INITIALLY DEFERRED)`)
	if err != nil {
		t.Fatal(err)
	}
	orphan := func(x *tx) error {
		_, err := x.exec("INSERT INTO child VALUES ('nobody')")
		return err
	}
	release := held(t, db)
	before, failing := pile(db, t.Context(), insertOne("before")), pile(db, t.Context(), orphan)
	after := pile(db, t.Context(), insertOne("after"))
	release()
	if err := <-failing.done; err == nil || !strings.Contains(err.Error(), "FOREIGN KEY") {
		t.Errorf("the write that cannot be committed returned %v", err)
	}
	for id, o := range map[string]*op{"before": before, "after": after} {
		if err := <-o.done; err != nil {
			t.Errorf("%s: %v", id, err)
		}
		if _, err := db.Get(t.Context(), id); err != nil {
			t.Error(err)
		}
	}
}
