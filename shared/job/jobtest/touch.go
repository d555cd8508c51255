package jobtest

import (
	"testing"

	"easel/shared/job"
)

// touchCreates makes jobs that wait in flows which are touched with them, the second of them with an ID that is taken.
func touchCreates(t *testing.T, h Harness) {
	flow := h.enter(t, single(fresh("model")))
	h.expectStanding(t, job.Standing{}, flow) // what a reader keeps of it must not outlive the touch
	j := plainJob(fresh("job"))
	made := job.Transaction{WriteID: j.WriteID, Jobs: []job.Job{j}, Touch: &job.Touch{FlowKey: flow.FlowKey, At: *moment(50), Waiting: 1}}
	succeeds(t, "create", last(h.Create(t.Context(), made)))
	flow.Touched, flow.Waiting = *moment(50), flow.Waiting+1
	h.expectStanding(t, job.Standing{}, flow)

	made.WriteID, made.Touch = fresh("write"), &job.Touch{FlowKey: single(flow.Model), At: *moment(50), Waiting: 1}
	made.Jobs[0].WriteID = made.WriteID
	refused(t, "create what is there", last(h.Create(t.Context(), made)), job.ErrExists)
	h.expectStanding(t, job.Standing{}, flow)
}

// touchMany touches flows of an owner and of batches in several models, of which one is there.
func touchMany(t *testing.T, h Harness) {
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
		h.expectFlows(t, model, flows...)
	}
}

// touchRace has touches of two kinds, all of one flow.
func touchRace(t *testing.T, h Harness) {
	key := single(fresh("model"))
	race(t, func(n int) error {
		return h.Touch(t.Context(), []job.Touch{{FlowKey: key, At: *moment(5), Waiting: int64(n%2) * 3, Direct: n%2 == 0}})
	})
	h.expectFlows(t, key.Model, job.Flow{
		FlowKey: key, Touched: *moment(5), First: *moment(5), Waiting: 3 * racers / 2, Turns: racers / 2, Direct: *moment(5),
	})
}
