package job_test

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"easel/shared/gate"
	"easel/shared/job"
	"easel/shared/job/jobtest"
)

var (
	weaveSeeds = flag.Int("weave.seeds", gate.Size(60, orders), "interleavings that are tried")
	weaveFirst = flag.Uint64("weave.first", 1, "the first of their seeds; the others follow it")
	weaveOne   = flag.Uint64("weave.seed", 0, "the one seed that is tried, with its steps printed; 0: none")
)

// TestWhateverTheOrderThePromisesHold lets workers, sweeps and people work at the same time. All that they do to a store, the
// queue or the model waits until a scheduler lets it happen, one operation after the other. The scheduler also lets time
// pass, workers die and replies be lost, all by one seed. The invariants are those of the state machine. A seed that fails
// is printed and comes again with -weave.seed.
func TestWhateverTheOrderThePromisesHold(t *testing.T) {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1)) // who is ready first does not depend on the machine
	if *weaveOne != 0 {
		w := weave(t, *weaveOne)
		t.Logf("seed %d\n%s\n%s", *weaveOne, strings.Join(w.steps, "\n"), strings.Join(w.broken, "\n"))
		if len(w.broken) > 0 {
			t.Fail()
		}
		return
	}
	began, steps, failed := time.Now(), 0, 0
	for n := range *weaveSeeds {
		seed := *weaveFirst + uint64(n)
		w := weave(t, seed)
		steps += len(w.steps)
		if len(w.broken) > 0 {
			failed++
			t.Errorf("seed %d: %s\nagain: go test ./shared/job -run %s -weave.seed=%d -v", seed, strings.Join(w.broken, "\n"), t.Name(), seed)
		}
		if failed == 5 {
			break
		}
	}
	took := time.Since(began)
	t.Logf("seeds %d to %d: %d steps in %v, %.0f seeds a minute", *weaveFirst, *weaveFirst+uint64(*weaveSeeds)-1, steps, took.Round(time.Second), float64(*weaveSeeds)/took.Minutes())
}

func TestASeedIsOneOrder(t *testing.T) {
	if orders < 1000 {
		t.Skip("the race detector changes who is ready first")
	}
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	for seed := range uint64(gate.Size(10, min(50, orders))) {
		first, again := weave(t, seed+1), weave(t, seed+1)
		for n := range first.steps {
			if n >= len(again.steps) || first.steps[n] != again.steps[n] {
				t.Fatalf("seed %d goes another way in step %d of %d:\n%s\n\nand again\n%s", seed+1, n, len(first.steps),
					strings.Join(first.steps[max(0, n-5):min(n+3, len(first.steps))], "\n"), strings.Join(again.steps[max(0, n-5):min(n+3, len(again.steps))], "\n"))
			}
		}
	}
}

// weaver is a machine whose actors are interleaved.
type weaver struct {
	*machine
	chance *rand.Rand
	wild   bool // workers die and replies are lost
	actors []*actor
	deeds  int // of people, that are still to come
	ids    int
	steps  []string
	wrote  atomic.Bool // since the last check

	mu      sync.Mutex
	tickets []*ticket
	came    chan struct{} // holds a token when one is new
}

// actor is a worker, a sweep or a request of a person.
type actor struct {
	no    int
	name  string
	hand  *hand     // of a worker
	until time.Time // when the process of a worker is killed
	lose  atomic.Pointer[string]
	done  atomic.Bool
}

// ticket is an operation that waits until it may happen.
type ticket struct {
	actor   *actor
	op      string
	about   string
	verdict chan verdict
}

type verdict int

const (
	letPass verdict = iota
	letFail
	letLose
	letDie
)

// free are operations that wait for no other: advice, and looks of which each is followed by another at what was found. A look
// of a submitter at what is in the queue is one at which others wait at a mutex, where no bubble can wait.
var free = []string{
	"store.pace", "store.setpace", "standingreader.standing", "standingwriter.setstanding", "lines.flows", "batchindex.duebatches", "backlog.waiting",
	"timers.dispatched", "timers.fired", "days.spent",
}

// workTime is how long a worker may work on a message.
const workTime = 3 * time.Minute

type actorKey struct{}

// weave plays a seed.
func weave(t *testing.T, seed uint64) *weaver {
	t.Helper()
	defer debug.SetGCPercent(debug.SetGCPercent(400))
	dir, err := os.MkdirTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	w := &weaver{chance: rand.New(rand.NewPCG(seed, 3))}
	synctest.Test(t, func(t *testing.T) {
		w.came = make(chan struct{}, 1)
		w.machine = &machine{h: open(t, dir), armed: map[stop]int{}, days: map[string]int64{}}
		defer w.h.db.Close()
		w.h.budget([]int64{1e9, 1e9, 100_000}[w.chance.IntN(3)])
		w.steady(seed)
		w.h.fault.Before, w.h.fault.After = w.before, w.after
		w.h.studio.do = w.call
		w.wild, w.deeds = w.chance.IntN(2) == 0, []int{2, 3, 6, 10}[w.chance.IntN(4)] // where there is little to do all do the same
		for n := 0; n < 250 && len(w.broken) == 0; n++ {
			w.step()
			synctest.Wait()
			if w.wrote.Swap(false) {
				w.check()
			}
		}
		w.finish()
	})
	return w
}

// steady gives the core a clock of whole quarters of a second, so that the length of a pause after a conflict tells nothing,
// and IDs and numbers by the seed.
func (w *weaver) steady(seed uint64) {
	drawn := rand.New(rand.NewPCG(seed, 4))
	var mu sync.Mutex
	id := func() string {
		mu.Lock()
		defer mu.Unlock()
		w.ids++
		return fmt.Sprintf("0198a000-0000-7000-8000-%012d", w.ids)
	}
	number := func(n int64) int64 {
		mu.Lock()
		defer mu.Unlock()
		return drawn.Int64N(n)
	}
	clock := func() time.Time { return time.Now().Truncate(tick) }
	for _, r := range []*job.Recorder{&w.h.submit.Recorder, &w.h.worker.Recorder, &w.h.sweeper.Recorder} {
		r.Now, r.NewID, r.Chance = clock, id, number
	}
}

const tick = 250 * time.Millisecond

func actorOf(ctx context.Context) *actor {
	a, _ := ctx.Value(actorKey{}).(*actor)
	return a
}

// before holds an operation up until the scheduler lets it happen.
func (w *weaver) before(ctx context.Context, op string) error {
	a := actorOf(ctx)
	if a == nil || slices.Contains(free, op) {
		return nil
	}
	t := &ticket{actor: a, op: op, about: jobtest.About(ctx), verdict: make(chan verdict)}
	w.mu.Lock()
	w.tickets = append(w.tickets, t)
	w.mu.Unlock()
	select {
	case w.came <- struct{}{}:
	default:
	}
	switch <-t.verdict {
	case letFail:
		return jobtest.ErrFault
	case letDie:
		runtime.Goexit()
	case letLose:
		a.lose.Store(&op)
	}
	return w.machine.before(ctx, op)
}

func (w *weaver) after(ctx context.Context, op string, brought any, err error) error {
	if made, ok := brought.(job.Transaction); ok && op == "creator.create" && err == nil {
		w.born(made)
	}
	if writes(op) {
		w.wrote.Store(true)
	}
	if failed := w.machine.after(ctx, op, brought, err); failed != nil {
		return failed
	}
	if a := actorOf(ctx); a != nil {
		if lost := a.lose.Load(); lost != nil && *lost == op {
			a.lose.Store(nil)
			return jobtest.ErrFault
		}
	}
	return nil
}

// writes reports whether an operation may change a record.
func writes(op string) bool {
	return slices.Contains([]string{"creator.create", "records.update", "batches.amend", "eraser.erase", "batcheraser.erasebatch"}, op)
}

// born notes new jobs and batches at the moment at which they are there.
func (w *weaver) born(t job.Transaction) {
	if t.Batch != nil {
		w.groups = append(w.groups, t.Batch.ID)
	}
	for _, j := range t.Jobs {
		w.incarnations = append(w.incarnations, &incarnation{id: j.ID, owner: j.Owner, created: j.CreatedAt, record: j, calls: map[int]int{}, stored: map[string]bool{}})
	}
}

// start lets an actor work up to its first operation.
func (w *weaver) start(a *actor, do func(ctx context.Context)) {
	a.no = len(w.actors)
	w.actors = append(w.actors, a)
	ctx := context.WithValue(w.h.t.Context(), actorKey{}, a)
	if a.hand != nil {
		ctx = context.WithValue(ctx, handKey{}, a.hand)
	}
	go func() {
		defer func() { a.done.Store(true) }()
		defer func() {
			if cause := recover(); cause != nil {
				w.must(false, "%s panicked: %v\n%s", a.name, cause, debug.Stack())
			}
		}()
		do(ctx)
	}()
}

// waiting are the operations that could happen next, in an order that follows from the seed.
func (w *weaver) waiting() []*ticket {
	synctest.Wait()
	w.mu.Lock()
	defer w.mu.Unlock()
	slices.SortStableFunc(w.tickets, func(a, b *ticket) int {
		return cmp.Or(cmp.Compare(a.actor.no, b.actor.no), cmp.Compare(a.op, b.op), cmp.Compare(a.about, b.about))
	})
	return slices.Clone(w.tickets)
}

// let decides about an operation.
func (w *weaver) let(t *ticket, v verdict) {
	w.mu.Lock()
	w.tickets = slices.DeleteFunc(w.tickets, func(other *ticket) bool { return other == t })
	w.mu.Unlock()
	if t.actor.hand != nil && time.Now().After(t.actor.until) {
		v = letDie
	}
	w.note("%s %s%s", t.actor.name, t.op, []string{"", " fails", " loses its reply", " dies"}[v])
	t.verdict <- v
	synctest.Wait()
}

func (w *weaver) note(format string, args ...any) {
	w.steps = append(w.steps, time.Now().Format("15:04:05 ")+fmt.Sprintf(format, args...))
}

// sleep lets time pass until an operation is waiting, or for so long.
func (w *weaver) sleep(d time.Duration) {
	w.note("time passes, up to %v", d)
	w.waiting()
	select {
	case <-w.came: // one that was here before
	default:
	}
	over := time.NewTimer(d)
	defer over.Stop()
	select {
	case <-w.came:
	case <-over.C:
	}
	wait(time.Until(time.Now().Add(tick).Truncate(tick))) // the others of this moment
	synctest.Wait()
}

// freeze lets time pass in which nothing happens that waits: leases end under those that hold them.
func (w *weaver) freeze(d time.Duration) {
	w.note("nothing happens for %v", d)
	wait(d)
}

// finish lets all that waits happen, and drains the machine without a scheduler.
func (w *weaver) finish() {
	w.deeds = 0
	for n := 0; w.busy() && n < 5000 && len(w.broken) == 0; n++ {
		if all := w.waiting(); len(all) > 0 {
			w.let(all[0], letPass)
		} else {
			w.sleep(time.Minute)
		}
	}
	w.must(!w.busy() || len(w.broken) > 0, "an actor never ended")
	if len(w.broken) == 0 {
		w.h.budget(1e9)
		w.drain()
	}
	for n := 0; w.busy() && n < 5000; n++ { // a seed that failed
		if all := w.waiting(); len(all) > 0 {
			w.let(all[0], letPass)
		} else {
			wait(time.Minute)
		}
	}
}

func (w *weaver) busy() bool {
	return slices.ContainsFunc(w.actors, func(a *actor) bool { return !a.done.Load() })
}
