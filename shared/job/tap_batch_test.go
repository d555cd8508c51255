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
	tappedBatchIndex struct {
		*tap
		port job.BatchIndex
	}
	tappedBatchEraser struct {
		*tap
		port job.BatchEraser
	}
	tappedTallies struct {
		*tap
		port job.Tallies
	}
	tappedBudgets struct {
		*tap
		port job.Budgets
	}
)

func (f tappedFinder) Find(ctx context.Context, ids []string) ([]job.Job, error) {
	return through(f.tap, ctx, "finder.find", func() ([]job.Job, error) { return f.port.Find(ctx, ids) })
}

func (b tappedBatches) CreateBatch(ctx context.Context, batch job.Batch) (job.Batch, error) {
	return through(b.tap, ctx, "batches.createbatch", func() (job.Batch, error) { return b.port.CreateBatch(ctx, batch) })
}

func (b tappedBatches) GetBatch(ctx context.Context, id string) (job.Batch, error) {
	return through(b.tap, ctx, "batches.getbatch", func() (job.Batch, error) { return b.port.GetBatch(ctx, id) })
}

func (b tappedBatches) UpdateBatch(ctx context.Context, batch job.Batch) (job.Batch, error) {
	return through(b.tap, ctx, "batches.updatebatch", func() (job.Batch, error) { return b.port.UpdateBatch(ctx, batch) })
}

func (ix tappedBatchIndex) ListBatches(ctx context.Context, owner string, after *job.Mark, limit int) (found []job.Batch, more *job.Mark, err error) {
	err = mute(ix.tap, ctx, "batchindex.listbatches", owner, func() (err error) {
		found, more, err = ix.port.ListBatches(ctx, owner, after, limit)
		return err
	})
	return found, more, err
}

func (ix tappedBatchIndex) DueBatches(ctx context.Context, until time.Time, limit int) ([]string, error) {
	return through(ix.tap, ctx, "batchindex.duebatches", func() ([]string, error) { return ix.port.DueBatches(ctx, until, limit) })
}

func (ix tappedBatchIndex) CountJobs(ctx context.Context, id string) (job.Tally, error) {
	return through(ix.tap, ctx, "batchindex.countjobs", func() (job.Tally, error) { return ix.port.CountJobs(ctx, id) })
}

func (e tappedBatchEraser) EraseBatch(ctx context.Context, id string, version int64) error {
	return mute(e.tap, ctx, "batcheraser.erasebatch", id, func() error { return e.port.EraseBatch(ctx, id, version) })
}

func (l tappedTallies) Tally(ctx context.Context, id string) (job.Tally, error) {
	return through(l.tap, ctx, "tallies.tally", func() (job.Tally, error) { return l.port.Tally(ctx, id) })
}

func (l tappedTallies) SetTally(ctx context.Context, id string, t job.Tally) (job.Tally, error) {
	return through(l.tap, ctx, "tallies.settally", func() (job.Tally, error) { return l.port.SetTally(ctx, id, t) })
}

func (b tappedBudgets) Post(ctx context.Context, e job.Entry, batch *job.Batch) (job.Posted, error) {
	return through(b.tap, ctx, "budgets.post", func() (job.Posted, error) { return b.port.Post(ctx, e, batch) })
}

func (b tappedBudgets) Spent(ctx context.Context, owner, day string) (int64, error) {
	return through(b.tap, ctx, "budgets.spent", func() (int64, error) { return b.port.Spent(ctx, owner, day) })
}
