package job_test

import (
	"context"
	"time"

	"easel/shared/job"
)

type (
	tappedFinder struct {
		*tap
		port job.Finder
	}
	tappedBatches struct {
		*tap
		port job.Batches
	}
	tappedBatchReader struct {
		*tap
		port job.BatchReader
	}
	tappedBatchIndex struct {
		*tap
		port job.BatchIndex
	}
	tappedBatchEraser struct {
		*tap
		port job.BatchEraser
	}
	tappedDays struct {
		*tap
		port job.Days
	}
)

func (f tappedFinder) Find(ctx context.Context, ids []string) ([]job.Job, error) {
	return through(f.tap, concerning(ctx, ids...), "finder.find", func() ([]job.Job, error) { return f.port.Find(ctx, ids) })
}

// batched is a batch with its counters.
type batched struct {
	batch    job.Batch
	counters job.Counters
}

func (b tappedBatches) GetBatch(ctx context.Context, id string) (job.Batch, job.Counters, error) {
	got, err := through(b.tap, concerning(ctx, id), "batches.getbatch", func() (got batched, err error) {
		got.batch, got.counters, err = b.port.GetBatch(ctx, id)
		return got, err
	})
	return got.batch, got.counters, err
}

func (b tappedBatchReader) GetBatch(ctx context.Context, id string) (job.Batch, job.Counters, error) {
	got, err := through(b.tap, concerning(ctx, id), "batchreader.getbatch", func() (got batched, err error) {
		got.batch, got.counters, err = b.port.GetBatch(ctx, id)
		return got, err
	})
	return got.batch, got.counters, err
}

func (b tappedBatches) Amend(ctx context.Context, d job.Difference) (job.Counters, error) {
	return through(b.tap, concerning(ctx, d.BatchID), "batches.amend", func() (job.Counters, error) { return b.port.Amend(ctx, d) })
}

func (ix tappedBatchIndex) ListBatches(ctx context.Context, owner string, after *job.Mark, limit int) (found []job.Batch, counters []job.Counters, more *job.Mark, err error) {
	err = mute(ix.tap, ctx, "batchindex.listbatches", owner, func() (err error) {
		found, counters, more, err = ix.port.ListBatches(ctx, owner, after, limit)
		return err
	})
	return found, counters, more, err
}

func (ix tappedBatchIndex) DueBatches(ctx context.Context, until time.Time, limit int) ([]string, error) {
	return through(ix.tap, ctx, "batchindex.duebatches", func() ([]string, error) { return ix.port.DueBatches(ctx, until, limit) })
}

func (e tappedBatchEraser) EraseBatch(ctx context.Context, id string, i job.Condition, at time.Time, until *time.Time) error {
	return mute(e.tap, concerning(ctx, id), "batcheraser.erasebatch", id, func() error { return e.port.EraseBatch(ctx, id, i, at, until) })
}

func (d tappedDays) Spent(ctx context.Context, owner, day string) (int64, error) {
	return through(d.tap, ctx, "days.spent", func() (int64, error) { return d.port.Spent(ctx, owner, day) })
}
