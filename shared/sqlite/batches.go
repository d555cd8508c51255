package sqlite

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"time"

	"easel/shared/job"
)

const (
	insertBatch    = `INSERT INTO batches (owner, created, doc, id) VALUES (?, ?, ?, ?) ON CONFLICT (id) DO NOTHING`
	forgottenBatch = `DELETE FROM batches WHERE id = ? AND remembered <= ?`
	deleteBatch    = `DELETE FROM batches WHERE id = ?`
	// What is remembered of a deleted batch holds nothing that an index shows.
	forgetBatch    = `UPDATE batches SET owner = NULL, created = 0, remembered = ?, doc = ? WHERE id = ?`
	deleteRequests = `DELETE FROM requests WHERE batch = ?`

	batchWithCounters = `SELECT b.doc, c.doc FROM batches b LEFT JOIN counters c ON c.batch = b.id `
	selectBatch       = batchWithCounters + `WHERE b.id = ?`
	listBatches       = batchWithCounters + `WHERE b.owner = ? AND (b.created, b.id) < (?, ?)
		ORDER BY b.created DESC, b.id DESC LIMIT ?`
	dueBatches = `SELECT batch FROM counters WHERE due IS NOT NULL AND due <= ? ORDER BY due, batch LIMIT ?`
)

// batchTable keeps batches, their counters and the days that they are charged to.
type batchTable struct{ *file }

// insertNew stores a batch. The one that has its ID comes back with job.ErrExists.
func insertNew(x *tx, b *job.Batch) (*job.Batch, error) {
	if b == nil {
		return nil, nil
	}
	doc, err := json.Marshal(b)
	if err != nil {
		return nil, err
	}
	n, err := x.exec(insertBatch, b.Owner, b.CreatedAt.UnixMicro(), string(doc), b.ID)
	if err != nil || n == 1 {
		return nil, err
	}
	stmt, err := x.prepare(selectBatch)
	if err != nil {
		return nil, err
	}
	stored, err := decodeBatch(stmt.QueryRow(b.ID))
	if err != nil {
		return nil, err
	}
	return &stored.batch, job.ErrExists
}

// GetBatch implements job.Batches. Both are of one moment.
func (db batchTable) GetBatch(ctx context.Context, id string) (job.Batch, job.Counters, error) {
	w, err := decodeBatch(db.row(ctx, selectBatch, id))
	if err != nil {
		return job.Batch{}, job.Counters{}, fmt.Errorf("get batch %s: %w", id, err)
	}
	return w.batch, w.counters, nil
}

// ListBatches implements job.BatchIndex. It never lags, and a page is full while there is more. Of batches of one
// instant the higher ID comes first.
func (db batchTable) ListBatches(ctx context.Context, owner string, after *job.Mark, limit int) ([]job.Batch, []job.Counters, *job.Mark, error) {
	from := job.Mark{Created: math.MaxInt64}
	if after != nil {
		from = *after
	}
	end, err := db.beginList(ctx)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("list batches: %w", err)
	}
	defer end()
	rows, err := collect(ctx, db.read, decodeBatch, listBatches, owner, from.Created, from.ID, limit+1)
	if err != nil {
		return nil, nil, nil, fmt.Errorf("list batches: %w", err)
	}
	var more *job.Mark
	if len(rows) > limit {
		rows = rows[:limit]
		last := rows[limit-1].batch.Mark()
		more = &last
	}
	batches, counters := make([]job.Batch, len(rows)), make([]job.Counters, len(rows))
	for n, row := range rows {
		batches[n], counters[n] = row.batch, row.counters
	}
	return batches, counters, more, nil
}

// DueBatches implements job.BatchIndex. It never lags.
func (db batchTable) DueBatches(ctx context.Context, until time.Time, limit int) ([]string, error) {
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

// EraseBatch implements job.BatchEraser.
func (db batchTable) EraseBatch(ctx context.Context, id string, i job.Condition, at time.Time, until *time.Time) error {
	statement, args := deleteBatch, []any{}
	if until != nil {
		doc, err := json.Marshal(job.Batch{ID: id, DeletedAt: &at, ExpiresAt: until})
		if err != nil {
			return fmt.Errorf("erase batch %s: %w", id, err)
		}
		statement, args = forgetBatch, []any{until.UnixMicro(), string(doc)}
	}
	_, err := write(ctx, db.writer, func(x *tx) (job.Counters, error) {
		db.erasures.Add(1)
		c, err := amend(x, job.Difference{BatchID: id, If: i})
		if errors.Is(err, job.ErrNotFound) && until == nil {
			return c, eraseForgotten(x, id, at)
		}
		if err != nil {
			return c, err
		}
		return c, eraseBatch(x, id, statement, args)
	})
	if err != nil {
		return fmt.Errorf("erase batch %s: %w", id, err)
	}
	return nil
}

// eraseForgotten removes what is remembered of a deleted batch, which has no counters, if it is to be remembered no
// longer.
func eraseForgotten(x *tx, id string, at time.Time) error {
	n, err := x.exec(forgottenBatch, id, at.UnixMicro())
	if err == nil && n == 0 {
		err = job.ErrNotFound
	}
	return err
}

func eraseBatch(x *tx, id, statement string, args []any) error {
	for _, one := range []string{deleteCounters, deleteRequests} {
		if _, err := x.exec(one, id); err != nil {
			return err
		}
	}
	_, err := x.exec(statement, append(args, id)...)
	return err
}

// withCounters is a batch as a statement finds it.
type withCounters struct {
	batch    job.Batch
	counters job.Counters
}

// decodeBatch reads a batch and its counters from their documents. It returns job.ErrNotFound where there is no row.
func decodeBatch(row scanner) (w withCounters, err error) {
	var doc, counters []byte
	if err := found(row.Scan(&doc, &counters)); err != nil {
		return withCounters{}, err
	}
	if err := json.Unmarshal(doc, &w.batch); err != nil {
		return withCounters{}, fmt.Errorf("stored batch: %w", err)
	}
	w.counters, err = decodeCounters(counters)
	return w, err
}
