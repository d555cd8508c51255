// Package eventbus tells Amazon EventBridge of every job and every batch that has ended, so that other programs can act on it without
// asking the API. An event says which it is, how it ended and what it cost. It never holds a prompt, an image, an
// address or the client's metadata: a program that may see those fetches the job. Events are a convenience: that of a job may
// be missing or come twice, that of a batch comes at least once, and the record alone is true.
//
// It sends its one kind of request itself: the SDK's client for EventBridge would be 400 kB in each function, to be loaded
// at every cold start. Signature, retries and connections are still the SDK's.
package eventbus

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"easel/shared/job"
	"easel/shared/usd"
)

// What rules match on.
const (
	Source     = "easel"
	DetailType = "Job ended"
	BatchType  = "Batch ended"
)

// Bus is the account's default event bus, safe for concurrent use.
type Bus struct {
	endpoint, region string
	credentials      aws.CredentialsProvider
	client           aws.HTTPClient
	retryer          aws.Retryer
}

// What EventBridge takes in one request: so many events, of so many bytes together. The bytes leave room for the envelopes.
const (
	maxEntries = 10
	maxBytes   = 200_000
)

// Ended sends the events of jobs that have ended, ten in a request. It fails as well where EventBridge took a request and
// refused an event; the other requests are sent all the same.
func (b *Bus) Ended(ctx context.Context, jobs ...job.Job) (errs error) {
	var entries []entry
	bytes := 0
	send := func() {
		if err := b.put(ctx, entries...); err != nil {
			errs = errors.Join(errs, err)
		}
		entries, bytes = nil, 0
	}
	for _, j := range jobs {
		e, err := jobEntry(j)
		if err != nil {
			errs = errors.Join(errs, fmt.Errorf("event of job %s: %w", j.ID, err))
			continue
		}
		if len(entries) == maxEntries || len(entries) > 0 && bytes+len(e.Detail) > maxBytes {
			send()
		}
		entries, bytes = append(entries, e), bytes+len(e.Detail)
	}
	if len(entries) > 0 {
		send()
	}
	return errs
}

// BatchEnded sends the event of a batch all of whose jobs have ended. Errors are those of Ended.
func (b *Bus) BatchEnded(ctx context.Context, batch job.Batch, c job.Counters) error {
	e, err := batchEntry(batch, c)
	if err == nil {
		err = b.put(ctx, e)
	}
	if err != nil {
		return fmt.Errorf("event of batch %s: %w", batch.ID, err)
	}
	return nil
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

func jobEntry(j job.Job) (entry, error) {
	told := detail{
		ID: j.ID, Owner: j.Owner, Status: string(j.Status), Model: j.Model, BatchID: j.BatchID, CustomID: j.CustomID,
		Simulated: j.Simulated, Cost: cost{ListUSD: usd.Number(j.CostMicroUSD)},
	}
	if j.Failure != nil {
		told.Error = &failure{Code: j.Failure.Code}
	}
	return newEntry(DetailType, told, j.CompletedAt)
}

// batchDetail is what an event says of a batch. Its name may tell what was ordered, so it stays out.
type batchDetail struct {
	ID        string     `json:"id"`
	Owner     string     `json:"owner"`
	Counts    job.Counts `json:"counts"` // every state is in it
	Simulated bool       `json:"simulated"`
	Cost      cost       `json:"cost"`
}

func batchEntry(b job.Batch, c job.Counters) (entry, error) {
	told := batchDetail{ID: b.ID, Owner: b.Owner, Counts: c.Sum(), Simulated: b.Simulated, Cost: cost{ListUSD: usd.Number(c.Cost)}}
	return newEntry(BatchType, told, c.When(job.Ended))
}

func newEntry(kind string, told any, at *time.Time) (entry, error) {
	text, err := json.Marshal(told)
	if err != nil {
		return entry{}, err
	}
	e := entry{Source: Source, DetailType: kind, Detail: string(text)}
	if at != nil {
		seconds := float64(at.UnixMilli()) / 1000
		e.Time = &seconds
	}
	return e, nil
}
