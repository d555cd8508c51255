// Package backoff repeats what has failed for the moment and waits in between: at most [Tries] attempts, with full jitter, for
// as long as the context lasts. It is the one place in which the program waits for a length of time alone.
//
// It does not know which errors are worth another attempt: its callers say so. The AWS SDK repeats its own requests.
package backoff

import (
	"context"
	"math/rand/v2"
	"time"
)

// Tries is how often one change is attempted, against conflicts and against a failing store.
const Tries = 8

// Retry calls until there is no error, or one that is settled: the answer of a store that works. It returns the last error.
func Retry(ctx context.Context, settled func(error) bool, call func() error) error {
	for n := 0; ; n++ {
		err := call()
		if err == nil || settled(err) || n+1 == Tries || !Pause(ctx, n) {
			return err
		}
	}
}

// Pause waits before attempt n+2, between nothing and 20 ms after the first one and up to 1.3 s later. It reports whether to go
// on.
func Pause(ctx context.Context, n int) bool {
	return Sleep(ctx, rand.N(20*time.Millisecond<<min(n, 6))) == nil
}

// Sleep waits for a length of time. It returns the context's error if that ends before.
func Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
