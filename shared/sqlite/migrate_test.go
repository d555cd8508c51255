package sqlite

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// old makes a file of the first schema with one job.
func old(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "easel.db")
	raw(t, path, func(ctx context.Context, conn *sql.Conn) error { return migrate(ctx, conn, path, schemas()[:1]) })
	raw(t, path, func(ctx context.Context, conn *sql.Conn) error {
		_, err := conn.ExecContext(ctx, "INSERT INTO pace (model, next) VALUES ('core', 5)")
		return err
	})
	return path
}

func version(t *testing.T, path string) (n int) {
	t.Helper()
	raw(t, path, func(ctx context.Context, conn *sql.Conn) error {
		return conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&n)
	})
	return n
}

// next returns what the one row of pace says, by a query of the tester's choice.
func next(t *testing.T, path, query string) (n int) {
	t.Helper()
	raw(t, path, func(ctx context.Context, conn *sql.Conn) error { return conn.QueryRowContext(ctx, query).Scan(&n) })
	return n
}

func TestANewFileGetsTheNewestSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "easel.db")
	reopen(t, path, Options{Unsafe: true})
	if got := version(t, path); got != len(schemas()) || got < 1 {
		t.Errorf("user_version %d, want %d", got, len(schemas()))
	}
	if copies, _ := filepath.Glob(path + ".schema*"); len(copies) > 0 {
		t.Errorf("an empty file was copied: %v", copies)
	}
}

func TestAnOldFileIsCopiedAndMigrated(t *testing.T) {
	path := old(t)
	steps := append(schemas()[:1:1], "ALTER TABLE pace ADD COLUMN ceiling INTEGER NOT NULL DEFAULT 7", "UPDATE pace SET next = ceiling")
	raw(t, path, func(ctx context.Context, conn *sql.Conn) error { return migrate(ctx, conn, path, steps) })
	if n, v := next(t, path, "SELECT next + ceiling FROM pace"), version(t, path); n != 14 || v != 3 {
		t.Errorf("migrated: %d at version %d, want 14 at 3", n, v)
	}
	if n, v := next(t, path+".schema1", "SELECT next FROM pace"), version(t, path+".schema1"); n != 5 || v != 1 {
		t.Errorf("copy: %d at version %d, want 5 at 1", n, v)
	}
}

func TestAFailedMigrationLeavesTheFileAsItWas(t *testing.T) {
	path := old(t)
	broken := append(schemas()[:1:1], "UPDATE pace SET next = 9; CREATE TABLE pace (x)")
	raw(t, path, func(ctx context.Context, conn *sql.Conn) error {
		if err := migrate(ctx, conn, path, broken); err == nil {
			t.Error("a broken step went through")
		}
		return nil
	})
	if n, v := next(t, path, "SELECT next FROM pace"), version(t, path); n != 5 || v != 1 {
		t.Errorf("after a failed step: %d at version %d, want 5 at 1", n, v)
	}
	raw(t, path, func(ctx context.Context, conn *sql.Conn) error {
		_, err := conn.ExecContext(ctx, "UPDATE pace SET next = 6")
		return err
	})
	mended := append(schemas()[:1:1], "UPDATE pace SET next = 9")
	raw(t, path, func(ctx context.Context, conn *sql.Conn) error { return migrate(ctx, conn, path, mended) })
	if n, copied := next(t, path, "SELECT next FROM pace"), next(t, path+".schema1", "SELECT next FROM pace"); n != 9 || copied != 6 {
		t.Errorf("second attempt: %d, copy %d; want 9, and 6 as it was before that attempt", n, copied)
	}
	if _, err := os.Stat(path + ".schema1.part"); err == nil {
		t.Error("half a copy was left behind")
	}
}

func TestAFileOfTheFirstSchemaKeepsItsSlotsAndLearns(t *testing.T) {
	path := old(t)
	db := reopen(t, path, Options{Unsafe: true})
	if _, err := db.SetPace(t.Context(), "core", job.Pace{Start: 90}); err != nil {
		t.Error(err)
	}
	if n, v := next(t, path, "SELECT next FROM pace"), version(t, path); n != 5 || v != len(schemas()) {
		t.Errorf("slot %d at version %d, want 5 at %d", n, v, len(schemas()))
	}
}

// second makes a file of the second schema with jobs of one batch, and one of none, as the program of that time wrote them.
func second(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "easel.db")
	raw(t, path, func(ctx context.Context, conn *sql.Conn) error { return migrate(ctx, conn, path, schemas()[:2]) })
	for _, row := range []struct{ id, batch, status, doc string }{
		{"a", "b", "succeeded", `{"v":1,"id":"a","batch_id":"b","status":"succeeded","cost_micro_usd":40000,"metadata":null}`},
		{"c", "b", "failed", `{"v":1,"id":"c","batch_id":"b","status":"failed","cost_micro_usd":80001,"metadata":{"k":"v"}}`},
		{"d", "b", "queued", `{"v":1,"id":"d","batch_id":"b","status":"queued","cost_micro_usd":0}`},
		{"e", "b", "queued", `{"v":1,"id":"e","batch_id":"b","status":"queued"}`},
		{"f", "", "queued", `{"v":1,"id":"f","batch_id":"","status":"queued","cost_micro_usd":7}`},
	} {
		raw(t, path, func(ctx context.Context, conn *sql.Conn) error {
			_, err := conn.ExecContext(ctx, `INSERT INTO jobs (id, owner, status, model, batch, created, position, due, out, deadline, version, doc)
				VALUES (?, 'o', ?, 'core', ?, 5, 0, NULL, 0, NULL, 3, ?)`, row.id, row.status, row.batch, row.doc)
			return err
		})
	}
	return path
}

func TestAFileOfTheSecondSchemaCountsWhatItsJobsHaveCost(t *testing.T) {
	path := second(t)
	db := reopen(t, path, Options{Unsafe: true})
	got, err := db.CountJobs(t.Context(), "b")
	if err != nil {
		t.Fatal(err)
	}
	want := job.Tally{Counts: map[job.Status]int64{job.Queued: 2, job.Succeeded: 1, job.Failed: 1}, Cost: 120_001}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("counted (-want +got):\n%s", diff)
	}
	j, err := db.Get(t.Context(), "c")
	if err != nil || j.Version != 3 || j.Metadata["k"] != "v" {
		t.Fatalf("a job of the second schema: %+v: %v", j, err)
	}
	j.CostMicroUSD = 1
	if _, err := db.Update(t.Context(), j); err != nil {
		t.Error(err)
	}
	if got, err = db.CountJobs(t.Context(), "b"); err != nil || got.Cost != 40_001 {
		t.Errorf("after an update the cost is %d, want 40001: %v", got.Cost, err)
	}
	if n := next(t, path+".schema2", "SELECT count(*) FROM jobs"); n != 5 {
		t.Errorf("the copy holds %d jobs, want 5", n)
	}
}
