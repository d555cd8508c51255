package dynamostore

import (
	"crypto/rand"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/retry"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"

	"easel/shared/job"
	"easel/shared/job/jobtest"
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
	return New(client, name, Options{Backoff: func(int) time.Duration { return 0 }})
}

// TestContracts gives each test its own table: the emulator reads all of it for every query.
func TestContracts(t *testing.T) {
	_, cfg := emulate(t)
	t.Run("records", func(t *testing.T) {
		jobtest.Records(t, func(t *testing.T) job.Records { return table(t, cfg) })
	})
	t.Run("index", func(t *testing.T) {
		jobtest.Index(t, func(t *testing.T) jobtest.IndexHarness {
			s := table(t, cfg)
			return jobtest.IndexHarness{Index: s, Records: s}
		})
	})
	t.Run("eraser", func(t *testing.T) {
		jobtest.Eraser(t, func(t *testing.T) (job.Eraser, job.Records) {
			s := table(t, cfg)
			return s, s
		})
	})
	t.Run("pacer", func(t *testing.T) {
		jobtest.Pacer(t, func(t *testing.T) job.Pacer { return table(t, cfg) })
	})
	t.Run("paces", func(t *testing.T) {
		jobtest.Paces(t, func(t *testing.T) job.Paces { return table(t, cfg) })
	})
	batchContracts(t, cfg)
}

func batchContracts(t *testing.T, cfg aws.Config) {
	t.Run("finder", func(t *testing.T) {
		jobtest.Finder(t, func(t *testing.T) (job.Finder, job.Records) {
			s := table(t, cfg)
			return s, s
		})
	})
	t.Run("batches", func(t *testing.T) {
		jobtest.Batches(t, func(t *testing.T) job.Batches { return table(t, cfg) })
	})
	t.Run("batch index", func(t *testing.T) {
		jobtest.BatchIndex(t, func(t *testing.T) jobtest.BatchIndexHarness {
			s := table(t, cfg)
			return jobtest.BatchIndexHarness{Index: s, Batches: s, BatchEraser: s, Records: s, Eraser: s}
		})
	})
	t.Run("batch eraser", func(t *testing.T) {
		jobtest.BatchEraser(t, func(t *testing.T) jobtest.BatchEraserHarness {
			s := table(t, cfg)
			return jobtest.BatchEraserHarness{Eraser: s, Batches: s, Tallies: s}
		})
	})
	t.Run("tallies", func(t *testing.T) {
		jobtest.Tallies(t, func(t *testing.T) job.Tallies { return table(t, cfg) })
	})
	t.Run("budgets", func(t *testing.T) {
		jobtest.Budgets(t, func(t *testing.T) (job.Budgets, job.Batches) {
			s := table(t, cfg)
			return s, s
		})
	})
}
