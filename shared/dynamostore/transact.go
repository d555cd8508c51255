package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// refusal is the code of an answer that passes: somebody else is writing the same item, or there is no capacity.
type refusal string

func (r refusal) Error() string { return "DynamoDB refused with " + string(r) }

// passing returns a refusal for an error that is one, and otherwise the error without what it may quote.
func passing(err error) error {
	if code := codeOf(err); slices.Contains(busy, code) {
		return refusal(code)
	}
	return plain(err)
}

// insist makes a request again and again while it is refused, with pauses.
func (s *Store) insist(ctx context.Context, try func() error) error {
	for refused := 1; ; refused++ {
		err := try()
		reason, passes := errors.AsType[refusal](err)
		if !passes {
			return err
		}
		if refused == refusals {
			return fmt.Errorf("DynamoDB refused %d times in a row, at last with %s", refused, string(reason))
		}
		if err := s.pause(ctx, refused-1); err != nil {
			return fmt.Errorf("DynamoDB refused %d times, at last with %s: %w", refused, string(reason), err)
		}
	}
}

// transaction is a few writes that come about together or not at all, and for each the error that its failed condition
// stands for, by the item that stood in its way.
type transaction struct {
	writes []types.TransactWriteItem
	failed []func(there item) error
}

func (t *transaction) add(w types.TransactWriteItem, failed func(there item) error) {
	t.writes, t.failed = append(t.writes, w), append(t.failed, failed)
}

// commit makes the transaction, again while it is refused. One write alone is no transaction, which would cost twice as
// much.
func (s *Store) commit(ctx context.Context, t transaction) error {
	return s.insist(ctx, func() (err error) {
		if put := t.writes[0].Put; len(t.writes) == 1 && put != nil {
			_, err = s.client.PutItem(ctx, s.putItem(put.Item))
		} else {
			_, err = s.client.TransactWriteItems(ctx, &dynamodb.TransactWriteItemsInput{TransactItems: t.writes})
		}
		if there, failed := obstacle(err); failed {
			return t.failed[0](there)
		}
		if canceled, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
			return t.why(canceled.CancellationReasons)
		}
		return passing(err)
	})
}

// why tells what the first write that failed stands for. Where it is not known of a write whether it would have failed,
// nothing is said of those behind it: the whole is repeated.
func (t transaction) why(reasons []types.CancellationReason) error {
	if len(reasons) != len(t.writes) {
		return fmt.Errorf("DynamoDB gave %d reasons for %d items", len(reasons), len(t.writes))
	}
	for i, r := range reasons {
		switch code := aws.ToString(r.Code); {
		case code == conditionFailed:
			return t.failed[i](r.Item)
		case slices.Contains(busy, code):
			return refusal(code)
		case code != none:
			return fmt.Errorf("DynamoDB refused item %d of a transaction: %s", i, code)
		}
	}
	return errors.New("DynamoDB canceled a transaction without a reason")
}

// The writes of a transaction.

func (s *Store) put(it item) types.TransactWriteItem {
	return types.TransactWriteItem{Put: &types.Put{
		TableName: &s.table, Item: it, ConditionExpression: aws.String(isNew), ReturnValuesOnConditionCheckFailure: present,
	}}
}

func (s *Store) change(r revision) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{
		TableName: &s.table, Key: r.key, UpdateExpression: &r.update, ConditionExpression: aws.String(hasVersion),
		ExpressionAttributeNames: r.names, ExpressionAttributeValues: r.values, ReturnValuesOnConditionCheckFailure: present,
	}}
}

func (s *Store) remove(id string, version int64) types.TransactWriteItem {
	return types.TransactWriteItem{Delete: &types.Delete{
		TableName: &s.table, Key: key(id), ConditionExpression: aws.String(hasVersion),
		ExpressionAttributeNames:            map[string]string{"#version": "version"},
		ExpressionAttributeValues:           item{":expected": number(version)},
		ReturnValuesOnConditionCheckFailure: present,
	}}
}
