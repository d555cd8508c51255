package dynamostore

import (
	"context"
	"iter"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// span is a stretch of one partition of an index. The bounds belong to it.
type span struct {
	index, pk, from, to string
	newest              bool // the highest key first
}

// Bounds below and above every key that begins with an instant or a number.
const (
	lowest  = "0"
	highest = ":"
)

// behind is a bound just above every key that begins with the field.
func behind(field string) string { return field + "$" } // the character after #

// query reads at most limit keys of a span at a time, or as many as DynamoDB sends if limit is 0.
func (s *requests) query(sp span, limit int) *dynamodb.QueryInput {
	in := &dynamodb.QueryInput{
		TableName: &s.table, IndexName: &sp.index, ScanIndexForward: aws.Bool(!sp.newest),
		KeyConditionExpression:    aws.String("#pk = :pk AND #sk BETWEEN :from AND :to"),
		ExpressionAttributeNames:  map[string]string{"#pk": sp.index + "_pk", "#sk": sp.index + "_sk"},
		ExpressionAttributeValues: item{":pk": text(sp.pk), ":from": text(sp.from), ":to": text(sp.to)},
	}
	if limit != 0 {
		in.Limit = aws.Int32(int32(limit))
	}
	return in
}

// pages makes a query, and again from where DynamoDB stopped: it sends about a megabyte at a time, may send nothing and
// still have more.
func (s *sender) pages(ctx context.Context, in *dynamodb.QueryInput) iter.Seq2[*dynamodb.QueryOutput, error] {
	return func(yield func(*dynamodb.QueryOutput, error) bool) {
		for {
			out, err := s.client.Query(ctx, in)
			if err != nil {
				yield(nil, plain(err))
				return
			}
			if !yield(out, nil) || len(out.LastEvaluatedKey) == 0 {
				return
			}
			in.ExclusiveStartKey = out.LastEvaluatedKey
		}
	}
}
