package dynamostore

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"easel/shared/job/jobtest"
	"easel/shared/pace"
)

// TestContracts gives each test its own table: the emulator reads all of it for every query.
func TestContracts(t *testing.T) {
	f, cfg := emulate(t)
	behind := late(f)
	for name, suite := range map[string]func(*testing.T, func(*testing.T) jobtest.Store){
		"records": jobtest.Records, "creator": jobtest.Creator, "finder": jobtest.Finder, "eraser": jobtest.Eraser,
		"batches": jobtest.Batches, "batch eraser": jobtest.BatchEraser, "days": jobtest.Days,
	} {
		t.Run(name, func(t *testing.T) {
			suite(t, func(t *testing.T) jobtest.Store { return table(t, cfg) })
		})
	}
	indexContracts(t, cfg, behind.settle)
	t.Run("pacer", func(t *testing.T) {
		jobtest.Pacer(t, func(t *testing.T) pace.Pacer { return table(t, cfg) })
	})
	t.Run("paces", func(t *testing.T) {
		jobtest.Paces(t, func(t *testing.T) pace.Store { return table(t, cfg) })
	})
}

// TestLineContracts runs the suites of what a line of flows is made of.
func TestLineContracts(t *testing.T) {
	f, cfg := emulate(t)
	settle := late(f).settle
	t.Run("line", func(t *testing.T) {
		jobtest.Line(t, func(t *testing.T) jobtest.LineHarness {
			s := table(t, cfg)
			return jobtest.LineHarness{Lines: s, Toucher: s, Standing: s, Writer: s, Creator: s}
		})
	})
	t.Run("counters reader", func(t *testing.T) {
		jobtest.CountersReader(t, func(t *testing.T) jobtest.CountersHarness {
			s := table(t, cfg)
			return jobtest.CountersHarness{Reader: s, Store: s}
		})
	})
	t.Run("timers", func(t *testing.T) {
		jobtest.Timers(t, func(t *testing.T) jobtest.TimersHarness {
			s := table(t, cfg)
			return jobtest.TimersHarness{Timers: s, Store: s, Settle: settle}
		})
	})
	t.Run("waiters", func(t *testing.T) {
		jobtest.Waiters(t, func(t *testing.T) jobtest.WaitersHarness {
			s := table(t, cfg)
			return jobtest.WaitersHarness{Waiters: s, Store: s, Settle: settle}
		})
	})
}

func indexContracts(t *testing.T, cfg aws.Config, settle func(t *testing.T)) {
	t.Run("index", func(t *testing.T) {
		jobtest.Index(t, func(t *testing.T) jobtest.IndexHarness {
			s := table(t, cfg)
			return jobtest.IndexHarness{Index: s, Store: s, Settle: settle}
		})
	})
	t.Run("batch index", func(t *testing.T) {
		jobtest.BatchIndex(t, func(t *testing.T) jobtest.BatchIndexHarness {
			s := table(t, cfg)
			return jobtest.BatchIndexHarness{Index: s, Store: s, Settle: settle}
		})
	})
}
