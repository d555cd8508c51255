// Package sqsqueue is the queue on Amazon SQS: it sends the messages of the core in batches and hides a message that
// came too early. It neither receives nor acknowledges, since Lambda's event source mapping does both, and it sends no
// message a second time: what SQS did not take goes back to the core, whose records know what is out.
package sqsqueue

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"easel/shared/job"
)

// Queue is a standard queue, safe for concurrent use.
type Queue struct {
	client *sqs.Client
	url    string
}

// New returns the queue with the URL. The queue's own delay must be zero: SQS adds it where a message has none.
func New(client *sqs.Client, url string) *Queue { return &Queue{client: client, url: url} }

// Send implements job.Queue. It returns as unsent, in their order, what SQS did not acknowledge, and names the first
// reason. A request that failed as a whole ends the work, since the next would fare no better; its messages may have been
// taken all the same.
func (q *Queue) Send(ctx context.Context, out []job.Outgoing) (unsent []job.Outgoing, err error) {
	for rest := out; len(rest) > 0; {
		chunk := rest[:fit(rest)]
		reply, failed := q.client.SendMessageBatch(ctx, request(q.url, chunk))
		if failed != nil {
			return slices.Concat(unsent, rest), fmt.Errorf("send %d messages: %w", len(out), failed)
		}
		left := missing(chunk, reply)
		if len(left) > 0 && err == nil {
			err = refused(chunk, reply.Failed)
		}
		unsent, rest = append(unsent, left...), rest[len(chunk):]
	}
	if err != nil {
		return unsent, fmt.Errorf("send %d messages, %d not taken: %w", len(out), len(unsent), err)
	}
	return nil, nil
}

// missing returns the messages that a reply does not call taken.
func missing(chunk []job.Outgoing, reply *sqs.SendMessageBatchOutput) (left []job.Outgoing) {
	taken := map[string]bool{}
	for _, entry := range reply.Successful {
		taken[aws.ToString(entry.Id)] = true
	}
	for i, o := range chunk {
		if !taken[strconv.Itoa(i)] {
			left = append(left, o)
		}
	}
	return left
}

// refused says why the first message of a reply was not taken.
func refused(chunk []job.Outgoing, failed []types.BatchResultErrorEntry) error {
	for _, entry := range failed {
		if i, err := strconv.Atoi(aws.ToString(entry.Id)); err == nil && i >= 0 && i < len(chunk) {
			return fmt.Errorf("message of job %s: %s: %s", chunk[i].ID, aws.ToString(entry.Code), aws.ToString(entry.Message))
		}
	}
	return errors.New("the reply does not mention every message")
}

// Hide lets the message be received again after d, at the most 12 hours, rounded up to whole seconds: with 0 at once.
// A message that is not in flight any more is left alone. It returns job.ErrInvalid for what is no receipt of this queue.
func (q *Queue) Hide(ctx context.Context, receipt string, d time.Duration) error {
	_, err := q.client.ChangeMessageVisibility(ctx, &sqs.ChangeMessageVisibilityInput{
		QueueUrl: &q.url, ReceiptHandle: &receipt, VisibilityTimeout: seconds(d, maxVisibility),
	})
	_, gone := errors.AsType[*types.MessageNotInflight](err)
	_, wrong := errors.AsType[*types.ReceiptHandleIsInvalid](err)
	switch {
	case err == nil, gone:
		return nil
	case wrong:
		return fmt.Errorf("hide a message: %w: %w", job.ErrInvalid, err)
	}
	return fmt.Errorf("hide a message for %v: %w", d, err)
}
