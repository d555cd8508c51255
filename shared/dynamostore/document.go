package dynamostore

import (
	"context"
	"errors"
	"strconv"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"easel/shared/job"
)

// document is a small record beside the jobs, of which DynamoDB knows the version alone. The zero document is one that
// is not there.
type document struct {
	version int64
	json    string
}

func (s *Store) document(ctx context.Context, id string) (document, error) {
	out, err := s.client.GetItem(ctx, s.getItem(id))
	if err != nil {
		return document{}, plain(err)
	}
	return readDocument(out.Item)
}

// setDocument stores the document if the version that is stored is the one given, 0 for none, and returns it with the
// version one higher. If another version is stored it returns that one with job.ErrConflict.
func (s *Store) setDocument(ctx context.Context, id string, d document) (document, error) {
	in := s.putDocument(id, d)
	_, err := s.client.PutItem(ctx, in)
	it, failed := obstacle(err)
	switch {
	case err == nil:
		d.version++
		return d, nil
	case !failed:
		return document{}, plain(err)
	}
	if d, err = readDocument(it); err != nil {
		return document{}, err
	}
	return d, job.ErrConflict
}

func (s *Store) putDocument(id string, d document) *dynamodb.PutItemInput {
	in := s.putItem(item{pk: text(id), "version": number(d.version + 1), "doc": text(d.json)})
	if d.version != 0 {
		in.ConditionExpression = aws.String(hasVersion)
		in.ExpressionAttributeNames = map[string]string{"#version": "version"}
		in.ExpressionAttributeValues = item{":expected": number(d.version)}
	}
	return in
}

func readDocument(it item) (document, error) {
	if len(it) == 0 {
		return document{}, nil
	}
	n, ok := it["version"].(*types.AttributeValueMemberN)
	if !ok {
		return document{}, errors.New("the stored document has no version")
	}
	version, err := strconv.ParseInt(n.Value, 10, 64)
	if err != nil {
		return document{}, err
	}
	return document{version: version, json: textOf(it, "doc")}, nil
}
