// Command status is the function behind the routes that show jobs, and the catalogue. It changes nothing.
package main

import (
	"context"
	"os"

	"github.com/aws/aws-lambda-go/lambda"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"easel/shared/api"
	"easel/shared/config"
	"easel/shared/dynamostore"
	"easel/shared/lambdahandler"
	"easel/shared/pace"
	"easel/shared/read"
	"easel/shared/s3blob"
)

func main() {
	settings, log := lambdahandler.Begin(config.Table, config.Bucket)
	cfg := lambdahandler.AWS(settings)
	store := dynamostore.New(dynamodb.NewFromConfig(cfg), settings.Table)
	blobs := s3blob.New(s3.NewFromConfig(cfg), settings.Bucket, settings.PresignEndpoint)
	secret, err := store.Secret(context.Background())
	if err != nil {
		log.Error("no secret for cursors", "err", err)
		os.Exit(1)
	}
	tempo := &pace.Limiter{Limits: settings.Setting, Store: store}
	lambda.Start(lambdahandler.HTTP(api.New(api.Server{
		Reader: &read.Reader{
			Records: store, Index: store, Links: blobs, MaxLink: lambdahandler.MaxLink,
			BatchRecords: store, BatchIndex: store, Standings: store, Days: store, Budget: settings.DailyBudget, Limiter: tempo, Secret: secret,
		},
		Identify: lambdahandler.Owners{Function: settings, Unknown: api.Anonymous()}.Identify, Model: settings.Model,
		Hosts: []string{"*"}, Pace: tempo.Rate, Origins: settings.Origins, MaxWait: settings.MaxWait, Log: log,
	})))
}
