package jobtest

import (
	"fmt"
	"testing"

	"easel/shared/gate"
	"easel/shared/job"
)

// Line is the contract of job.Lines, job.Toucher, job.StandingReader and job.StandingWriter. Lines that open returns may
// share their records.
var Line = Suite[Harness]{
	"whatever happens to a flow":              lineStories,
	"a touch comes with a new job":            touchCreates,
	"many flows are touched at once":          touchMany,
	"touches of many add up":                  touchRace,
	"an advance depends on the virtual time":  advanceDepends,
	"an advance makes no record":              advanceMakes,
	"one advance of many goes through":        advanceRace,
	"advances and touches of many add up":     advanceTouchRace,
	"a flow leaves":                           leaveRemoves,
	"a flow that was touched stays":           leaveTouched,
	"a flow that is not there may leave":      leaveMissing,
	"a flow that left begins anew":            leaveAgain,
	"a line holds its standing and all flows": lineAll,
	"lines of models do not mix":              lineModels,
	"flows do not mix":                        lineFlows,
	"a standing comes with its flow":          standingRead,
	"a standing replaces the one before":      standingReplaced,
}

// single is the flow of an owner's single jobs of a model.
func single(model string) job.FlowKey { return job.FlowKey{Model: model, Owner: fresh("owner")} }

// touch notes touches, or ends the test.
func (h Harness) touch(t *testing.T, touches ...job.Touch) {
	t.Helper()
	succeeds(t, "touch", h.Touch(t.Context(), touches))
}

// advance changes a flow, or ends the test.
func (h Harness) advance(t *testing.T, a job.Advance) {
	t.Helper()
	succeeds(t, "advance", h.Advance(t.Context(), a))
}

// cannotAdvance tries a change that must be refused.
func cannotAdvance(t *testing.T, h Harness, a job.Advance) {
	t.Helper()
	refused(t, fmt.Sprintf("advance from %d", a.Was), h.Advance(t.Context(), a), job.ErrConflict)
}

// line reads a model's line, or ends the test. The flows come by their names.
func (h Harness) line(t *testing.T, model string) (job.Standing, map[string]job.Flow) {
	t.Helper()
	s, flows, err := h.Flows(t.Context(), model)
	succeeds(t, "flows", err)
	named := map[string]job.Flow{}
	for _, f := range flows {
		named[f.Name()] = f
	}
	if len(named) != len(flows) {
		t.Errorf("%d flows have %d names", len(flows), len(named))
	}
	return s, named
}

// expectFlows compares the flows of a model's line with what should be.
func (h Harness) expectFlows(t *testing.T, model string, want ...job.Flow) {
	t.Helper()
	named := map[string]job.Flow{}
	for _, f := range want {
		named[f.Name()] = f
	}
	_, got := h.line(t, model)
	same(t, "flows", named, got)
}

// enter makes a flow in which no figure is empty, by a touch, a direct turn and an advance.
func (h Harness) enter(t *testing.T, key job.FlowKey) (flow job.Flow) {
	t.Helper()
	flow.FlowKey = key
	for _, step := range full {
		flow = h.step(t, flow, step)
	}
	return flow
}

// lineAll has so many flows of owners with long names, in the full run, that they are more than a megabyte.
func lineAll(t *testing.T, h Harness) {
	model, owner := fresh("model"), hard()[4][:1500]
	touches, want := make([]job.Touch, gate.Size(500, 800)), []job.Flow{}
	for n := range touches {
		key := job.FlowKey{Model: model, Owner: owner, BatchID: fresh("batch"), CancelNo: int64(n)}
		touches[n] = job.Touch{FlowKey: key, At: *moment(n), Waiting: int64(n)}
		want = append(want, job.Flow{FlowKey: key, Touched: *moment(n), Waiting: int64(n), First: *moment(n)})
	}
	h.touch(t, touches...)
	h.setStanding(t, job.Standing{Model: model, At: sampleTime, Time: 9})
	h.expectFlows(t, model, want...)
	if s, _ := h.line(t, model); s.Time != 9 {
		t.Errorf("the line's time is %d, want 9", s.Time)
	}
}

// lineModels has models whose names begin like each other's, and the same owner in each.
func lineModels(t *testing.T, h Harness) {
	model, owner := fresh("model"), fresh("owner")
	models := []string{model, model + "#", model + "1", model[:len(model)-1]}
	for n, m := range models {
		h.touch(t, job.Touch{FlowKey: job.FlowKey{Model: m, Owner: owner}, At: *moment(n), Waiting: 1})
		h.setStanding(t, job.Standing{Model: m, Time: int64(n + 1)})
	}
	for n, m := range models {
		h.expectFlows(t, m, job.Flow{FlowKey: job.FlowKey{Model: m, Owner: owner}, Touched: *moment(n), First: *moment(n), Waiting: 1})
		if s, _ := h.line(t, m); s.Model != m || s.Time != int64(n+1) {
			t.Errorf("the standing is of %s at %d, want %s at %d", s.Model, s.Time, m, n+1)
		}
	}
}

// lineFlows has owners of whom a key can be made wrongly, and batches whose names, with the cancel number, begin like each
// other's.
func lineFlows(t *testing.T, h Harness) {
	model, name := fresh("model"), fresh("batch")
	var want []job.Flow
	add := func(key job.FlowKey) {
		n := len(want)
		h.touch(t, job.Touch{FlowKey: key, At: *moment(n), Waiting: int64(n)})
		h.advance(t, job.Advance{FlowKey: key, Time: int64(n + 1), First: *moment(n)})
		want = append(want, job.Flow{FlowKey: key, Time: int64(n + 1), Touched: *moment(n), First: *moment(n), Waiting: int64(n)})
	}
	for _, owner := range append(hard(), name, "batch#"+name+"#1") {
		add(job.FlowKey{Model: model, Owner: owner})
	}
	for n, id := range []string{name, name + "#1", name, name + "#1#1", name[:len(name)-1]} {
		add(job.FlowKey{Model: model, Owner: name, BatchID: id, CancelNo: []int64{1, 1, 11, 1, 1}[n]})
	}
	h.expectFlows(t, model, want...)
	for _, flow := range want {
		if err := h.Leave(t.Context(), flow); err != nil {
			t.Errorf("leave: %v", err)
		}
		want = want[1:]
		h.expectFlows(t, model, want...)
	}
}
