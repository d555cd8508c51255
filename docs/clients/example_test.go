package clients_test

import (
	"context"
	"fmt"
	"os"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"

	"easel/shared/api"
	"easel/shared/sign"
)

// A program in Go orders a picture from an Easel on AWS, waits for it and saves it. The client signs each attempt
// and repeats what may be repeated; the key makes the same order again the same job.
func Example() {
	ctx := context.Background()
	found, err := config.LoadDefaultConfig(ctx)
	if err != nil {
		panic(err)
	}
	client, err := api.NewClient(os.Getenv("EASEL_URL"), "")
	if err != nil {
		panic(err)
	}
	signer := &sign.Signer{Credentials: found.Credentials, Region: found.Region}
	client.Authorize = signer.Authorize

	j, err := client.Submit(ctx, api.JobRequest{Prompt: "a red fox in the snow"}, "fox for the front page", 10*time.Second)
	for err == nil && !j.Ended() {
		j, err = client.Get(ctx, j.ID, 10*time.Second)
	}
	if err != nil {
		panic(err)
	}
	picture, err := os.Create("fox.png")
	if err != nil {
		panic(err)
	}
	defer picture.Close()
	err = client.Download(ctx, j, 0, picture)
	fmt.Println(j.Status, err)
	// Output: succeeded <nil>
}
