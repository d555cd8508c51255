package sqlite

import (
	"context"
	"database/sql"
	"os"
	"path/filepath"
	"testing"

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
