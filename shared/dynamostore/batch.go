package dynamostore

import (
	"context"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"easel/shared/job"
)

// CreateBatch implements job.Batches by one conditional write. A batch that was stored by a request whose reply was
// lost, and that the SDK repeated, comes back as existing, with the stamp that it was given.
func (s *Store) CreateBatch(ctx context.Context, b job.Batch) (job.Batch, error) {
	stored, err := s.createBatch(ctx, b)
	if err != nil {
		err = fmt.Errorf("create batch %.*s: %w", longestID, b.ID, err)
	}
	return stored, err
}

func (s *Store) createBatch(ctx context.Context, b job.Batch) (stored job.Batch, err error) {
	it, err := encodeBatch(b)
	if err != nil {
		return job.Batch{}, err
	}
	err = s.insist(ctx, func() error {
		_, err := s.client.PutItem(ctx, s.putItem(it))
		if there, failed := obstacle(err); failed {
			stored, err = readBatch(there, job.ErrExists)
			return err
		}
		stored = b
		return passing(err)
	})
	return stored, err
}

// GetBatch implements job.Batches by a consistent read.
func (s *Store) GetBatch(ctx context.Context, id string) (job.Batch, error) {
	b, err := s.getBatch(ctx, id)
	if err != nil {
		return job.Batch{}, fmt.Errorf("get batch %.*s: %w", longestID, id, err)
	}
	return b, nil
}

func (s *Store) getBatch(ctx context.Context, id string) (job.Batch, error) {
	out, err := s.client.GetItem(ctx, s.getItem(batchKey(id)))
	if err != nil {
		return job.Batch{}, plain(err)
	}
	return readBatch(out.Item, nil)
}

// UpdateBatch implements job.Batches as Update does job.Records: attributes that this program does not know are left
// alone, and where the SDK repeated a write whose reply was lost, the conflict returns that very write.
func (s *Store) UpdateBatch(ctx context.Context, b job.Batch) (job.Batch, error) {
	stored, err := s.updateBatch(ctx, b)
	if err != nil {
		err = fmt.Errorf("update batch %.*s from version %d: %w", longestID, b.ID, b.Version, err)
	}
	return stored, err
}

func (s *Store) updateBatch(ctx context.Context, b job.Batch) (stored job.Batch, err error) {
	next, r, err := revisedBatch(b)
	if err != nil {
		return job.Batch{}, err
	}
	err = s.insist(ctx, func() error {
		_, err := s.client.UpdateItem(ctx, s.revise(r))
		if there, failed := obstacle(err); failed {
			stored, err = readBatch(there, job.ErrConflict)
			return err
		}
		stored = next
		return passing(err)
	})
	return stored, err
}

// revisedBatch returns the batch with the version one higher, and the write that makes it so.
func revisedBatch(b job.Batch) (job.Batch, revision, error) {
	expected := b.Version
	b.Version++
	it, err := encodeBatch(b)
	return b, revised(it, expected), err
}

// EraseBatch implements job.BatchEraser by a transaction, so that no tally is left that nobody would remove.
func (s *Store) EraseBatch(ctx context.Context, id string, version int64) error {
	var t transaction
	t.add(s.remove(batchKey(id), version), func(there item) error {
		_, err := readBatch(there, job.ErrConflict)
		return err
	})
	tally := &types.Delete{TableName: &s.table, Key: key(tallyKey(id))}
	t.add(types.TransactWriteItem{Delete: tally}, func(item) error { return errors.New("the tally has no condition that could fail") })
	if err := s.commit(ctx, t); err != nil {
		return fmt.Errorf("erase batch %.*s at version %d: %w", longestID, id, version, err)
	}
	return nil
}

// batches reads the batches that the entries name, as far as they are there, by their IDs.
func (s *Store) batches(ctx context.Context, entries []entry) (map[string]job.Batch, error) {
	keys := make([]string, len(entries))
	for i, e := range entries {
		keys[i] = batchKey(e.id)
	}
	found := map[string]job.Batch{}
	err := s.fetch(ctx, keys, func(it item) error {
		b, err := readBatch(it, nil)
		found[b.ID] = b
		return err
	})
	return found, err
}

// What an item of a batch begins its keys with. The digit of a job's shard is never a letter.
const (
	batchPrefix = "batch#"
	dueBatches  = "batches"
)

func batchKey(id string) string { return batchPrefix + short(id) }

// batchesKey is the one partition of an owner's batches: nobody makes a thousand in a second.
func batchesKey(owner string) string { return "b#" + short(owner) }

// encodeBatch returns the record's item.
func encodeBatch(b job.Batch) (item, error) {
	b.Metadata = renamed(b.Metadata, named)
	it, err := marshal(b)
	if err != nil {
		return nil, err
	}
	it[pk] = text(batchKey(b.ID))
	it["owner_pk"], it["owner_sk"] = text(batchesKey(b.Owner)), text(place(b.Mark()))
	if b.Due != nil {
		it["due_pk"], it["due_sk"] = text(dueBatches), text(instant(*b.Due)+"#"+never+"#"+b.ID)
	}
	if b.ExpiresAt != nil {
		it[ttl] = number(b.ExpiresAt.Unix())
	}
	return it, nil
}

// readBatch reads a batch from its item and returns it with the error that it stands for. No item is job.ErrNotFound.
func readBatch(it map[string]types.AttributeValue, as error) (b job.Batch, err error) {
	if len(it) == 0 {
		return job.Batch{}, job.ErrNotFound
	}
	if err := unmarshal(it, &b); err != nil {
		return job.Batch{}, err
	}
	b.Metadata = renamed(b.Metadata, given)
	return b, as
}
