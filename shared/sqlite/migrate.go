package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"os"
	"strconv"
)

//go:embed schema/*.sql
var files embed.FS

// schemas returns the steps from an empty file to the present schema. Step n leads from user_version n to n+1.
func schemas() []string {
	var steps []string
	for n := 1; ; n++ {
		step, err := files.ReadFile("schema/" + strconv.Itoa(n) + ".sql")
		if err != nil {
			return steps
		}
		steps = append(steps, string(step))
	}
}

// migrate takes the steps that the file has not seen. A file that holds anything is copied first, to a name that
// says which version it is.
func migrate(ctx context.Context, conn *sql.Conn, path string, steps []string) error {
	var version, tables int
	const look = "SELECT (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)"
	if err := conn.QueryRowContext(ctx, look).Scan(&version, &tables); err != nil {
		return fmt.Errorf("read its version: %w", err)
	}
	if version > len(steps) {
		return fmt.Errorf("a newer program wrote it: it has schema %d and this program knows up to %d; "+
			"run the newer program, or put back the copy that it made, %s", version, len(steps), copyName(path, len(steps)))
	}
	if tables > 0 && version == 0 {
		return errors.New("it holds tables of another program: give the name of a file that is empty or not there")
	}
	if version > 0 && version < len(steps) {
		if err := duplicate(ctx, conn, copyName(path, version)); err != nil {
			return fmt.Errorf("copy before migration: %w", err)
		}
	}
	for ; version < len(steps); version++ {
		if err := step(ctx, conn, steps[version], version+1); err != nil {
			return fmt.Errorf("migrate to schema %d: %w", version+1, err)
		}
	}
	return nil
}

func copyName(path string, version int) string { return fmt.Sprintf("%s.schema%d", path, version) }

// duplicate writes a whole and consistent copy. One of the same name is the trace of a migration that failed, and
// older than what is there now.
func duplicate(ctx context.Context, conn *sql.Conn, name string) error {
	fresh := name + ".part"
	if err := os.WriteFile(fresh, nil, 0o600); err != nil { // VACUUM INTO takes an empty file and keeps its mode
		return err
	}
	if _, err := conn.ExecContext(ctx, "VACUUM INTO ?", fresh); err != nil {
		return err
	}
	if err := flush(fresh); err != nil {
		return err
	}
	return os.Rename(fresh, name)
}

// flush brings a file to the disk, which VACUUM INTO does not.
func flush(name string) error {
	f, err := os.OpenFile(name, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}

// step runs one step and writes down that it has been taken, in one transaction.
func step(ctx context.Context, conn *sql.Conn, script string, version int) error {
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if _, err := tx.ExecContext(ctx, script); err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "PRAGMA user_version = "+strconv.Itoa(version)); err != nil {
		return err
	}
	return tx.Commit()
}
