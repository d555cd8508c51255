package sqlite

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

func TestWritesWaitForTheDisk(t *testing.T) {
	for name, c := range map[string]struct {
		opts Options
		want int
	}{
		"a server's do": {Options{}, 2},
		"a test's need": {Options{Unsafe: true}, 0},
	} {
		t.Run(name, func(t *testing.T) {
			db := reopen(t, filepath.Join(t.TempDir(), "easel.db"), c.opts)
			var synchronous int
			var journal string
			conn := db.writer.tx.conn
			if err := conn.QueryRowContext(t.Context(), "PRAGMA synchronous").Scan(&synchronous); err != nil {
				t.Fatal(err)
			}
			if err := conn.QueryRowContext(t.Context(), "PRAGMA journal_mode").Scan(&journal); err != nil {
				t.Fatal(err)
			}
			if synchronous != c.want || journal != "wal" {
				t.Errorf("synchronous %d, journal %s; want %d, wal", synchronous, journal, c.want)
			}
		})
	}
}

func TestAFileMayHaveAnyName(t *testing.T) {
	for _, name := range []string{"plain.db", "with space.db", "50%20 off?a=b#c&d.db", "Häuser/語.db"} {
		t.Run(name, func(t *testing.T) {
			if runtime.GOOS == "windows" && strings.ContainsAny(name, "?") {
				t.Skip("no file of Windows has a question mark")
			}
			path := filepath.Join(t.TempDir(), filepath.FromSlash(name))
			if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
				t.Fatal(err)
			}
			db := reopen(t, path, Options{Unsafe: true})
			store(t, db, order("a"))
			names, err := filepath.Glob(filepath.Join(filepath.Dir(path), "*"))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{path, path + "-shm", path + "-wal"}, names); diff != "" {
				t.Errorf("files (-want +got):\n%s", diff)
			}
		})
	}
}

func TestOpenTakesARelativeName(t *testing.T) {
	t.Chdir(t.TempDir())
	db := reopen(t, "50%20 off.db", Options{Unsafe: true})
	store(t, db, order("a"))
	if _, err := os.Stat("50%20 off.db-wal"); err != nil {
		t.Error(err)
	}
}

func TestReadersCannotWrite(t *testing.T) {
	if _, err := scratch(t).read.ExecContext(t.Context(), "DELETE FROM jobs"); err == nil || !strings.Contains(err.Error(), "readonly") {
		t.Errorf("a write that goes around the writer: %v", err)
	}
}

func TestOthersMayNotReadTheFile(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("Windows has no such modes")
	}
	path := filepath.Join(t.TempDir(), "easel.db")
	reopen(t, path, Options{Unsafe: true})
	for _, name := range []string{path, path + "-wal", path + "-shm"} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode().Perm() != 0o600 {
			t.Errorf("%s has mode %v, want 0600", filepath.Base(name), info.Mode())
		}
	}
}

func TestOpenSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	text := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(text, []byte(strings.Repeat("this is no database\n", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]string{
		text:                                 "not a database",
		dir:                                  "directory",
		filepath.Join(dir, "no", "easel.db"): "no such file",
	} {
		if db, err := Open(t.Context(), path, Options{}); err == nil {
			t.Errorf("%s opened", path)
			db.Close()
		} else if !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), path) {
			t.Errorf("open %s: %v, want %q", path, err, want)
		}
	}
}

func store(t *testing.T, db *DB, jobs ...job.Job) {
	t.Helper()
	if _, err := db.Create(t.Context(), written(jobs...)); err != nil {
		t.Fatalf("create: %v", err)
	}
}

func TestWhatWasPromisedSurvivesACrash(t *testing.T) {
	for name, c := range map[string]struct {
		torn int64 // bytes that the last write to the log lacks
		want int
	}{
		"whole": {0, 20},
		"torn":  {100, 19},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "easel.db")
			db := reopen(t, path, Options{})
			for n := range 20 {
				store(t, db, order(fmt.Sprint("job", n)))
			}
			crashed := reopen(t, crash(t, path, c.torn), Options{})
			for n := range 20 {
				_, err := crashed.Get(t.Context(), fmt.Sprint("job", n))
				if n < c.want && err != nil {
					t.Error(err)
				}
				if n >= c.want && !errors.Is(err, job.ErrNotFound) {
					t.Errorf("job %d was torn and came back: %v", n, err)
				}
			}
		})
	}
}

// crash copies an open file and its log as a computer that stopped would leave them.
func crash(t *testing.T, path string, torn int64) string {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "easel.db")
	for _, side := range []string{"", "-wal"} {
		data, err := os.ReadFile(path + side)
		if err != nil {
			t.Fatal(err)
		}
		if side == "-wal" {
			data = data[:int64(len(data))-torn]
		}
		if err := os.WriteFile(copied+side, data, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return copied
}

func TestAClosedFileOpensAgain(t *testing.T) {
	path := filepath.Join(t.TempDir(), "easel.db")
	db, err := Open(t.Context(), path, Options{})
	if err != nil {
		t.Fatal(err)
	}
	store(t, db, order("a"))
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if left, _ := filepath.Glob(path + "?*"); len(left) > 0 {
		t.Errorf("closing left %v: a copy of the one file would not be whole", left)
	}
	if _, err := reopen(t, path, Options{}).Get(t.Context(), "a"); err != nil {
		t.Error(err)
	}
}

func TestANewFileGetsTheSchema(t *testing.T) {
	path := filepath.Join(t.TempDir(), "easel.db")
	reopen(t, path, Options{Unsafe: true})
	var version int
	raw(t, path, func(ctx context.Context, conn *sql.Conn) error {
		return conn.QueryRowContext(ctx, "PRAGMA user_version").Scan(&version)
	})
	if version != schemaVersion {
		t.Errorf("user_version %d, want %d", version, schemaVersion)
	}
}

func TestAFileOfAnotherSchemaIsRefused(t *testing.T) {
	const advice = "give another folder with --data, or run the program that wrote it"
	for statement, want := range map[string][]string{
		"PRAGMA user_version = 4":          {"an earlier development version wrote it (schema 4, ", advice},
		"PRAGMA user_version = 99":         {"a later development version wrote it (schema 99, ", advice},
		"CREATE TABLE cookies (name TEXT)": {"it holds tables of another program: give another folder with --data"},
		"PRAGMA user_version = -1":         {"an earlier development version wrote it (schema -1, ", advice},
	} {
		path := filepath.Join(t.TempDir(), "easel.db")
		raw(t, path, func(ctx context.Context, conn *sql.Conn) error {
			_, err := conn.ExecContext(ctx, statement)
			return err
		})
		before, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		_, err = Open(t.Context(), path, Options{})
		for _, words := range want {
			if err == nil || !strings.Contains(err.Error(), words) || strings.Contains(err.Error(), "\n") {
				t.Errorf("open after %q: %v; want %q", statement, err, words)
			}
		}
		if after, err := os.ReadFile(path); err != nil || !bytes.Equal(before, after) {
			t.Errorf("the refused file was changed: %v", err)
		}
	}
}

// raw works on the file without this package's care.
func raw(t *testing.T, path string, run func(context.Context, *sql.Conn) error) {
	t.Helper()
	pool, err := sql.Open("sqlite", dsn(path, true, "journal_mode(WAL)"))
	if err != nil {
		t.Fatal(err)
	}
	defer pool.Close()
	conn, err := pool.Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := run(t.Context(), conn); err != nil {
		t.Fatal(err)
	}
}
