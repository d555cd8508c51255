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

// BatchReader reads a batch and its counters.
type BatchReader interface {
	// GetBatch reads both as they are now. Of a deleted batch what is remembered comes back, with counters of zero. It
	// returns ErrNotFound for an unknown ID.
	GetBatch(ctx context.Context, id string) (Batch, Counters, error)
}

// Batches keeps a batch and its counters.
type Batches interface {
	BatchReader
	// Amend changes the counters and returns them as they are then. It returns ErrCounters, with the counters as they are, if
	// the condition does not hold, and ErrNotFound if there are none.
	Amend(ctx context.Context, d Difference) (Counters, error)
}

// BatchIndex finds batches by something other than their ID. It may lag behind the records, but what it returns of them is
// as they are now.
type BatchIndex interface {
	// ListBatches returns an owner's batches, newest first, from behind a mark on, each with its counters. More is where to
	// go on; nil means that nothing follows. A page may be short while there is more. At most limit, 1..100, are returned.
	ListBatches(ctx context.Context, owner string, after *Mark, limit int) (found []Batch, counters []Counters, more *Mark, err error)
	// DueBatches returns the IDs of at most limit batches whose due is not after until, oldest due first.
	DueBatches(ctx context.Context, until time.Time, limit int) ([]string, error)
}

// BatchEraser removes batches for good.
type BatchEraser interface {
	// EraseBatch removes a batch with its counters, if the condition holds. Stores may keep the requests that are remembered
	// of it. Where until is set, the ID stays taken until then: what is remembered is a batch with ID, DeletedAt and
	// ExpiresAt. An erasure at that time or later, without until, removes what is remembered. Errors are those of Amend.
	EraseBatch(ctx context.Context, id string, i Condition, at time.Time, until *time.Time) error
}

// Days keeps what each owner's calls of a day have come to.
type Days interface {
	// Spent returns what the owner's day has come to, in micro-dollars.
	Spent(ctx context.Context, owner, day string) (int64, error)
}
