package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"easel/shared/awstest"
	"easel/shared/bedrocksim"
	"easel/shared/dynamostore"
)

// called is the name of table, queue and bucket.
const called = "easel"

// cloud is what the functions need, on this machine: an emulator and the simulated Bedrock.
type cloud struct {
	bind, name   string // where they listen, and how containers call that
	aws, bedrock string // addresses, as containers know them
	config       aws.Config
	queue        string
	undo         []func()
}

// start runs the emulator and the simulator.
func start(ctx context.Context, bind, name string) (*cloud, error) {
	emulator, err := awstest.Run(bind)
	if err != nil {
		return nil, err
	}
	c := &cloud{
		bind: bind, name: name, aws: strings.Replace(emulator.URL, bind, name, 1), config: awstest.Config(emulator.URL),
		undo: []func(){emulator.Stop},
	}
	if err := c.simulator(ctx); err != nil {
		c.stop()
		return nil, err
	}
	return c, nil
}

func (c *cloud) stop() {
	for _, undo := range c.undo {
		undo()
	}
}

func (c *cloud) simulator(ctx context.Context) error {
	sim, err := bedrocksim.New(bedrocksim.Options{Seed: 1})
	if err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(c.bind, "0"))
	if err != nil {
		return errors.Join(err, sim.Close())
	}
	server := &http.Server{Handler: sim, ReadHeaderTimeout: 10 * time.Second}
	go func() { _ = server.Serve(listener) }() // it ends with Close
	c.undo = append(c.undo, func() { _ = server.Close(); _ = sim.Close() })
	_, port, err := net.SplitHostPort(listener.Addr().String())
	c.bedrock = "http://" + net.JoinHostPort(c.name, port)
	return err
}

// create makes table, queue and bucket.
func (c *cloud) create(ctx context.Context) error {
	_, err := dynamodb.NewFromConfig(c.config).CreateTable(ctx, dynamostore.CreateTable(called))
	if err != nil {
		return fmt.Errorf("create the table: %w", err)
	}
	queue, err := sqs.NewFromConfig(c.config).CreateQueue(ctx, &sqs.CreateQueueInput{QueueName: aws.String(called)})
	if err != nil {
		return fmt.Errorf("create the queue: %w", err)
	}
	c.queue = *queue.QueueUrl
	_, err = s3.NewFromConfig(c.config, func(o *s3.Options) { o.UsePathStyle = true }).CreateBucket(ctx, &s3.CreateBucketInput{Bucket: aws.String(called)})
	if err != nil {
		return fmt.Errorf("create the bucket: %w", err)
	}
	return nil
}

// settings writes the file for `--env-vars`: events/env.json with the addresses of this run.
func (c *cloud) settings() (path string, err error) {
	source, err := os.ReadFile("events/env.json")
	if err != nil {
		return "", fmt.Errorf("%w; start this in the repository's folder", err)
	}
	var env struct{ Parameters map[string]string }
	if err := json.Unmarshal(source, &env); err != nil {
		return "", fmt.Errorf("events/env.json: %w", err)
	}
	maps.Copy(env.Parameters, map[string]string{
		"TABLE_NAME": called, "BUCKET": called, "QUEUE_URL": c.queue,
		"AWS_ENDPOINT_URL": c.aws, "AWS_ENDPOINT_URL_BEDROCK_RUNTIME": c.bedrock,
		"PRESIGN_ENDPOINT": *c.config.BaseEndpoint,
	})
	filled, err := json.MarshalIndent(env, "", "  ")
	if err != nil {
		return "", err
	}
	dir, err := os.MkdirTemp("", "easel-sam-")
	if err != nil {
		return "", err
	}
	c.undo = append(c.undo, func() { _ = os.RemoveAll(dir) })
	path = filepath.Join(dir, "env.json")
	return path, os.WriteFile(path, filled, 0o600)
}
