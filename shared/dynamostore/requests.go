package dynamostore

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"easel/shared/job"
)

// The requests of records are made here, by functions that do nothing else: an emulator that is always consistent
// cannot tell whether a read asks for it.

// requests makes those to a table.
type requests struct{ table string }

// isNew is the condition on an item that is not there.
const isNew = "attribute_not_exists(" + pk + ")"

// present asks for the item that stood in a condition's way.
const present = types.ReturnValuesOnConditionCheckFailureAllOld

func (s *requests) getItem(id string) *dynamodb.GetItemInput {
	return &dynamodb.GetItemInput{TableName: &s.table, Key: key(id), ConsistentRead: aws.Bool(true)}
}

// put stores an item that is not there.
func (s *requests) put(it item) types.TransactWriteItem {
	return types.TransactWriteItem{Put: &types.Put{
		TableName: &s.table, Item: it, ConditionExpression: aws.String(isNew), ReturnValuesOnConditionCheckFailure: present,
	}}
}

// hasVersion is the condition on the version that is stored.
const hasVersion = "#version = :expected"

var versionName = map[string]string{"#version": "version"}

// replace stores an item in the place of one with the version.
func (s *requests) replace(it item, version int64) types.TransactWriteItem {
	return types.TransactWriteItem{Put: &types.Put{
		TableName: &s.table, Item: it, ConditionExpression: aws.String(hasVersion), ExpressionAttributeNames: versionName,
		ExpressionAttributeValues: item{":expected": number(version)}, ReturnValuesOnConditionCheckFailure: present,
	}}
}

// remove deletes an item with the version.
func (s *requests) remove(id string, version int64) types.TransactWriteItem {
	return types.TransactWriteItem{Delete: &types.Delete{
		TableName: &s.table, Key: key(id), ConditionExpression: aws.String(hasVersion), ExpressionAttributeNames: versionName,
		ExpressionAttributeValues: item{":expected": number(version)}, ReturnValuesOnConditionCheckFailure: present,
	}}
}

// revise writes every attribute of a job by its name, so that those which this program does not know stay, on the
// condition of the version that it carries. The version becomes one higher.
func (s *requests) revise(j job.Job) (types.TransactWriteItem, error) {
	expected := j.Version
	j.Version++
	it, err := encode(j)
	if err != nil {
		return types.TransactWriteItem{}, err
	}
	names, values := map[string]string{}, item{":expected": number(expected)}
	var set, remove []string
	for _, name := range slices.Sorted(maps.Keys(it)) {
		if name == pk || name == sk {
			continue
		}
		names["#"+name], values[":"+name] = name, it[name]
		set = append(set, "#"+name+" = :"+name)
	}
	for _, name := range derived {
		if _, ok := it[name]; !ok {
			names["#"+name] = name
			remove = append(remove, "#"+name)
		}
	}
	update := "SET " + strings.Join(set, ", ")
	if len(remove) > 0 {
		update += " REMOVE " + strings.Join(remove, ", ")
	}
	return types.TransactWriteItem{Update: &types.Update{
		TableName: &s.table, Key: key(j.ID), UpdateExpression: &update, ConditionExpression: aws.String(hasVersion),
		ExpressionAttributeNames: names, ExpressionAttributeValues: values, ReturnValuesOnConditionCheckFailure: present,
	}}, nil
}

// change makes the update of an expression.
func (s *requests) change(k item, e *expression) *types.Update {
	return &types.Update{
		TableName: &s.table, Key: k, UpdateExpression: aws.String(e.update()), ConditionExpression: e.condition(),
		ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.given(), ReturnValuesOnConditionCheckFailure: present,
	}
}

// drop deletes an item on the conditions of an expression.
func (s *requests) drop(k item, e *expression) types.TransactWriteItem {
	return types.TransactWriteItem{Delete: &types.Delete{
		TableName: &s.table, Key: k, ConditionExpression: e.condition(),
		ExpressionAttributeNames: e.names, ExpressionAttributeValues: e.given(), ReturnValuesOnConditionCheckFailure: present,
	}}
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
		_, err = s.client.UpdateItem(ctx, updateItem(w.Update))
	case w.Delete != nil:
		_, err = s.client.DeleteItem(ctx, &dynamodb.DeleteItemInput{
			TableName: w.Delete.TableName, Key: w.Delete.Key, ConditionExpression: w.Delete.ConditionExpression,
			ExpressionAttributeNames: w.Delete.ExpressionAttributeNames, ExpressionAttributeValues: w.Delete.ExpressionAttributeValues,
			ReturnValuesOnConditionCheckFailure: w.Delete.ReturnValuesOnConditionCheckFailure,
		})
	}
	return err
}

func updateItem(u *types.Update) *dynamodb.UpdateItemInput {
	return &dynamodb.UpdateItemInput{
		TableName: u.TableName, Key: u.Key, UpdateExpression: u.UpdateExpression, ConditionExpression: u.ConditionExpression,
		ExpressionAttributeNames: u.ExpressionAttributeNames, ExpressionAttributeValues: u.ExpressionAttributeValues,
		ReturnValuesOnConditionCheckFailure: u.ReturnValuesOnConditionCheckFailure,
	}
}
