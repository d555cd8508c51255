package dynamostore

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"easel/shared/job"
)

// ListBatches implements job.BatchIndex.
func (s *Store) ListBatches(ctx context.Context, owner string, after *job.Mark, limit int) ([]job.Batch, *job.Mark, error) {
	found, more, err := s.listBatches(ctx, owner, after, limit)
	if err != nil {
		return nil, nil, fmt.Errorf("list batches: %w", err)
	}
	return found, more, nil
}

func (s *Store) listBatches(ctx context.Context, owner string, after *job.Mark, limit int) (found []job.Batch, more *job.Mark, err error) {
	sp := span{index: byOwner, pk: batchesKey(owner), from: lowest, to: highest, newest: true}
	if after != nil {
		sp.to = place(*after)
	}
	m := s.merged([]span{sp}, limit, 1)
	if after != nil {
		m.last = sp.to // the bounds of a span belong to it
	}
	entries, err := m.take(ctx, limit)
	if err != nil {
		return nil, nil, err
	}
	there, err := s.batches(ctx, entries)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		if b, ok := there[e.id]; ok && b.Owner == owner && place(b.Mark()) == e.place { // the index is behind
			found = append(found, b)
		}
	}
	if len(entries) == 0 || m.over() {
		return found, nil, nil
	}
	more, err = entries[len(entries)-1].mark(byOwner)
	return found, more, err
}

// DueBatches implements job.BatchIndex.
func (s *Store) DueBatches(ctx context.Context, until time.Time, limit int) ([]string, error) {
	all := []span{{index: byDue, pk: dueBatches, from: lowest, to: behind(instant(until))}}
	entries, err := s.merged(all, limit, 1).take(ctx, limit)
	if err != nil {
		return nil, fmt.Errorf("due batches: %w", err)
	}
	ids := make([]string, len(entries))
	for i, e := range entries {
		ids[i] = e.id
	}
	return ids, nil
}

// CountJobs implements job.BatchIndex by a walk through the batch's index, which has of each job the state and the cost
// and nothing else. It is no picture of one moment: a job that changes its state meanwhile may be counted twice, or not
// at all.
func (s *Store) CountJobs(ctx context.Context, batchID string) (job.Tally, error) {
	parts := make([]job.Tally, shards)
	err := parallel(ctx, shards, func(ctx context.Context, n int) (err error) {
		parts[n], err = s.tallied(ctx, shardKey(n, batchID))
		return err
	})
	if err != nil {
		return job.Tally{}, fmt.Errorf("count jobs of batch %.*s: %w", longestID, batchID, err)
	}
	sum := job.Tally{Counts: map[job.Status]int64{}}
	for _, part := range parts {
		sum.Cost += part.Cost
		for status, n := range part.Counts {
			sum.Counts[status] += n
		}
	}
	return sum, nil
}

// costAttribute is the one attribute that an index has beside keys.
const costAttribute = "cost_micro_usd"

// tallied counts one partition, a page at a time. DynamoDB sends about a megabyte of the index for one.
func (s *Store) tallied(ctx context.Context, partition string) (job.Tally, error) {
	t := job.Tally{Counts: map[job.Status]int64{}}
	for in := s.states(partition); ; {
		out, err := s.client.Query(ctx, in)
		if err != nil {
			return job.Tally{}, plain(err)
		}
		for _, it := range out.Items {
			cost, err := whole(it, costAttribute)
			if err != nil {
				return job.Tally{}, err
			}
			status, _, _ := strings.Cut(textOf(it, byBatch+"_sk"), "#")
			t.Counts[job.Status(status)]++
			t.Cost += cost
		}
		if in.ExclusiveStartKey = out.LastEvaluatedKey; len(out.LastEvaluatedKey) == 0 {
			return t, nil
		}
	}
}

// states reads the state and the cost of every job in a partition.
func (s *Store) states(partition string) *dynamodb.QueryInput {
	return &dynamodb.QueryInput{
		TableName: &s.table, IndexName: aws.String(byBatch),
		KeyConditionExpression: aws.String("#pk = :pk"), ProjectionExpression: aws.String("#sk, #cost"),
		ExpressionAttributeNames:  map[string]string{"#pk": byBatch + "_pk", "#sk": byBatch + "_sk", "#cost": costAttribute},
		ExpressionAttributeValues: item{":pk": text(partition)},
	}
}
