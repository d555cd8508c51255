package dynamostore

import (
	"context"

	"easel/shared/job"
)

// longestID is what the keys of the indexes have room for. Easel's own IDs have 36 bytes.
const longestID = 512

// possible reports whether a job can have the ID. DynamoDB refuses a request for any other, but its meaning is to ask for a
// job that is not there.
func possible(id string) bool { return id != "" && len(id) <= longestID }

// Get implements job.Records by a consistent read.
func (s *Store) Get(ctx context.Context, id string) (_ job.Job, err error) {
	defer label(&err, "get job %.*s", longestID, id)
	if !possible(id) {
		return job.Job{}, job.ErrNotFound
	}
	out, err := s.client.GetItem(ctx, s.getItem(id))
	if err != nil {
		return job.Job{}, plain(err)
	}
	return decode(out.Item)
}

// Update implements job.Records: one job by a conditional write, all else by a transaction whose token is the write ID.
// DynamoDB answers the repetition of a transaction with success for ten minutes; where it does not, or for a job alone,
// the obstacle is the very write, by its ID. Attributes of a job that this program does not know are left alone.
func (s *Store) Update(ctx context.Context, t job.Transaction) (_ job.Obstacle, err error) {
	defer label(&err, "update %s", t)
	tx := transaction{token: t.WriteID}
	for _, j := range t.Jobs {
		if !possible(j.ID) {
			return job.Obstacle{Missing: []string{j.ID}}, job.ErrNotFound
		}
		tx.add(s.revise(j), ofJob, conflict(j.ID))
	}
	s.addFigures(&tx, t)
	return s.commit(ctx, tx)
}

// addFigures adds what changes with the jobs. A new batch has counters whatever the difference.
func (s *Store) addFigures(tx *transaction, t job.Transaction) {
	d := t.Counters
	switch {
	case t.Batch != nil:
		if d == nil {
			d = &job.Difference{}
		}
		tx.add(s.change(key(countersKey(t.Batch.ID)), founding(*d, t.Batch.MaxCost)), ofCounters, barred(t.Batch.ID))
	case d != nil:
		tx.add(s.change(key(countersKey(d.BatchID)), amendment(*d)), ofCounters, barred(d.BatchID))
	}
	if t.Day != nil {
		tx.add(s.spend(*t.Day), ofDay, always(job.ErrBudget))
	}
}

// conflict reads the record that stands in the way of a job's update. What is no job is none.
func conflict(id string) func(o *job.Obstacle, there item) error {
	return func(o *job.Obstacle, there item) error {
		j, err := decode(there)
		if err != nil {
			o.Missing = append(o.Missing, id)
			return err
		}
		o.Jobs = append(o.Jobs, j)
		return job.ErrConflict
	}
}

// barred reads the counters whose condition does not hold, if there are any.
func barred(batchID string) func(o *job.Obstacle, there item) error {
	return func(o *job.Obstacle, there item) error {
		if len(there) == 0 {
			return job.ErrCounters
		}
		c, err := readCounters(batchID, there)
		if err != nil {
			return err
		}
		o.Counters = &c
		return job.ErrCounters
	}
}
