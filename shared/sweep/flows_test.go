package sweep

import (
	"testing"

	"easel/shared/job"
)

// An owner who cancels a batch and orders another would else have the turns again that the first one had.
func TestACanceledFlowLeavesOnceTheLineHasPassedIt(t *testing.T) {
	flow := job.Flow{FlowKey: job.FlowKey{Model: "m", Owner: "ann", BatchID: "b"}, Time: 7}
	money := &spending{counters: map[string]*job.Counters{"b": {BatchID: "b", CancelNo: 1}}}
	for time, leaves := range map[int64]bool{5: false, 6: false, 7: true} {
		r := &lineRun{picker: newPicker(job.Standing{Time: time}, []job.Flow{flow}), money: money}
		if got := r.leaves(r.all()[0]); got != leaves {
			t.Errorf("at %d of the line it leaves: %v", time, got)
		}
	}
}
