// Command submit is the function behind the routes that order, change and remove jobs.
package main

import (
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"easel/shared/api"
	"easel/shared/config"
	"easel/shared/dynamostore"
	"easel/shared/eventbus"
	"easel/shared/job"
	"easel/shared/lambdahandler"
	"easel/shared/pace"
	"easel/shared/read"
	"easel/shared/s3blob"
	"easel/shared/sqsqueue"
)

func main() {
	settings, log := lambdahandler.Begin(config.Table, config.Queue, config.Bucket)
	cfg := lambdahandler.AWS(settings)
	store := dynamostore.New(dynamodb.NewFromConfig(cfg), settings.Table)
	queue := sqsqueue.New(sqs.NewFromConfig(cfg), settings.Queue)
	blobs := s3blob.New(s3.NewFromConfig(cfg), settings.Bucket, settings.PresignEndpoint)
	bus := eventbus.New(cfg)
	watcher := lambdahandler.NewWatcher(settings, log, os.Stdout, bus)

	tempo := &pace.Limiter{Limits: settings.Setting, Store: store}
	submitter := &job.Submitter{
		Recorder: job.Recorder{
			Records: store, Batches: store, Watch: watcher.Watch, Ended: watcher.WatchBatch,
			Retention: settings.Retention, Budget: settings.DailyBudget, Simulated: settings.Simulated,
		},
		Dispatcher: &job.Dispatcher{Queue: queue, Toucher: store},
		Limiter:    tempo,
		Images:     blobs, Inputs: blobs, Creator: store, Eraser: store, Finder: store, BatchEraser: store,
		Index: store, Timers: store, Standings: store, Days: store, Backlog: store, Model: settings.Model,
	}
	lambda.Start(lambdahandler.HTTP(api.New(api.Server{
		Submitter: submitter,
		Reader: &read.Reader{
			Records: store, Index: store, Links: blobs, MaxLink: lambdahandler.MaxLink,
			BatchRecords: store, BatchIndex: store, Standings: store, Days: store, Budget: settings.DailyBudget, Limiter: tempo,
		},
		Identify: lambdahandler.Owners{Function: settings, Unknown: api.Anonymous()}.Identify,
		Hosts:    []string{"*"}, Origins: settings.Origins, MaxWait: settings.MaxWait, Log: log,
	})))
}
