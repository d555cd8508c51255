package sqlite

import (
	"context"
	"fmt"
	"time"
)

// waits is a job that waits for the call of an earlier worker: it was canceled during that call, or retried since.
const waits = `status IN ('canceled', 'queued') AND julianday(doc ->> '$.lease.until') > julianday(?2)`

const (
	reviveMessages = `UPDATE messages SET visible = ?1 WHERE visible > ?1 AND (receives > 0 OR EXISTS (
			SELECT 1 FROM jobs WHERE jobs.id = messages.job AND ` + waits + `))`
	// Where there is no lease json_replace leaves the record alone.
	reviveJobs = `UPDATE jobs SET due = ?1, version = version + 1,
			doc = json_replace(json_set(doc, '$.due', ?2, '$.version', version + 1), '$.lease.until', ?2)
		WHERE due IS NOT NULL AND (status = 'running' OR out = 1 AND NOT EXISTS (
			SELECT 1 FROM messages m WHERE m.job = jobs.id AND m.sends = jobs.doc ->> '$.sends'))`
	// The messages lead to these jobs, since looking through all that ended would take long.
	endCalls = `UPDATE jobs SET version = version + 1,
			doc = json_set(doc, '$.version', version + 1, '$.lease.until', ?2)
		WHERE id IN (SELECT job FROM messages) AND ` + waits
)

// Recover takes back what workers held that are no longer alive. It is called at start, before any worker, by
// whoever holds the lock on the folder, since then no earlier worker can be alive. Leases end now, also those of jobs
// that were canceled during their call and of those that were retried since. Messages that were in flight become visible
// now, and so do those that wait for such a call. A job whose message is not in the queue is due now. Any other message
// that was never received keeps its delay.
func (db *DB) Recover(ctx context.Context) error {
	defer db.signal()
	now := db.now().UTC().Truncate(time.Microsecond)
	_, err := write(ctx, db.writer, func(x *tx) (n int64, err error) {
		for _, statement := range []string{reviveMessages, reviveJobs, endCalls} {
			if n, err = x.exec(statement, now.UnixMicro(), now.Format(time.RFC3339Nano)); err != nil {
				break
			}
		}
		return n, err
	})
	if err != nil {
		return fmt.Errorf("recover after a restart: %w", err)
	}
	return nil
}
