package dynamostore

import (
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// The indexes. Each has the keys NAME_pk and NAME_sk.
const (
	byOwner = "owner"
	byBatch = "batch"
	byDue   = "due"

	byWaiting = "waiting"
)

// CreateTable describes the table as the template makes it, for tests and local runs. There, items are not removed when
// their time has come: that is a setting of its own, on the attribute ttl.
func CreateTable(name string) *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String(pk), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String(pk), AttributeType: types.ScalarAttributeTypeS}},
	}
	for _, index := range []string{byOwner, byBatch, byDue, byWaiting} {
		hash, sort := index+"_pk", index+"_sk"
		in.AttributeDefinitions = append(in.AttributeDefinitions,
			types.AttributeDefinition{AttributeName: &hash, AttributeType: types.ScalarAttributeTypeS},
			types.AttributeDefinition{AttributeName: &sort, AttributeType: types.ScalarAttributeTypeS})
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: &index, Projection: &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly},
			KeySchema: []types.KeySchemaElement{
				{AttributeName: &hash, KeyType: types.KeyTypeHash}, {AttributeName: &sort, KeyType: types.KeyTypeRange},
			},
		})
	}
	return in
}
