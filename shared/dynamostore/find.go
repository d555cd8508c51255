package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"easel/shared/job"
)

// maxGets is how many records DynamoDB reads in one request.
const maxGets = 100

// Find implements job.Finder by one consistent read of all. An ID that comes twice is found once.
func (s *Store) Find(ctx context.Context, ids []string) ([]job.Job, error) {
	var found []job.Job
	ids = slices.DeleteFunc(slices.Clone(ids), func(id string) bool { return !possible(id) })
	err := s.fetch(ctx, ids, func(it item) error {
		j, err := decode(it)
		if errors.Is(err, job.ErrNotFound) { // what stands under the key is no job
			return nil
		}
		found = append(found, j)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("find %d jobs: %w", len(ids), err)
	}
	return found, nil
}

// records reads the jobs that the entries name, as far as they are there.
func (s *Store) records(ctx context.Context, entries []entry) (map[string]job.Job, error) {
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.id
	}
	jobs := map[string]job.Job{}
	err := s.fetch(ctx, ids, func(it item) error {
		j, err := decode(it)
		jobs[j.ID] = j
		return err
	})
	return jobs, err
}

// fetch reads the items that are there under the keys, and shows each to take. Keys may come twice: an index may name an
// ID that lived twice at two places.
func (s *sender) fetch(ctx context.Context, keys []string, take func(it item) error) error {
	for some := range slices.Chunk(unique(keys), maxGets) {
		asked := make([]item, len(some))
		for i, k := range some {
			asked[i] = key(k)
		}
		if err := s.fetchSome(ctx, asked, take); err != nil {
			return err
		}
	}
	return nil
}

// fetchSome reads at most maxGets items.
func (s *sender) fetchSome(ctx context.Context, keys []item, take func(it item) error) error {
	asked := s.batchGet(keys)
	for refused := 0; len(asked[s.table].Keys) > 0; {
		left, err := s.read(ctx, asked, take)
		if err != nil || len(left[s.table].Keys) == 0 {
			return err
		}
		if refused++; len(left[s.table].Keys) < len(asked[s.table].Keys) {
			refused = 1 // some were read
		}
		if refused == refusals {
			return fmt.Errorf("DynamoDB left records unread %d times in a row", refused)
		}
		if err := s.pause(ctx, refused-1); err != nil {
			return err
		}
		asked = left
	}
	return nil
}

// batchGet reads consistently.
func (s *requests) batchGet(keys []item) map[string]types.KeysAndAttributes {
	return map[string]types.KeysAndAttributes{s.table: {Keys: keys, ConsistentRead: aws.Bool(true)}}
}

func unique(keys []string) (once []string) {
	for _, k := range keys {
		if !slices.Contains(once, k) {
			once = append(once, k)
		}
	}
	return once
}

// read returns the keys that DynamoDB left unread, for lack of room or of capacity.
func (s *sender) read(ctx context.Context, asked map[string]types.KeysAndAttributes, take func(it item) error) (left map[string]types.KeysAndAttributes, err error) {
	out, err := s.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: asked})
	if err != nil {
		return nil, plain(err)
	}
	for _, it := range out.Responses[s.table] {
		if err := take(it); err != nil {
			return nil, fmt.Errorf("item %s: %w", keyOf(it), err)
		}
	}
	return out.UnprocessedKeys, nil
}
