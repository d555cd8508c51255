package jobtest

import (
	"context"
	"fmt"
	"time"

	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/pace"
)

func (p faulty) Get(ctx context.Context, id string) (job.Job, error) {
	return meet1(ctx, p, "get", id, func() (job.Job, error) { return p.port.(job.RecordReader).Get(ctx, id) })
}

func (p faulty) Update(ctx context.Context, t job.Transaction) (job.Obstacle, error) {
	return p.transact(ctx, "update", t, func() (job.Obstacle, error) { return p.port.(job.Records).Update(ctx, t) })
}

func (p faulty) Create(ctx context.Context, t job.Transaction) (job.Obstacle, error) {
	return p.transact(ctx, "create", t, func() (job.Obstacle, error) { return p.port.(job.Creator).Create(ctx, t) })
}

// transact is for a call that writes a transaction. It is about the jobs and the batch.
func (p faulty) transact(ctx context.Context, method string, t job.Transaction, call func() (job.Obstacle, error)) (there job.Obstacle, err error) {
	var names []string
	for _, j := range t.Jobs {
		names = append(names, j.ID)
	}
	if t.Counters != nil {
		names = append(names, t.Counters.BatchID)
	}
	fault := p.meet(ctx, method, names, func() (any, error) {
		there, err = call()
		return t, err
	})
	if fault != nil {
		return job.Obstacle{}, fault
	}
	return there, err
}

func (p faulty) List(ctx context.Context, q job.Query) ([]job.Job, *job.Mark, error) {
	return meet2(ctx, p, "list", nil, func() ([]job.Job, *job.Mark, error) { return p.port.(job.Index).List(ctx, q) })
}

func (p faulty) Waiting(ctx context.Context, owner string) (int64, error) {
	return meet1(ctx, p, "waiting", owner, func() (int64, error) { return p.port.(job.Backlog).Waiting(ctx, owner) })
}

func (p faulty) Find(ctx context.Context, ids []string) ([]job.Job, error) {
	return meet1(ctx, p, "find", ids, func() ([]job.Job, error) { return p.port.(job.Finder).Find(ctx, ids) })
}

func (p faulty) Erase(ctx context.Context, id string, version int64, at time.Time, until *time.Time) error {
	return meet0(ctx, p, "erase", id, func() error { return p.port.(job.Eraser).Erase(ctx, id, version, at, until) })
}

// Send returns all messages as unsent where it fails by the fault, those too that were sent.
func (p faulty) Send(ctx context.Context, out []job.Outgoing) (unsent []job.Outgoing, err error) {
	fault := p.meet(ctx, "send", nil, func() (any, error) {
		unsent, err = p.port.(job.Queue).Send(ctx, out)
		return unsent, err
	})
	if fault != nil {
		return out, fault
	}
	return unsent, err
}

func (p faulty) GetBatch(ctx context.Context, id string) (job.Batch, job.Counters, error) {
	return meet2(ctx, p, "getbatch", id, func() (job.Batch, job.Counters, error) { return p.port.(job.BatchReader).GetBatch(ctx, id) })
}

func (p faulty) Amend(ctx context.Context, d job.Difference) (job.Counters, error) {
	return meet1(ctx, p, "amend", d.BatchID, func() (job.Counters, error) { return p.port.(job.Batches).Amend(ctx, d) })
}

func (p faulty) ReadCounters(ctx context.Context, ids []string) (map[string]job.Counters, error) {
	return meet1(ctx, p, "readcounters", ids, func() (map[string]job.Counters, error) { return p.port.(job.CountersReader).ReadCounters(ctx, ids) })
}

func (p faulty) ListBatches(ctx context.Context, owner string, after *job.Mark, limit int) (found []job.Batch, counters []job.Counters, more *job.Mark, err error) {
	fault := p.meet(ctx, "listbatches", owner, func() (any, error) {
		found, counters, more, err = p.port.(job.BatchIndex).ListBatches(ctx, owner, after, limit)
		return owner, err
	})
	if fault != nil {
		return nil, nil, nil, fault
	}
	return found, counters, more, err
}

func (p faulty) DueBatches(ctx context.Context, until time.Time, limit int) ([]string, error) {
	return meet1(ctx, p, "duebatches", nil, func() ([]string, error) { return p.port.(job.BatchIndex).DueBatches(ctx, until, limit) })
}

func (p faulty) EraseBatch(ctx context.Context, id string, i job.Condition, at time.Time, until *time.Time) error {
	return meet0(ctx, p, "erasebatch", id, func() error { return p.port.(job.BatchEraser).EraseBatch(ctx, id, i, at, until) })
}

func (p faulty) Spent(ctx context.Context, owner, day string) (int64, error) {
	return meet1(ctx, p, "spent", owner, func() (int64, error) { return p.port.(job.Days).Spent(ctx, owner, day) })
}

func (p faulty) Fired(ctx context.Context, m string, until time.Time, limit int) ([]job.Ref, error) {
	return meet1(ctx, p, "fired", m, func() ([]job.Ref, error) { return p.port.(job.Timers).Fired(ctx, m, until, limit) })
}

func (p faulty) Dispatched(ctx context.Context, m string) ([]job.Dispatched, error) {
	return meet1(ctx, p, "dispatched", m, func() ([]job.Dispatched, error) { return p.port.(job.Timers).Dispatched(ctx, m) })
}

func (p faulty) Waiters(ctx context.Context, flow job.FlowKey, after *job.Waiter, limit int) ([]job.Waiter, error) {
	about := fmt.Sprint(flow, after)
	return meet1(ctx, p, "waiters", about, func() ([]job.Waiter, error) { return p.port.(job.Waiters).Waiters(ctx, flow, after, limit) })
}

func (p faulty) Touch(ctx context.Context, touches []job.Touch) error {
	return meet0(ctx, p, "touch", touches, func() error { return p.port.(job.Toucher).Touch(ctx, touches) })
}

func (p faulty) Flows(ctx context.Context, m string) (job.Standing, []job.Flow, error) {
	return meet2(ctx, p, "flows", m, func() (job.Standing, []job.Flow, error) { return p.port.(job.Lines).Flows(ctx, m) })
}

func (p faulty) Advance(ctx context.Context, a job.Advance) error {
	return meet0(ctx, p, "advance", a, func() error { return p.port.(job.Lines).Advance(ctx, a) })
}

func (p faulty) Leave(ctx context.Context, flow job.Flow) error {
	return meet0(ctx, p, "leave", flow, func() error { return p.port.(job.Lines).Leave(ctx, flow) })
}

func (p faulty) Standing(ctx context.Context, key job.FlowKey) (job.Standing, job.Flow, error) {
	return meet2(ctx, p, "standing", key, func() (job.Standing, job.Flow, error) { return p.port.(job.StandingReader).Standing(ctx, key) })
}

func (p faulty) SetStanding(ctx context.Context, s job.Standing) error {
	return meet0(ctx, p, "setstanding", s.Model, func() error { return p.port.(job.StandingWriter).SetStanding(ctx, s) })
}

func (p faulty) Put(ctx context.Context, key string, data []byte, info job.ImageInfo) error {
	return meet0(ctx, p, "put", key, func() error { return p.port.(job.Images).Put(ctx, key, data, info) })
}

func (p faulty) Stat(ctx context.Context, key string) (job.ImageInfo, error) {
	return meet1(ctx, p, "stat", key, func() (job.ImageInfo, error) { return p.port.(job.Images).Stat(ctx, key) })
}

func (p faulty) Delete(ctx context.Context, keys []string) error {
	return meet0(ctx, p, "delete", keys, func() error { return p.port.(job.Images).Delete(ctx, keys) })
}

func (p faulty) PutInput(ctx context.Context, key string, data []byte) error {
	return meet0(ctx, p, "putinput", key, func() error { return p.port.(job.Inputs).PutInput(ctx, key, data) })
}

func (p faulty) GetInput(ctx context.Context, key string) ([]byte, error) {
	return meet1(ctx, p, "getinput", key, func() ([]byte, error) { return p.port.(job.Inputs).GetInput(ctx, key) })
}

func (p faulty) DeleteInput(ctx context.Context, key string) error {
	return meet0(ctx, p, "deleteinput", key, func() error { return p.port.(job.Inputs).DeleteInput(ctx, key) })
}

func (p faulty) DeleteInputs(ctx context.Context, prefix string) error {
	return meet0(ctx, p, "deleteinputs", prefix, func() error { return p.port.(job.InputEraser).DeleteInputs(ctx, prefix) })
}

func (p faulty) URL(ctx context.Context, key, contentType string, d time.Duration) (string, time.Time, error) {
	return meet2(ctx, p, "url", key, func() (string, time.Time, error) { return p.port.(job.Links).URL(ctx, key, contentType, d) })
}

func (p faulty) Generate(ctx context.Context, m model.Model, r model.Request) (model.Result, error) {
	return meet1(ctx, p, "generate", r.Prompt, func() (model.Result, error) { return p.port.(job.Generator).Generate(ctx, m, r) })
}

func (p faulty) Reserve(ctx context.Context, m string, interval, within time.Duration) (time.Time, bool, error) {
	return meet2(ctx, p, "reserve", m, func() (time.Time, bool, error) { return p.port.(pace.Pacer).Reserve(ctx, m, interval, within) })
}

func (p faulty) Pace(ctx context.Context, m string) (pace.State, error) {
	return meet1(ctx, p, "pace", m, func() (pace.State, error) { return p.port.(pace.Store).Pace(ctx, m) })
}

func (p faulty) SetPace(ctx context.Context, m string, state pace.State) (pace.State, error) {
	return meet1(ctx, p, "setpace", m, func() (pace.State, error) { return p.port.(pace.Store).SetPace(ctx, m, state) })
}
