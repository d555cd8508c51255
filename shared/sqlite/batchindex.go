package sqlite

import (
	"context"
	"fmt"
	"math"
	"time"

	"easel/shared/job"
)

const (
	listBatches = `SELECT version, doc FROM batches
		WHERE owner = ? AND (created, id) < (?, ?) ORDER BY created DESC, id DESC LIMIT ?`
	dueBatches = `SELECT id FROM batches WHERE due IS NOT NULL AND due <= ? ORDER BY due, id LIMIT ?`
	// The second half of the condition lets SQLite use the partial index.
	countJobs = `SELECT status, count(*), sum(cost) FROM jobs WHERE batch = ? AND batch <> '' GROUP BY status`
)

// ListBatches implements job.BatchIndex. It never lags, and a page is full while there is more. Of batches of one
// instant the higher ID comes first.
func (db *DB) ListBatches(ctx context.Context, owner string, after *job.Mark, limit int) ([]job.Batch, *job.Mark, error) {
	from := job.Mark{Created: math.MaxInt64}
	if after != nil {
		from = *after
	}
	found, err := collect(ctx, db.read, decodeBatch, listBatches, owner, from.Created, from.ID, limit+1)
	if err != nil {
		return nil, nil, fmt.Errorf("list batches: %w", err)
	}
	if len(found) <= limit {
		return found, nil, nil
	}
	last := found[limit-1].Mark()
	return found[:limit], &last, nil
}

// DueBatches implements job.BatchIndex. It never lags.
func (db *DB) DueBatches(ctx context.Context, until time.Time, limit int) ([]string, error) {
	ids, err := collect(ctx, db.read, word, dueBatches, until.UnixMicro(), limit)
	if err != nil {
		return nil, fmt.Errorf("due batches: %w", err)
	}
	return ids, nil
}

func word(row scanner) (s string, err error) {
	err = row.Scan(&s)
	return s, err
}

// CountJobs implements job.BatchIndex. It never lags. An index holds all that it needs: 100,000 jobs take some 15 ms.
func (db *DB) CountJobs(ctx context.Context, batchID string) (job.Tally, error) {
	counts, err := collect(ctx, db.read, readCount, countJobs, batchID)
	if err != nil {
		return job.Tally{}, fmt.Errorf("count the jobs of batch %s: %w", batchID, err)
	}
	t := job.Tally{Counts: map[job.Status]int64{}}
	for _, c := range counts {
		t.Counts[c.status] = c.jobs
		t.Cost += c.cost
	}
	return t, nil
}

// counted is what the jobs of one state come to.
type counted struct {
	status     job.Status
	jobs, cost int64
}

func readCount(row scanner) (c counted, err error) {
	err = row.Scan(&c.status, &c.jobs, &c.cost)
	return c, err
}
