package sqlite

import (
	"context"
	"fmt"
	"time"
)

const (
	// A message that was never received waits for the call of an earlier worker where its job holds that call's lease.
	reviveMessages = `UPDATE messages SET visible = ?1 WHERE visible > ?1 AND (receives > 0 OR EXISTS (
			SELECT 1 FROM jobs WHERE jobs.id = messages.job AND jobs.lease > ?1))`
	endLeases = `UPDATE jobs SET lease = ?1, version = version + 1,
			doc = json_set(doc, '$.version', version + 1, '$.lease.until', ?2)
		WHERE due IS NOT NULL AND lease > ?1`
	reviveJobs = `UPDATE jobs SET due = ?1, version = version + 1,
			doc = json_set(doc, '$.version', version + 1, '$.due', ?2)
		WHERE due > ?1 AND (status <> 'queued' AND (lease IS NOT NULL OR doc ->> '$.deleting') OR enqueued = 1 AND NOT EXISTS (
			SELECT 1 FROM messages m WHERE m.job = jobs.id AND m.message_no = jobs.doc ->> '$.message_no'))`
	forgetJobs    = `DELETE FROM jobs WHERE remembered <= ?1`
	forgetBatches = `DELETE FROM batches WHERE remembered <= ?1`
)

// Recover takes back what workers held that are no longer alive. It is called at start, before any worker, by the
// holder of the lock on the folder, since then no earlier worker can be alive. Leases end now, in whatever state the job
// is. Messages that were in flight become visible now, and so do those that wait for a call whose lease has ended. A job
// that is not queued and waits for something is due now, and so is one whose message is not in the queue. Any other
// message that was never received keeps its delay. IDs of deleted jobs and batches are free again when it is time.
func (db *DB) Recover(ctx context.Context) error {
	defer db.arrivals.tell()
	now := db.now().UTC().Truncate(time.Microsecond)
	_, err := write(ctx, db.writer, func(x *tx) (n int64, err error) {
		for _, statement := range []string{reviveMessages, endLeases, reviveJobs, forgetJobs, forgetBatches} {
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
