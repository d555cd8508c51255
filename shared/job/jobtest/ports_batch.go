package jobtest

import (
	"context"
	"time"

	"easel/shared/job"
)

// Finder wraps the port: finder.find.
func (f *Fault) Finder(p job.Finder) job.Finder { return faultyFinder{f, p} }

// Batches wraps the port: batches.getbatch, batches.amend.
func (f *Fault) Batches(p job.Batches) job.Batches { return faultyBatches{f, p} }

// BatchIndex wraps the port: batchindex.listbatches, batchindex.duebatches.
func (f *Fault) BatchIndex(p job.BatchIndex) job.BatchIndex { return faultyBatchIndex{f, p} }

// BatchEraser wraps the port: batcheraser.erasebatch.
func (f *Fault) BatchEraser(p job.BatchEraser) job.BatchEraser { return faultyBatchEraser{f, p} }

// Days wraps the port: days.spent.
func (f *Fault) Days(p job.Days) job.Days { return faultyDays{f, p} }

type faultyFinder faulty[job.Finder]

func (p faultyFinder) Find(ctx context.Context, ids []string) ([]job.Job, error) {
	return failing1(p.fault, "finder.find", func() ([]job.Job, error) { return p.port.Find(ctx, ids) })
}

type faultyBatches faulty[job.Batches]

func (p faultyBatches) GetBatch(ctx context.Context, id string) (job.Batch, job.Counters, error) {
	return failing2(p.fault, "batches.getbatch", func() (job.Batch, job.Counters, error) { return p.port.GetBatch(ctx, id) })
}

func (p faultyBatches) Amend(ctx context.Context, d job.Difference) (job.Counters, error) {
	return failing1(p.fault, "batches.amend", func() (job.Counters, error) { return p.port.Amend(ctx, d) })
}

type faultyBatchIndex faulty[job.BatchIndex]

func (p faultyBatchIndex) ListBatches(ctx context.Context, owner string, after *job.Mark, limit int) (found []job.Batch, counters []job.Counters, more *job.Mark, err error) {
	if fault := around(p.fault, "batchindex.listbatches", func() { found, counters, more, err = p.port.ListBatches(ctx, owner, after, limit) }); fault != nil {
		return nil, nil, nil, fault
	}
	return found, counters, more, err
}

func (p faultyBatchIndex) DueBatches(ctx context.Context, until time.Time, limit int) ([]string, error) {
	return failing1(p.fault, "batchindex.duebatches", func() ([]string, error) { return p.port.DueBatches(ctx, until, limit) })
}

type faultyBatchEraser faulty[job.BatchEraser]

func (p faultyBatchEraser) EraseBatch(ctx context.Context, id string, i job.Condition, at time.Time, until *time.Time) error {
	return failing(p.fault, "batcheraser.erasebatch", func() error { return p.port.EraseBatch(ctx, id, i, at, until) })
}

type faultyDays faulty[job.Days]

func (p faultyDays) Spent(ctx context.Context, owner, day string) (int64, error) {
	return failing1(p.fault, "days.spent", func() (int64, error) { return p.port.Spent(ctx, owner, day) })
}
