package local

import (
	"context"
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"easel/shared/bedrocksim"
	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/pace"
	"easel/shared/worker"
)

// scene is a service in a certain mood, and the work that is to be done with it.
type scene struct {
	name    string
	minutes int           // of work at the quota, for each model
	models  []string      // aliases
	latency time.Duration // of each call; 0: the simulator's own
	setting pace.Limits   // of a single model; zero: the catalogue's rate
	spells  []spell
	apart   time.Duration // by which the clocks of half of the workers are ahead
	learns  bool          // the quota has to be found, or found again, from far below
}

// spell is a time in which the service behaves in one way. The last one lasts.
type spell struct {
	lasts  time.Duration
	quota  float64 // of the catalogue's rate
	share  float64 // of the calls that are refused whatever the quota, or spoilt
	status int     // of these: 429, 503, 403; 500 after the model ran
}

var usual = []spell{{quota: 1}}

// amid is ten minutes of trouble after ten minutes of work.
func amid(trouble spell) []spell {
	trouble.lasts, trouble.quota = 10*time.Minute, 1
	return []spell{{lasts: 10 * time.Minute, quota: 1}, trouble, {quota: 1}}
}

var (
	allThree = []string{"core", "sd35", "ultra"}
	oneModel = []string{"sd35"}
	scenes   = []scene{
		{name: "three models, 90 : 15 : 10", minutes: 30, models: allThree, spells: usual},
		{name: "calls of 3 s", minutes: 20, models: allThree, latency: 3 * time.Second, spells: usual},
		{name: "calls of 6 s", minutes: 20, models: allThree, latency: 6 * time.Second, spells: usual},
		{name: "calls of 10 s", minutes: 20, models: allThree, latency: 10 * time.Second, spells: usual},
		{name: "half of the quota that was set", minutes: 60, models: oneModel, setting: pace.Limits{Start: 30, Max: 30}, spells: usual},
		{name: "twice the quota that was set", minutes: 60, models: oneModel, setting: pace.Limits{Start: 15, Max: 60}, spells: []spell{{quota: 2}}, learns: true},
		{name: "half of it from minute 20 to 40", minutes: 60, models: oneModel, spells: []spell{{lasts: 20 * time.Minute, quota: 1}, {lasts: 20 * time.Minute, quota: 0.5}, {quota: 1}}},
		{name: "95 % throttled, minutes 10 to 20", minutes: 40, models: oneModel, spells: amid(spell{share: 0.95, status: 429}), learns: true},
		{name: "an outage, minutes 10 to 20", minutes: 40, models: oneModel, spells: amid(spell{share: 1, status: 503})},
		{name: "access pending, minutes 0 to 10", minutes: 40, models: oneModel, spells: amid(spell{share: 1, status: 403})[1:]},
		{name: "clocks 5 s apart", minutes: 40, models: oneModel, spells: usual, apart: 5 * time.Second},
		{name: "2 % of the answers are lost", minutes: 40, models: oneModel, spells: []spell{{quota: 1, share: 0.02, status: 500}}},
	}
)

// mood is the service: a simulator without a quota behind one that changes.
type mood struct {
	sim    *bedrocksim.Server
	spells []spell
	began  time.Time

	mu      sync.Mutex
	chance  *rand.Rand
	taken   map[string][]time.Time // calls of each model that passed
	calls   int
	refused int
}

func newMood(t *testing.T, s scene) *mood {
	t.Helper()
	sim, err := bedrocksim.New(bedrocksim.Options{Tiny: true, Seed: 1, Latency: s.latency})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = sim.Close() })
	return &mood{sim: sim, spells: s.spells, began: time.Now(), chance: rand.New(rand.NewPCG(1, 1)), taken: map[string][]time.Time{}}
}

// at is the spell at a time since the beginning.
func (m *mood) at(d time.Duration) spell {
	for _, s := range m.spells[:len(m.spells)-1] {
		if d < s.lasts {
			return s
		}
		d -= s.lasts
	}
	return m.spells[len(m.spells)-1]
}

// answer decides about a call: the status of a refusal, or 200, or 500 for a picture that is made and lost.
func (m *mood) answer(id string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := time.Now()
	s := m.at(now.Sub(m.began))
	hit := m.chance.Float64() < s.share
	m.calls++
	recent := 0
	for _, at := range slices.Backward(m.taken[id]) {
		if now.Sub(at) >= time.Minute {
			break
		}
		recent++
	}
	spec, _ := model.Find(id)
	switch {
	case hit && s.status != http.StatusInternalServerError:
		m.refused++
		return s.status
	case recent >= int(s.quota*float64(spec.RPM)):
		m.refused++
		return http.StatusTooManyRequests
	}
	m.taken[id] = append(m.taken[id], now)
	if hit {
		return s.status
	}
	return http.StatusOK
}

func (m *mood) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	switch m.answer(strings.Split(r.URL.Path, "/")[2]) {
	case http.StatusTooManyRequests:
		refuse(http.StatusTooManyRequests, "ThrottlingException", "Too many requests, please wait before trying again.")(w)
	case http.StatusServiceUnavailable:
		refuse(http.StatusServiceUnavailable, "ServiceUnavailableException", "Bedrock is unable to process your request.")(w)
	case http.StatusForbidden:
		refuse(http.StatusForbidden, "AccessDeniedException", accessPending)(w)
	case http.StatusInternalServerError:
		m.sim.ServeHTTP(httptest.NewRecorder(), r)
		refuse(http.StatusInternalServerError, "InternalServerException", "The system encountered an unexpected error during processing.")(w)
	default:
		m.sim.ServeHTTP(w, r)
	}
}

// used is the share of what the service would have taken of a model, from the beginning to the model's last call.
func (m *mood) used(id string) float64 {
	calls := m.taken[id]
	spec, _ := model.Find(id)
	allowed := 0.0
	last := calls[len(calls)-1].Sub(m.began)
	for at := time.Duration(0); at < last; at += time.Second {
		s := m.at(at)
		rate := s.quota * float64(spec.RPM)
		if s.status != http.StatusInternalServerError {
			rate *= 1 - s.share
		}
		allowed += rate / 60
	}
	return float64(len(calls)) / allowed
}

// outcome is a line of the table.
type outcome struct {
	who     string
	used    []float64 // of each model
	refused float64
	twice   int // calls of orders that were paid for before
	dead    int // jobs without a picture
	took    time.Duration
}

func (o outcome) String() string {
	var used []string
	for _, u := range o.used {
		used = append(used, fmt.Sprintf("%.0f", 100*u))
	}
	return fmt.Sprintf("%-7s %12s %10.1f %6d %6d %10s", o.who, strings.Join(used, " "), 100*o.refused, o.twice, o.dead, o.took.Round(time.Second))
}

// tell adds a run up.
func (m *mood) tell(who string, s scene, jobs, dead int) outcome {
	o := outcome{who: who, refused: float64(m.refused) / float64(m.calls), dead: dead, took: time.Since(m.began)}
	for _, alias := range s.models {
		spec, _ := model.Find(alias)
		o.used = append(o.used, m.used(spec.ID))
	}
	orders := map[string]int{}
	for _, e := range m.sim.Ledger(bedrocksim.Filter{}).Entries {
		if e.Outcome == bedrocksim.Executed {
			orders[e.Hash]++
		}
	}
	for _, n := range orders {
		o.twice += n - 1
	}
	return o
}

// orders are the models of the jobs, mixed as the quotas are.
func (s scene) orders() (models []string) {
	for range s.minutes {
		for _, alias := range s.models {
			spec, _ := model.Find(alias)
			models = append(models, slices.Repeat([]string{alias}, spec.RPM)...)
		}
	}
	return models
}

// pace is what the workers are told of the service.
func (s scene) pace() func(string) pace.Limits {
	if s.setting.Start == 0 {
		return Options{}.setting(1)
	}
	return func(string) pace.Limits { return s.setting }
}

// patience is how long a run may take.
const patience = 12 * time.Hour

// easel runs a scene with Easel.
func (s scene) easel(t *testing.T, dir string) (o outcome) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		m := newMood(t, s)
		l := newLoad(t, dir, m, s.pace())
		l.worker.Probe = 0 // as with the real service
		others := l.ahead(s.apart)
		models := s.orders()
		l.order(t, models)
		ctx, cancel := context.WithCancel(t.Context())
		var wg sync.WaitGroup
		for n := range l.workers {
			wg.Go(func() { []*load{l, others}[n%2].pump(t, ctx) })
		}
		wg.Go(func() { l.sweep(ctx) })
		for l.left(t) > 0 && time.Since(m.began) < patience {
			<-time.After(time.Second)
		}
		cancel()
		wg.Wait()
		o = m.tell("Easel", s, len(models), len(models)-l.pictured(t))
	})
	return o
}

// ahead is a load of the same jobs whose workers' clocks are ahead. Slots are told by the clock of the worker, as those of
// DynamoDB are.
func (l *load) ahead(d time.Duration) *load {
	if d == 0 {
		return l
	}
	clock := func() time.Time { return time.Now().Add(d) }
	shared := &slotTable{next: map[string]time.Time{}}
	e := *l.engine
	e.worker = &worker.Worker{
		Recorder: l.worker.Recorder, Dispatcher: l.worker.Dispatcher, Limiter: l.worker.Limiter, Images: l.worker.Images, Inputs: l.worker.Inputs,
		Generator: l.worker.Generator, Days: l.worker.Days, Keep: l.worker.Keep, Pacer: clocked{shared, clock},
	}
	e.worker.Now = clock
	l.worker.Pacer = clocked{shared, time.Now}
	return &load{engine: &e, db: l.db}
}

// slotTable is where machines with clocks of their own keep the next slots.
type slotTable struct {
	mu   sync.Mutex
	next map[string]time.Time
}

// clocked is the pacer of a machine.
type clocked struct {
	*slotTable
	now func() time.Time
}

// Reserve implements pace.Pacer.
func (c clocked) Reserve(_ context.Context, model string, interval, within time.Duration) (time.Time, bool, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now, slot := c.now(), c.next[model]
	if slot.Before(now) || slot.UnixMicro() > pace.NewReservation(now, interval, within).Ahead {
		slot = now
	}
	if slot.After(now.Add(within)) {
		return slot, false, nil
	}
	c.next[model] = slot.Add(interval)
	return slot, true, nil
}

// pictured is how many jobs have a picture.
func (l *load) pictured(t *testing.T) (n int) {
	t.Helper()
	q := job.Query{Owner: "ann", Statuses: []job.Status{job.Succeeded}, Limit: 100}
	for {
		page, more, err := l.db.List(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		n += len(page)
		if q.After = more; more == nil {
			return n
		}
	}
}

var paceBeside = flag.Bool("pace.beside", false, "the pace is tried beside a worker without a pacer")

// TestPaceBesideANaiveWorker prints what Easel and a worker that has the SDK alone make of the same service, in virtual time.
func TestPaceBesideANaiveWorker(t *testing.T) {
	if !*paceBeside {
		t.Skip("it takes minutes: make pace")
	}
	table := &strings.Builder{}
	fmt.Fprintf(table, "%-34s %-7s %12s %10s %6s %6s %10s\n", "", "", "used, %", "refused, %", "twice", "dead", "time")
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) {
			ours, naive := s.easel(t, t.TempDir()), s.naive(t, t.TempDir())
			fmt.Fprintf(table, "%-34s %s\n%-34s %s\n", s.name, ours, "", naive)
			if ours.dead > 0 {
				t.Errorf("%d jobs of Easel have no picture", ours.dead)
			}
			least := slices.Min(ours.used)
			if least < 0.75 && !s.learns || least < 0.6 || ours.refused > 0.1 {
				t.Errorf("Easel used %.0f %% and was refused %.1f %%; want at least 75 (60 where the quota is to be found), and at most 10", 100*least, 100*ours.refused)
			}
		})
	}
	t.Logf("\n%s", table)
}
