package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"easel/shared/job"
)

// What a transaction holds at the most. DynamoDB takes 100 items and 4 MB; some of it is left for what the estimate of
// an item's size does not know.
const (
	mostPuts  = 100
	mostBytes = 3_500_000
)

// Create implements job.Records: one job by a conditional write, several by transactions. What was stored by a request
// whose reply was lost, and that the SDK repeated, comes back as existing, with the stamp that it was given.
func (s *Store) Create(ctx context.Context, jobs []job.Job) ([]job.Job, error) {
	items := make([]item, len(jobs))
	for i, j := range jobs {
		it, err := encode(j)
		if err != nil {
			return nil, fmt.Errorf("create job %s: %w", j.ID, err)
		}
		items[i] = it
	}
	var existing []job.Job
	for _, group := range groups(items) {
		there, err := s.create(ctx, group)
		if err != nil {
			return nil, fmt.Errorf("create %d jobs: %w", len(jobs), err)
		}
		existing = append(existing, there...)
	}
	return existing, nil
}

// groups cuts the items into transactions.
func groups(items []item) (all [][]item) {
	first, bytes := 0, 0
	for i, it := range items {
		n := size(it)
		if i > first && (i-first == mostPuts || bytes+n > mostBytes) {
			all = append(all, items[first:i])
			first, bytes = i, 0
		}
		bytes += n
	}
	if first < len(items) {
		all = append(all, items[first:])
	}
	return all
}

// create stores the items that are missing and returns the others as they are stored. A transaction of which some
// items are there stores none: the rest is sent again.
func (s *Store) create(ctx context.Context, items []item) (existing []job.Job, err error) {
	for refused := 0; ; {
		a, err := s.attempt(ctx, items)
		if err != nil {
			return nil, err
		}
		existing = append(existing, a.there...)
		if len(a.left) == 0 {
			return existing, nil
		}
		if len(a.there) > 0 {
			items = a.left
			continue
		}
		if refused++; refused == refusals {
			return nil, fmt.Errorf("DynamoDB refused %d times in a row, at last with %s", refused, a.reason)
		}
		if err := s.pause(ctx, refused-1); err != nil {
			return nil, fmt.Errorf("DynamoDB refused %d times, at last with %s: %w", refused, a.reason, err)
		}
	}
}

// attempted is what became of some items.
type attempted struct {
	there  []job.Job // stored before
	left   []item    // not stored; empty: all the others are
	reason string    // why some are left, in DynamoDB's words
}

func (s *Store) attempt(ctx context.Context, items []item) (attempted, error) {
	if len(items) == 1 {
		_, err := s.client.PutItem(ctx, s.putItem(items[0]))
		return single(items, err)
	}
	_, err := s.client.TransactWriteItems(ctx, s.putAll(items))
	if canceled, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
		return sorted(items, canceled.CancellationReasons)
	}
	return outcome(items, err)
}

// single reads the reply to the creation of one item.
func single(items []item, err error) (attempted, error) {
	if it, failed := obstacle(err); failed {
		return sorted(items, []types.CancellationReason{{Code: aws.String(conditionFailed), Item: it}})
	}
	return outcome(items, err)
}

// outcome is all or nothing.
func outcome(items []item, err error) (attempted, error) {
	if err == nil {
		return attempted{}, nil
	}
	if code := codeOf(err); slices.Contains(busy, code) {
		return attempted{left: items, reason: code}, nil
	}
	return attempted{}, plain(err)
}

// conditionFailed is the reason of an item that is there already. Nothing is wrong with an item whose reason is none.
const (
	conditionFailed = "ConditionalCheckFailed"
	none            = "None"
)

// busy are the refusals, of a request or of an item in it, that pass. The SDK repeats some of the first and none of the
// second.
var busy = []string{
	"ThrottlingError", "ThrottlingException", "TransactionConflict", "TransactionConflictException", "TransactionInProgressException",
	"ProvisionedThroughputExceeded", "ProvisionedThroughputExceededException", "RequestLimitExceeded",
}

// sorted parts the items of a canceled transaction by their reasons, which come in the same order.
func sorted(items []item, reasons []types.CancellationReason) (attempted, error) {
	if len(reasons) != len(items) {
		return attempted{}, fmt.Errorf("DynamoDB gave %d reasons for %d items", len(reasons), len(items))
	}
	var a attempted
	for i, r := range reasons {
		code := aws.ToString(r.Code)
		switch {
		case code == conditionFailed:
			j, err := decode(r.Item)
			if err != nil {
				return attempted{}, fmt.Errorf("job %s that was there: %w", keyOf(items[i]), err)
			}
			a.there = append(a.there, j)
			continue
		case slices.Contains(busy, code):
			a.reason = code
		case code != none:
			return attempted{}, fmt.Errorf("DynamoDB refused job %s: %s", keyOf(items[i]), code)
		}
		a.left = append(a.left, items[i])
	}
	return a, nil
}
