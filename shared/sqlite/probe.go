package sqlite

import (
	"context"
	"fmt"
	"strconv"
)

// Probe writes what the file says already, and returns once that is on the disk: it fails where a record could not be
// written.
func (db *DB) Probe(ctx context.Context) error {
	_, err := write(ctx, db.writer, func(x *tx) (int64, error) {
		return x.exec("PRAGMA user_version = " + strconv.Itoa(schemaVersion))
	})
	if err != nil {
		return fmt.Errorf("write to the database: %w", err)
	}
	return nil
}
