package dynamostore

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"easel/shared/pace"
)

// Pace implements pace.Store by a consistent read.
func (s *paceStore) Pace(ctx context.Context, model string) (_ pace.State, err error) {
	defer label(&err, "get the pace of %s", model)
	out, err := s.client.GetItem(ctx, s.getItem(paceKey(model)))
	if err != nil {
		return pace.State{}, plain(err)
	}
	return readPace(out.Item)
}

// SetPace implements pace.Store by one conditional write. Where the SDK repeated a write whose reply was lost, the
// conflict returns that very write.
func (s *paceStore) SetPace(ctx context.Context, model string, p pace.State) (_ pace.State, err error) {
	defer label(&err, "set the pace of %s from version %d", model, p.Version)
	in, err := s.putPace(model, p)
	if err != nil {
		return pace.State{}, err
	}
	_, err = s.client.PutItem(ctx, in)
	it, failed := obstacle(err)
	switch {
	case err == nil:
		p.Version++
		return p, nil
	case !failed:
		return pace.State{}, plain(err)
	}
	there, err := readPace(it)
	if err != nil {
		return pace.State{}, err
	}
	return there, pace.ErrConflict
}

// putPace stores a pace as a document, of which DynamoDB knows the version alone.
func (s *requests) putPace(model string, p pace.State) (*dynamodb.PutItemInput, error) {
	doc, err := json.Marshal(p)
	if err != nil {
		return nil, err
	}
	it := key(paceKey(model))
	it["version"], it["doc"] = number(p.Version+1), text(string(doc))
	in := &dynamodb.PutItemInput{
		TableName: &s.table, Item: it,
		ConditionExpression: aws.String(isNew), ReturnValuesOnConditionCheckFailure: present,
	}
	if p.Version != 0 {
		in.ConditionExpression, in.ExpressionAttributeNames = aws.String(hasVersion), versionName
		in.ExpressionAttributeValues = item{":expected": number(p.Version)}
	}
	return in, nil
}

// readPace reads a pace from its item. No item is the zero Pace.
func readPace(it item) (p pace.State, err error) {
	if len(it) == 0 {
		return p, nil
	}
	version, err := whole(it, "version")
	if err == nil && version == 0 {
		err = errors.New("the stored document has no version")
	}
	if err != nil {
		return p, err
	}
	if err := json.Unmarshal([]byte(textOf(it, "doc")), &p); err != nil {
		return pace.State{}, fmt.Errorf("stored document: %w", err)
	}
	p.Version = version
	return p, nil
}

func paceKey(model string) string { return "pace#" + model }
