// Command sweep is the function behind the schedule: it sends what waits and finds what was lost.
package main

import (
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"easel/shared/config"
	"easel/shared/dynamostore"
	"easel/shared/eventbus"
	"easel/shared/job"
	"easel/shared/lambdahandler"
	"easel/shared/pace"
	"easel/shared/s3blob"
	"easel/shared/sqsqueue"
	"easel/shared/sweep"
)

func main() {
	settings, log := lambdahandler.Begin(config.Table, config.Queue, config.Bucket)
	cfg := lambdahandler.AWS(settings)
	store := dynamostore.New(dynamodb.NewFromConfig(cfg), settings.Table)
	queue := sqsqueue.New(sqs.NewFromConfig(cfg), settings.Queue)
	blobs := s3blob.New(s3.NewFromConfig(cfg), settings.Bucket, "")
	bus := eventbus.New(cfg)
	watcher := lambdahandler.NewWatcher(settings, log, os.Stdout, bus)

	sweeper := &sweep.Sweeper{
		Recorder: job.Recorder{
			Records: store, Batches: store, Watch: watcher.Watch, Ended: watcher.WatchBatch,
			Retention: settings.Retention, Budget: settings.DailyBudget, Simulated: settings.Simulated,
		},
		Dispatcher: &job.Dispatcher{Queue: queue, Toucher: store},
		Limiter:    &pace.Limiter{Limits: settings.Setting, Store: store},
		Lines:      store, Standings: store, Waiters: store, Counters: store, Days: store, Timers: store,
		Index: store, Finder: store, BatchIndex: store, BatchEraser: store,
		Images: blobs, Inputs: blobs, InputEraser: blobs, Eraser: store,
	}
	lambda.Start(lambdahandler.Sweep(sweeper.Sweep, store, watcher))
}
