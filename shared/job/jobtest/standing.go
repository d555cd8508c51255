package jobtest

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"easel/shared/job"
)

// set replaces a standing, or ends the test.
func (h LineHarness) set(t *testing.T, s job.Standing) {
	t.Helper()
	if err := h.Writer.SetStanding(t.Context(), s); err != nil {
		t.Fatalf("set standing: %v", err)
	}
}

// shows compares the standing of a flow's line, however it is read, and the flow with what should be.
func (h LineHarness) shows(t *testing.T, want job.Standing, flow job.Flow) {
	t.Helper()
	s, f, err := h.Standing.Standing(t.Context(), flow.FlowKey)
	if err != nil {
		t.Fatalf("standing: %v", err)
	}
	if diff := cmp.Diff(want, s, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("standing (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(flow, f); diff != "" {
		t.Errorf("flow (-want +got):\n%s", diff)
	}
	s, _ = h.line(t, flow.Model)
	if diff := cmp.Diff(want, s, cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("standing beside the flows (-want +got):\n%s", diff)
	}
}

// standingRead reads a standing and a flow where there is neither, one of them, and both.
func standingRead(t *testing.T, h LineHarness) {
	key, other := single(fresh("model")), single(fresh("model"))
	h.shows(t, job.Standing{}, job.Flow{FlowKey: key})
	flow := h.enter(t, key)
	h.shows(t, job.Standing{}, flow)
	s := sample[job.Standing]()
	s.Model = key.Model
	h.set(t, s)
	h.shows(t, s, flow)
	s.Model = other.Model
	h.set(t, s)
	h.shows(t, s, job.Flow{FlowKey: other})
	batch := job.FlowKey{Model: other.Model, Owner: hard()[4], BatchID: fresh("batch"), CancelNo: 3}
	h.shows(t, s, h.enter(t, batch))
	for _, no := range []int64{2, 4, 30} {
		batch.CancelNo = no
		h.shows(t, s, job.Flow{FlowKey: batch})
	}
}

// standingReplaced replaces a full standing by one with fewer crowds and by an empty one.
func standingReplaced(t *testing.T, h LineHarness) {
	flow := job.Flow{FlowKey: single(fresh("model"))}
	s := sample[job.Standing]()
	s.Model = flow.Model
	for _, next := range []job.Standing{
		s,
		{Model: flow.Model, At: *moment(9), Time: 4, Round: job.Round{Start: 5, Owners: 3, Since: []time.Time{*moment(1), *moment(2)}}, Crowds: []job.Crowd{{Owners: 1, Jobs: 1}, {}, {Owners: 1 << 40, Jobs: 1 << 41}}},
		{Model: flow.Model},
	} {
		h.set(t, next)
		h.shows(t, next, flow)
	}
}
