package dynamostore

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
)

// table makes an empty table and a store in it that repeats without a pause.
func table(t *testing.T, cfg aws.Config) *Store {
	t.Helper()
	cfg.Retryer = func() aws.Retryer {
		return retry.NewStandard(func(o *retry.StandardOptions) {
			o.Backoff = retry.BackoffDelayerFunc(func(int, error) (time.Duration, error) { return 0, nil })
		})
	}
	client := dynamodb.NewFromConfig(cfg)
	name := "easel-" + strings.ToLower(rand.Text())
	if _, err := client.CreateTable(t.Context(), CreateTable(name)); err != nil {
		t.Fatal(err)
	}
	s := New(client, name)
	s.backoff = func(int) time.Duration { return 0 }
	return s
}
