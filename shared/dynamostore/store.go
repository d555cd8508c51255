// Package dynamostore keeps jobs in one DynamoDB table, so that any number of functions can share them. It is the twin
// of package sqlite: records of jobs and of batches with their counters, the indexes over them, the line of each model, what
// owners' days have come to, the slots and the pace of each model, and the secret that signs cursors.
//
// A job stands under its ID, everything else under a key that no job can have: batch#ID, counters#ID, append#NAME,
// day#YYYY-MM-DD#OWNER, pace#MODEL, slot#MODEL and secret#cursor. The adapter never reads one as another. All of these have
// the sort key "-". Under line#MODEL stand the flows of a model's line, by their names, and its standing, so that one
// consistent query reads them all.
//
// A job alone is written by one request that names the version it was made from. A job that changes the counters of its
// batch or a day is written by one transaction with them, in that order. Counters and days are changed by ADD of what
// differs, on conditions, so that hundreds of writers need no turns; their items are never written as a whole. Records are
// read consistently. The indexes hold keys, and two of them a few figures beside, never a prompt. They lag behind: the
// adapter compares whatever a list names with its record. Counts and sums, timers, what is dispatched and who waits in a flow
// are taken from them as they are.
//
// The package repeats what DynamoDB refuses for lack of capacity or because another writer holds the same item, until the
// context ends, or eight times in a row where it has no deadline. A repetition has the token of the first attempt, which
// DynamoDB honours for ten minutes, so a new attempt needs a new write ID. The package does not decide what a conflict or
// a lost reply means, since the core knows its own writes by their IDs.
//
// IAM allows single actions, inside a transaction too. On the table the methods of the ports need:
//   - Records.Get, Days.Spent, Paces.Pace: dynamodb:GetItem;
//   - Records.Update, Batches.Amend, Pacer.Reserve, Toucher.Touch, Lines.Advance: dynamodb:UpdateItem;
//   - Creator.Create: dynamodb:PutItem, and dynamodb:UpdateItem for a touch and for what goes into a batch;
//   - Finder.Find, Batches.GetBatch, Index.List, BatchIndex.ListBatches, StandingReader.Standing,
//     CountersReader.ReadCounters: dynamodb:BatchGetItem;
//   - Eraser.Erase, BatchEraser.EraseBatch: dynamodb:DeleteItem, and dynamodb:PutItem for what is remembered;
//   - Lines.Leave: dynamodb:DeleteItem;
//   - Lines.Flows: dynamodb:Query;
//   - Paces.SetPace, StandingWriter.SetStanding: dynamodb:PutItem;
//   - Secret: dynamodb:GetItem and dynamodb:PutItem.
//
// And dynamodb:Query on the index owner for Index.List and BatchIndex.ListBatches, on the index batch for Index.List in a
// batch, on the index starred for Index.List of starred jobs, on the index due for Timers and BatchIndex.DueBatches, on the index flow for
// Waiters.Waiters, and on the index waiting for Backlog.Waiting.
package dynamostore

import (
	"context"
	"math/rand/v2"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"golang.org/x/sync/errgroup"

	"easel/shared/backoff"
)

// Store is a table. It is safe for concurrent use. Its own methods are those of jobs; batches, lines and paces have theirs,
// and all send by one sender.
type Store struct {
	*sender
	batchStore
	lineStore
	paceStore
	examine int // records that one call of List reads at the most
}

type (
	batchStore struct{ *sender }
	lineStore  struct{ *sender }
	paceStore  struct{ *sender }
)

// New returns the store in a table that [CreateTable] describes. It makes no request.
func New(client *dynamodb.Client, table string) *Store {
	by := &sender{table: table, client: client, now: time.Now, backoff: jitter}
	return &Store{by, batchStore{by}, lineStore{by}, paceStore{by}, 1000}
}

// sender sends requests to DynamoDB, again where it refuses them for now.
type sender struct {
	table  string
	client *dynamodb.Client

	now     func() time.Time          // the clock by which slots are given out
	backoff func(n int) time.Duration // how long to wait before repeating what was refused for the nth time, n from 0
}

// pause waits before a request is repeated for the nth time, n from 0.
func (s *sender) pause(ctx context.Context, n int) error {
	return backoff.Sleep(ctx, s.backoff(n))
}

// jitter is by chance, up to 50 ms and twice as much each time, at most 2 s.
func jitter(n int) time.Duration { return rand.N(min(50*time.Millisecond<<min(n, 6), 2*time.Second)) }

// atOnce is how many requests of one call are under way at a time: the SDK keeps ten connections.
const atOnce = 8

// parallel makes n calls, a few at a time. The first error ends the others and is returned.
func parallel(ctx context.Context, n int, call func(ctx context.Context, n int) error) error {
	group, ctx := errgroup.WithContext(ctx)
	group.SetLimit(atOnce)
	for n := range n {
		group.Go(func() error { return call(ctx, n) })
	}
	return group.Wait()
}
