package dynamostore

import (
	"cmp"
	"context"
	"fmt"
	"maps"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"easel/shared/job"
)

// GetBatch implements job.Batches by one consistent read of both.
func (s *batchStore) GetBatch(ctx context.Context, id string) (job.Batch, job.Counters, error) {
	p, err := s.getBatch(ctx, id)
	if err != nil {
		return job.Batch{}, job.Counters{}, fmt.Errorf("get batch %.*s: %w", longestID, id, err)
	}
	return *p.batch, *p.counters, nil
}

// getBatch reads again where it finds a batch without counters: it is just being erased.
func (s *batchStore) getBatch(ctx context.Context, id string) (pair, error) {
	for n := range refusals {
		found, err := s.batches(ctx, []string{id})
		if err != nil {
			return pair{}, err
		}
		p := found[id]
		if p.batch == nil {
			break
		}
		if p.counters != nil {
			return p, nil
		}
		if err := s.pause(ctx, n); err != nil {
			return pair{}, err
		}
	}
	return pair{}, job.ErrNotFound
}

// ReadCounters implements job.CountersReader by consistent reads of a hundred each.
func (s *batchStore) ReadCounters(ctx context.Context, ids []string) (map[string]job.Counters, error) {
	keys := make([]string, len(ids))
	for i, id := range ids {
		keys[i] = countersKey(id)
	}
	there, err := s.fetch(ctx, keys)
	found := map[string]job.Counters{}
	for i, id := range ids {
		if it := there[keys[i]]; it != nil && err == nil {
			found[id], err = readCounters(id, it)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("read the counters of %d batches: %w", len(ids), err)
	}
	return found, nil
}

// pair is a batch and its counters, as far as they are there. What is remembered of a deleted batch has counters of zero.
type pair struct {
	batch    *job.Batch
	counters *job.Counters
}

// batches reads batches and their counters together.
func (s *batchStore) batches(ctx context.Context, ids []string) (map[string]pair, error) {
	var keys []string
	for _, id := range ids {
		keys = append(keys, batchKey(id), countersKey(id))
	}
	there, err := s.fetch(ctx, keys)
	found := map[string]pair{}
	for _, id := range ids {
		var p pair
		if it := there[batchKey(id)]; it != nil && err == nil {
			p.batch = new(job.Batch)
			*p.batch, err = readBatch(it)
		}
		if it := there[countersKey(id)]; err == nil && (it != nil || p.batch != nil && p.batch.DeletedAt != nil) {
			p.counters = new(job.Counters)
			*p.counters, err = readCounters(id, it)
		}
		found[id] = p
	}
	return found, err
}

// Amend implements job.Batches by one conditional write. Where the SDK repeated one whose reply was lost, it is made
// twice, unless its condition does not hold a second time.
func (s *batchStore) Amend(ctx context.Context, d job.Difference) (c job.Counters, err error) {
	defer label(&err, "amend the counters of batch %.*s", longestID, d.BatchID)
	w := s.change(key(countersKey(d.BatchID)), amendment(d))
	err = s.insist(ctx, func() error {
		it, err := s.update(ctx, w, types.ReturnValueAllNew)
		if there, failed := obstacle(err); failed {
			if it, err = there, job.ErrCounters; len(it) == 0 {
				return job.ErrNotFound
			}
		} else if err != nil {
			return passing(err)
		}
		var wrong error
		c, wrong = readCounters(d.BatchID, it)
		return cmp.Or(wrong, err)
	})
	return c, err
}

func batchKey(id string) string { return "batch#" + short(id) }

// batchesKey is the one partition of an owner's batches, which takes a thousand new ones in a second. The digit of a job's
// shard is never a letter.
func batchesKey(owner string) string { return "b#" + short(owner) }

// encodeBatch returns the item of a batch. It is written once, and its indexes with it.
func encodeBatch(b job.Batch) item {
	b.Metadata = renamed(b.Metadata, named)
	it := marshal(b)
	maps.Copy(it, key(batchKey(b.ID)))
	it["owner_pk"], it["owner_sk"] = text(batchesKey(b.Owner)), text(place(b.Mark()))
	return it
}

// readBatch reads a batch, or what is remembered of it, from its item.
func readBatch(it item) (b job.Batch, err error) {
	if err := unmarshal(it, &b); err != nil {
		return job.Batch{}, err
	}
	b.Metadata = renamed(b.Metadata, given)
	return b, nil
}
