package sqlite

import (
	"context"
	"fmt"
	"time"
)

const (
	// A job that is not running has no lease, so json_replace leaves it alone.
	reviveJobs = `UPDATE jobs SET due = ?1, version = version + 1,
			doc = json_replace(json_set(doc, '$.due', ?2, '$.version', version + 1), '$.lease.until', ?2)
		WHERE due IS NOT NULL AND (status = 'running' OR out = 1 AND NOT EXISTS (
			SELECT 1 FROM messages m WHERE m.job = jobs.id AND m.sends = jobs.doc ->> '$.sends'))`
	reviveMessages = `UPDATE messages SET visible = ?1 WHERE receives > 0 AND visible > ?1`
)

// Recover takes back what workers held that are no longer alive. It is called at start, before any worker, by
// whoever holds the lock on the folder, since then no earlier worker can be alive. Leases of running jobs end now,
// messages that were in flight become visible now, and a job whose message is not in the queue is due now. A message
// that was never received keeps its delay.
func (db *DB) Recover(ctx context.Context) error {
	defer db.signal()
	now := db.now().UTC().Truncate(time.Microsecond)
	_, err := write(ctx, db.writer, func(x *tx) (int64, error) {
		if n, err := x.exec(reviveMessages, now.UnixMicro()); err != nil {
			return n, err
		}
		return x.exec(reviveJobs, now.UnixMicro(), now.Format(time.RFC3339Nano))
	})
	if err != nil {
		return fmt.Errorf("recover after a restart: %w", err)
	}
	return nil
}
