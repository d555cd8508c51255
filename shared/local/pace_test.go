package local

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/bedrockruntime"

	"easel/shared/bedrock"
	"easel/shared/bedrocksim"
	"easel/shared/disk"
	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/pace"
	"easel/shared/request"
	"easel/shared/sqlite"
)

// load is a run of the whole embedded pipeline in virtual time against the simulator's real quotas: the
// SDK, the wire, SQLite, the directory, the default workers, a sweep every second.
type load struct {
	*engine
	db         *sqlite.DB
	sim        *bedrocksim.Server
	mu         sync.Mutex
	deliveries int
	receives   int // the highest receive count
}

// wire is a listener whose connections are pipes, so that virtual time passes while both ends wait.
type wire chan net.Conn

func (w wire) Accept() (net.Conn, error) {
	if c, ok := <-w; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}

func (w wire) Close() error   { return nil }
func (w wire) Addr() net.Addr { return &net.TCPAddr{} }

func (w wire) dial(context.Context, string, string) (net.Conn, error) {
	here, there := net.Pipe()
	w <- there
	return here, nil
}

// inLoad runs the pipeline on the given models' jobs, in that order, until every one has ended.
func inLoad(t *testing.T, models []string, check func(l *load, took time.Duration)) {
	t.Helper()
	t.Parallel()
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		sim := newSim(t, 1)
		l := newLoad(t, dir, sim, Options{}.setting(1))
		l.sim = sim
		start := time.Now()
		l.order(t, models)
		stop := l.begin(t)
		for l.left(t) > 0 {
			<-time.After(10 * time.Second)
			if time.Since(start) > 24*time.Hour {
				t.Fatalf("%d jobs have not ended after a day", l.left(t))
			}
		}
		took := time.Since(start)
		stop()
		check(l, took)
	})
}

func (l *load) order(t *testing.T, models []string) {
	t.Helper()
	for n, m := range models {
		r := request.Request{Settings: request.Settings{Prompt: fmt.Sprintf("a fox, number %d", n), Model: m}}
		if _, err := l.submitter.Submit(t.Context(), job.Caller{Owner: "ann"}, r, ""); err != nil {
			t.Fatal(err)
		}
	}
}

// begin lets the workers and the sweep work until it is told to stop.
func (l *load) begin(t *testing.T) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range l.workers {
		wg.Go(func() { l.pump(t, ctx) })
	}
	wg.Go(func() { l.sweep(ctx) })
	return func() {
		cancel()
		wg.Wait()
	}
}

func newSim(t *testing.T, quota float64) *bedrocksim.Server {
	t.Helper()
	sim, err := bedrocksim.New(bedrocksim.Options{Quota: quota, Tiny: true, Seed: 1})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	return sim
}

func newLoad(t *testing.T, dir string, service http.Handler, setting func(string) pace.Limits) *load {
	t.Helper()
	db, err := sqlite.Open(t.Context(), filepath.Join(dir, "easel.db"), sqlite.Options{Unsafe: true})
	if err != nil {
		t.Fatal(err)
	}
	store, err := disk.NewStore(filepath.Join(dir, "files"), make([]byte, 32))
	if err != nil {
		t.Fatal(err)
	}
	pipes := make(wire)
	server := &http.Server{Handler: service}
	go func() { _ = server.Serve(pipes) }()
	transport := &http.Transport{DialContext: pipes.dial}
	generator, err := bedrock.New(simClient("http://bedrock", func(o *bedrockruntime.Options) {
		o.HTTPClient = &http.Client{Transport: transport}
	}), bedrock.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		transport.CloseIdleConnections()
		close(pipes)
		_ = server.Close()
		_, _ = db.Close(), store.Close()
	})
	return &load{db: db, engine: newEngine(parts{
		db: db, store: store, generator: generator, simulated: true, setting: setting, workers: Options{}.withDefaults().Workers,
		log: slog.New(slog.DiscardHandler),
	})}
}

// pump counts what engine.pump does not.
func (l *load) pump(t *testing.T, ctx context.Context) {
	done := ""
	for ctx.Err() == nil {
		d, err := l.next(ctx, done)
		if err != nil {
			continue
		}
		l.mu.Lock()
		l.deliveries++
		l.receives = max(l.receives, d.Receives)
		l.mu.Unlock()
		if done, err = l.handle(context.WithoutCancel(ctx), d); err != nil {
			t.Error(err)
		}
	}
}

// left is how many jobs have not ended.
func (l *load) left(t *testing.T) (n int) {
	t.Helper()
	for _, m := range model.Current() {
		out, err := l.db.Dispatched(t.Context(), m.ID)
		if err != nil {
			t.Fatal(err)
		}
		_, flows, err := l.db.Flows(t.Context(), m.ID)
		if err != nil {
			t.Fatal(err)
		}
		n += len(out)
		for _, f := range flows {
			waiters, err := l.db.Waiters(t.Context(), f.FlowKey, nil, 10_000)
			if err != nil {
				t.Fatal(err)
			}
			n += len(waiters)
		}
	}
	return n
}

// throttled is how many calls the simulator refused.
func (l *load) throttled() int { return l.sim.Ledger(bedrocksim.Filter{}).Totals[bedrocksim.Refused] }

// used is the share of a model's quota that was called, from the first call to the last.
func (l *load) used(m model.Model) float64 {
	calls := l.sim.Ledger(bedrocksim.Filter{Model: m.ID}).Entries
	slices.SortFunc(calls, func(a, b bedrocksim.Entry) int { return a.Time.Compare(b.Time) })
	span := calls[len(calls)-1].Time.Sub(calls[0].Time)
	return float64(len(calls)-1) / (float64(m.RPM) * span.Minutes())
}

func mixed(shuffle bool) []string {
	models := slices.Concat(slices.Repeat([]string{"ultra"}, 174/scale), slices.Repeat([]string{"sd35"}, 261/scale), slices.Repeat([]string{"core"}, 1565/scale))
	if shuffle {
		rand.Shuffle(len(models), func(i, j int) { models[i], models[j] = models[j], models[i] })
	}
	return models
}

func TestTheQuotasAreUsedAndNotStormed(t *testing.T) {
	for name, models := range map[string][]string{"in random order": mixed(true), "slow models first": mixed(false)} {
		t.Run(name, func(t *testing.T) {
			inLoad(t, models, func(l *load, took time.Duration) {
				for _, m := range model.Current() {
					used := l.used(m)
					t.Logf("%s: %.1f %% of the quota used", m.Alias, 100*used)
					if used < least || used > 1 {
						t.Errorf("%s: %.1f %% of the quota was used, want %.0f to 100", m.Alias, 100*used, 100*least)
					}
				}
				mean := float64(l.deliveries) / float64(len(models))
				t.Logf("%d jobs in %v, %.2f deliveries a job, highest receive count %d, %d throttled", len(models), took, mean, l.receives, l.throttled())
				if n := l.throttled(); n > 0 {
					t.Errorf("%d calls were throttled", n)
				}
				if mean > 3 || l.receives > 2 {
					t.Errorf("%.2f deliveries a job, receive count up to %d; want at most 3 and 2", mean, l.receives)
				}
			})
		})
	}
}

func TestALongBacklogOfTheSlowModelLosesNothing(t *testing.T) {
	const jobs = 2000 / scale
	inLoad(t, slices.Repeat([]string{"ultra"}, jobs), func(l *load, took time.Duration) {
		stats, err := l.queue.Stats(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		report := l.sim.Ledger(bedrocksim.Filter{})
		t.Logf("%d jobs in %v, %.2f deliveries a job, %d dead", jobs, took, float64(l.deliveries)/jobs, stats.Dead)
		if stats.Dead > 0 || report.Totals[bedrocksim.Executed] != jobs || report.Repeated > 0 || l.throttled() > 0 {
			t.Errorf("%d dead letters, ledger %+v, %d repeated", stats.Dead, report.Totals, report.Repeated)
		}
	})
}
