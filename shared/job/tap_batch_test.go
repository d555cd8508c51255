package job_test

import (
	"context"
	"time"

	"easel/shared/job"
)

type (
	interceptedFinder struct {
		*interceptor
		port job.Finder
	}
	interceptedBatches struct {
		*interceptor
		port job.Batches
	}
	interceptedBatchReader struct {
		*interceptor
		port job.BatchReader
	}
	interceptedBatchIndex struct {
		*interceptor
		port job.BatchIndex
	}
	interceptedBatchEraser struct {
		*interceptor
		port job.BatchEraser
	}
	interceptedDays struct {
		*interceptor
		port job.Days
	}
)

func (f interceptedFinder) Find(ctx context.Context, ids []string) ([]job.Job, error) {
	return through(f.interceptor, concerning(ctx, ids...), "finder.find", func() ([]job.Job, error) { return f.port.Find(ctx, ids) })
}

// batched is a batch with its counters.
type batched struct {
	batch    job.Batch
	counters job.Counters
}

func (b interceptedBatches) GetBatch(ctx context.Context, id string) (job.Batch, job.Counters, error) {
	got, err := through(b.interceptor, concerning(ctx, id), "batches.getbatch", func() (got batched, err error) {
		got.batch, got.counters, err = b.port.GetBatch(ctx, id)
		return got, err
	})
	return got.batch, got.counters, err
}

func (b interceptedBatchReader) GetBatch(ctx context.Context, id string) (job.Batch, job.Counters, error) {
	got, err := through(b.interceptor, concerning(ctx, id), "batchreader.getbatch", func() (got batched, err error) {
		got.batch, got.counters, err = b.port.GetBatch(ctx, id)
		return got, err
	})
	return got.batch, got.counters, err
}

func (b interceptedBatches) Amend(ctx context.Context, d job.Difference) (job.Counters, error) {
	return through(b.interceptor, concerning(ctx, d.BatchID), "batches.amend", func() (job.Counters, error) { return b.port.Amend(ctx, d) })
}

func (ix interceptedBatchIndex) ListBatches(ctx context.Context, owner string, after *job.Mark, limit int) (found []job.Batch, counters []job.Counters, more *job.Mark, err error) {
	err = mute(ix.interceptor, ctx, "batchindex.listbatches", owner, func() (err error) {
		found, counters, more, err = ix.port.ListBatches(ctx, owner, after, limit)
		return err
	})
	return found, counters, more, err
}

func (ix interceptedBatchIndex) DueBatches(ctx context.Context, until time.Time, limit int) ([]string, error) {
	return through(ix.interceptor, ctx, "batchindex.duebatches", func() ([]string, error) { return ix.port.DueBatches(ctx, until, limit) })
}

func (e interceptedBatchEraser) EraseBatch(ctx context.Context, id string, i job.Condition, at time.Time, until *time.Time) error {
	return mute(e.interceptor, concerning(ctx, id), "batcheraser.erasebatch", id, func() error { return e.port.EraseBatch(ctx, id, i, at, until) })
}

func (d interceptedDays) Spent(ctx context.Context, owner, day string) (int64, error) {
	return through(d.interceptor, ctx, "days.spent", func() (int64, error) { return d.port.Spent(ctx, owner, day) })
}
