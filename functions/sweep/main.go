// Command sweep is the function behind the schedule: it sends what waits and finds what was lost.
package main

import (
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/eventbridge"
	"github.com/aws/aws-sdk-go-v2/service/sqs"

	"easel/shared/config"
	"easel/shared/dynamostore"
	"easel/shared/eventbus"
	"easel/shared/job"
	"easel/shared/lambdahandler"
	"easel/shared/sqsqueue"
)

func main() {
	settings, err := config.Load(os.Getenv, config.Table, config.Queue)
	log := lambdahandler.Log(settings, os.Stderr)
	if err != nil {
		log.Error("wrong settings", "err", err)
		os.Exit(1)
	}
	cfg := lambdahandler.AWS(settings)
	store := dynamostore.New(dynamodb.NewFromConfig(cfg), settings.Table, dynamostore.Options{})
	queue := sqsqueue.New(sqs.NewFromConfig(cfg), settings.Queue)
	bus := eventbus.New(eventbridge.NewFromConfig(cfg))
	watcher := lambdahandler.NewWatcher(settings, log, os.Stdout, bus.Ended)

	sweeper := &job.Sweeper{
		Book: job.Book{Records: store, Watch: watcher.Watch, Retention: settings.Retention},
		Feed: &job.Feed{Queue: queue, Index: store, Tempo: &job.Tempo{Setting: settings.Setting, Paces: store}},
	}
	lambda.Start(lambdahandler.Sweep(sweeper.Sweep, log))
}
