package awstest_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"easel/shared/awstest"
)

func TestEmulatorAnswers(t *testing.T) {
	client := sqs.NewFromConfig(awstest.Start(t))
	name := "easel"
	made, err := client.CreateQueue(t.Context(), &sqs.CreateQueueInput{QueueName: &name})
	if err != nil {
		t.Fatal(err)
	}
	found, err := client.GetQueueUrl(t.Context(), &sqs.GetQueueUrlInput{QueueName: &name})
	if err != nil {
		t.Fatal(err)
	}
	if *found.QueueUrl != *made.QueueUrl {
		t.Errorf("the queue is at %s, made at %s", *found.QueueUrl, *made.QueueUrl)
	}
}
