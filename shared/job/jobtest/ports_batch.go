package jobtest

import (
	"context"
	"time"

	"easel/shared/job"
)

// Finder wraps the port: finder.find.
func (f *Fault) Finder(p job.Finder) job.Finder { return faultyFinder{f, p} }

// Batches wraps the port: batches.createbatch, batches.getbatch, batches.updatebatch.
func (f *Fault) Batches(p job.Batches) job.Batches { return faultyBatches{f, p} }

// BatchIndex wraps the port: batchindex.listbatches, batchindex.duebatches, batchindex.countjobs.
func (f *Fault) BatchIndex(p job.BatchIndex) job.BatchIndex { return faultyBatchIndex{f, p} }

// BatchEraser wraps the port: batcheraser.erasebatch.
func (f *Fault) BatchEraser(p job.BatchEraser) job.BatchEraser { return faultyBatchEraser{f, p} }

// Tallies wraps the port: tallies.tally, tallies.settally.
func (f *Fault) Tallies(p job.Tallies) job.Tallies { return faultyTallies{f, p} }

// Budgets wraps the port: budgets.post, budgets.spent.
func (f *Fault) Budgets(p job.Budgets) job.Budgets { return faultyBudgets{f, p} }

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

func (p faultyBatches) CreateBatch(ctx context.Context, b job.Batch) (now job.Batch, err error) {
	if fault := p.fault.around("batches.createbatch", func() { now, err = p.port.CreateBatch(ctx, b) }); fault != nil {
		return job.Batch{}, fault
	}
	return now, err
}

func (p faultyBatches) GetBatch(ctx context.Context, id string) (b job.Batch, err error) {
	if fault := p.fault.around("batches.getbatch", func() { b, err = p.port.GetBatch(ctx, id) }); fault != nil {
		return job.Batch{}, fault
	}
	return b, err
}

func (p faultyBatches) UpdateBatch(ctx context.Context, b job.Batch) (now job.Batch, err error) {
	if fault := p.fault.around("batches.updatebatch", func() { now, err = p.port.UpdateBatch(ctx, b) }); fault != nil {
		return job.Batch{}, fault
	}
	return now, err
}

type faultyBatchIndex struct {
	fault *Fault
	port  job.BatchIndex
}

func (p faultyBatchIndex) ListBatches(ctx context.Context, owner string, after *job.Mark, limit int) (found []job.Batch, more *job.Mark, err error) {
	call := func() { found, more, err = p.port.ListBatches(ctx, owner, after, limit) }
	if fault := p.fault.around("batchindex.listbatches", call); fault != nil {
		return nil, nil, fault
	}
	return found, more, err
}

func (p faultyBatchIndex) DueBatches(ctx context.Context, until time.Time, limit int) (ids []string, err error) {
	if fault := p.fault.around("batchindex.duebatches", func() { ids, err = p.port.DueBatches(ctx, until, limit) }); fault != nil {
		return nil, fault
	}
	return ids, err
}

func (p faultyBatchIndex) CountJobs(ctx context.Context, batchID string) (c job.Tally, err error) {
	if fault := p.fault.around("batchindex.countjobs", func() { c, err = p.port.CountJobs(ctx, batchID) }); fault != nil {
		return job.Tally{}, fault
	}
	return c, err
}

type faultyBatchEraser struct {
	fault *Fault
	port  job.BatchEraser
}

func (p faultyBatchEraser) EraseBatch(ctx context.Context, id string, version int64) (err error) {
	if fault := p.fault.around("batcheraser.erasebatch", func() { err = p.port.EraseBatch(ctx, id, version) }); fault != nil {
		return fault
	}
	return err
}

type faultyTallies struct {
	fault *Fault
	port  job.Tallies
}

func (p faultyTallies) Tally(ctx context.Context, batchID string) (c job.Tally, err error) {
	if fault := p.fault.around("tallies.tally", func() { c, err = p.port.Tally(ctx, batchID) }); fault != nil {
		return job.Tally{}, fault
	}
	return c, err
}

func (p faultyTallies) SetTally(ctx context.Context, batchID string, c job.Tally) (now job.Tally, err error) {
	if fault := p.fault.around("tallies.settally", func() { now, err = p.port.SetTally(ctx, batchID, c) }); fault != nil {
		return job.Tally{}, fault
	}
	return now, err
}

type faultyBudgets struct {
	fault *Fault
	port  job.Budgets
}

func (p faultyBudgets) Post(ctx context.Context, e job.Entry, b *job.Batch) (done job.Posted, err error) {
	if fault := p.fault.around("budgets.post", func() { done, err = p.port.Post(ctx, e, b) }); fault != nil {
		return job.Posted{}, fault
	}
	return done, err
}

func (p faultyBudgets) Spent(ctx context.Context, owner, day string) (micro int64, err error) {
	if fault := p.fault.around("budgets.spent", func() { micro, err = p.port.Spent(ctx, owner, day) }); fault != nil {
		return 0, fault
	}
	return micro, err
}
