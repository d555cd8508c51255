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
func (s *sender) query(sp span, limit int) *dynamodb.QueryInput {
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

// items makes a query, and again from where DynamoDB stopped: it sends about a megabyte at a time, may send nothing and
// still have more.
func (s *sender) items(ctx context.Context, in *dynamodb.QueryInput) iter.Seq2[item, error] {
	return func(yield func(item, error) bool) {
		for pages := dynamodb.NewQueryPaginator(s.client, in); pages.HasMorePages(); {
			out, err := pages.NextPage(ctx)
			if err != nil {
				yield(nil, plain(err))
				return
			}
			for _, it := range out.Items {
				if !yield(it, nil) {
					return
				}
			}
		}
	}
}
