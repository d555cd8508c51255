package dynamostore

import (
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// The indexes. Each has the keys NAME_pk and NAME_sk.
const (
	byOwner = "owner"
	byBatch = "batch"
	byDue   = "due"

	byWaiting = "waiting"
	byFlow    = "flow"
	byStarred = "starred"
)

var indexes = []string{byOwner, byBatch, byDue, byFlow, byWaiting, byStarred}

// beside are the members of a job that an index holds beside its keys, so that a run of the sweep reads no records of the
// jobs that it only counts. They change together with the keys or never, so they cause no write of the index.
var beside = map[string][]string{
	byDue:  {"batch_id", "owner", "price_micro_usd", "status", "visible"},
	byFlow: {"deadline", "price_micro_usd"},
}

// CreateTable describes the table as the template makes it, for tests and local runs. There, items are not removed when
// their time has come: that is a setting of its own, on the attribute ttl.
func CreateTable(name string) *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest,
		KeySchema: schema(pk, sk), AttributeDefinitions: defined(pk, sk),
	}
	for _, index := range indexes {
		hash, sort := index+"_pk", index+"_sk"
		in.AttributeDefinitions = append(in.AttributeDefinitions, defined(hash, sort)...)
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: &index, KeySchema: schema(hash, sort), Projection: projection(index),
		})
	}
	return in
}

func projection(index string) *types.Projection {
	if members := beside[index]; len(members) > 0 {
		return &types.Projection{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: members}
	}
	return &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly}
}

func schema(hash, sort string) []types.KeySchemaElement {
	return []types.KeySchemaElement{
		{AttributeName: &hash, KeyType: types.KeyTypeHash}, {AttributeName: &sort, KeyType: types.KeyTypeRange},
	}
}

func defined(hash, sort string) []types.AttributeDefinition {
	return []types.AttributeDefinition{
		{AttributeName: &hash, AttributeType: types.ScalarAttributeTypeS},
		{AttributeName: &sort, AttributeType: types.ScalarAttributeTypeS},
	}
}
