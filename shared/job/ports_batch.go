package job

import (
	"context"
	"time"
)

// Finder reads many records at once.
type Finder interface {
	// Find returns those of at most 100 jobs that are there, as they are now, in any order.
	Find(ctx context.Context, ids []string) ([]Job, error)
}

// Batches keeps one record a batch.
type Batches interface {
	// CreateBatch stores the batch if its ID is free, with the version it carries. If it is taken it returns the batch that is
	// there, untouched, with ErrExists.
	CreateBatch(ctx context.Context, b Batch) (Batch, error)
	// GetBatch reads the record as it is now. It returns ErrNotFound for an unknown ID.
	GetBatch(ctx context.Context, id string) (Batch, error)
	// UpdateBatch replaces the record if its stored version is b.Version and returns it with the version one higher.
	// If another version is stored it returns that record with ErrConflict; if none, ErrNotFound.
	UpdateBatch(ctx context.Context, b Batch) (Batch, error)
}

// BatchIndex finds batches by something other than their ID, and counts their jobs. It may lag behind the records.
type BatchIndex interface {
	// ListBatches returns an owner's batches, newest first, from behind a mark on. More is where to go on; nil means that nothing
	// follows. A page may be short while there is more. At most limit, 1..100, are returned.
	ListBatches(ctx context.Context, owner string, after *Mark, limit int) (found []Batch, more *Mark, err error)
	// DueBatches returns the IDs of at most limit batches whose due is not after until, oldest due first.
	DueBatches(ctx context.Context, until time.Time, limit int) ([]string, error)
	// CountJobs counts the jobs of a batch by their states and adds up their cost. Only Counts and Cost of the answer are set.
	CountJobs(ctx context.Context, batchID string) (Tally, error)
}

// BatchEraser removes records of batches for good.
type BatchEraser interface {
	// EraseBatch removes the record if its version is the one given, with the tally that is kept of it. It returns ErrConflict
	// if there is another version and ErrNotFound if there is none.
	EraseBatch(ctx context.Context, id string, version int64) error
}

// Tallies keeps the last tally of each batch, for all who ask.
type Tallies interface {
	// Tally returns the tally that is kept; the zero Tally if there is none yet.
	Tally(ctx context.Context, batchID string) (Tally, error)
	// SetTally replaces the tally if its stored version is t.Version (0: there is none) and returns it with the version one
	// higher. If another version is stored it returns that tally with ErrConflict.
	SetTally(ctx context.Context, batchID string, t Tally) (Tally, error)
}

// Budgets keeps the books: what has been reserved, and for whom on which day.
type Budgets interface {
	// Post makes an entry, adds its amount to the day, and replaces the batch, if one is given, under its version: all of it
	// or nothing. The batch comes back with the version one higher. Nothing is written and
	//   - ErrExists comes back, with the entry, if one of the name is there: this is looked at first;
	//   - ErrConflict, with the batch, if another version of it is stored; ErrNotFound if none is;
	//   - ErrBudget if the amount is more than 0 and the day would come to more than the limit.
	Post(ctx context.Context, e Entry, b *Batch) (Posted, error)
	// Spent returns what the owner's day has come to, in micro-dollars.
	Spent(ctx context.Context, owner, day string) (int64, error)
}

// Posted is what stands in the books after [Budgets.Post].
type Posted struct {
	Entry Entry
	Batch Batch // zero where none was given
}
