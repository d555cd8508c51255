package dynamostore

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"easel/shared/job"
)

// spent is what a day has come to.
const spent = "spent"

// spend adds the amount to the day, on the condition that it has room. A day of which nothing is known has come to
// nothing.
func (s *requests) spend(c job.Charge) types.TransactWriteItem {
	u := &types.Update{
		TableName: &s.table, Key: key(dayKey(c.Owner, c.Day)), UpdateExpression: aws.String("ADD #spent :amount SET #ttl = :ttl"),
		ExpressionAttributeNames:  map[string]string{"#spent": spent, "#ttl": ttl},
		ExpressionAttributeValues: item{":amount": number(c.Amount), ":ttl": number(c.At.Add(rememberedFor).Unix())},
	}
	if c.Limit > 0 && c.Amount > 0 {
		room := c.Limit - c.Amount
		condition := "#spent <= :room"
		if room >= 0 {
			condition = "attribute_not_exists(#spent) OR " + condition
		}
		u.ConditionExpression = &condition
		u.ExpressionAttributeValues[":room"] = number(room)
	}
	return types.TransactWriteItem{Update: u}
}

// Spent implements job.Days by a consistent read.
func (s *Store) Spent(ctx context.Context, owner, day string) (_ int64, err error) {
	defer label(&err, "get what %s has come to", day)
	out, err := s.client.GetItem(ctx, s.getItem(dayKey(owner, day)))
	if err != nil {
		return 0, plain(err)
	}
	return whole(out.Item, spent)
}

// dayKey has the day before the owner, because it holds no #.
func dayKey(owner, day string) string { return "day#" + day + "#" + short(owner) }
