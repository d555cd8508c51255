package dynamostore

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"easel/shared/job"
)

// The requests of single items are made here. That reads ask for consistency the tests see in what is sent, since an emulator
// that is always consistent cannot tell.

// present asks for the item that stood in a condition's way.
const present = types.ReturnValuesOnConditionCheckFailureAllOld

func (s *sender) getItem(id string) *dynamodb.GetItemInput {
	return &dynamodb.GetItemInput{TableName: &s.table, Key: key(id), ConsistentRead: aws.Bool(true)}
}

// put stores an item, on the conditions of an expression.
func (s *sender) put(it item, e *expression) types.TransactWriteItem {
	return types.TransactWriteItem{Put: &types.Put{
		TableName: &s.table, Item: it, ConditionExpression: e.condition(),
		ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values, ReturnValuesOnConditionCheckFailure: present,
	}}
}

// change makes the update of an expression.
func (s *sender) change(k item, e *expression) types.TransactWriteItem {
	return types.TransactWriteItem{Update: &types.Update{
		TableName: &s.table, Key: k, UpdateExpression: aws.String(e.update()), ConditionExpression: e.condition(),
		ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values, ReturnValuesOnConditionCheckFailure: present,
	}}
}

// drop deletes an item on the conditions of an expression.
func (s *sender) drop(k item, e *expression) types.TransactWriteItem {
	return types.TransactWriteItem{Delete: &types.Delete{
		TableName: &s.table, Key: k, ConditionExpression: e.condition(),
		ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.values, ReturnValuesOnConditionCheckFailure: present,
	}}
}

// revise writes every attribute of a job by its name, so that those which this program does not know stay, on the
// condition of the version that it carries. The version becomes one higher.
func (s *sender) revise(j job.Job) types.TransactWriteItem {
	e := atVersion(j.Version)
	j.Version++
	it := encode(j)
	for _, name := range slices.Sorted(maps.Keys(it)) {
		if name != pk && name != sk {
			e.assign(name, it[name])
		}
	}
	for _, index := range indexes {
		if it[index+"_pk"] == nil {
			e.clear(index + "_pk")
			e.clear(index + "_sk")
		}
	}
	if it[ttl] == nil {
		e.clear(ttl)
	}
	return s.change(key(j.ID), e)
}

// alone makes one write outside a transaction.
func (s *sender) alone(ctx context.Context, w types.TransactWriteItem) (err error) {
	switch {
	case w.Put != nil:
		_, err = s.client.PutItem(ctx, &dynamodb.PutItemInput{
			TableName: w.Put.TableName, Item: w.Put.Item, ConditionExpression: w.Put.ConditionExpression,
			ExpressionAttributeNames: w.Put.ExpressionAttributeNames, ExpressionAttributeValues: w.Put.ExpressionAttributeValues,
			ReturnValuesOnConditionCheckFailure: w.Put.ReturnValuesOnConditionCheckFailure,
		})
	case w.Update != nil:
		_, err = s.update(ctx, w, "")
	case w.Delete != nil:
		_, err = s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
			TableName: w.Delete.TableName, Key: w.Delete.Key, ConditionExpression: w.Delete.ConditionExpression,
			ExpressionAttributeNames: w.Delete.ExpressionAttributeNames, ExpressionAttributeValues: w.Delete.ExpressionAttributeValues,
			ReturnValuesOnConditionCheckFailure: w.Delete.ReturnValuesOnConditionCheckFailure,
		})
	}
	return err
}

// update makes one update outside a transaction, and returns the wanted values of the item.
func (s *sender) update(ctx context.Context, w types.TransactWriteItem, want types.ReturnValue) (item, error) {
	out, err := s.client.UpdateItem(ctx, &dynamodb.UpdateItemInput{
		TableName: w.Update.TableName, Key: w.Update.Key, UpdateExpression: w.Update.UpdateExpression,
		ConditionExpression: w.Update.ConditionExpression, ExpressionAttributeNames: w.Update.ExpressionAttributeNames,
		ExpressionAttributeValues: w.Update.ExpressionAttributeValues, ReturnValues: want,
		ReturnValuesOnConditionCheckFailure: w.Update.ReturnValuesOnConditionCheckFailure,
	})
	if err != nil {
		return nil, err
	}
	return out.Attributes, nil
}
