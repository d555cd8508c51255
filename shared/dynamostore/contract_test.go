package dynamostore

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"easel/shared/job"
	"easel/shared/job/jobtest"
)

// TestContracts gives each test its own table: the emulator reads all of it for every query.
func TestContracts(t *testing.T) {
	_, cfg := emulate(t)
	for name, suite := range map[string]func(*testing.T, func(*testing.T) jobtest.Store){
		"records": jobtest.Records, "creator": jobtest.Creator, "finder": jobtest.Finder, "eraser": jobtest.Eraser,
		"batches": jobtest.Batches, "batch eraser": jobtest.BatchEraser, "days": jobtest.Days,
	} {
		t.Run(name, func(t *testing.T) {
			suite(t, func(t *testing.T) jobtest.Store { return table(t, cfg) })
		})
	}
	indexContracts(t, cfg)
	t.Run("pacer", func(t *testing.T) {
		jobtest.Pacer(t, func(t *testing.T) job.Pacer { return table(t, cfg) })
	})
	t.Run("paces", func(t *testing.T) {
		jobtest.Paces(t, func(t *testing.T) job.Paces { return table(t, cfg) })
	})
}

func indexContracts(t *testing.T, cfg aws.Config) {
	t.Run("index", func(t *testing.T) {
		jobtest.Index(t, func(t *testing.T) jobtest.IndexHarness {
			s := table(t, cfg)
			return jobtest.IndexHarness{Index: s, Store: s}
		})
	})
	t.Run("batch index", func(t *testing.T) {
		jobtest.BatchIndex(t, func(t *testing.T) jobtest.BatchIndexHarness {
			s := table(t, cfg)
			return jobtest.BatchIndexHarness{Index: s, Store: s}
		})
	})
}
