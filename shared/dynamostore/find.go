package dynamostore

import (
	"context"
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
	there, err := s.fetch(ctx, ids)
	if err != nil {
		return nil, fmt.Errorf("find %d jobs: %w", len(ids), err)
	}
	for _, it := range there {
		if j, err := decode(it); err == nil { // or else what stands under the key is no job
			found = append(found, j)
		}
	}
	return found, nil
}

// records reads the jobs that the entries name, as far as they are there.
func (s *Store) records(ctx context.Context, entries []entry) (map[string]job.Job, error) {
	found, err := s.Find(ctx, idsOf(entries))
	jobs := map[string]job.Job{}
	for _, j := range found {
		jobs[j.ID] = j
	}
	return jobs, err
}

// fetch reads the items that are there under the keys. Keys may come twice: an index may name an ID that lived twice at two
// places.
func (s *sender) fetch(ctx context.Context, keys []string) (map[string]item, error) {
	there := map[string]item{}
	for some := range slices.Chunk(slices.Compact(slices.Sorted(slices.Values(keys))), maxGets) {
		asked := make([]item, len(some))
		for i, k := range some {
			asked[i] = key(k)
		}
		found, err := s.fetchSome(ctx, asked)
		if err != nil {
			return nil, err
		}
		for _, it := range found {
			there[keyOf(it)] = it
		}
	}
	return there, nil
}

// fetchSome reads at most maxGets items consistently, and again those that DynamoDB left unread, for lack of room or of
// capacity.
func (s *sender) fetchSome(ctx context.Context, keys []item) (found []item, err error) {
	for refused := 0; ; {
		asked := map[string]types.KeysAndAttributes{s.table: {Keys: keys, ConsistentRead: aws.Bool(true)}}
		out, err := s.client.BatchGetItem(ctx, &dynamodb.BatchGetItemInput{RequestItems: asked})
		if err != nil {
			return nil, plain(err)
		}
		found = append(found, out.Responses[s.table]...)
		left := out.UnprocessedKeys[s.table].Keys
		if len(left) == 0 {
			return found, nil
		}
		if refused++; len(left) < len(keys) {
			refused = 1 // some were read
		}
		if refused == refusals {
			return nil, fmt.Errorf("DynamoDB left records unread %d times in a row", refused)
		}
		if err := s.pause(ctx, refused-1); err != nil {
			return nil, err
		}
		keys = left
	}
}
