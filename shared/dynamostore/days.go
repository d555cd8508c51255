package dynamostore

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"easel/shared/job"
)

// spent is what a day has come to.
const spent = "spent"

// spend adds the amount to the day, on the condition that it has room. A day of which nothing is known has come to
// nothing.
func (s *Store) spend(c job.Charge) types.TransactWriteItem {
	var e expression
	e.increase(spent, number(c.Amount))
	e.assign(ttl, number(c.At.Add(rememberedFor).Unix()))
	if room := c.Limit - c.Amount; c.Limit > 0 && c.Amount > 0 {
		e.compare(spent, "<=", room, room >= 0)
	}
	return s.change(key(dayKey(c.Owner, c.Day)), &e)
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
