package local

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"

	"easel/shared/bedrocksim"
	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/sqlite"
)

// A queue as a program would have it that calls a model for each message and leaves the rest to the SDK and to SQS.
const (
	naiveVisibility = 3 * time.Minute
	naiveReceives   = 8
)

// naive runs a scene with as many workers as Easel has, the SDK's three attempts with their exponential backoff, and a
// queue that brings a message again where they have failed.
func (s scene) naive(t *testing.T, dir string) (o outcome) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := newMood(t, s)
		db, err := sqlite.Open(t.Context(), filepath.Join(dir, "queue.db"), sqlite.Options{Unsafe: true})
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		queue, client := db.Queue(sqlite.QueueOptions{Visibility: naiveVisibility, MaxReceives: naiveReceives}), naiveClient(t, m)
		models := s.orders()
		var out []job.Outgoing
		for n := range models {
			out = append(out, job.Outgoing{Message: job.Message{V: job.RecordVersion, ID: fmt.Sprint(n), MessageNo: 1}})
		}
		if _, err := queue.Send(t.Context(), out); err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for range (Options{}).withDefaults().Workers {
			wg.Go(func() { naiveWorker(t, ctx, queue, client, models) })
		}
		stats := sqlite.Stats{Visible: 1}
		for stats.Visible+stats.InFlight > 0 && time.Since(m.began) < patience {
			<-time.After(time.Second)
			if stats, err = queue.Stats(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		cancel()
		wg.Wait()
		o = m.tell("naive", s, len(models), stats.Dead+stats.Visible+stats.InFlight)
	})
	return o
}

// naiveClient is the SDK's client as it comes.
func naiveClient(t *testing.T, service http.Handler) *bedrockruntime.Client {
	t.Helper()
	pipes := make(wire)
	server := &http.Server{Handler: service}
	go func() { _ = server.Serve(pipes) }()
	transport := &http.Transport{DialContext: pipes.dial}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		close(pipes)
		_ = server.Close()
	})
	return bedrockruntime.NewFromConfig(aws.Config{
		Region: bedrocksim.DefaultRegion, BaseEndpoint: aws.String("http://bedrock"),
		Credentials: credentials.NewStaticCredentialsProvider("simulated", "simulated", ""), HTTPClient: &http.Client{Transport: transport},
	})
}

func naiveWorker(t *testing.T, ctx context.Context, queue *sqlite.Queue, client *bedrockruntime.Client, models []string) {
	for ctx.Err() == nil {
		d, err := queue.Receive(ctx)
		if err != nil {
			continue
		}
		var n int
		message, _ := job.ParseMessage(d.Body)
		_, _ = fmt.Sscan(message.ID, &n)
		if naiveCall(client, models[n], n) != nil {
			continue // the message comes again when its visibility timeout is over
		}
		if err := queue.Ack(context.WithoutCancel(ctx), d.Receipt); err != nil {
			t.Error(err)
		}
	}
}

func naiveCall(client *bedrockruntime.Client, alias string, n int) error {
	m, _ := model.Find(alias)
	body, err := json.Marshal(map[string]any{"prompt": fmt.Sprintf("a fox, number %d", n), "seed": n + 1, "output_format": "png"})
	if err != nil {
		return err
	}
	_, err = client.InvokeModel(context.Background(), &bedrockruntime.InvokeModelInput{
		ModelId: &m.ID, Body: body, ContentType: aws.String("application/json"), Accept: aws.String("application/json"),
	})
	return err
}
