package dynamostore

import (
	"context"
	"fmt"
	"strconv"
	"strings"
)

// Waiting implements job.Index by a walk through the owner's part of an index whose keys hold the prices.
func (s *Store) Waiting(ctx context.Context, owner string) (int64, error) {
	sum := int64(0)
	for it, err := range s.items(ctx, s.query(span{index: byWaiting, pk: waitingKey(owner), from: lowest, to: highest}, 0)) {
		if err != nil {
			return 0, fmt.Errorf("sum of what waits: %w", err)
		}
		price, _, _ := strings.Cut(textOf(it, byWaiting+"_sk"), "#")
		n, err := strconv.ParseInt(price, 10, 64)
		if err != nil {
			return 0, fmt.Errorf("index waiting of %s: %w", keyOf(it), err)
		}
		sum += n
	}
	return sum, nil
}
