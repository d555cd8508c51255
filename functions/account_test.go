package functions

import (
	"encoding/json"
	"net/http/httptest"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"easel/shared/awstest"
	"easel/shared/bedrocksim"
	"easel/shared/dynamostore"
	"easel/shared/job"
)

// account is an AWS account after the deployment: a table, a queue, a bucket whose every request is checked for its
// signature, and a Bedrock that draws at once.
type account struct {
	aws   aws.Config // of the emulator itself
	store *dynamostore.Store
	sqs   *sqs.Client
	url   string // of the queue
	s3    *s3.Client
	sim   *bedrocksim.Server
	env   []string // of the functions
}

const name = "easel" // of table, queue and bucket

// visibility is how long a message that was received stays away, as the template has it.
const visibility = 18 * time.Minute

func deploy(t testing.TB) *account {
	t.Helper()
	linux(t)
	cfg := awstest.Start(t)
	front := awstest.S3Front(t, cfg, nil)
	sim, err := bedrocksim.New(bedrocksim.Options{Latency: -1, Tiny: true})
	if err != nil {
		t.Fatal(err)
	}
	model := httptest.NewServer(sim)
	t.Cleanup(func() {
		model.Close()
		_ = sim.Close() // it keeps no file
	})
	a := &account{aws: cfg, sqs: sqs.NewFromConfig(cfg), s3: s3.NewFromConfig(front), sim: sim}
	a.create(t)
	a.env = []string{
		"AWS_REGION=" + awstest.Region, "AWS_ACCESS_KEY_ID=test", "AWS_SECRET_ACCESS_KEY=test",
		"AWS_ENDPOINT_URL=" + *cfg.BaseEndpoint, "AWS_ENDPOINT_URL_S3=" + *front.BaseEndpoint, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME=" + model.URL,
		"TABLE_NAME=" + name, "QUEUE_URL=" + a.url, "BUCKET=" + name,
		"PACE=core=90/180 sd35=15/30 ultra=10/20", "MAX_WAIT=10", "EVENTS=true", "METRICS_NAMESPACE=easel/test", "SIMULATED=true",
	}
	return a
}

func (a *account) create(t testing.TB) {
	t.Helper()
	client := dynamodb.NewFromConfig(a.aws)
	if _, err := client.CreateTable(t.Context(), dynamostore.CreateTable(name)); err != nil {
		t.Fatal(err)
	}
	a.store = dynamostore.New(client, name)
	queue, err := a.sqs.CreateQueue(t.Context(), &sqs.CreateQueueInput{
		QueueName:  aws.String(name),
		Attributes: map[string]string{"VisibilityTimeout": strconv.Itoa(int(visibility.Seconds()))},
	})
	if err != nil {
		t.Fatal(err)
	}
	a.url = *queue.QueueUrl
	if _, err := a.s3.CreateBucket(t.Context(), &s3.CreateBucketInput{Bucket: aws.String(name)}); err != nil {
		t.Fatal(err)
	}
}

// start starts a function in the account, with settings that take the place of others.
func (a *account) start(t testing.TB, name string, settings ...string) *function {
	t.Helper()
	return launch(t, name, slices.Concat(a.env, settings))
}

// receive takes one message from the queue, as Lambda does for a worker.
func (a *account) receive(t *testing.T) types.Message {
	t.Helper()
	out, err := a.sqs.ReceiveMessage(t.Context(), &sqs.ReceiveMessageInput{
		QueueUrl: &a.url, WaitTimeSeconds: 10,
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Messages) != 1 {
		t.Fatal("no message came within 10 s")
	}
	return out.Messages[0]
}

// show lets a message be received again at once.
func (a *account) show(t *testing.T, m types.Message) {
	t.Helper()
	_, err := a.sqs.ChangeMessageVisibility(t.Context(), &sqs.ChangeMessageVisibilityInput{QueueUrl: &a.url, ReceiptHandle: m.ReceiptHandle})
	if err != nil {
		t.Fatal(err)
	}
}

// deliver lets a worker work on a message and reports whether the worker is done with it.
func (a *account) deliver(t *testing.T, worker *function, m types.Message) bool {
	t.Helper()
	return settled(t, m, worker.invoke(t, batch(t, m)))
}

// batch is a message as Lambda gives it to a worker.
func batch(t *testing.T, m types.Message) []byte {
	t.Helper()
	event, err := json.Marshal(events.SQSEvent{Records: []events.SQSMessage{{
		MessageId: *m.MessageId, ReceiptHandle: *m.ReceiptHandle, Body: *m.Body, Md5OfBody: aws.ToString(m.MD5OfBody), Attributes: m.Attributes,
		EventSource: "aws:sqs", EventSourceARN: "arn:aws:sqs:us-east-1:123456789012:" + name, AWSRegion: awstest.Region,
	}}})
	if err != nil {
		t.Fatal(err)
	}
	return event
}

// settled reads a worker's answer about one message: either it names none as failed, or this one.
func settled(t *testing.T, m types.Message, answer []byte) bool {
	t.Helper()
	var out events.SQSEventResponse
	if err := json.Unmarshal(answer, &out); err != nil {
		t.Fatalf("%s: %v", answer, err)
	}
	failed := out.BatchItemFailures
	if len(failed) > 1 || (len(failed) == 1 && failed[0].ItemIdentifier != *m.MessageId) {
		t.Fatalf("one message came, and the worker answers %s", answer)
	}
	return len(failed) == 0
}

// remove takes a message out of the queue, as Lambda does once a worker is done with it.
func (a *account) remove(t *testing.T, m types.Message) {
	t.Helper()
	if _, err := a.sqs.DeleteMessage(t.Context(), &sqs.DeleteMessageInput{QueueUrl: &a.url, ReceiptHandle: m.ReceiptHandle}); err != nil {
		t.Fatal(err)
	}
}

func (a *account) record(t *testing.T, id string) job.Job {
	t.Helper()
	j, err := a.store.Get(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return j
}

// paid are the calls that the model executed.
func (a *account) paid() int { return a.sim.Ledger(bedrocksim.Filter{}).Totals[bedrocksim.Executed] }
