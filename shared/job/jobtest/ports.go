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

type faultyRecords struct {
	fault *Fault
	port  job.Records
}

func (r faultyRecords) Get(ctx context.Context, id string) (j job.Job, err error) {
	if fault := r.fault.around("records.get", func() { j, err = r.port.Get(ctx, id) }); fault != nil {
		return job.Job{}, fault
	}
	return j, err
}

func (r faultyRecords) Update(ctx context.Context, t job.Transaction) (there job.Obstacle, err error) {
	if fault := r.fault.around("records.update", func() { there, err = r.port.Update(ctx, t) }); fault != nil {
		return job.Obstacle{}, fault
	}
	return there, err
}

type faultyCreator struct {
	fault *Fault
	port  job.Creator
}

func (c faultyCreator) Create(ctx context.Context, t job.Transaction) (there job.Obstacle, err error) {
	if fault := c.fault.around("creator.create", func() { there, err = c.port.Create(ctx, t) }); fault != nil {
		return job.Obstacle{}, fault
	}
	return there, err
}

type faultyIndex struct {
	fault *Fault
	port  job.Index
}

func (ix faultyIndex) List(ctx context.Context, q job.Query) (found []job.Job, more *job.Mark, err error) {
	if fault := ix.fault.around("index.list", func() { found, more, err = ix.port.List(ctx, q) }); fault != nil {
		return nil, nil, fault
	}
	return found, more, err
}

func (b faultyBacklog) Waiting(ctx context.Context, owner string) (micro int64, err error) {
	if fault := b.fault.around("backlog.waiting", func() { micro, err = b.port.Waiting(ctx, owner) }); fault != nil {
		return 0, fault
	}
	return micro, err
}

type faultyBacklog struct {
	fault *Fault
	port  job.Backlog
}

type faultyEraser struct {
	fault *Fault
	port  job.Eraser
}

func (e faultyEraser) Erase(ctx context.Context, id string, version int64, at time.Time, until *time.Time) (err error) {
	if fault := e.fault.around("eraser.erase", func() { err = e.port.Erase(ctx, id, version, at, until) }); fault != nil {
		return fault
	}
	return err
}

type faultyQueue struct {
	fault *Fault
	port  job.Queue
}

func (q faultyQueue) Send(ctx context.Context, out []job.Outgoing) (unsent []job.Outgoing, err error) {
	if fault := q.fault.around("queue.send", func() { unsent, err = q.port.Send(ctx, out) }); fault != nil {
		return out, fault
	}
	return unsent, err
}

type faultyImages struct {
	fault *Fault
	port  job.Images
}

func (i faultyImages) Put(ctx context.Context, key string, data []byte, info job.ImageInfo) (err error) {
	if fault := i.fault.around("images.put", func() { err = i.port.Put(ctx, key, data, info) }); fault != nil {
		return fault
	}
	return err
}

func (i faultyImages) Stat(ctx context.Context, key string) (info job.ImageInfo, err error) {
	if fault := i.fault.around("images.stat", func() { info, err = i.port.Stat(ctx, key) }); fault != nil {
		return job.ImageInfo{}, fault
	}
	return info, err
}

func (i faultyImages) Delete(ctx context.Context, keys []string) (err error) {
	if fault := i.fault.around("images.delete", func() { err = i.port.Delete(ctx, keys) }); fault != nil {
		return fault
	}
	return err
}

type faultyInputs struct {
	fault *Fault
	port  job.Inputs
}

func (i faultyInputs) PutInput(ctx context.Context, key string, data []byte) (err error) {
	if fault := i.fault.around("inputs.putinput", func() { err = i.port.PutInput(ctx, key, data) }); fault != nil {
		return fault
	}
	return err
}

func (i faultyInputs) GetInput(ctx context.Context, key string) (data []byte, err error) {
	if fault := i.fault.around("inputs.getinput", func() { data, err = i.port.GetInput(ctx, key) }); fault != nil {
		return nil, fault
	}
	return data, err
}

func (i faultyInputs) DeleteInput(ctx context.Context, key string) (err error) {
	if fault := i.fault.around("inputs.deleteinput", func() { err = i.port.DeleteInput(ctx, key) }); fault != nil {
		return fault
	}
	return err
}

// InputEraser wraps the port: inputeraser.deleteinputs.
func (f *Fault) InputEraser(e job.InputEraser) job.InputEraser { return faultyInputEraser{f, e} }

type faultyInputEraser struct {
	fault *Fault
	port  job.InputEraser
}

func (e faultyInputEraser) DeleteInputs(ctx context.Context, prefix string) (err error) {
	if fault := e.fault.around("inputeraser.deleteinputs", func() { err = e.port.DeleteInputs(ctx, prefix) }); fault != nil {
		return fault
	}
	return err
}

type faultyLinks struct {
	fault *Fault
	port  job.Links
}

func (l faultyLinks) URL(ctx context.Context, key, contentType string, d time.Duration) (url string, expires time.Time, err error) {
	if fault := l.fault.around("links.url", func() { url, expires, err = l.port.URL(ctx, key, contentType, d) }); fault != nil {
		return "", time.Time{}, fault
	}
	return url, expires, err
}

type faultyGenerator struct {
	fault *Fault
	port  job.Generator
}

func (g faultyGenerator) Generate(ctx context.Context, m model.Model, r model.Request) (result model.Result, err error) {
	if fault := g.fault.around("generator.generate", func() { result, err = g.port.Generate(ctx, m, r) }); fault != nil {
		return model.Result{}, fault
	}
	return result, err
}

type faultyPacer struct {
	fault *Fault
	port  pace.Pacer
}

func (p faultyPacer) Reserve(ctx context.Context, m string, interval, within time.Duration) (at time.Time, ok bool, err error) {
	call := func() { at, ok, err = p.port.Reserve(ctx, m, interval, within) }
	if fault := p.fault.around("pacer.reserve", call); fault != nil {
		return time.Time{}, false, fault
	}
	return at, ok, err
}

type faultyPaces struct {
	fault *Fault
	port  pace.Store
}

func (p faultyPaces) Pace(ctx context.Context, m string) (state pace.State, err error) {
	if fault := p.fault.around("store.pace", func() { state, err = p.port.Pace(ctx, m) }); fault != nil {
		return pace.State{}, fault
	}
	return state, err
}

func (p faultyPaces) SetPace(ctx context.Context, m string, state pace.State) (now pace.State, err error) {
	if fault := p.fault.around("store.setpace", func() { now, err = p.port.SetPace(ctx, m, state) }); fault != nil {
		return pace.State{}, fault
	}
	return now, err
}
