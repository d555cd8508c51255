package dynamostore

import (
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

// isNew is the condition on an item that is not there.
const isNew = "attribute_not_exists(" + pk + ")"

// present asks for the item that stood in a condition's way.
const present = types.ReturnValuesOnConditionCheckFailureAllOld

func key(id string) item { return item{pk: text(id)} }

func (s *Store) getItem(id string) *dynamodb.GetItemInput {
	return &dynamodb.GetItemInput{TableName: &s.table, Key: key(id), ConsistentRead: aws.Bool(true)}
}

func (s *Store) putItem(it item) *dynamodb.PutItemInput {
	return &dynamodb.PutItemInput{
		TableName: &s.table, Item: it, ConditionExpression: aws.String(isNew), ReturnValuesOnConditionCheckFailure: present,
	}
}

// putAll stores all of the items or, if a condition fails, none.
func (s *Store) putAll(items []item) *dynamodb.TransactWriteItemsInput {
	in := &dynamodb.TransactWriteItemsInput{}
	for _, it := range items {
		in.TransactItems = append(in.TransactItems, s.put(it))
	}
	return in
}

// hasVersion is the condition on the version that is stored.
const hasVersion = "#version = :expected"

// revision is a write of every attribute of a record by its name, so that those which this program does not know stay,
// on the condition of the version that is stored.
type revision struct {
	key    item
	update string
	names  map[string]string
	values item
}

// revised makes a revision of an item whose version is one higher than the one expected.
func revised(it item, expected int64) revision {
	names, values := map[string]string{}, item{":expected": number(expected)}
	var set, remove []string
	for _, name := range slices.Sorted(maps.Keys(it)) {
		if name == pk {
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
	return revision{key: item{pk: it[pk]}, update: update, names: names, values: values}
}

func (s *Store) revise(r revision) *dynamodb.UpdateItemInput {
	return &dynamodb.UpdateItemInput{
		TableName: &s.table, Key: r.key, UpdateExpression: &r.update, ConditionExpression: aws.String(hasVersion),
		ExpressionAttributeNames: r.names, ExpressionAttributeValues: r.values, ReturnValuesOnConditionCheckFailure: present,
	}
}

func (s *Store) updateItem(j job.Job) (*dynamodb.UpdateItemInput, error) {
	expected := j.Version
	j.Version++
	it, err := encode(j)
	if err != nil {
		return nil, err
	}
	return s.revise(revised(it, expected)), nil
}

func (s *Store) deleteItem(id string, version int64) *dynamodb.DeleteItemInput {
	return &dynamodb.DeleteItemInput{
		TableName: &s.table, Key: key(id), ConditionExpression: aws.String(hasVersion),
		ExpressionAttributeNames:            map[string]string{"#version": "version"},
		ExpressionAttributeValues:           item{":expected": number(version)},
		ReturnValuesOnConditionCheckFailure: present,
	}
}

// batchGet reads up to 100 records.
func (s *Store) batchGet(ids []string) map[string]types.KeysAndAttributes {
	keys := make([]map[string]types.AttributeValue, len(ids))
	for i, id := range ids {
		keys[i] = key(id)
	}
	return map[string]types.KeysAndAttributes{s.table: {Keys: keys, ConsistentRead: aws.Bool(true)}}
}

// span is a stretch of one partition of an index. The bounds belong to it.
type span struct {
	index, pk, from, to string
	newest              bool // the highest key first
}

// Bounds below and above every key that begins with an instant.
const (
	lowest  = "0"
	highest = ":"
)

// behind is a bound just above every key that begins with the field.
func behind(field string) string { return field + "$" } // the character after #

// query reads at most limit keys of a span, or counts them all if limit is 0.
func (s *Store) query(sp span, limit int) *dynamodb.QueryInput {
	in := &dynamodb.QueryInput{
		TableName: &s.table, IndexName: &sp.index, ScanIndexForward: aws.Bool(!sp.newest),
		KeyConditionExpression:    aws.String("#pk = :pk AND #sk BETWEEN :from AND :to"),
		ExpressionAttributeNames:  map[string]string{"#pk": sp.index + "_pk", "#sk": sp.index + "_sk"},
		ExpressionAttributeValues: item{":pk": text(sp.pk), ":from": text(sp.from), ":to": text(sp.to)},
	}
	if limit == 0 {
		in.Select = types.SelectCount
		return in
	}
	in.Limit = aws.Int32(int32(limit))
	return in
}
