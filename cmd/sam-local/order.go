package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"

	"github.com/aws/aws-lambda-go/events"
	"github.com/aws/aws-sdk-go-v2/service/sqs"
	"github.com/aws/aws-sdk-go-v2/service/sqs/types"

	"easel/shared/awstest"
)

// sam invokes functions by `sam local invoke`.
type sam struct{ env string }

// order goes the whole way of one picture: submit, worker, status, and the picture itself.
func (c *cloud) order(ctx context.Context, s sam) error {
	submitted, err := os.ReadFile("events/submit-core.json")
	if err != nil {
		return err
	}
	j, err := s.call(ctx, "SubmitFunction", submitted)
	if err != nil {
		return err
	}
	fmt.Printf("submit     %s %s\n", j.Status, j.ID)
	if err := c.work(ctx, s); err != nil {
		return err
	}
	asked, err := about(j.ID)
	if err != nil {
		return err
	}
	if j, err = s.call(ctx, "StatusFunction", asked); err != nil {
		return err
	}
	if len(j.Images) == 0 {
		return fmt.Errorf("job %s is %s and has no picture: %s", j.ID, j.Status, j.Error)
	}
	fmt.Printf("status     %s\npicture    %s\n", j.Status, j.Images[0].URL)
	return fetch(ctx, j.Images[0].URL)
}

// job is what is shown of an answer.
type job struct {
	ID, Status string
	Images     []struct{ URL string }
	Error      json.RawMessage
}

// call sends an event of API Gateway to a function and reads the job that it answers with.
func (s sam) call(ctx context.Context, function string, event []byte) (j job, err error) {
	out, err := s.invoke(ctx, function, event)
	if err != nil {
		return j, err
	}
	var answer events.APIGatewayV2HTTPResponse
	if err := json.Unmarshal(out, &answer); err != nil {
		return j, fmt.Errorf("%s answered what is no response: %s", function, out)
	}
	if answer.StatusCode/100 != 2 {
		return j, fmt.Errorf("%s answered %d: %s", function, answer.StatusCode, answer.Body)
	}
	return j, json.Unmarshal([]byte(answer.Body), &j)
}

func (s sam) invoke(ctx context.Context, function string, event []byte) ([]byte, error) {
	path, err := exec.LookPath("sam")
	if err != nil {
		path = filepath.Join(".venv", "bin", "sam")
	}
	cmd := exec.CommandContext(ctx, path, "local", "invoke", function, "--skip-pull-image", "--parameter-overrides", "Architecture="+architecture(),
		"-n", s.env, "-e", "-")
	cmd.Env = append(os.Environ(), "SAM_CLI_TELEMETRY=0", "AWS_EC2_METADATA_DISABLED=true")
	cmd.Stdin = bytes.NewReader(event)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("sam local invoke %s: %w\n%s", function, err, stderr.Bytes())
	}
	return bytes.TrimSpace(out), nil
}

// architecture is the template's word for the processor of this machine, which its containers have too.
func architecture() string {
	if runtime.GOARCH == "amd64" {
		return "x86_64"
	}
	return runtime.GOARCH
}

// work does what the event source mapping does, once: receive, invoke, delete.
func (c *cloud) work(ctx context.Context, s sam) error {
	client := sqs.NewFromConfig(c.config)
	got, err := client.ReceiveMessage(ctx, &sqs.ReceiveMessageInput{
		QueueUrl: &c.queue, WaitTimeSeconds: 20, VisibilityTimeout: 1080,
		MessageSystemAttributeNames: []types.MessageSystemAttributeName{types.MessageSystemAttributeNameAll},
	})
	if err != nil {
		return fmt.Errorf("receive: %w", err)
	}
	if len(got.Messages) == 0 {
		return errors.New("no message came to the queue")
	}
	m := got.Messages[0]
	event, err := json.Marshal(events.SQSEvent{Records: []events.SQSMessage{{
		MessageId: *m.MessageId, ReceiptHandle: *m.ReceiptHandle, Body: *m.Body, Attributes: m.Attributes,
		EventSource: "aws:sqs", EventSourceARN: "arn:aws:sqs:" + awstest.Region + ":123456789012:" + called, AWSRegion: awstest.Region,
	}}})
	if err != nil {
		return err
	}
	out, err := s.invoke(ctx, "WorkerFunction", event)
	if err != nil {
		return err
	}
	var failures events.SQSEventResponse
	if err := json.Unmarshal(out, &failures); err != nil || len(failures.BatchItemFailures) > 0 {
		return fmt.Errorf("the worker did not finish its message: %s", out)
	}
	fmt.Println("worker     done")
	_, err = client.DeleteMessage(ctx, &sqs.DeleteMessageInput{QueueUrl: &c.queue, ReceiptHandle: m.ReceiptHandle})
	return err
}

// about is the event of GET /jobs/{id}, made from the one for another job.
func about(id string) ([]byte, error) {
	source, err := os.ReadFile("events/status-done.json")
	if err != nil {
		return nil, err
	}
	var event events.APIGatewayV2HTTPRequest
	if err := json.Unmarshal(source, &event); err != nil {
		return nil, fmt.Errorf("events/status-done.json: %w", err)
	}
	event.RawPath = "/jobs/" + id
	event.RequestContext.HTTP.Path = event.RawPath
	event.PathParameters = map[string]string{"id": id}
	return json.Marshal(event)
}

// fetch proves that the address leads to a picture.
func fetch(ctx context.Context, url string) error {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return fmt.Errorf("fetch the picture: %w", err)
	}
	defer resp.Body.Close()
	n, err := io.Copy(io.Discard, resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		return fmt.Errorf("fetch the picture: %s, %w", resp.Status, err)
	}
	fmt.Printf("fetched    %d bytes of %s\n", n, resp.Header.Get("Content-Type"))
	return nil
}
