package dynamostore

import (
	"context"
	"fmt"
	"maps"
	"time"

	"easel/shared/job"
)

// rememberedFor is how long a request that added jobs is remembered, and a day that was charged.
const rememberedFor = 90 * 24 * time.Hour

// Create implements job.Creator: one record alone by a conditional write, all else by a transaction whose token is the
// write ID. What was stored by a request whose reply was lost may come back as existing, with the write ID that it was given.
func (s *Store) Create(ctx context.Context, t job.Transaction) (there job.Obstacle, err error) {
	defer label(&err, "create %s", t)
	if t.Touch != nil { // by itself: transactions of many who wait in one flow would refuse each other
		if err := s.Touch(ctx, []job.Touch{*t.Touch}); err != nil {
			return job.Obstacle{}, err
		}
	}
	tx := transaction{token: t.WriteID}
	if t.Batch != nil {
		tx.add(s.put(encodeBatch(*t.Batch), missing()), ofBatch, sameBatch)
	}
	if t.Append != nil {
		tx.add(s.put(encodeAppend(*t.Append), missing()), ofAppend, sameAppend)
	}
	for _, j := range t.Jobs {
		tx.add(s.put(encode(j), missing()), ofJob, sameJob)
	}
	s.addFigures(&tx, t)
	there, err = s.commit(ctx, tx)
	there.Touched = err != nil && t.Touch != nil
	return there, err
}

// sameBatch, sameAppend and sameJob read what stands where a new record was to be.

func sameBatch(o *job.Obstacle, there item) error {
	b, err := readBatch(there)
	if err != nil {
		return err
	}
	o.Batch = &b
	return job.ErrExists
}

func sameAppend(o *job.Obstacle, there item) error {
	o.Append = &job.Append{}
	if err := unmarshal(there, o.Append); err != nil {
		return err
	}
	return job.ErrExists
}

func sameJob(o *job.Obstacle, there item) error {
	j, err := decode(there)
	if err != nil {
		return fmt.Errorf("job %.*s that was there: %w", longestID, keyOf(there), err)
	}
	o.Jobs = append(o.Jobs, j)
	return job.ErrExists
}

func appendKey(name string) string { return "append#" + short(name) }

func encodeAppend(a job.Append) item {
	it := marshal(a)
	maps.Copy(it, key(appendKey(a.Name)))
	it[ttl] = number(a.At.Add(rememberedFor).Unix())
	return it
}
