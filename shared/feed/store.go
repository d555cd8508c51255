package feed

import (
	"context"

	"easel/shared/job"
)

// Backing is a store of which a hub tells.
type Backing interface {
	job.Records
	job.Batches
	job.Creator
}

// Store is a store that tells a hub of each write that it was asked for. It tells also of one that failed, since that may
// have taken effect. Rows of a batch that are new are told with their batch alone.
type Store struct {
	Backing
	Hub *Hub
}

// Update implements job.Records.
func (s Store) Update(ctx context.Context, t job.Transaction) (job.Obstacle, error) {
	o, err := s.Backing.Update(ctx, t)
	s.tell(t, t.Jobs)
	return o, err
}

// Create implements job.Creator.
func (s Store) Create(ctx context.Context, t job.Transaction) (job.Obstacle, error) {
	o, err := s.Backing.Create(ctx, t)
	single := t.Jobs
	if t.Counters != nil || t.Batch != nil {
		single = nil
	}
	s.tell(t, single)
	return o, err
}

// Amend implements job.Batches. The difference does not say whose the batch is.
func (s Store) Amend(ctx context.Context, d job.Difference) (job.Counters, error) {
	c, err := s.Backing.Amend(ctx, d)
	if s.Hub.Watched() {
		if b, _, unread := s.GetBatch(context.WithoutCancel(ctx), d.BatchID); unread == nil {
			s.Hub.Tell(b.Owner, Batch, d.BatchID)
		}
	}
	return c, err
}

// tell tells of what a transaction changes, which is one owner's.
func (s Store) tell(t job.Transaction, jobs []job.Job) {
	for _, j := range jobs {
		s.Hub.Tell(j.Owner, Job, j.ID)
	}
	switch {
	case t.Batch != nil:
		s.Hub.Tell(t.Batch.Owner, Batch, t.Batch.ID)
	case t.Counters != nil && len(t.Jobs) > 0:
		s.Hub.Tell(t.Jobs[0].Owner, Batch, t.Counters.BatchID)
	}
}
