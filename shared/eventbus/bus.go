// Package eventbus tells Amazon EventBridge of every job and every batch that has ended, so that other programs can act on it without
// asking the API. An event says which it is, how it ended and what it cost. It never holds a prompt, an image, an
// address or the client's metadata: whoever may see those fetches the job. Events are a convenience: one may be missing
// or come twice, and the record alone is true.
package eventbus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge/types"

	"easel/shared/job"
)

// What rules match on.
const (
	Source     = "easel"
	DetailType = "Job ended"
	BatchType  = "Batch ended"
)

// Bus is the account's default event bus, safe for concurrent use.
type Bus struct {
	client *eventbridge.Client
}

// New returns the default bus of the client's account and region.
func New(client *eventbridge.Client) *Bus { return &Bus{client: client} }

// Ended sends the event of a job that has ended. It fails as well where EventBridge took the request and refused the
// event.
func (b *Bus) Ended(ctx context.Context, j job.Job) error {
	in, err := request(j)
	if err == nil {
		err = b.put(ctx, in)
	}
	if err != nil {
		return fmt.Errorf("event of job %s: %w", j.ID, err)
	}
	return nil
}

// BatchEnded sends the event of a batch all of whose jobs have ended. Errors are those of Ended.
func (b *Bus) BatchEnded(ctx context.Context, batch job.Batch, t job.Tally) error {
	in, err := batchRequest(batch, t)
	if err == nil {
		err = b.put(ctx, in)
	}
	if err != nil {
		return fmt.Errorf("event of batch %s: %w", batch.ID, err)
	}
	return nil
}

func (b *Bus) put(ctx context.Context, in *eventbridge.PutEventsInput) error {
	reply, err := b.client.PutEvents(ctx, in)
	if err != nil || reply.FailedEntryCount == 0 {
		return err
	}
	for _, entry := range reply.Entries {
		if entry.ErrorCode != nil {
			return fmt.Errorf("%s: %s", *entry.ErrorCode, aws.ToString(entry.ErrorMessage))
		}
	}
	return errors.New("refused without a reason")
}

// detail is what an event says, under the names that the API has for it.
type detail struct {
	ID        string   `json:"id"`
	Owner     string   `json:"owner"`
	Status    string   `json:"status"`
	Model     string   `json:"model"`
	BatchID   string   `json:"batch_id,omitempty"`
	CustomID  string   `json:"custom_id,omitempty"`
	Error     *failure `json:"error,omitempty"`
	Simulated bool     `json:"simulated"`
	Cost      cost     `json:"cost"`
}

// failure leaves out the message: rules match codes, and a sentence may quote what was ordered.
type failure struct {
	Code string `json:"code"`
}

type cost struct {
	ListUSD json.Number `json:"list_usd"` // of all calls of all rounds
}

// request is the one event as EventBridge takes it.
func request(j job.Job) (*eventbridge.PutEventsInput, error) {
	told := detail{
		ID: j.ID, Owner: j.Owner, Status: string(j.Status), Model: j.Model, BatchID: j.BatchID, CustomID: j.CustomID,
		Simulated: j.Simulated, Cost: cost{ListUSD: job.USD(j.CostMicroUSD)},
	}
	if j.Failure != nil {
		told.Error = &failure{Code: j.Failure.Code}
	}
	return entry(DetailType, told, j.CompletedAt)
}

// batchDetail is what an event says of a batch. Its name may tell what was ordered, so it stays out.
type batchDetail struct {
	ID        string               `json:"id"`
	Owner     string               `json:"owner"`
	Counts    map[job.Status]int64 `json:"counts"`
	Simulated bool                 `json:"simulated"`
	Cost      cost                 `json:"cost"`
}

func batchRequest(b job.Batch, t job.Tally) (*eventbridge.PutEventsInput, error) {
	told := batchDetail{ID: b.ID, Owner: b.Owner, Counts: t.Counts, Simulated: b.Simulated, Cost: cost{ListUSD: job.USD(t.Cost)}}
	return entry(BatchType, told, b.EndedAt)
}

func entry(kind string, told any, at *time.Time) (*eventbridge.PutEventsInput, error) {
	text, err := json.Marshal(told)
	if err != nil {
		return nil, err
	}
	return &eventbridge.PutEventsInput{Entries: []types.PutEventsRequestEntry{{
		Source: aws.String(Source), DetailType: aws.String(kind), Detail: aws.String(string(text)), Time: at,
	}}}, nil
}
