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

type faultyFinder struct {
	fault *Fault
	port  job.Finder
}

func (p faultyFinder) Find(ctx context.Context, ids []string) (found []job.Job, err error) {
	if fault := p.fault.around("finder.find", func() { found, err = p.port.Find(ctx, ids) }); fault != nil {
		return nil, fault
	}
	return found, err
}

type faultyBatches struct {
	fault *Fault
	port  job.Batches
}

func (p faultyBatches) GetBatch(ctx context.Context, id string) (b job.Batch, c job.Counters, err error) {
	if fault := p.fault.around("batches.getbatch", func() { b, c, err = p.port.GetBatch(ctx, id) }); fault != nil {
		return job.Batch{}, job.Counters{}, fault
	}
	return b, c, err
}

func (p faultyBatches) Amend(ctx context.Context, d job.Difference) (c job.Counters, err error) {
	if fault := p.fault.around("batches.amend", func() { c, err = p.port.Amend(ctx, d) }); fault != nil {
		return job.Counters{}, fault
	}
	return c, err
}

type faultyBatchIndex struct {
	fault *Fault
	port  job.BatchIndex
}

func (p faultyBatchIndex) ListBatches(ctx context.Context, owner string, after *job.Mark, limit int) (found []job.Batch, counters []job.Counters, more *job.Mark, err error) {
	call := func() { found, counters, more, err = p.port.ListBatches(ctx, owner, after, limit) }
	if fault := p.fault.around("batchindex.listbatches", call); fault != nil {
		return nil, nil, nil, fault
	}
	return found, counters, more, err
}

func (p faultyBatchIndex) DueBatches(ctx context.Context, until time.Time, limit int) (ids []string, err error) {
	if fault := p.fault.around("batchindex.duebatches", func() { ids, err = p.port.DueBatches(ctx, until, limit) }); fault != nil {
		return nil, fault
	}
	return ids, err
}

type faultyBatchEraser struct {
	fault *Fault
	port  job.BatchEraser
}

func (p faultyBatchEraser) EraseBatch(ctx context.Context, id string, i job.Condition, at time.Time, until *time.Time) (err error) {
	call := func() { err = p.port.EraseBatch(ctx, id, i, at, until) }
	if fault := p.fault.around("batcheraser.erasebatch", call); fault != nil {
		return fault
	}
	return err
}

type faultyDays struct {
	fault *Fault
	port  job.Days
}

func (p faultyDays) Spent(ctx context.Context, owner, day string) (micro int64, err error) {
	if fault := p.fault.around("days.spent", func() { micro, err = p.port.Spent(ctx, owner, day) }); fault != nil {
		return 0, fault
	}
	return micro, err
}
