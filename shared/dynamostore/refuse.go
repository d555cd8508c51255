package dynamostore

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// conditionFailed is the reason of an item whose condition does not hold. Nothing is wrong with one whose reason is none.
const (
	conditionFailed = "ConditionalCheckFailed"
	none            = "None"
)

// busy are the refusals, of a request or of an item in it, that pass. The SDK repeats some of the first and none of the
// second.
var busy = []string{
	"ThrottlingError", "ThrottlingException", "TransactionConflict", "TransactionConflictException", "TransactionInProgressException",
	"ProvisionedThroughputExceeded", "ProvisionedThroughputExceededException", "RequestLimitExceeded",
}

// refusal is the code of an answer that passes: another writer holds the same item, or there is no capacity.
type refusal string

func (r refusal) Error() string { return "DynamoDB refused with " + string(r) }

// passing returns a refusal for an error that is one, and otherwise the error without what it may quote.
func passing(err error) error {
	if code := codeOf(err); slices.Contains(busy, code) {
		return refusal(code)
	}
	return plain(err)
}

// refusals is how often in a row DynamoDB may refuse a request before that is an error, where no deadline bounds it.
const refusals = 8

// growsTo bounds the growth of the pauses where another transaction holds an item, which it does for a tenth of a second at
// the most: with pauses that grow on, every twentieth claim beside a bulk writer found no gap in the half second it has.
const growsTo = 1

// pauses returns which pause comes before the nth repetition, n from 0.
func (r refusal) pauses(n int) int {
	if strings.HasPrefix(string(r), "Transaction") {
		return min(n, growsTo)
	}
	return n
}

// insist makes a request while it is refused, with pauses, until the context ends.
func (s *sender) insist(ctx context.Context, try func() error) error {
	_, bounded := ctx.Deadline()
	for refused := 1; ; refused++ {
		err := try()
		reason, passes := errors.AsType[refusal](err)
		if !passes {
			return err
		}
		if refused == refusals && !bounded {
			return fmt.Errorf("DynamoDB refused %d times in a row, at last with %s", refused, string(reason))
		}
		if err := s.pause(ctx, reason.pauses(refused-1)); err != nil {
			return fmt.Errorf("DynamoDB refused %d times, at last with %s: %w", refused, string(reason), err)
		}
	}
}
