// Package dynamostore keeps jobs in one DynamoDB table, so that any number of functions can share them. It is the twin
// of package sqlite: records of jobs and of batches, the indexes over them, the tallies of batches, the books, the slots
// and the pace of each model, and the secret that signs cursors.
//
// A job stands under its ID, everything else under a key that no job can have: batch#ID, tally#ID, entry#NAME,
// day#YYYY-MM-DD#OWNER, pace#MODEL, slot#MODEL and secret#cursor. Nothing is read as what it is not.
//
// Every change of a record is one conditional write that names the version it was made from; transactions are the
// creation of several jobs, an entry in the books with what belongs to it, and the end of a batch. Records are read
// consistently. The indexes hold keys and costs, never a prompt, and lag behind: whatever they name is held against its
// record, and only counts are taken from them as they are. The package repeats what DynamoDB refuses for lack of
// capacity or because another writes the same item, for a while; it does not decide what a conflict or a lost reply
// means, since the core knows its own writes by their stamps.
//
// What a function needs is allowed by the names of single actions, inside a transaction too. On the table:
//   - dynamodb:GetItem to read a record, a batch, a tally, a day, a pace or the secret;
//   - dynamodb:BatchGetItem for Find, List and ListBatches;
//   - dynamodb:PutItem for Create, CreateBatch, Post, SetTally, SetPace and the secret;
//   - dynamodb:UpdateItem for Update, UpdateBatch, Reserve, and Post with a day or a batch;
//   - dynamodb:DeleteItem for Erase and EraseBatch.
//
// And dynamodb:Query on the index owner for List and ListBatches, on the index batch for List in a batch and CountJobs,
// on the index due for Due, CountOut and DueBatches.
package dynamostore

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"

	"easel/shared/job"
)

// Options are settings of a store that seldom differ. The zero value is right for a function.
type Options struct {
	// Now is the clock by which slots are given out. Nil: time.Now.
	Now func() time.Time
	// Backoff is how long to wait before repeating what DynamoDB refused for the nth time, n from 0. Nil: by chance, up
	// to 50 ms and twice as much each time, at most 2 s.
	Backoff func(n int) time.Duration
}

// Store is a table. It is safe for concurrent use.
type Store struct {
	client  *dynamodb.Client
	table   string
	opts    Options
	examine int // records that one call of List reads at the most
}

var (
	_ job.Records = (*Store)(nil)
	_ job.Index   = (*Store)(nil)
	_ job.Eraser  = (*Store)(nil)
	_ job.Pacer   = (*Store)(nil)
	_ job.Paces   = (*Store)(nil)

	_ job.Finder      = (*Store)(nil)
	_ job.Batches     = (*Store)(nil)
	_ job.BatchIndex  = (*Store)(nil)
	_ job.BatchEraser = (*Store)(nil)
	_ job.Tallies     = (*Store)(nil)
	_ job.Budgets     = (*Store)(nil)
)

// New returns the store in a table that [CreateTable] describes. It makes no request.
func New(client *dynamodb.Client, table string, opts Options) *Store {
	if opts.Now == nil {
		opts.Now = time.Now
	}
	if opts.Backoff == nil {
		opts.Backoff = jitter
	}
	return &Store{client: client, table: table, opts: opts, examine: 1000}
}

// The indexes. Each has the keys NAME_pk and NAME_sk.
const (
	byOwner = "owner"
	byBatch = "batch"
	byDue   = "due"
)

// CreateTable describes the table as the template makes it, for tests and local runs. There, items are not removed when
// their time has come: that is a setting of its own, on the attribute ttl.
func CreateTable(name string) *dynamodb.CreateTableInput {
	in := &dynamodb.CreateTableInput{
		TableName: &name, BillingMode: types.BillingModePayPerRequest,
		KeySchema:            []types.KeySchemaElement{{AttributeName: aws.String(pk), KeyType: types.KeyTypeHash}},
		AttributeDefinitions: []types.AttributeDefinition{{AttributeName: aws.String(pk), AttributeType: types.ScalarAttributeTypeS}},
	}
	for _, index := range []string{byOwner, byBatch, byDue} {
		hash, sort := index+"_pk", index+"_sk"
		in.AttributeDefinitions = append(in.AttributeDefinitions,
			types.AttributeDefinition{AttributeName: &hash, AttributeType: types.ScalarAttributeTypeS},
			types.AttributeDefinition{AttributeName: &sort, AttributeType: types.ScalarAttributeTypeS})
		in.GlobalSecondaryIndexes = append(in.GlobalSecondaryIndexes, types.GlobalSecondaryIndex{
			IndexName: &index, Projection: projection(index),
			KeySchema: []types.KeySchemaElement{
				{AttributeName: &hash, KeyType: types.KeyTypeHash}, {AttributeName: &sort, KeyType: types.KeyTypeRange},
			},
		})
	}
	return in
}

// projection is keys alone, but for what is counted of a batch's jobs.
func projection(index string) *types.Projection {
	if index == byBatch {
		return &types.Projection{ProjectionType: types.ProjectionTypeInclude, NonKeyAttributes: []string{costAttribute}}
	}
	return &types.Projection{ProjectionType: types.ProjectionTypeKeysOnly}
}

// refusals is how often in a row DynamoDB may refuse a request for lack of capacity before that is an error.
const refusals = 8

// pause waits before a request is repeated for the nth time, n from 0.
func (s *Store) pause(ctx context.Context, n int) error {
	over := time.NewTimer(s.opts.Backoff(n))
	defer over.Stop()
	select {
	case <-over.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func jitter(n int) time.Duration { return rand.N(min(50*time.Millisecond<<min(n, 6), 2*time.Second)) }

// atOnce is how many requests of one call are under way at a time: the SDK keeps ten connections.
const atOnce = 8

// parallel makes n calls, a few at a time. The first error ends the others and is returned.
func parallel(ctx context.Context, n int, call func(ctx context.Context, n int) error) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	slots := make(chan struct{}, atOnce)
	for n := range n {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if err := call(ctx, n); err != nil {
				cancel(err)
			}
		})
	}
	wg.Wait()
	return context.Cause(ctx)
}
