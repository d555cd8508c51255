package jobtest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp/cmpopts"

	"easel/shared/job"
)

// setStanding replaces a standing, or ends the test.
func (h Harness) setStanding(t *testing.T, s job.Standing) {
	t.Helper()
	succeeds(t, "set standing", h.SetStanding(t.Context(), s))
}

// expectStanding compares the standing of a flow's line, however it is read, and the flow with what should be.
func (h Harness) expectStanding(t *testing.T, want job.Standing, flow job.Flow) {
	t.Helper()
	s, f, err := h.Standing(t.Context(), flow.FlowKey)
	succeeds(t, "standing", err)
	same(t, "standing", want, s, cmpopts.EquateEmpty())
	same(t, "flow", flow, f)
	s, _ = h.line(t, flow.Model)
	same(t, "standing beside the flows", want, s, cmpopts.EquateEmpty())
}

// standingRead reads a standing and a flow where there is neither, one of them, and both.
func standingRead(t *testing.T, h Harness) {
	key, other := single(fresh("model")), single(fresh("model"))
	h.expectFlows(t, key.Model)
	h.expectStanding(t, job.Standing{}, job.Flow{FlowKey: key})
	flow := h.enter(t, key)
	h.expectStanding(t, job.Standing{}, flow)
	s := sample[job.Standing]()
	s.Model = key.Model
	h.setStanding(t, s)
	h.expectStanding(t, s, flow)
	s.Model = other.Model
	h.setStanding(t, s)
	h.expectStanding(t, s, job.Flow{FlowKey: other})
	batch := job.FlowKey{Model: other.Model, Owner: hard()[4], BatchID: fresh("batch"), CancelNo: 3}
	h.expectStanding(t, s, h.enter(t, batch))
	for _, no := range []int64{2, 4, 30} {
		batch.CancelNo = no
		h.expectStanding(t, s, job.Flow{FlowKey: batch})
	}
}

// standingReplaced replaces a full standing by one with fewer crowds and by an empty one.
func standingReplaced(t *testing.T, h Harness) {
	flow := job.Flow{FlowKey: single(fresh("model"))}
	s := sample[job.Standing]()
	s.Model = flow.Model
	for _, next := range []job.Standing{
		s,
		{
			Model: flow.Model, At: *moment(9), Time: 4, Round: job.Round{Start: 5, Owners: 3, Since: []time.Time{*moment(1), *moment(2)}},
			Crowds: []job.Crowd{{Owners: 1, Jobs: 1}, {}, {Owners: 1 << 40, Jobs: 1 << 41}},
		},
		{Model: flow.Model},
	} {
		h.setStanding(t, next)
		h.expectStanding(t, next, flow)
	}
}
