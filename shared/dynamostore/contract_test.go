package dynamostore

import (
	"testing"

	"easel/shared/job/jobtest"
)

// TestContracts gives each test its own table: the emulator reads all of it for every query.
func TestContracts(t *testing.T) {
	f, cfg := emulate(t)
	behind := late(f)
	for name, suite := range jobtest.Stores {
		t.Run(name, func(t *testing.T) {
			suite.Run(t, func(t *testing.T) jobtest.Harness {
				return jobtest.Harness{Store: table(t, cfg), Settle: behind.settle}
			})
		})
	}
}
