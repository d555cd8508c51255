package dynamostore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"easel/shared/job"
)

// document is a small record beside the jobs, of which DynamoDB knows the version alone. The zero document is one that
// is not there.
type document struct {
	version int64
	json    string
	ends    int64 // when DynamoDB may remove it, in seconds since 1970; 0: never. It is written and not read
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
	it := item{pk: text(id), "version": number(d.version + 1), "doc": text(d.json)}
	if d.ends != 0 {
		it[ttl] = number(d.ends)
	}
	in := s.putItem(it)
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
	version, err := whole(it, "version")
	if err == nil && version == 0 {
		err = errors.New("the stored document has no version")
	}
	if err != nil {
		return document{}, err
	}
	return document{version: version, json: textOf(it, "doc")}, nil
}

// load reads what a document holds. The zero value stands for one that is not there.
func load[T any](ctx context.Context, s *Store, id string, version func(*T) *int64) (value T, err error) {
	d, err := s.document(ctx, id)
	if err != nil {
		return value, err
	}
	return parse(d, version)
}

// save stores a value under the version that it carries, as setDocument does.
func save[T any](ctx context.Context, s *Store, id string, value T, version func(*T) *int64, ends int64) (stored T, err error) {
	doc, err := json.Marshal(value)
	if err != nil {
		return stored, err
	}
	d, err := s.setDocument(ctx, id, document{version: *version(&value), json: string(doc), ends: ends})
	switch {
	case err == nil:
		*version(&value) = d.version
		return value, nil
	case !errors.Is(err, job.ErrConflict):
		return stored, err
	}
	stored, unread := parse(d, version)
	if unread != nil {
		return stored, unread
	}
	return stored, err
}

func parse[T any](d document, version func(*T) *int64) (value T, err error) {
	if d.version == 0 {
		return value, nil
	}
	if err := json.Unmarshal([]byte(d.json), &value); err != nil {
		return *new(T), fmt.Errorf("stored document: %w", err)
	}
	*version(&value) = d.version
	return value, nil
}
