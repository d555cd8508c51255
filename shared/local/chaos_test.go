package local

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"easel/shared/api/client"
	"easel/shared/bedrocksim"
)

var (
	chaosJobs     = flag.Int("chaos.jobs", 300/scale, "jobs of the crash harness")
	chaosKills    = flag.Int("chaos.kills", 8/min(scale, 4), "kills of the crash harness")
	chaosSeed     = flag.Uint64("chaos.seed", 20261122, "of its plan and its orders; 0: by chance")
	chaosPatience = flag.Duration("chaos.patience", 3*time.Minute, "time in which no job ends, after which the rest counts as stuck")
)

// Figures of the load.
const (
	clients  = 4
	together = 200 // jobs that have not ended, at most
)

// siege is a server under fire, and what its clients know of it.
type siege struct {
	t       *testing.T
	seed    uint64
	jobs    int
	data    string
	command func() *exec.Cmd
	entries func() []bedrocksim.Entry // what the simulator was asked for
	weather *weather                  // nil: the server has a simulator of its own
	clock   string                    // file
	witness string                    // file of the rare states; empty: none is recorded
	disk    string                    // the small disk that the data lies on; empty: there is none
	faults  []string                  // of the plan, beside kills

	client atomic.Pointer[client.Client]
	unable atomic.Int64 // answers of 500 and more
	room   chan struct{}
	over   atomic.Bool // every order was given

	mu      sync.Mutex
	orders  map[string]errand // by job: what was accepted
	dropped map[string]bool   // canceled by the conductor
	waiting map[string]bool   // those that have not ended as far as is known
	erased  map[string]bool   // whose deletion was asked for
	erasing sync.WaitGroup

	// Of the conductor alone.
	server  *process
	on      map[string]int // how often each fault was switched on
	ahead   time.Duration
	refused int                  // starts on a full disk
	seen    map[string]time.Time // pictures on the disk, and the first kill at which they were
	stop    context.CancelFunc

	overtaken, unrecorded map[string]bool // messages and pictures that kills have left so
}

func (s *siege) accept(id string, e errand) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.orders[id], s.waiting[id] = e, true
}

func (s *siege) accepted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.orders)
}

func (s *siege) start() (err error) {
	s.server, err = launch(s.command())
	if err == nil {
		s.client.Store(s.server.client)
		s.t.Cleanup(func() { _ = s.server.cmd.Process.Kill() })
	}
	return err
}

func newSiege(t *testing.T, jobs int) *siege {
	t.Helper()
	s := &siege{
		t: t, jobs: jobs, seed: *chaosSeed, data: t.TempDir(), room: make(chan struct{}, together),
		orders: map[string]errand{}, waiting: map[string]bool{}, dropped: map[string]bool{}, on: map[string]int{}, seen: map[string]time.Time{},
		erased: map[string]bool{}, overtaken: map[string]bool{}, unrecorded: map[string]bool{},
	}
	if s.seed == 0 {
		s.seed = rand.Uint64()
	}
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("again: go test -tags long ./shared/local -run '%s' -chaos.jobs=%d -chaos.kills=%d -chaos.seed=%d -timeout 60m -v",
				t.Name(), *chaosJobs, *chaosKills, s.seed)
		}
	})
	return s
}

// besiege lets the jobs in while the plan goes on, waits until they have ended, and looks at what is left.
func (s *siege) besiege(kills int) {
	began := time.Now()
	ctx, stop := context.WithCancel(s.t.Context())
	defer stop()
	s.stop = stop
	events := plan(s.seed, s.jobs, kills, s.faults)
	if len(s.faults) > 0 { // an account that is not let in yet
		s.begin("access")
		time.AfterFunc(time.Second, func() { s.weather.turn("access", false) })
	}
	if err := s.start(); err != nil {
		s.t.Fatal(err)
	}
	var conductor sync.WaitGroup
	conductor.Go(func() { s.conduct(ctx, events) })
	if s.witness != "" {
		conductor.Go(func() { s.orderGroups(ctx) })
	}
	s.order(ctx)
	conductor.Wait()
	if ctx.Err() == nil {
		s.drain(ctx)
		s.again(ctx)
		s.drain(ctx)
		s.salvage(ctx)
		s.settle(ctx)
	}
	s.server.kill(s.t)
	s.judge(time.Since(began))
}

// order gives all orders, so many at a time.
func (s *siege) order(ctx context.Context) {
	watching, rested := context.WithCancel(ctx)
	var watcher, givers sync.WaitGroup
	watcher.Go(func() { s.watch(watching) })
	numbers := make(chan int)
	for range clients {
		givers.Go(func() {
			for n := range numbers {
				s.run(ctx, draw(s.seed, n))
			}
		})
	}
	for n := 0; n < s.jobs && ctx.Err() == nil; n++ {
		select {
		case s.room <- struct{}{}:
			numbers <- n
		case <-ctx.Done():
		}
	}
	close(numbers)
	givers.Wait()
	rested()
	watcher.Wait()
	s.over.Store(true)
}

// TestChaos besieges this test binary as the server: the real one, but twenty times as fast and with a
// clock that can be set. The simulator and its ledger live here and outlive it.
func TestChaos(t *testing.T) {
	t.Parallel()
	s := newSiege(t, *chaosJobs)
	sim, err := bedrocksim.New(bedrocksim.Options{Quota: 1.2 * rush, Latency: 20 * time.Millisecond, Tiny: true, Seed: s.seed})
	if err != nil {
		t.Fatal(err)
	}
	s.entries = func() []bedrocksim.Entry { return sim.Ledger(bedrocksim.Filter{}).Entries }
	endpoint := s.endpoint(sim)
	dir := t.TempDir()
	s.clock, s.witness = filepath.Join(dir, "clock"), filepath.Join(dir, "witness")
	setClock(t, s.clock, 0)
	if dir, ok := smallDisk(t, s.jobs); ok {
		s.disk, s.data = dir, filepath.Join(dir, "data")
	}
	s.faults = s.allFaults()
	s.command = func() *exec.Cmd {
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(endpoint, besiegedData+"="+s.data, besiegedClock+"="+s.clock, besiegedSaw+"="+s.witness)
		return cmd
	}
	s.besiege(*chaosKills)
}

// endpoint puts the weather before a simulator and returns the environment that leads a server there.
func (s *siege) endpoint(sim *bedrocksim.Server) []string {
	s.weather = &weather{
		sim: sim, replied: make(chan struct{}), now: map[string]bool{}, hits: map[string]int{}, calls: map[string][]time.Time{},
		chance: rand.New(rand.NewPCG(s.seed, 2)),
	}
	server := httptest.NewServer(s.weather)
	s.t.Cleanup(server.Close)
	return append(os.Environ(), "AWS_ENDPOINT_URL_BEDROCK_RUNTIME="+server.URL, "AWS_ACCESS_KEY_ID=simulated",
		"AWS_SECRET_ACCESS_KEY=simulated", "AWS_EC2_METADATA_DISABLED=true")
}

// TestChaosOfTheProgramThatIsShipped kills the built program, with its own simulator and with an endpoint
// in the place of Bedrock.
func TestChaosOfTheProgramThatIsShipped(t *testing.T) {
	t.Parallel()
	program, workers := build(t), strconv.Itoa(besiegedWorkers)
	t.Run("with its simulator", func(t *testing.T) {
		s := newSiege(t, max(20, *chaosJobs/10))
		s.entries = func() []bedrocksim.Entry { return entries(t, filepath.Join(s.data, "ledger.jsonl")) }
		s.command = func() *exec.Cmd {
			return exec.Command(program, "serve", "--data", s.data, "--addr", "127.0.0.1:0", "--workers", workers, "--sim-tiny", "--sim-latency", "none", "--sim-quota", fmt.Sprint(rush))
		}
		s.besiege(max(2, *chaosKills/5))
	})
	t.Run("with an endpoint", func(t *testing.T) {
		s := newSiege(t, 6)
		sim, err := bedrocksim.New(bedrocksim.Options{Quota: 1, Latency: -1, Tiny: true, Seed: s.seed})
		if err != nil {
			t.Fatal(err)
		}
		s.entries = func() []bedrocksim.Entry { return sim.Ledger(bedrocksim.Filter{}).Entries }
		endpoint := s.endpoint(sim)
		s.command = func() *exec.Cmd {
			cmd := exec.Command(program, "serve", "--generator", "bedrock", "--data", s.data, "--addr", "127.0.0.1:0", "--workers", workers)
			cmd.Env = endpoint
			return cmd
		}
		s.besiege(2)
	})
}
