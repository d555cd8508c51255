package bulk

import (
	"encoding/json"
	"testing"

	"easel/shared/api"
)

// Repeated calls have used up the bound while another job waits: the same command goes on all the same, since it sends
// nothing new and the server keeps to the bound by itself.
func TestABoundThatRepeatedCallsHaveUsedUpStopsNoRunThatSendsNothing(t *testing.T) {
	for bound, want := range map[json.Number]bool{"0.08": true, "0.05": true, "0.09": false, "": false} {
		r := &Run{MaxCost: "0.08", batch: remoteBatch{Batch: api.Batch{Cost: api.BatchCost{ListUSD: "0.08", WaitingUSD: "0.04"}}}}
		if bound != "" {
			r.batch.Cost.MaxUSD = &bound
		}
		if got := r.batch.bounded(80_000); got != want {
			t.Errorf("the server's bound is %q: %v, want %v", bound, got, want)
		}
		if want && r.affordable() != nil {
			t.Errorf("the server's bound is %q: %v", bound, r.affordable())
		}
	}
}
