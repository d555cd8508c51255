// Command worker is the function behind the queue: it makes the pictures.
package main

import (
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"easel/shared/bedrock"
	"easel/shared/config"
	"easel/shared/dynamostore"
	"easel/shared/eventbus"
	"easel/shared/job"
	"easel/shared/lambdahandler"
	"easel/shared/pace"
	"easel/shared/run"
	"easel/shared/s3blob"
	"easel/shared/sqsqueue"
	"easel/shared/worker"
)

func main() {
	settings, log := lambdahandler.Begin(config.Table, config.Queue, config.Bucket)
	cfg := lambdahandler.AWS(settings)
	generator, err := bedrock.New(bedrock.Client(cfg), bedrock.Options{
		Region: settings.BedrockRegion, GuardrailID: settings.GuardrailID, GuardrailVersion: settings.GuardrailVersion,
	})
	if err != nil {
		log.Error("wrong settings", "err", err)
		os.Exit(1)
	}
	store := dynamostore.New(dynamodb.NewFromConfig(cfg), settings.Table)
	queue := sqsqueue.New(sqs.NewFromConfig(cfg), settings.Queue)
	blobs := s3blob.New(s3.NewFromConfig(cfg), settings.Bucket, "")
	bus := eventbus.New(cfg)
	watcher := lambdahandler.NewWatcher(settings, log, os.Stdout, bus)

	worker := &worker.Worker{
		Recorder: job.Recorder{
			Records: store, Batches: store, Watch: watcher.Watch, Ended: watcher.WatchBatch,
			Retention: settings.Retention, Budget: settings.DailyBudget, Simulated: settings.Simulated,
		},
		Dispatcher: &job.Dispatcher{Queue: queue, Toucher: store},
		Limiter:    &pace.Limiter{Limits: settings.Setting, Store: store},
		Images:     blobs, Inputs: blobs, Generator: generator, Pacer: store, Days: store, Report: watcher.Report,
	}
	lambda.Start(lambdahandler.Work(&run.Worker{Do: worker.Do, Hide: queue.Hide, Log: log}))
}
