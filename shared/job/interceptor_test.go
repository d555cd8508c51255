package job_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/pace"
	"easel/shared/read"
	"easel/shared/sweep"
	"easel/shared/worker"
)

// interceptor sits on every port of a harness and tells what passes: before an operation reaches the port, and after
// it came back with what it brought. Either may block, end the goroutine as a crash does, or return the
// error that takes the operation's place.
type interceptor struct {
	before func(ctx context.Context, op string) error
	after  func(ctx context.Context, op string, brought any, err error) error
}

func through[T any](t *interceptor, ctx context.Context, op string, call func() (T, error)) (brought T, err error) {
	var none T
	if err := t.before(ctx, op); err != nil {
		return none, err
	}
	brought, err = call()
	if lost := t.after(ctx, op, brought, err); lost != nil {
		return none, lost
	}
	return brought, err
}

type concernKey struct{}

// concerning says what an operation is about, so that those of one actor that wait side by side can be told apart.
func concerning(ctx context.Context, what ...string) context.Context {
	return context.WithValue(ctx, concernKey{}, strings.Join(what, " "))
}

// concern is what [concerning] said.
func concern(ctx context.Context) string {
	what, _ := ctx.Value(concernKey{}).(string)
	return what
}

// named are the jobs and the batch that a write is about.
func named(t job.Transaction) (names []string) {
	for _, j := range t.Jobs {
		names = append(names, j.ID)
	}
	if t.Counters != nil {
		names = append(names, t.Counters.BatchID)
	}
	return names
}

// mute is for operations that bring nothing but an error.
func mute(t *interceptor, ctx context.Context, op string, about any, call func() error) error {
	_, err := through(t, ctx, op, func() (any, error) { return about, call() })
	return err
}

type (
	interceptedRecords struct {
		*interceptor
		port job.Records
	}
	interceptedReader struct {
		*interceptor
		port job.RecordReader
	}
	interceptedCreator struct {
		*interceptor
		port job.Creator
	}
	interceptedIndex struct {
		*interceptor
		port job.Index
	}
	interceptedBacklog struct {
		*interceptor
		port job.Backlog
	}
	interceptedEraser struct {
		*interceptor
		port job.Eraser
	}
	interceptedQueue struct {
		*interceptor
		port job.Queue
	}
	interceptedImages struct {
		*interceptor
		port job.Images
	}
	interceptedInputs struct {
		*interceptor
		port job.Inputs
	}
	interceptedInputEraser struct {
		*interceptor
		port job.InputEraser
	}
	interceptedLinks struct {
		*interceptor
		port job.Links
	}
	interceptedGenerator struct {
		*interceptor
		port job.Generator
	}
	interceptedPacer struct {
		*interceptor
		port pace.Pacer
	}
	interceptedPaces struct {
		*interceptor
		port pace.Store
	}
)

func (r interceptedReader) Get(ctx context.Context, id string) (job.Job, error) {
	return through(r.interceptor, concerning(ctx, id), "recordreader.get", func() (job.Job, error) { return r.port.Get(ctx, id) })
}

func (r interceptedRecords) Get(ctx context.Context, id string) (job.Job, error) {
	return through(r.interceptor, concerning(ctx, id), "records.get", func() (job.Job, error) { return r.port.Get(ctx, id) })
}

// written is what [job.Records.Update] or [job.Creator.Create] did, and what stood in its way.
type written struct {
	job.Transaction
	there job.Obstacle
}

func (r interceptedRecords) Update(ctx context.Context, t job.Transaction) (job.Obstacle, error) {
	w, err := through(r.interceptor, concerning(ctx, named(t)...), "records.update", func() (w written, err error) {
		w.Transaction = t
		w.there, err = r.port.Update(ctx, t)
		return w, err
	})
	return w.there, err
}

func (c interceptedCreator) Create(ctx context.Context, t job.Transaction) (job.Obstacle, error) {
	w, err := through(c.interceptor, concerning(ctx, named(t)...), "creator.create", func() (w written, err error) {
		w.Transaction = t
		w.there, err = c.port.Create(ctx, t)
		return w, err
	})
	return w.there, err
}

// listed is what [job.Index.List] brings.
type listed struct {
	found []job.Job
	more  *job.Mark
}

func (ix interceptedIndex) List(ctx context.Context, q job.Query) ([]job.Job, *job.Mark, error) {
	l, err := through(ix.interceptor, ctx, "index.list", func() (l listed, err error) {
		l.found, l.more, err = ix.port.List(ctx, q)
		return l, err
	})
	return l.found, l.more, err
}

func (b interceptedBacklog) Waiting(ctx context.Context, owner string) (int64, error) {
	return through(b.interceptor, ctx, "backlog.waiting", func() (int64, error) { return b.port.Waiting(ctx, owner) })
}

func (e interceptedEraser) Erase(ctx context.Context, id string, version int64, at time.Time, until *time.Time) error {
	return mute(e.interceptor, concerning(ctx, id), "eraser.erase", id, func() error { return e.port.Erase(ctx, id, version, at, until) })
}

// Send returns all messages as unsent where the interceptor fails it, those too that were sent.
func (q interceptedQueue) Send(ctx context.Context, out []job.Outgoing) ([]job.Outgoing, error) {
	unsent, err := through(q.interceptor, ctx, "queue.send", func() ([]job.Outgoing, error) { return q.port.Send(ctx, out) })
	if err != nil && len(unsent) == 0 {
		unsent = out
	}
	return unsent, err
}

func (i interceptedImages) Put(ctx context.Context, key string, data []byte, info job.ImageInfo) error {
	return mute(i.interceptor, concerning(ctx, key), "images.put", key, func() error { return i.port.Put(ctx, key, data, info) })
}

func (i interceptedImages) Stat(ctx context.Context, key string) (job.ImageInfo, error) {
	return through(i.interceptor, concerning(ctx, key), "images.stat", func() (job.ImageInfo, error) { return i.port.Stat(ctx, key) })
}

func (i interceptedImages) Delete(ctx context.Context, keys []string) error {
	return mute(i.interceptor, concerning(ctx, keys...), "images.delete", keys, func() error { return i.port.Delete(ctx, keys) })
}

func (i interceptedInputs) PutInput(ctx context.Context, key string, data []byte) error {
	return mute(i.interceptor, concerning(ctx, key), "inputs.putinput", key, func() error { return i.port.PutInput(ctx, key, data) })
}

func (i interceptedInputs) GetInput(ctx context.Context, key string) ([]byte, error) {
	return through(i.interceptor, concerning(ctx, key), "inputs.getinput", func() ([]byte, error) { return i.port.GetInput(ctx, key) })
}

func (i interceptedInputs) DeleteInput(ctx context.Context, key string) error {
	return mute(i.interceptor, concerning(ctx, key), "inputs.deleteinput", key, func() error { return i.port.DeleteInput(ctx, key) })
}

func (e interceptedInputEraser) DeleteInputs(ctx context.Context, prefix string) error {
	return mute(e.interceptor, concerning(ctx, prefix), "inputeraser.deleteinputs", prefix, func() error { return e.port.DeleteInputs(ctx, prefix) })
}

func (l interceptedLinks) URL(ctx context.Context, key, contentType string, d time.Duration) (string, time.Time, error) {
	link, err := through(l.interceptor, concerning(ctx, key), "links.url", func() (link job.Link, err error) {
		link.URL, link.Expires, err = l.port.URL(ctx, key, contentType, d)
		return link, err
	})
	return link.URL, link.Expires, err
}

func (g interceptedGenerator) Generate(ctx context.Context, m model.Model, r model.Request) (model.Result, error) {
	return through(g.interceptor, concerning(ctx, r.Prompt), "generator.generate", func() (model.Result, error) { return g.port.Generate(ctx, m, r) })
}

// reservation is what [pace.Pacer.Reserve] brings.
type reservation struct {
	at time.Time
	ok bool
}

func (p interceptedPacer) Reserve(ctx context.Context, m string, interval, within time.Duration) (time.Time, bool, error) {
	r, err := through(p.interceptor, concerning(ctx, m), "pacer.reserve", func() (r reservation, err error) {
		r.at, r.ok, err = p.port.Reserve(ctx, m, interval, within)
		return r, err
	})
	return r.at, r.ok, err
}

func (p interceptedPaces) Pace(ctx context.Context, m string) (pace.State, error) {
	return through(p.interceptor, concerning(ctx, m), "store.pace", func() (pace.State, error) { return p.port.Pace(ctx, m) })
}

func (p interceptedPaces) SetPace(ctx context.Context, m string, state pace.State) (pace.State, error) {
	return through(p.interceptor, concerning(ctx, m), "store.setpace", func() (pace.State, error) { return p.port.SetPace(ctx, m, state) })
}

// interceptors says how each port is intercepted.
var interceptors = map[reflect.Type]func(*interceptor, reflect.Value) any{
	reflect.TypeFor[job.Records]():     tapping(func(t *interceptor, p job.Records) any { return interceptedRecords{t, p} }),
	reflect.TypeFor[job.Index]():       tapping(func(t *interceptor, p job.Index) any { return interceptedIndex{t, p} }),
	reflect.TypeFor[job.Backlog]():     tapping(func(t *interceptor, p job.Backlog) any { return interceptedBacklog{t, p} }),
	reflect.TypeFor[job.Eraser]():      tapping(func(t *interceptor, p job.Eraser) any { return interceptedEraser{t, p} }),
	reflect.TypeFor[job.Queue]():       tapping(func(t *interceptor, p job.Queue) any { return interceptedQueue{t, p} }),
	reflect.TypeFor[job.Images]():      tapping(func(t *interceptor, p job.Images) any { return interceptedImages{t, p} }),
	reflect.TypeFor[job.Inputs]():      tapping(func(t *interceptor, p job.Inputs) any { return interceptedInputs{t, p} }),
	reflect.TypeFor[job.InputEraser](): tapping(func(t *interceptor, p job.InputEraser) any { return interceptedInputEraser{t, p} }),
	reflect.TypeFor[job.Links]():       tapping(func(t *interceptor, p job.Links) any { return interceptedLinks{t, p} }),
	reflect.TypeFor[job.Generator]():   tapping(func(t *interceptor, p job.Generator) any { return interceptedGenerator{t, p} }),
	reflect.TypeFor[pace.Pacer]():      tapping(func(t *interceptor, p pace.Pacer) any { return interceptedPacer{t, p} }),
	reflect.TypeFor[pace.Store]():      tapping(func(t *interceptor, p pace.Store) any { return interceptedPaces{t, p} }),

	reflect.TypeFor[job.Finder]():       tapping(func(t *interceptor, p job.Finder) any { return interceptedFinder{t, p} }),
	reflect.TypeFor[job.Batches]():      tapping(func(t *interceptor, p job.Batches) any { return interceptedBatches{t, p} }),
	reflect.TypeFor[job.BatchIndex]():   tapping(func(t *interceptor, p job.BatchIndex) any { return interceptedBatchIndex{t, p} }),
	reflect.TypeFor[job.BatchEraser]():  tapping(func(t *interceptor, p job.BatchEraser) any { return interceptedBatchEraser{t, p} }),
	reflect.TypeFor[job.RecordReader](): tapping(func(t *interceptor, p job.RecordReader) any { return interceptedReader{t, p} }),
	reflect.TypeFor[job.BatchReader]():  tapping(func(t *interceptor, p job.BatchReader) any { return interceptedBatchReader{t, p} }),
	reflect.TypeFor[job.Creator]():      tapping(func(t *interceptor, p job.Creator) any { return interceptedCreator{t, p} }),
	reflect.TypeFor[job.Days]():         tapping(func(t *interceptor, p job.Days) any { return interceptedDays{t, p} }),

	reflect.TypeFor[job.Timers]():         tapping(func(t *interceptor, p job.Timers) any { return interceptedTimers{t, p} }),
	reflect.TypeFor[job.Waiters]():        tapping(func(t *interceptor, p job.Waiters) any { return interceptedWaiters{t, p} }),
	reflect.TypeFor[job.Toucher]():        tapping(func(t *interceptor, p job.Toucher) any { return interceptedToucher{t, p} }),
	reflect.TypeFor[job.Lines]():          tapping(func(t *interceptor, p job.Lines) any { return interceptedLines{t, p} }),
	reflect.TypeFor[job.StandingReader](): tapping(func(t *interceptor, p job.StandingReader) any { return interceptedStandingReader{t, p} }),
	reflect.TypeFor[job.StandingWriter](): tapping(func(t *interceptor, p job.StandingWriter) any { return interceptedStandingWriter{t, p} }),
	reflect.TypeFor[job.CountersReader](): tapping(func(t *interceptor, p job.CountersReader) any { return interceptedCountersReader{t, p} }),
}

func tapping[P any](wrap func(*interceptor, P) any) func(*interceptor, reflect.Value) any {
	return func(t *interceptor, port reflect.Value) any {
		p, _ := reflect.TypeAssert[P](port) // the tests of the interceptors themselves have no port behind them
		return wrap(t, p)
	}
}

// actors are the types whose ports a harness wires.
var actors = []reflect.Type{
	reflect.TypeFor[job.Submitter](), reflect.TypeFor[worker.Worker](), reflect.TypeFor[sweep.Sweeper](), reflect.TypeFor[read.Reader](),
}

// part is a field of an actor that is a port, on the way that leads to it.
type part struct {
	index []int
	port  reflect.Type
}

// parts finds every port of an actor, those of the structs it holds too.
func parts(t reflect.Type) (all []part) {
	for n := range t.NumField() {
		f := t.Field(n)
		inner := f.Type
		if inner.Kind() == reflect.Pointer {
			inner = inner.Elem()
		}
		switch {
		case !f.IsExported():
		case f.Type.Kind() == reflect.Interface:
			all = append(all, part{[]int{n}, f.Type})
		case inner.Kind() == reflect.Struct && strings.HasPrefix(inner.PkgPath(), "easel/shared/"):
			for _, p := range parts(inner) {
				all = append(all, part{append([]int{n}, p.index...), p.port})
			}
		}
	}
	return all
}

// intercept puts the interceptor on every port of the harness.
func (h *harness) intercept(t *interceptor) {
	h.t.Helper()
	shared := map[uintptr]bool{} // a dispatcher belongs to several actors and is intercepted once
	for _, actor := range []any{h.submit, h.worker, h.sweeper, h.reader} {
		v := reflect.ValueOf(actor).Elem()
		for _, p := range parts(v.Type()) {
			field := v.FieldByIndex(p.index)
			if shared[field.UnsafeAddr()] {
				continue
			}
			shared[field.UnsafeAddr()] = true
			wrap := interceptors[p.port]
			if wrap == nil {
				h.t.Fatalf("%s has a new port %s: give it one in interceptors, and each of its methods", v.Type(), p.port)
			}
			field.Set(reflect.ValueOf(wrap(t, field)))
		}
	}
}

// operation names a method of a port as interceptors and faults do.
func operation(port reflect.Type, method int) string {
	return strings.ToLower(port.Name() + "." + port.Method(method).Name)
}

// operations are all methods of all ports of all actors.
func operations() map[string]reflect.Type {
	ops := map[string]reflect.Type{}
	for _, actor := range actors {
		for _, p := range parts(actor) {
			for n := range p.port.NumMethod() {
				ops[operation(p.port, n)] = p.port
			}
		}
	}
	return ops
}

func TestEveryOperationOfEveryPortIsIntercepted(t *testing.T) {
	for op, port := range operations() {
		wrap := interceptors[port]
		if wrap == nil {
			t.Errorf("%s has no interceptor: give it one in interceptors", port)
			continue
		}
		heard := ""
		refusal := fmt.Errorf("refused")
		tapped := reflect.ValueOf(wrap(&interceptor{before: func(_ context.Context, op string) error {
			heard = op
			return refusal
		}}, reflect.Zero(port)))
		for n := range port.NumMethod() {
			if operation(port, n) != op {
				continue
			}
			out := zeroCall(t, tapped.MethodByName(port.Method(n).Name))
			if err, _ := reflect.TypeAssert[error](out[len(out)-1]); heard != op || !errors.Is(err, refusal) {
				t.Errorf("a call of %s passed as %q and brought %v: its interceptor must announce it and return what before returns", op, heard, err)
			}
		}
	}
}

// zeroCall calls a method with a context and zero values.
func zeroCall(t *testing.T, method reflect.Value) []reflect.Value {
	args := make([]reflect.Value, method.Type().NumIn())
	for n := range args {
		args[n] = reflect.Zero(method.Type().In(n))
	}
	args[0] = reflect.ValueOf(t.Context())
	return method.Call(args)
}
