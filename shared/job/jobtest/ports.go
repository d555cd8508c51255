package jobtest

import (
	"context"
	"time"

	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/pace"
)

// Records wraps the port: records.get, records.update.
func (f *Fault) Records(r job.Records) job.Records { return faultyRecords{f, r} }

// Creator wraps the port: creator.create.
func (f *Fault) Creator(c job.Creator) job.Creator { return faultyCreator{f, c} }

// Index wraps the port: index.list.
func (f *Fault) Index(ix job.Index) job.Index { return faultyIndex{f, ix} }

// Backlog wraps the port: backlog.waiting.
func (f *Fault) Backlog(b job.Backlog) job.Backlog { return faultyBacklog{f, b} }

// Eraser wraps the port: eraser.erase.
func (f *Fault) Eraser(e job.Eraser) job.Eraser { return faultyEraser{f, e} }

// Queue wraps the port: queue.send. A send that fails returns all messages as unsent, those too that were sent.
func (f *Fault) Queue(q job.Queue) job.Queue { return faultyQueue{f, q} }

// Images wraps the port: images.put, images.stat, images.delete.
func (f *Fault) Images(i job.Images) job.Images { return faultyImages{f, i} }

// Inputs wraps the port: inputs.putinput, inputs.getinput, inputs.deleteinput.
func (f *Fault) Inputs(i job.Inputs) job.Inputs { return faultyInputs{f, i} }

// Links wraps the port: links.url.
func (f *Fault) Links(l job.Links) job.Links { return faultyLinks{f, l} }

// Generator wraps the port: generator.generate. Set [Fault.Err] to a *job.CallError for a failure of known class.
func (f *Fault) Generator(g job.Generator) job.Generator { return faultyGenerator{f, g} }

// Pacer wraps the port: pacer.reserve.
func (f *Fault) Pacer(p pace.Pacer) pace.Pacer { return faultyPacer{f, p} }

// Paces wraps the port: paces.pace, paces.setpace.
func (f *Fault) Paces(p pace.Store) pace.Store { return faultyPaces{f, p} }

type faultyRecords faulty[job.Records]

func (r faultyRecords) Get(ctx context.Context, id string) (job.Job, error) {
	return failing1(r.fault, "records.get", func() (job.Job, error) { return r.port.Get(ctx, id) })
}

func (r faultyRecords) Update(ctx context.Context, t job.Transaction) (job.Obstacle, error) {
	return failing1(r.fault, "records.update", func() (job.Obstacle, error) { return r.port.Update(ctx, t) })
}

type faultyCreator faulty[job.Creator]

func (c faultyCreator) Create(ctx context.Context, t job.Transaction) (job.Obstacle, error) {
	return failing1(c.fault, "creator.create", func() (job.Obstacle, error) { return c.port.Create(ctx, t) })
}

type faultyIndex faulty[job.Index]

func (ix faultyIndex) List(ctx context.Context, q job.Query) ([]job.Job, *job.Mark, error) {
	return failing2(ix.fault, "index.list", func() ([]job.Job, *job.Mark, error) { return ix.port.List(ctx, q) })
}

type faultyBacklog faulty[job.Backlog]

func (b faultyBacklog) Waiting(ctx context.Context, owner string) (int64, error) {
	return failing1(b.fault, "backlog.waiting", func() (int64, error) { return b.port.Waiting(ctx, owner) })
}

type faultyEraser faulty[job.Eraser]

func (e faultyEraser) Erase(ctx context.Context, id string, version int64, at time.Time, until *time.Time) error {
	return failing(e.fault, "eraser.erase", func() error { return e.port.Erase(ctx, id, version, at, until) })
}

type faultyQueue faulty[job.Queue]

func (q faultyQueue) Send(ctx context.Context, out []job.Outgoing) (unsent []job.Outgoing, err error) {
	if fault := around(q.fault, "queue.send", func() { unsent, err = q.port.Send(ctx, out) }); fault != nil {
		return out, fault
	}
	return unsent, err
}

type faultyImages faulty[job.Images]

func (i faultyImages) Put(ctx context.Context, key string, data []byte, info job.ImageInfo) error {
	return failing(i.fault, "images.put", func() error { return i.port.Put(ctx, key, data, info) })
}

func (i faultyImages) Stat(ctx context.Context, key string) (job.ImageInfo, error) {
	return failing1(i.fault, "images.stat", func() (job.ImageInfo, error) { return i.port.Stat(ctx, key) })
}

func (i faultyImages) Delete(ctx context.Context, keys []string) error {
	return failing(i.fault, "images.delete", func() error { return i.port.Delete(ctx, keys) })
}

type faultyInputs faulty[job.Inputs]

func (i faultyInputs) PutInput(ctx context.Context, key string, data []byte) error {
	return failing(i.fault, "inputs.putinput", func() error { return i.port.PutInput(ctx, key, data) })
}

func (i faultyInputs) GetInput(ctx context.Context, key string) ([]byte, error) {
	return failing1(i.fault, "inputs.getinput", func() ([]byte, error) { return i.port.GetInput(ctx, key) })
}

func (i faultyInputs) DeleteInput(ctx context.Context, key string) error {
	return failing(i.fault, "inputs.deleteinput", func() error { return i.port.DeleteInput(ctx, key) })
}

// InputEraser wraps the port: inputeraser.deleteinputs.
func (f *Fault) InputEraser(e job.InputEraser) job.InputEraser { return faultyInputEraser{f, e} }

type faultyInputEraser faulty[job.InputEraser]

func (e faultyInputEraser) DeleteInputs(ctx context.Context, prefix string) error {
	return failing(e.fault, "inputeraser.deleteinputs", func() error { return e.port.DeleteInputs(ctx, prefix) })
}

type faultyLinks faulty[job.Links]

func (l faultyLinks) URL(ctx context.Context, key, contentType string, d time.Duration) (string, time.Time, error) {
	return failing2(l.fault, "links.url", func() (string, time.Time, error) { return l.port.URL(ctx, key, contentType, d) })
}

type faultyGenerator faulty[job.Generator]

func (g faultyGenerator) Generate(ctx context.Context, m model.Model, r model.Request) (model.Result, error) {
	return failing1(g.fault, "generator.generate", func() (model.Result, error) { return g.port.Generate(ctx, m, r) })
}

type faultyPacer faulty[pace.Pacer]

func (p faultyPacer) Reserve(ctx context.Context, m string, interval, within time.Duration) (time.Time, bool, error) {
	return failing2(p.fault, "pacer.reserve", func() (time.Time, bool, error) { return p.port.Reserve(ctx, m, interval, within) })
}

type faultyPaces faulty[pace.Store]

func (p faultyPaces) Pace(ctx context.Context, m string) (pace.State, error) {
	return failing1(p.fault, "store.pace", func() (pace.State, error) { return p.port.Pace(ctx, m) })
}

func (p faultyPaces) SetPace(ctx context.Context, m string, state pace.State) (pace.State, error) {
	return failing1(p.fault, "store.setpace", func() (pace.State, error) { return p.port.SetPace(ctx, m, state) })
}
