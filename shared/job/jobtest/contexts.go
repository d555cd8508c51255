package jobtest

import (
	"context"
	"testing"

	"easel/shared/job"
	"easel/shared/pace"
)

// Contexts is the contract of every port of a store.
var Contexts = Suite[Harness]{
	"a call whose context has ended brings its error and has no effect": contextEnded,
}

func contextEnded(t *testing.T, h Harness) {
	j, b := createOne(t, h, plainJob(fresh("job"))), createBatch(t, h, plainBatch(fresh("batch")), job.Difference{})
	key, tr := single(fresh("model")), transaction(plainJobs(2)...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for call, err := range map[string]error{
		"get":           last(h.Get(ctx, j.ID)),
		"update":        last(h.Update(ctx, transaction(j))),
		"create":        last(h.Create(ctx, tr)),
		"find":          last(h.Find(ctx, []string{j.ID})),
		"erase":         h.Erase(ctx, j.ID, 1, sampleTime, nil),
		"get batch":     last(h.GetBatch(ctx, b.ID)),
		"amend":         last(h.Amend(ctx, job.Difference{BatchID: b.ID, Next: 1})),
		"erase batch":   h.EraseBatch(ctx, b.ID, job.Condition{}, sampleTime, nil),
		"read counters": last(h.ReadCounters(ctx, []string{b.ID})),
		"spent":         last(h.Spent(ctx, j.Owner, today)),
		"list":          last(h.List(ctx, job.Query{Owner: j.Owner, Limit: 1})),
		"waiting":       last(h.Waiting(ctx, j.Owner)),
		"list batches":  last(h.ListBatches(ctx, b.Owner, nil, 1)),
		"due batches":   last(h.DueBatches(ctx, sampleTime, 1)),
		"fired":         last(h.Fired(ctx, j.Model, sampleTime, 1)),
		"dispatched":    last(h.Dispatched(ctx, j.Model)),
		"waiters":       last(h.Waiters(ctx, key, nil, 1)),
		"flows":         last(h.Flows(ctx, key.Model)),
		"advance":       h.Advance(ctx, job.Advance{FlowKey: key, Time: 1}),
		"leave":         h.Leave(ctx, job.Flow{FlowKey: key}),
		"touch":         h.Touch(ctx, []job.Touch{{FlowKey: key, At: sampleTime}}),
		"standing":      last(h.Standing(ctx, key)),
		"set standing":  h.SetStanding(ctx, job.Standing{Model: key.Model, Time: 1}),
		"reserve":       last(h.Reserve(ctx, key.Model, 1, 1)),
		"pace":          last(h.Pace(ctx, key.Model)),
		"set pace":      last(h.SetPace(ctx, key.Model, pace.State{Start: 1})),
	} {
		refused(t, call, err, context.Canceled)
	}
	seesJobs(t, h, j)
	missesJobs(t, h, tr.Jobs[0].ID, tr.Jobs[1].ID)
	sameCounters(t, "counters", job.Counters{BatchID: b.ID}, seesBatch(t, h, b))
	h.expectFlows(t, key.Model)
	h.expectStanding(t, job.Standing{}, job.Flow{FlowKey: key})
	sees(t, h, key.Model, pace.State{})
}
