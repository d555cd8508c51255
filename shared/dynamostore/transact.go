package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"easel/shared/job"
)

// transaction is a few writes that come about together or not at all.
type transaction struct {
	token string // by which DynamoDB knows a repetition for ten minutes; empty: the SDK makes one
	parts []part
}

// part is one write of a transaction.
type part struct {
	write types.TransactWriteItem
	rank  rank
	// failed says what the failed condition means, and adds the item that stood in its way, empty if there is none, to the
	// obstacle. Nil: the write has no condition.
	failed func(o *job.Obstacle, there item) error
}

// rank is the order in which the ports want to hear what failed.
type rank int

const (
	ofBatch rank = iota
	ofAppend
	ofJob
	ofCounters
	ofDay
)

func (t *transaction) add(w types.TransactWriteItem, r rank, failed func(o *job.Obstacle, there item) error) {
	t.parts = append(t.parts, part{w, r, failed})
}

// always is the meaning of a condition that tells nothing but that it does not hold.
func always(err error) func(*job.Obstacle, item) error {
	return func(*job.Obstacle, item) error { return err }
}

// one makes a single write, again while it is refused.
func (s *sender) one(ctx context.Context, w types.TransactWriteItem, failed func(o *job.Obstacle, there item) error) error {
	_, err := s.commit(ctx, transaction{parts: []part{{w, ofJob, failed}}})
	return err
}

// commit makes the transaction, again while it is refused. What stood in its way is what the last attempt met.
func (s *sender) commit(ctx context.Context, t transaction) (there job.Obstacle, err error) {
	err = s.insist(ctx, func() (err error) {
		there, err = job.Obstacle{}, s.send(ctx, t)
		if it, failed := obstacle(err); failed {
			there, err = t.judge([]types.CancellationReason{{Code: aws.String(conditionFailed), Item: it}})
			return err
		}
		if canceled, ok := errors.AsType[*types.TransactionCanceledException](err); ok {
			there, err = t.judge(canceled.CancellationReasons)
			return err
		}
		return passing(err)
	})
	return there, err
}

// send makes one request. A record that carries the mark of its write is written without a transaction, which costs
// twice as much, if nothing is written with it.
func (s *sender) send(ctx context.Context, t transaction) error {
	if len(t.parts) == 1 && t.parts[0].rank <= ofJob {
		return s.alone(ctx, t.parts[0].write)
	}
	in := &dynamodb.TransactWriteItemsInput{}
	if t.token != "" {
		in.ClientRequestToken = &t.token
	}
	for _, p := range t.parts {
		in.TransactItems = append(in.TransactItems, p.write)
	}
	_, err := s.client.TransactWriteItems(ctx, in)
	return err
}

// judge returns all that stood in the way of a transaction, and of what it failed with the first in the order of the
// ports. Where it is not known of a write whether its condition holds, and none before it failed, that is a refusal: a
// repetition will tell.
func (t transaction) judge(reasons []types.CancellationReason) (there job.Obstacle, err error) {
	if len(reasons) != len(t.parts) {
		return there, fmt.Errorf("DynamoDB gave %d reasons for %d items", len(reasons), len(t.parts))
	}
	first := math.MaxInt
	for i, r := range reasons {
		p := t.parts[i]
		why := p.why(&there, r)
		if why == nil {
			continue
		}
		if at := p.order(why); at < first {
			first, err = at, why
		}
	}
	if err == nil {
		err = errors.New("DynamoDB canceled a transaction without a reason")
	}
	return there, err
}

// why is what one reason means, or nil if nothing is wrong with the item.
func (p part) why(there *job.Obstacle, r types.CancellationReason) error {
	switch code := aws.ToString(r.Code); {
	case code == none:
		return nil
	case code == conditionFailed && p.failed != nil:
		return p.failed(there, r.Item)
	case slices.Contains(busy, code):
		return refusal(code)
	default:
		return fmt.Errorf("DynamoDB refused an item of a transaction: %s", code)
	}
}

// order is where an error stands among those of a transaction. One that no repetition mends comes first. Among those of
// one rank a record in conflict comes before one that could not be looked at, and this before one that is missing.
func (p part) order(why error) int {
	const found, refused, gone = 0, 1, 2
	at := 3 * int(p.rank)
	if _, passes := errors.AsType[refusal](why); passes {
		return at + refused
	}
	switch {
	case errors.Is(why, job.ErrNotFound):
		return at + gone
	case errors.Is(why, job.ErrConflict), errors.Is(why, job.ErrExists), errors.Is(why, job.ErrCounters), errors.Is(why, job.ErrBudget):
		return at + found
	}
	return -1
}
