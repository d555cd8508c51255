package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"time"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/local"
)

// A program orders a picture, waits for it and saves it. The key makes it safe to run again: the same
// order is made, and paid for, once.
func ExampleClient() {
	ctx, stop := context.WithCancel(context.Background())
	server, stopped := embedded(ctx)
	c, err := client.New(server, "")
	if err != nil {
		fmt.Println(err)
	}
	order := api.JobRequest{Settings: api.Settings{Prompt: "a red fox in the snow", AspectRatio: "3:2"}}
	j, err := c.Submit(ctx, order, "fox for the front page", 20*time.Second)
	if err != nil {
		fmt.Println(err)
	}
	again, err := c.Submit(ctx, order, "fox for the front page", 0)
	fmt.Println(j.Status, j.Simulated, j.ModelCalls, j.ID == again.ID, err)
	fmt.Println(c.Download(ctx, j, 0, io.Discard))
	stop()
	if err := <-stopped; err != nil {
		fmt.Println(err)
	}
	// Output:
	// succeeded true 1 true <nil>
	// <nil>
}

// A program orders many pictures: it makes a batch with a bound, appends rows, says that these were all, and waits for the
// end. Rows that have a custom_id may be sent again: nothing is added twice.
func ExampleClient_AppendJobs() {
	ctx, stop := context.WithCancel(context.Background())
	server, stopped := embedded(ctx)
	c, err := client.New(server, "")
	if err != nil {
		fmt.Println(err)
	}
	b, err := c.CreateBatch(ctx, client.BatchSettings{Name: "animals", MaxCostUSD: "1.00", Open: true}, "animals of November")
	if err != nil {
		fmt.Println(err)
	}
	rows := client.Append{Rows: []api.JobRequest{
		{Settings: api.Settings{Prompt: "a red fox in the snow"}, CustomID: "fox"},
		{Settings: api.Settings{Prompt: "an owl by night"}, CustomID: "owl"},
	}}
	for range 2 {
		b, err = c.AppendJobs(ctx, b.ID, rows, "")
		fmt.Println(b.Order.Added, b.Order.Existing, err)
	}
	if _, err := c.SealBatch(ctx, b.ID); err != nil {
		fmt.Println(err)
	}
	b, err = c.Batch(ctx, b.ID, 20*time.Second)
	fmt.Println(b.Status, b.Counts.Succeeded, err)
	stop()
	if err := <-stopped; err != nil {
		fmt.Println(err)
	}
	// Output:
	// 2 0 <nil>
	// 0 2 <nil>
	// completed 2 <nil>
}

// embedded starts a server of one's own, as easel serve does.
func embedded(ctx context.Context) (url string, stopped <-chan error) {
	data, err := os.MkdirTemp("", "easel")
	if err != nil {
		fmt.Println(err)
	}
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() {
		err := local.Run(ctx, local.Options{
			Addr: "127.0.0.1:0", Data: data, Log: slog.New(slog.DiscardHandler), Ready: func(url string) { ready <- url },
			Sim: local.SimOptions{Tiny: true, Latency: -1},
		})
		ended <- errors.Join(err, os.RemoveAll(data))
	}()
	return <-ready, ended
}
