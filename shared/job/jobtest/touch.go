package jobtest

import (
	"context"
	"errors"
	"testing"

	"easel/shared/job"
)

func touchMakes(t *testing.T, h LineHarness) {
	key := single(fresh("model"))
	h.touch(t, job.Touch{FlowKey: key, At: *moment(5), Waiting: 3})
	h.expect(t, key.Model, job.Flow{FlowKey: key, Touched: *moment(5), Waiting: 3, First: *moment(5)})
}

func touchAdds(t *testing.T, h LineHarness) {
	key := single(fresh("model"))
	for _, n := range []int64{1, 0, 1 << 40, 97} {
		h.touch(t, job.Touch{FlowKey: key, At: *moment(5), Waiting: n})
	}
	h.expect(t, key.Model, job.Flow{FlowKey: key, Touched: *moment(5), Waiting: 1<<40 + 98, First: *moment(5)})
}

// touchCreates makes jobs that wait in flows which are touched with them, the second of them with an ID that is taken.
func touchCreates(t *testing.T, h LineHarness) {
	flow := h.enter(t, single(fresh("model")))
	h.shows(t, job.Standing{}, flow) // what a reader keeps of it must not outlive the touch
	j := plainJob(fresh("job"))
	made := job.Transaction{WriteID: j.WriteID, Jobs: []job.Job{j}, Touch: &job.Touch{FlowKey: flow.FlowKey, At: *moment(50), Waiting: 1}}
	if _, err := h.Creator.Create(t.Context(), made); err != nil {
		t.Fatalf("create: %v", err)
	}
	flow.Touched, flow.Waiting = *moment(50), flow.Waiting+1
	h.shows(t, job.Standing{}, flow)

	made.WriteID, made.Touch = fresh("write"), &job.Touch{FlowKey: single(flow.Model), At: *moment(50), Waiting: 1}
	made.Jobs[0].WriteID = made.WriteID
	if _, err := h.Creator.Create(t.Context(), made); !errors.Is(err, job.ErrExists) {
		t.Errorf("create what is there: %v, want ErrExists", err)
	}
	h.shows(t, job.Standing{}, flow)
}

// touchPlain writes an earlier instant later: it replaces the one that is there.
func touchPlain(t *testing.T, h LineHarness) {
	key := single(fresh("model"))
	for _, n := range []int{50, 60, 5} {
		h.touch(t, job.Touch{FlowKey: key, At: *moment(n), Waiting: 1})
		s, flows := h.line(t, key.Model)
		if got := flows[key.Name()].Touched; !got.Equal(*moment(n)) || s.Model != "" {
			t.Errorf("touched at %v, want %v", got, *moment(n))
		}
	}
}

// touchFirst notes the first place of a new flow, and of one that had none any more.
func touchFirst(t *testing.T, h LineHarness) {
	key := single(fresh("model"))
	want := job.Flow{FlowKey: key, First: *moment(50), Touched: *moment(50)}
	h.touch(t, job.Touch{FlowKey: key, At: *moment(50)})
	h.expect(t, key.Model, want)
	for _, n := range []int{60, 5} {
		h.touch(t, job.Touch{FlowKey: key, At: *moment(n)})
		want.Touched = *moment(n)
		h.expect(t, key.Model, want)
	}
	h.advance(t, job.Advance{FlowKey: key})
	h.touch(t, job.Touch{FlowKey: key, At: *moment(70)})
	want.Touched, want.First = *moment(70), *moment(70)
	h.expect(t, key.Model, want)
}

// touchDirect takes direct turns in a flow that was not there and in one that was.
func touchDirect(t *testing.T, h LineHarness) {
	key := single(fresh("model"))
	h.touch(t, job.Touch{FlowKey: key, At: *moment(9), Direct: true})
	want := job.Flow{FlowKey: key, Turns: 1, Direct: *moment(9)}
	h.expect(t, key.Model, want)
	h.touch(t, job.Touch{FlowKey: key, At: *moment(20), Waiting: 4})
	want.Touched, want.First, want.Waiting = *moment(20), *moment(20), 4
	h.expect(t, key.Model, want)
	for n, micros := range []int{30, 25} {
		h.touch(t, job.Touch{FlowKey: key, At: *moment(micros), Direct: true})
		want.Turns, want.Direct = int64(n+2), *moment(micros)
		h.expect(t, key.Model, want)
	}
}

func touchLeaves(t *testing.T, h LineHarness) {
	key := single(fresh("model"))
	want := h.enter(t, key)
	h.touch(t, job.Touch{FlowKey: key, At: *moment(80), Waiting: 2})
	want.Touched, want.Waiting = *moment(80), want.Waiting+2
	h.expect(t, key.Model, want)
	h.touch(t, job.Touch{FlowKey: key, At: *moment(90), Direct: true})
	want.Direct, want.Turns = *moment(90), want.Turns+1
	h.expect(t, key.Model, want)
}

// touchMany touches flows of an owner and of batches in several models, of which one is there.
func touchMany(t *testing.T, h LineHarness) {
	models, owner, batch := []string{fresh("model"), fresh("model"), fresh("model")}, fresh("owner"), fresh("batch")
	there := job.FlowKey{Model: models[1], Owner: owner, BatchID: batch, CancelNo: 4}
	h.touch(t, job.Touch{FlowKey: there, At: *moment(1), Waiting: 1})
	var touches []job.Touch
	want := map[string][]job.Flow{}
	for n := range 30 {
		key := job.FlowKey{Model: models[n%3], Owner: owner, BatchID: batch, CancelNo: int64(n)}
		touches = append(touches, job.Touch{FlowKey: key, At: *moment(9), Waiting: int64(n)})
		flow := job.Flow{FlowKey: key, Touched: *moment(9), First: *moment(9), Waiting: int64(n)}
		if key == there {
			flow.First, flow.Waiting = *moment(1), int64(n+1)
		}
		want[key.Model] = append(want[key.Model], flow)
	}
	h.touch(t, touches...)
	h.touch(t)
	for model, flows := range want {
		h.expect(t, model, flows...)
	}
}

// touchRace has touches of two kinds, all of one flow.
func touchRace(t *testing.T, h LineHarness) {
	key := single(fresh("model"))
	race(t, func(n int) error {
		return h.Toucher.Touch(t.Context(), []job.Touch{{FlowKey: key, At: *moment(5), Waiting: int64(n%2) * 3, Direct: n%2 == 0}})
	})
	h.expect(t, key.Model, job.Flow{
		FlowKey: key, Touched: *moment(5), First: *moment(5), Waiting: 3 * racers / 2, Turns: racers / 2, Direct: *moment(5),
	})
}

func touchEndedContext(t *testing.T, h LineHarness) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	key := single(fresh("model"))
	_, _, failed := h.Standing.Standing(ctx, key)
	for name, err := range map[string]error{
		"touch":        h.Toucher.Touch(ctx, []job.Touch{{FlowKey: key, At: sampleTime}}),
		"standing":     failed,
		"set standing": h.Writer.SetStanding(ctx, job.Standing{Model: key.Model, Time: 1}),
	} {
		if !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v, want context.Canceled", name, err)
		}
	}
}
