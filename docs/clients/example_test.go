package clients_test

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"os"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/sign"
)

// A program in Go orders a picture from an Easel server, waits for it and saves it. The client repeats what may be
// repeated; the key makes the same order again the same job.
//
// The credential: EASEL_KEY is sent as a bearer key. Without one, requests to an API Gateway's own address are signed with
// AWS credentials, and requests to any address are with EASEL_SIGN=always (AWS_REGION names the region then). Otherwise
// there is none.
func Example() {
	ctx := context.Background()
	server, key := os.Getenv("EASEL_URL"), strings.TrimSpace(os.Getenv("EASEL_KEY"))
	client, err := client.New(server, key)
	if err != nil {
		panic(err)
	}
	host, err := url.Parse(server)
	if err != nil {
		panic(err)
	}
	region := sign.Region(host.Hostname())
	if key == "" && (region != "" || os.Getenv("EASEL_SIGN") == "always") {
		found, err := config.LoadDefaultConfig(ctx)
		if err != nil {
			panic(err)
		}
		signer := &sign.Signer{Credentials: found.Credentials, Region: cmp.Or(region, found.Region)}
		client.Authorize = signer.Authorize
	}

	j, err := client.Submit(ctx, api.JobRequest{Settings: api.Settings{Prompt: "a red fox in the snow"}}, "fox for the front page", 10*time.Second)
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
