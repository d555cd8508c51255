package jobtest

import (
	"context"
	"fmt"
	"time"

	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/pace"
)

// faulty has the methods of all ports. Those of its own port are called.
type faulty struct {
	faultyRecords
	faultyBatches
	faultyLines
	faultyObjects
	faultyCalls
}

type (
	faultyRecords struct{ meeting }
	faultyBatches struct{ meeting }
	faultyLines   struct{ meeting }
	faultyObjects struct{ meeting }
	faultyCalls   struct{ meeting }
)

func newFaulty(m meeting) faulty {
	return faulty{faultyRecords{m}, faultyBatches{m}, faultyLines{m}, faultyObjects{m}, faultyCalls{m}}
}

func (p faultyRecords) Get(ctx context.Context, id string) (job.Job, error) {
	return meet1(ctx, p.meeting, "get", id, func() (job.Job, error) { return p.port.(job.RecordReader).Get(ctx, id) })
}

func (p faultyRecords) Update(ctx context.Context, t job.Transaction) (job.Obstacle, error) {
	return p.transact(ctx, "update", t, func() (job.Obstacle, error) { return p.port.(job.Records).Update(ctx, t) })
}

func (p faultyRecords) Create(ctx context.Context, t job.Transaction) (job.Obstacle, error) {
	return p.transact(ctx, "create", t, func() (job.Obstacle, error) { return p.port.(job.Creator).Create(ctx, t) })
}

// transact is for a call that writes a transaction. It is about the jobs and the batch.
func (p faultyRecords) transact(ctx context.Context, method string, t job.Transaction, call func() (job.Obstacle, error)) (there job.Obstacle, err error) {
	var ids []string
	for _, j := range t.Jobs {
		ids = append(ids, j.ID)
	}
	if t.Counters != nil {
		ids = append(ids, t.Counters.BatchID)
	}
	fault := p.meet(ctx, method, ids, func() (any, error) {
		there, err = call()
		return t, err
	})
	if fault != nil {
		return job.Obstacle{}, fault
	}
	return there, err
}

func (p faultyRecords) List(ctx context.Context, q job.Query) ([]job.Job, *job.Mark, error) {
	return meet2(ctx, p.meeting, "list", nil, func() ([]job.Job, *job.Mark, error) { return p.port.(job.Index).List(ctx, q) })
}

func (p faultyRecords) Waiting(ctx context.Context, owner string) (int64, error) {
	return meet1(ctx, p.meeting, "waiting", owner, func() (int64, error) { return p.port.(job.Backlog).Waiting(ctx, owner) })
}

func (p faultyRecords) Find(ctx context.Context, ids []string) ([]job.Job, error) {
	return meet1(ctx, p.meeting, "find", ids, func() ([]job.Job, error) { return p.port.(job.Finder).Find(ctx, ids) })
}

func (p faultyRecords) Erase(ctx context.Context, id string, version int64, at time.Time, until *time.Time) error {
	return meet0(ctx, p.meeting, "erase", id, func() error { return p.port.(job.Eraser).Erase(ctx, id, version, at, until) })
}

// Send returns all messages as unsent where it fails by the fault, those too that were sent.
func (p faultyCalls) Send(ctx context.Context, out []job.Outgoing) (unsent []job.Outgoing, err error) {
	fault := p.meet(ctx, "send", nil, func() (any, error) {
		unsent, err = p.port.(job.Queue).Send(ctx, out)
		return unsent, err
	})
	if fault != nil {
		return out, fault
	}
	return unsent, err
}

func (p faultyBatches) GetBatch(ctx context.Context, id string) (job.Batch, job.Counters, error) {
	return meet2(ctx, p.meeting, "getbatch", id, func() (job.Batch, job.Counters, error) { return p.port.(job.BatchReader).GetBatch(ctx, id) })
}

func (p faultyBatches) Amend(ctx context.Context, d job.Difference) (job.Counters, error) {
	return meet1(ctx, p.meeting, "amend", d.BatchID, func() (job.Counters, error) { return p.port.(job.Batches).Amend(ctx, d) })
}

func (p faultyBatches) ReadCounters(ctx context.Context, ids []string) (map[string]job.Counters, error) {
	return meet1(ctx, p.meeting, "readcounters", ids, func() (map[string]job.Counters, error) { return p.port.(job.CountersReader).ReadCounters(ctx, ids) })
}

func (p faultyBatches) ListBatches(
	ctx context.Context, owner string, after *job.Mark, limit int,
) (found []job.Batch, counters []job.Counters, more *job.Mark, err error) {
	fault := p.meet(ctx, "listbatches", owner, func() (any, error) {
		found, counters, more, err = p.port.(job.BatchIndex).ListBatches(ctx, owner, after, limit)
		return owner, err
	})
	if fault != nil {
		return nil, nil, nil, fault
	}
	return found, counters, more, err
}

func (p faultyBatches) DueBatches(ctx context.Context, until time.Time, limit int) ([]string, error) {
	return meet1(ctx, p.meeting, "duebatches", nil, func() ([]string, error) { return p.port.(job.BatchIndex).DueBatches(ctx, until, limit) })
}

func (p faultyBatches) EraseBatch(ctx context.Context, id string, i job.Condition, at time.Time, until *time.Time) error {
	return meet0(ctx, p.meeting, "erasebatch", id, func() error { return p.port.(job.BatchEraser).EraseBatch(ctx, id, i, at, until) })
}

func (p faultyRecords) Spent(ctx context.Context, owner, day string) (int64, error) {
	return meet1(ctx, p.meeting, "spent", owner, func() (int64, error) { return p.port.(job.Days).Spent(ctx, owner, day) })
}

func (p faultyLines) Fired(ctx context.Context, m string, until time.Time, limit int) ([]job.Ref, error) {
	return meet1(ctx, p.meeting, "fired", m, func() ([]job.Ref, error) { return p.port.(job.Timers).Fired(ctx, m, until, limit) })
}

func (p faultyLines) Dispatched(ctx context.Context, m string) ([]job.Dispatched, error) {
	return meet1(ctx, p.meeting, "dispatched", m, func() ([]job.Dispatched, error) { return p.port.(job.Timers).Dispatched(ctx, m) })
}

func (p faultyLines) Waiters(ctx context.Context, flow job.FlowKey, after *job.Waiter, limit int) ([]job.Waiter, error) {
	about := fmt.Sprint(flow, after)
	return meet1(ctx, p.meeting, "waiters", about, func() ([]job.Waiter, error) { return p.port.(job.Waiters).Waiters(ctx, flow, after, limit) })
}

func (p faultyLines) Touch(ctx context.Context, touches []job.Touch) error {
	return meet0(ctx, p.meeting, "touch", touches, func() error { return p.port.(job.Toucher).Touch(ctx, touches) })
}

func (p faultyLines) Flows(ctx context.Context, m string) (job.Standing, []job.Flow, error) {
	return meet2(ctx, p.meeting, "flows", m, func() (job.Standing, []job.Flow, error) { return p.port.(job.Lines).Flows(ctx, m) })
}

func (p faultyLines) Advance(ctx context.Context, a job.Advance) error {
	return meet0(ctx, p.meeting, "advance", a, func() error { return p.port.(job.Lines).Advance(ctx, a) })
}

func (p faultyLines) Leave(ctx context.Context, flow job.Flow) error {
	return meet0(ctx, p.meeting, "leave", flow, func() error { return p.port.(job.Lines).Leave(ctx, flow) })
}

func (p faultyLines) Standing(ctx context.Context, key job.FlowKey) (job.Standing, job.Flow, error) {
	return meet2(ctx, p.meeting, "standing", key, func() (job.Standing, job.Flow, error) { return p.port.(job.StandingReader).Standing(ctx, key) })
}

func (p faultyLines) SetStanding(ctx context.Context, s job.Standing) error {
	return meet0(ctx, p.meeting, "setstanding", s.Model, func() error { return p.port.(job.StandingWriter).SetStanding(ctx, s) })
}

func (p faultyObjects) Put(ctx context.Context, key string, data []byte, info job.ImageInfo) error {
	return meet0(ctx, p.meeting, "put", key, func() error { return p.port.(job.Images).Put(ctx, key, data, info) })
}

func (p faultyObjects) Stat(ctx context.Context, key string) (job.ImageInfo, error) {
	return meet1(ctx, p.meeting, "stat", key, func() (job.ImageInfo, error) { return p.port.(job.Images).Stat(ctx, key) })
}

func (p faultyObjects) Delete(ctx context.Context, keys []string) error {
	return meet0(ctx, p.meeting, "delete", keys, func() error { return p.port.(job.Images).Delete(ctx, keys) })
}

func (p faultyObjects) PutInput(ctx context.Context, key string, data []byte) error {
	return meet0(ctx, p.meeting, "putinput", key, func() error { return p.port.(job.Inputs).PutInput(ctx, key, data) })
}

func (p faultyObjects) GetInput(ctx context.Context, key string) ([]byte, error) {
	return meet1(ctx, p.meeting, "getinput", key, func() ([]byte, error) { return p.port.(job.Inputs).GetInput(ctx, key) })
}

func (p faultyObjects) DeleteInput(ctx context.Context, key string) error {
	return meet0(ctx, p.meeting, "deleteinput", key, func() error { return p.port.(job.Inputs).DeleteInput(ctx, key) })
}

func (p faultyObjects) DeleteInputs(ctx context.Context, prefix string) error {
	return meet0(ctx, p.meeting, "deleteinputs", prefix, func() error { return p.port.(job.InputEraser).DeleteInputs(ctx, prefix) })
}

func (p faultyObjects) URL(ctx context.Context, key, contentType string, d time.Duration) (string, time.Time, error) {
	return meet2(ctx, p.meeting, "url", key, func() (string, time.Time, error) { return p.port.(job.Links).URL(ctx, key, contentType, d) })
}

func (p faultyCalls) Generate(ctx context.Context, m model.Model, r model.Request) (model.Result, error) {
	return meet1(ctx, p.meeting, "generate", r.Prompt, func() (model.Result, error) { return p.port.(job.Generator).Generate(ctx, m, r) })
}

func (p faultyCalls) Reserve(ctx context.Context, m string, interval, within time.Duration) (time.Time, bool, error) {
	return meet2(ctx, p.meeting, "reserve", m, func() (time.Time, bool, error) { return p.port.(pace.Pacer).Reserve(ctx, m, interval, within) })
}

func (p faultyCalls) Pace(ctx context.Context, m string) (pace.State, error) {
	return meet1(ctx, p.meeting, "pace", m, func() (pace.State, error) { return p.port.(pace.Store).Pace(ctx, m) })
}

func (p faultyCalls) SetPace(ctx context.Context, m string, state pace.State) (pace.State, error) {
	return meet1(ctx, p.meeting, "setpace", m, func() (pace.State, error) { return p.port.(pace.Store).SetPace(ctx, m, state) })
}
