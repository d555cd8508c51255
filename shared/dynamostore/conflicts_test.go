package dynamostore

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// What the model of conflicts assumes of DynamoDB: how long a transaction holds its items, and how long a request is on
// its way before.
const (
	travel                 = 3 * time.Millisecond
	shortHold, longHold    = 5 * time.Millisecond, 25 * time.Millisecond   // two or three items
	shortBulk, longBulk    = 30 * time.Millisecond, 100 * time.Millisecond // 98 items
	claimTime, requestTime = 500 * time.Millisecond, 28 * time.Second
)

// contested is a counters record that one transaction holds at a time. Another that comes meanwhile is refused at once.
type contested struct {
	store *Store
	mu    sync.Mutex
}

// write makes a transaction that holds the record for a time between the two, as the adapter does: again while it is
// refused, until the context ends. It counts the requests.
func (c *contested) write(ctx context.Context, short, long time.Duration, requests *atomic.Int64) error {
	return c.store.insist(ctx, func() error {
		requests.Add(1)
		time.Sleep(travel)
		if !c.mu.TryLock() {
			return refusal("TransactionConflict")
		}
		defer c.mu.Unlock()
		time.Sleep(short + rand.N(long-short))
		return nil
	})
}

// load is how a batch is worked on while more is added to it.
type load struct {
	perSecond float64 // claims, and as many finishes
	bulk      bool    // transactions of 98 items, one after the other
	pause     bool    // between them, as long as the last one took
}

// outcomes are what became of it.
type outcomes struct {
	claims, finishes, bulk attempts
}

// attempts at one kind of transaction.
type attempts struct{ made, failed, requests atomic.Int64 }

// each is how many requests one took.
func (a *attempts) each() float64 { return float64(a.requests.Load()) / float64(max(a.made.Load(), 1)) }

// simulate runs a load for a time.
func simulate(t *testing.T, l load, during time.Duration) *outcomes {
	t.Helper()
	sum := &outcomes{}
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), during)
		defer cancel()
		c := &contested{store: New(nil, "")}
		var all sync.WaitGroup
		if l.bulk {
			all.Go(func() { c.fill(ctx, l.pause, sum) })
		}
		all.Go(func() { arrive(ctx, &all, l.perSecond, func() { c.change(claimTime, &sum.claims) }) })
		all.Go(func() { arrive(ctx, &all, l.perSecond, func() { c.change(requestTime, &sum.finishes) }) })
		all.Wait()
	})
	return sum
}

// arrive begins calls at moments that do not know each other.
func arrive(ctx context.Context, all *sync.WaitGroup, perSecond float64, call func()) {
	for ctx.Err() == nil {
		time.Sleep(time.Duration(rand.ExpFloat64() / perSecond * float64(time.Second)))
		all.Go(call)
	}
}

// change is one claim or finish.
func (c *contested) change(within time.Duration, a *attempts) {
	ctx, cancel := context.WithTimeout(context.Background(), within)
	defer cancel()
	a.made.Add(1)
	if c.write(ctx, shortHold, longHold, &a.requests) != nil {
		a.failed.Add(1)
	}
}

// fill makes bulk transactions until the context ends.
func (c *contested) fill(ctx context.Context, pause bool, sum *outcomes) {
	for ctx.Err() == nil {
		began := time.Now()
		one, cancel := context.WithTimeout(ctx, requestTime)
		if c.write(one, shortBulk, longBulk, &sum.bulk.requests) == nil {
			sum.bulk.made.Add(1)
		}
		cancel()
		if pause {
			time.Sleep(time.Since(began))
		}
	}
}

// TestClaimsPassABulkWriterThatPauses wants few claims refused in the half second that they have, beside a writer that
// adds 97 jobs at a time to the same batch. It is the reason of the pause.
func TestClaimsPassABulkWriterThatPauses(t *testing.T) {
	for _, c := range []struct {
		name string
		load load
		most float64 // share of claims refused; 0: many are
	}{
		{"no bulk, 4 claims a second", load{perSecond: 4}, 0.001},
		{"a pause, 2 claims a second", load{2, true, true}, 0.02},
		{"a pause, 4 claims a second", load{4, true, true}, 0.02},
		{"no pause, 2 claims a second", load{2, true, false}, 0},
		{"no pause, 4 claims a second", load{4, true, false}, 0},
	} {
		sum := simulate(t, c.load, 10*time.Minute)
		share := float64(sum.claims.failed.Load()) / float64(sum.claims.made.Load())
		t.Logf("%s: of %d claims %.2f %% refused, %d of %d finishes not written; %.1f bulk transactions a second; requests a claim %.1f, a finish %.1f, a bulk transaction %.1f",
			c.name, sum.claims.made.Load(), 100*share, sum.finishes.failed.Load(), sum.finishes.made.Load(), float64(sum.bulk.made.Load())/(10*60),
			sum.claims.each(), sum.finishes.each(), sum.bulk.each())
		if c.most > 0 && share >= c.most {
			t.Errorf("%s: %.2f %% of the claims are refused, want less than %v %%", c.name, 100*share, 100*c.most)
		}
		if c.most == 0 && share < 0.1 {
			t.Errorf("%s: %.2f %% of the claims are refused: the pause is needless", c.name, 100*share)
		}
		if failed := sum.finishes.failed.Load(); failed > 0 {
			t.Errorf("%s: %d finishes were not written", c.name, failed)
		}
	}
}
