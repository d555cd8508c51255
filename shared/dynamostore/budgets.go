package dynamostore

import (
	"context"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"easel/shared/job"
)

// keptFor is how long what may go by itself is kept: an entry and its day, since nobody sends a request again so late,
// and a tally.
const keptFor = 90 * 24 * time.Hour

// spent is what a day has come to.
const spent = "spent"

// Post implements job.Budgets by one transaction, or a conditional write where there is nothing but the entry. What was
// written by a request whose reply was lost, and that the SDK repeated, comes back as job.ErrExists with that very entry
// where DynamoDB does not know the repetition: whoever posts recognises its own by what it holds.
func (s *Store) Post(ctx context.Context, e job.Entry, b *job.Batch) (posted job.Posted, err error) {
	t, err := s.posting(e, b, &posted)
	if err == nil {
		err = s.commit(ctx, t)
	}
	if err != nil {
		return posted, fmt.Errorf("post %.*s: %w", longestID, e.Name, err)
	}
	posted.Entry = e
	if b != nil {
		posted.Batch = *b
		posted.Batch.Version++
	}
	return posted, nil
}

// posting is the transaction, in the order in which the port wants to hear what failed. What stands in its way it puts
// into there.
func (s *Store) posting(e job.Entry, b *job.Batch, there *job.Posted) (t transaction, err error) {
	it, err := encodeEntry(e)
	if err != nil {
		return t, err
	}
	t.add(s.put(it), func(old item) (err error) {
		there.Entry, err = decodeEntry(old)
		return err
	})
	if b != nil {
		_, r, err := revisedBatch(*b)
		if err != nil {
			return t, err
		}
		t.add(s.change(r), func(old item) (err error) {
			there.Batch, err = readBatch(old, job.ErrConflict)
			return err
		})
	}
	if e.Day != "" {
		t.add(s.spend(e), func(item) error { return job.ErrBudget })
	}
	return t, nil
}

// spend adds the amount to the day, on the condition that it has room. A day of which nothing is known has come to
// nothing.
func (s *Store) spend(e job.Entry) types.TransactWriteItem {
	u := &types.Update{
		TableName: &s.table, Key: key(dayKey(e.Owner, e.Day)), UpdateExpression: aws.String("ADD #spent :amount SET #ttl = :ttl"),
		ExpressionAttributeNames:  map[string]string{"#spent": spent, "#ttl": ttl},
		ExpressionAttributeValues: item{":amount": number(e.Amount), ":ttl": number(e.At.Add(keptFor).Unix())},
	}
	if e.Limit > 0 && e.Amount > 0 {
		room := e.Limit - e.Amount
		condition := "#spent <= :room"
		if room >= 0 {
			condition = "attribute_not_exists(#spent) OR " + condition
		}
		u.ConditionExpression = &condition
		u.ExpressionAttributeValues[":room"] = number(room)
	}
	return types.TransactWriteItem{Update: u}
}

// Spent implements job.Budgets by a consistent read.
func (s *Store) Spent(ctx context.Context, owner, day string) (int64, error) {
	out, err := s.client.GetItem(ctx, s.getItem(dayKey(owner, day)))
	if err != nil {
		return 0, fmt.Errorf("get what %s has come to: %w", day, plain(err))
	}
	n, err := whole(out.Item, spent)
	if err != nil {
		return 0, fmt.Errorf("get what %s has come to: %w", day, err)
	}
	return n, nil
}

func entryKey(name string) string { return "entry#" + short(name) }

// dayKey has the day before the owner, because it is always as long.
func dayKey(owner, day string) string { return "day#" + day + "#" + short(owner) }

func encodeEntry(e job.Entry) (item, error) {
	it, err := marshal(e)
	if err != nil {
		return nil, err
	}
	it[pk], it[ttl] = text(entryKey(e.Name)), number(e.At.Add(keptFor).Unix())
	return it, nil
}

// decodeEntry reads the entry that was there first.
func decodeEntry(it item) (job.Entry, error) {
	var e job.Entry
	if err := unmarshal(it, &e); err != nil {
		return job.Entry{}, err
	}
	return e, job.ErrExists
}
