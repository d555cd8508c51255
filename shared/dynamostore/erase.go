package dynamostore

import (
	"context"
	"errors"
	"time"

	"easel/shared/job"
)

// What is remembered of a deleted record is an item with the same key that holds nothing else but when it was deleted and
// until when it is remembered. It has no key of an index.

// Erase implements job.Eraser by one conditional write. Where the SDK repeated one whose reply was lost, the error is that
// of a record which was erased before.
func (s *Store) Erase(ctx context.Context, id string, version int64, at time.Time, until *time.Time) (err error) {
	defer label(&err, "erase job %.*s at version %d", longestID, id, version)
	if !possible(id) {
		return job.ErrNotFound
	}
	w := s.drop(key(id), atVersion(version))
	if until != nil {
		it := memory(id, id, at, *until)
		it["version"] = number(version + 1)
		w = s.put(it, atVersion(version))
	}
	return s.one(ctx, w, conflict(id))
}

func memory(under, id string, at, until time.Time) item {
	return item{
		pk: text(under), sk: text(alone), "id": text(id),
		nameDeleted: text(instant(at)), nameExpires: text(instant(until)), ttl: number(until.Unix()),
	}
}

// The attributes by which what is remembered is known.
const (
	nameDeleted = "deleted_at"
	nameExpires = "expires_at"
)

// EraseBatch implements job.BatchEraser by a transaction of the batch and its counters. The requests that are remembered
// of the batch go by themselves.
func (s *batchStore) EraseBatch(ctx context.Context, id string, i job.Condition, at time.Time, until *time.Time) (err error) {
	defer label(&err, "erase batch %.*s", longestID, id)
	err = s.eraseBatch(ctx, id, i, at, until)
	if errors.Is(err, job.ErrNotFound) && until == nil {
		err = s.forgetBatch(ctx, id, at)
	}
	return err
}

func (s *batchStore) eraseBatch(ctx context.Context, id string, i job.Condition, at time.Time, until *time.Time) error {
	w := s.drop(key(batchKey(id)), &expression{})
	if until != nil {
		w = s.put(memory(batchKey(id), id, at, *until), &expression{})
	}
	e := new(expression).require("attribute_exists(@)", pk)
	e.allow(i)
	var t transaction
	t.add(w, ofBatch, nil)
	t.add(s.drop(key(countersKey(id)), e), ofCounters, absent)
	_, err := s.commit(ctx, t)
	return err
}

// forgetBatch removes what is remembered of a deleted batch, which has no counters, if it is to be remembered no longer:
// DynamoDB takes days to remove what has expired.
func (s *batchStore) forgetBatch(ctx context.Context, id string, at time.Time) error {
	e := new(expression).require("attribute_exists(@)", nameDeleted).require("@ <= ?", nameExpires, text(instant(at)))
	return s.one(ctx, s.drop(key(batchKey(id)), e), always(job.ErrNotFound))
}

// absent says what a failed condition of counters means where the counters have to be there.
func absent(_ *job.Obstacle, there item) error {
	if len(there) == 0 {
		return job.ErrNotFound
	}
	return job.ErrCounters
}
