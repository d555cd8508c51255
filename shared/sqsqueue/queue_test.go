package sqsqueue

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"easel/shared/awstest"
	"easel/shared/job"
	"easel/shared/job/jobtest"
)

// The emulator's clock cannot be moved: cases wait side by side.
const (
	visibility = 3 * time.Second
	receives   = 3
)

// emulated is a queue with a dead-letter queue and what Lambda does to it.
type emulated struct {
	client     *sqs.Client
	url, grave string
}

// TestMain ends the emulator that all tests share.
func TestMain(m *testing.M) { awstest.Main(m) }

func TestQueue(t *testing.T) {
	client := sqs.NewFromConfig(awstest.Shared(t))
	var number atomic.Int64
	jobtest.Queue.Run(t, func(t *testing.T) jobtest.QueueHarness {
		t.Parallel()
		e := create(t, client, fmt.Sprint("easel-", number.Add(1)))
		q := New(client, e.url)
		return jobtest.QueueHarness{
			Queue: q, Visibility: visibility, MaxReceives: receives,
			Receive: e.receive, Ack: e.ack, Hide: q.Hide, Dead: e.dead, Pass: func(d time.Duration) { <-time.After(d) },
		}
	})
}

func create(t *testing.T, client *sqs.Client, name string) emulated {
	t.Helper()
	grave := address(t, client, name+"-dead", nil)
	arn := "arn:aws:sqs:" + awstest.Region + ":123456789012:" + name + "-dead"
	return emulated{client: client, grave: grave, url: address(t, client, name, map[string]string{
		"VisibilityTimeout": strconv.Itoa(int(visibility / time.Second)),
		"RedrivePolicy":     fmt.Sprintf(`{"deadLetterTargetArn":%q,"maxReceiveCount":%d}`, arn, receives),
	})}
}

func address(t *testing.T, client *sqs.Client, name string, attributes map[string]string) string {
	t.Helper()
	made, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name, Attributes: attributes})
	if err != nil {
		t.Fatal(err)
	}
	return *made.QueueUrl
}

func (e emulated) take(ctx context.Context, url string) ([]types.Message, error) {
	got, err := e.client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &url, WaitTimeSeconds: 1, // a short poll asks some of the servers and may miss a message
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameApproximateReceiveCount},
	})
	if err != nil {
		return nil, err
	}
	return got.Messages, nil
}

func (e emulated) receive(ctx context.Context) (jobtest.Delivery, bool, error) {
	got, err := e.take(ctx, e.url)
	if err != nil || len(got) == 0 {
		return jobtest.Delivery{}, false, err
	}
	count, err := strconv.Atoi(got[0].Attributes["ApproximateReceiveCount"])
	return jobtest.Delivery{Body: *got[0].Body, Receipt: *got[0].ReceiptHandle, Receives: count}, true, err
}

func (e emulated) ack(ctx context.Context, receipt string) error {
	_, err := e.client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &e.url, ReceiptHandle: &receipt})
	return err
}

func (e emulated) dead(ctx context.Context) (bodies []string, err error) {
	for {
		got, err := e.take(ctx, e.grave)
		if err != nil || len(got) == 0 {
			return bodies, err
		}
		bodies = append(bodies, *got[0].Body)
	}
}

func TestHidingNeedsAReceipt(t *testing.T) {
	client := sqs.NewFromConfig(awstest.Shared(t))
	q := New(client, create(t, client, "easel").url)
	if err := q.Hide(t.Context(), "no receipt", 0); !errors.Is(err, job.ErrInvalid) {
		t.Errorf("hide: %v, want ErrInvalid", err)
	}
}

func TestAQueueThatIsNotThereTakesNothing(t *testing.T) {
	client := sqs.NewFromConfig(awstest.Shared(t))
	out := make([]job.Outgoing, 12)
	unsent, err := New(client, *client.Options().BaseEndpoint+"/123456789012/none").Send(t.Context(), out)
	var absent *types.QueueDoesNotExist
	if len(unsent) != len(out) || !errors.As(err, &absent) {
		t.Errorf("%d unsent: %v, want all 12 and QueueDoesNotExist", len(unsent), err)
	}
}
