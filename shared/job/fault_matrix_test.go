package job_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/pace"
)

// faultMatrix is one job that goes through a story with one kind of failure.
type faultMatrix struct {
	*harness
	mu     sync.Mutex // of what is passed and how often it failed
	story  story
	key    string
	at     place // where it fails
	way    way
	failed int
	deaths int
	passed []place
	id     string
	group  string // its batch
	calls  int    // executed
	stored bool   // the picture
	end    string
	took   time.Duration
	cost   int64
	broken []string
}

// process is one run of something that may be killed.
type process struct {
	name string
	dead atomic.Bool
}

type processKey struct{}

// play goes through the story once for each way, in one harness and with a job of its own each time.
func (s story) play(t *testing.T, at place, ways ...way) (played []*faultMatrix) {
	t.Helper()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		d := &faultMatrix{harness: open(t, dir)}
		defer d.db.Close()
		d.fault.Before = func(ctx context.Context, op string) error { return d.before(ctx, op) }
		d.fault.After = func(ctx context.Context, op string, _ any, err error) error { return d.after(ctx, op, err) }
		for n, w := range ways {
			d = &faultMatrix{harness: d.harness, story: s, at: at, way: w, key: fmt.Sprint("key ", n)}
			d.tidy()
			d.studio.calls, d.studio.do = 0, d.call
			d.live()
			played = append(played, d)
		}
	})
	return played
}

// tidy leaves nothing of the failure before: no message, no count, nothing learnt and no worker that remembers.
func (d *faultMatrix) tidy() {
	d.reborn()
	d.unlearn()
	wait(time.Minute)
	for {
		stats, err := d.queue.Stats(d.t.Context())
		if err != nil {
			d.t.Fatal(err)
		}
		if stats.Visible+stats.Delayed+stats.InFlight == 0 {
			return
		}
		if message, ok := d.next(); ok {
			d.settle(message, job.Outcome{})
			continue
		}
		wait(20 * time.Minute)
	}
}

func (d *faultMatrix) unlearn() {
	for _, m := range model.Current() {
		p, err := d.db.Pace(d.t.Context(), m.ID)
		if err == nil && p.Version > 0 {
			_, err = d.db.SetPace(d.t.Context(), m.ID, pace.State{Version: p.Version})
		}
		if err != nil {
			d.t.Fatal(err)
		}
	}
}

// run starts a process and waits for its end. It reports whether it was not killed.
func (d *faultMatrix) run(name string, limit time.Duration, work func(context.Context)) bool {
	p := &process{name: name}
	done := make(chan struct{})
	go func() {
		defer close(done)
		ctx, cancel := context.WithTimeout(context.WithValue(d.t.Context(), processKey{}, p), limit)
		defer cancel()
		work(ctx)
	}()
	<-done
	if p.dead.Load() && d.way.times > 1 { // the embedded server starts again at once; a function does not
		if err := d.db.Recover(d.t.Context()); err != nil {
			d.t.Fatal(err)
		}
	}
	return !p.dead.Load()
}

// insist is a client that sends its request again until it is answered.
func (d *faultMatrix) insist(name string, request func(context.Context) error) {
	err := errors.New("killed")
	for n := 0; n < 20 && err != nil; n++ {
		if !d.run(name, 30*time.Second, func(ctx context.Context) { err = request(ctx) }) {
			err = errors.New("killed") // whatever a goroutine of it said that outlived another
		}
		if err != nil && !errors.Is(err, job.ErrUnavailable) && err.Error() != "killed" {
			break
		}
		wait(time.Second)
	}
	if err != nil {
		d.fail("%s was never answered: %v", name, err)
	}
}

func (d *faultMatrix) fail(format string, args ...any) {
	d.broken = append(d.broken, fmt.Sprintf(format, args...))
}

// here is the place that calls an operation: the process, and the innermost function of the core that
// stands for a step of the design.
func here(ctx context.Context, op string) place {
	p := place{op: op}
	if process, ok := ctx.Value(processKey{}).(*process); ok {
		p.phase = process.name
	}
	pcs := make([]uintptr, 64)
	frames := runtime.CallersFrames(pcs[:runtime.Callers(2, pcs)])
	for frame, more := frames.Next(); more; frame, more = frames.Next() {
		room, name, _ := strings.Cut(strings.TrimPrefix(frame.Function, "easel/shared/"), ".")
		inCore := slices.Contains(coreRooms, room)
		if _, method, ok := strings.Cut(name, ")."); ok {
			name = method
		}
		name, _, _ = strings.Cut(name, ".")
		if inCore && !slices.Contains(plumbing, strings.TrimPrefix(name, "Recorder.")) {
			p.step = name
			break
		}
	}
	return p
}

// coreRooms are the packages of the core.
var coreRooms = []string{"job", "worker", "sweep", "read", "pace"}

// plumbing are the functions of the core through which every step goes.
var plumbing = []string{
	"Change", "Amend", "Run", "write", "Load", "load", "recall", "find", "Deliver", "send", "Touch", "Recorder", "Interval", "Refusal", "state", "look",
	"Flush", "poll", "stat", "FindImage", "LoadBatch", "AmendCounters", "FindBatch", "Parallel",
}

func (d *faultMatrix) before(ctx context.Context, op string) error {
	if p, ok := ctx.Value(processKey{}).(*process); ok && p.dead.Load() {
		runtime.Goexit() // a goroutine that outlived its process
	}
	at := here(ctx, op)
	d.note(at)
	if d.way.effect {
		return nil
	}
	return d.strike(ctx, at)
}

// note keeps the places that are passed. Some steps pass several at a time.
func (d *faultMatrix) note(at place) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if !slices.Contains(d.passed, at) {
		d.passed = append(d.passed, at)
	}
}

func (d *faultMatrix) after(ctx context.Context, op string, err error) error {
	if op == "images.put" && err == nil {
		d.stored = true
	}
	at := here(ctx, op)
	if at == d.story.dies && d.deaths == 0 {
		d.deaths++
		return die(ctx)
	}
	if d.way.effect {
		return d.strike(ctx, at)
	}
	return nil
}

func (d *faultMatrix) strike(ctx context.Context, at place) error {
	if at != d.at || !d.strikes() {
		return nil
	}
	return d.way.then(ctx)
}

func (d *faultMatrix) strikes() bool {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.failed++
	return d.failed <= d.way.times
}

// live takes the job from its order to its end, and looks whether the promises were kept.
func (d *faultMatrix) live() {
	start := time.Now()
	d.story.order(d)
	d.finish()
	d.took = time.Since(start)
	j := d.get(d.id)
	d.end, d.cost = fmt.Sprintf("%s/%d", j.Status, d.calls), j.CostMicroUSD
	if d.way.name == "nothing" && d.cost != int64(d.calls)*j.Price {
		d.fail("%d calls were executed, it cost %d", d.calls, d.cost)
	}
	for n := 0; n < 40 && d.stored && len(d.get(d.id).Images) == 0; n++ { // its message comes again
		d.step(n)
	}
	if d.stored && d.way.times > 3 && len(d.get(d.id).Images) == 0 { // its message is a dead letter
		d.insist("again", func(ctx context.Context) error { return second(d.submit.Retry(ctx, ann, d.id)) })
		d.finish()
	}
	j = d.get(d.id)
	if d.stored && len(j.Images) == 0 {
		d.fail("the picture was paid for and stored, and is not in the record: %s %+v", j.Status, j.Failure)
	}
	if j.CostMicroUSD < int64(d.calls)*j.Price || j.Attempts < 0 || j.Calls < 0 {
		d.fail("%d calls were executed; attempts %d, calls %d, cost %d", d.calls, j.Attempts, j.Calls, j.CostMicroUSD)
	}
	if d.story.then != nil {
		d.story.then(d)
	}
}

// finish lets the world turn until the job has ended.
func (d *faultMatrix) finish() {
	for n := 0; n < 400 && !d.ended(); n++ {
		d.step(n)
	}
	if !d.ended() {
		d.fail("the job never ended")
	}
}

func second[T any](_ T, err error) error { return err }

func (d *faultMatrix) ended() bool { return d.get(d.id).Status.Ended() }

// step is what happens next in the world: a message comes, or time passes and the sweep runs.
func (d *faultMatrix) step(n int) {
	message, ok := d.next()
	if !ok {
		wait(time.Minute * time.Duration(1+n/20))
		d.run("sweep", 50*time.Second, func(ctx context.Context) { _, _ = d.sweeper.Sweep(ctx) })
		return
	}
	m, err := job.ParseMessage(message.Body)
	if err != nil {
		d.t.Fatal(err)
	}
	d.run("worker", 3*time.Minute, func(ctx context.Context) { d.settle(message, d.worker.Do(ctx, m)) })
}

// call is the model: it counts what it executes.
func (d *faultMatrix) call(ctx context.Context, n int) error {
	if d.stored {
		d.fail("the model was called again after its picture was stored")
	}
	var err error
	if d.story.answer != nil {
		err = d.story.answer(ctx, d, n)
	}
	var call *job.CallError
	if !errors.As(err, &call) || call.Class == job.Ambiguous || call.Charged {
		d.calls++
	}
	if most := cmp.Or(d.story.calls, 1); d.calls > most {
		d.fail("%d calls were executed, %d are allowed", d.calls, most)
	}
	return err
}
