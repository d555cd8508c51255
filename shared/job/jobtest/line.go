package jobtest

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"easel/shared/gate"
	"easel/shared/job"
)

// LineHarness is a line as [Line] tests it: these ports over the same records.
type LineHarness struct {
	Lines    job.Lines
	Toucher  job.Toucher
	Standing job.StandingReader
	Writer   job.StandingWriter
	Creator  job.Creator
}

// Line runs the contract of job.Lines, job.Toucher, job.StandingReader and job.StandingWriter. Lines that open returns may
// share their records.
func Line(t *testing.T, open func(t *testing.T) LineHarness) {
	suite(t, open, map[string]func(*testing.T, LineHarness){
		"a touch makes the record":                  touchMakes,
		"a touch adds to what waits":                touchAdds,
		"a touch comes with a new job":              touchCreates,
		"a touch is a plain write":                  touchPlain,
		"a touch notes the first place once":        touchFirst,
		"a direct turn is counted":                  touchDirect,
		"a touch leaves all else":                   touchLeaves,
		"many flows are touched at once":            touchMany,
		"touches of many add up":                    touchRace,
		"an advance changes what it says":           advanceChanges,
		"an advance depends on the virtual time":    advanceDepends,
		"an advance makes no record":                advanceMakes,
		"an advance loses no touch":                 advanceTouched,
		"what no job waits behind is noted":         advanceLooked,
		"an advance may take the first place away":  advanceFirst,
		"one advance of many goes through":          advanceRace,
		"advances and touches of many add up":       advanceTouchRace,
		"a flow leaves":                             leaveRemoves,
		"a flow that was touched stays":             leaveTouched,
		"a flow that is not there may leave":        leaveMissing,
		"a flow that left begins anew":              leaveAgain,
		"a line holds its standing and all flows":   lineAll,
		"an empty line is empty":                    lineEmpty,
		"lines of models do not mix":                lineModels,
		"flows do not mix":                          lineFlows,
		"a standing comes with its flow":            standingRead,
		"a standing replaces the one before":        standingReplaced,
		"an ended context is an error of the line":  lineEndedContext,
		"an ended context is an error of its notes": touchEndedContext,
	})
}

// single is the flow of an owner's single jobs of a model.
func single(model string) job.FlowKey { return job.FlowKey{Model: model, Owner: fresh("owner")} }

// touch notes touches, or ends the test.
func (h LineHarness) touch(t *testing.T, touches ...job.Touch) {
	t.Helper()
	if err := h.Toucher.Touch(t.Context(), touches); err != nil {
		t.Fatalf("touch: %v", err)
	}
}

// advance changes a flow, or ends the test.
func (h LineHarness) advance(t *testing.T, a job.Advance) {
	t.Helper()
	if err := h.Lines.Advance(t.Context(), a); err != nil {
		t.Fatalf("advance: %v", err)
	}
}

// cannotAdvance tries a change that must be refused.
func (h LineHarness) cannotAdvance(t *testing.T, a job.Advance) {
	t.Helper()
	if err := h.Lines.Advance(t.Context(), a); !errors.Is(err, job.ErrConflict) {
		t.Errorf("advance from %d: %v, want ErrConflict", a.Was, err)
	}
}

// line reads a model's line, or ends the test. The flows come by their names.
func (h LineHarness) line(t *testing.T, model string) (job.Standing, map[string]job.Flow) {
	t.Helper()
	s, flows, err := h.Lines.Flows(t.Context(), model)
	if err != nil {
		t.Fatalf("flows: %v", err)
	}
	named := map[string]job.Flow{}
	for _, f := range flows {
		named[f.Name()] = f
	}
	if len(named) != len(flows) {
		t.Errorf("%d flows have %d names", len(flows), len(named))
	}
	return s, named
}

// expect compares the flows of a model's line with what should be.
func (h LineHarness) expect(t *testing.T, model string, want ...job.Flow) {
	t.Helper()
	named := map[string]job.Flow{}
	for _, f := range want {
		named[f.Name()] = f
	}
	_, got := h.line(t, model)
	if diff := cmp.Diff(named, got); diff != "" {
		t.Errorf("flows (-want +got):\n%s", diff)
	}
}

// enter makes a flow in which no figure is empty, by a touch, a direct turn and an advance.
func (h LineHarness) enter(t *testing.T, key job.FlowKey) job.Flow {
	t.Helper()
	h.touch(t, job.Touch{FlowKey: key, At: *moment(1), Waiting: 50})
	h.touch(t, job.Touch{FlowKey: key, At: *moment(2), Direct: true})
	h.touch(t, job.Touch{FlowKey: key, At: *moment(3), Direct: true})
	h.advance(t, job.Advance{FlowKey: key, Time: 1 << 40, Looked: *moment(4), First: *moment(5), FirstPosition: 1 << 35})
	h.touch(t, job.Touch{FlowKey: key, At: *moment(6), Waiting: 7})
	return job.Flow{
		FlowKey: key, Time: 1 << 40, Touched: *moment(6), Looked: *moment(4), Turns: 2, Direct: *moment(3),
		Waiting: 7, First: *moment(5), FirstPosition: 1 << 35,
	}
}

// lineAll has so many flows of owners with long names, in the full run, that they are more than a megabyte.
func lineAll(t *testing.T, h LineHarness) {
	model, owner := fresh("model"), hard()[4][:1500]
	touches, want := make([]job.Touch, gate.Size(500, 800)), []job.Flow{}
	for n := range touches {
		key := job.FlowKey{Model: model, Owner: owner, BatchID: fresh("batch"), CancelNo: int64(n)}
		touches[n] = job.Touch{FlowKey: key, At: *moment(n), Waiting: int64(n)}
		want = append(want, job.Flow{FlowKey: key, Touched: *moment(n), Waiting: int64(n), First: *moment(n)})
	}
	h.touch(t, touches...)
	h.set(t, job.Standing{Model: model, At: sampleTime, Time: 9})
	h.expect(t, model, want...)
	if s, _ := h.line(t, model); s.Time != 9 {
		t.Errorf("the line's time is %d, want 9", s.Time)
	}
}

func lineEmpty(t *testing.T, h LineHarness) {
	s, flows := h.line(t, fresh("model"))
	if diff := cmp.Diff(job.Standing{}, s, cmpopts.EquateEmpty()); diff != "" || len(flows) != 0 {
		t.Errorf("an empty line has %d flows and stands so (-want +got):\n%s", len(flows), diff)
	}
}

// lineModels has models whose names begin like each other's, and the same owner in each.
func lineModels(t *testing.T, h LineHarness) {
	model, owner := fresh("model"), fresh("owner")
	models := []string{model, model + "#", model + "1", model[:len(model)-1]}
	for n, m := range models {
		h.touch(t, job.Touch{FlowKey: job.FlowKey{Model: m, Owner: owner}, At: *moment(n), Waiting: 1})
		h.set(t, job.Standing{Model: m, Time: int64(n + 1)})
	}
	for n, m := range models {
		h.expect(t, m, job.Flow{FlowKey: job.FlowKey{Model: m, Owner: owner}, Touched: *moment(n), First: *moment(n), Waiting: 1})
		if s, _ := h.line(t, m); s.Model != m || s.Time != int64(n+1) {
			t.Errorf("the standing is of %s at %d, want %s at %d", s.Model, s.Time, m, n+1)
		}
	}
}

// lineFlows has owners of whom a key can be made wrongly, and batches whose names, with the cancel number, begin like each
// other's.
func lineFlows(t *testing.T, h LineHarness) {
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
	h.expect(t, model, want...)
	for _, flow := range want {
		if err := h.Lines.Leave(t.Context(), flow); err != nil {
			t.Errorf("leave: %v", err)
		}
		want = want[1:]
		h.expect(t, model, want...)
	}
}

func lineEndedContext(t *testing.T, h LineHarness) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	key := single(fresh("model"))
	_, _, failed := h.Lines.Flows(ctx, key.Model)
	for name, err := range map[string]error{
		"flows": failed, "advance": h.Lines.Advance(ctx, job.Advance{FlowKey: key, Time: 1}), "leave": h.Lines.Leave(ctx, job.Flow{FlowKey: key}),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want context.Canceled", name, err)
		}
	}
}
