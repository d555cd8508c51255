package sqlite

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"
	"strconv"
)

//go:embed schema.sql
var schema string

// schemaVersion is the user_version of a file with the present schema. Versions 1 to 8 were those of earlier
// development versions.
const schemaVersion = 9

// prepare gives an empty file the schema and refuses a file of another one. There are no steps from one schema to the
// next yet, since no version with an earlier one was released.
func prepare(ctx context.Context, conn *sql.Conn) error {
	var version, tables int
	const inspect = "SELECT (SELECT user_version FROM pragma_user_version), (SELECT count(*) FROM sqlite_schema)"
	if err := conn.QueryRowContext(ctx, inspect).Scan(&version, &tables); err != nil {
		return fmt.Errorf("read its version: %w", err)
	}
	switch {
	case version == schemaVersion:
		return nil
	case version == 0 && tables == 0:
		return build(ctx, conn)
	case version == 0:
		return fmt.Errorf("it holds tables of another program: give another folder with --data")
	case version > schemaVersion:
		return fmt.Errorf("a later development version wrote it (schema %d, this program has %d): "+
			"give another folder with --data, or run the program that wrote it", version, schemaVersion)
	}
	return fmt.Errorf("an earlier development version wrote it (schema %d, this program has %d): "+
		"give another folder with --data, or run the program that wrote it", version, schemaVersion)
}

// build makes the tables and notes the version in one transaction.
func build(ctx context.Context, conn *sql.Conn) error {
	steps, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer steps.Rollback()
	for _, script := range []string{schema, "PRAGMA user_version = " + strconv.Itoa(schemaVersion)} {
		if _, err := steps.ExecContext(ctx, script); err != nil {
			return fmt.Errorf("make its tables: %w", err)
		}
	}
	return steps.Commit()
}
