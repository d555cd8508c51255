package job

import (
	"context"
	"math/rand/v2"
	"time"

	"easel/shared/backoff"
)

// Draw draws a number from 0 to below n.
func (r Recorder) Draw(n int64) int64 {
	if r.Chance != nil {
		return r.Chance(n)
	}
	return rand.Int64N(n)
}

// Jitter draws a time shorter than d.
func (r Recorder) Jitter(d time.Duration) time.Duration { return time.Duration(r.Draw(int64(d))) }

// DrawID draws an ID, by the field NewID where it is set.
func (r Recorder) DrawID() string {
	if r.NewID != nil {
		return r.NewID()
	}
	return newID()
}

// Breather returns a function that rests as long as it has been since now, where writes of a batch could refuse those of its
// calls that run: of many writes one after the other every second moment is left to these.
func (r Recorder) Breather(c *Counters) (rest func(context.Context)) {
	began := time.Now()
	return func(ctx context.Context) {
		if !r.OneWriter && c != nil && c.Running > 0 {
			_ = backoff.Sleep(ctx, time.Since(began))
		}
	}
}
