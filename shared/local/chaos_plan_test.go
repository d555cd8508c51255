package local

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"time"

	"easel/shared/backoff"
)

// Faults that do not befall calls of the model.
const (
	kill9     = "kill -9"
	killStart = "kill -9 while it starts"
	fullDisk  = "full disk"
	forward   = "clock +11 min"
	backward  = "clock -10 min"
	hour      = "clock +61 min"      // the timers of what waits in a flow come; few, or messages count as lost for good
	outlived  = "lease ends in call" // the clock jumps while calls are slow
)

// event is a moment of the plan: faults that are on for a while, a kill, or both. When it comes is told
// in jobs accepted, so that one seed makes one plan on any machine.
type event struct {
	at     int
	faults []string
	lasts  time.Duration
	kill   bool
	late   bool          // the faults begin while the server is down
	still  time.Duration // the server is killed once more, so long after it was started; 0: it is not
	reply  bool          // the kill waits for a picture that is on its way into the store
	delay  time.Duration // before the kill, from there
	drop   bool          // what runs is canceled first
}

func (e event) String() string {
	words := slices.Clone(e.faults)
	if e.kill {
		words = append(words, kill9)
	}
	return fmt.Sprintf("%s, %v", strings.Join(words, ", "), e.lasts.Round(time.Millisecond))
}

// plan draws the events of a siege: each fault as often as the kills allow, half of the kills amid faults.
func plan(seed uint64, jobs, kills int, faults []string) []event {
	chance := rand.New(rand.NewPCG(seed, 1))
	var events []event
	for range max(1, kills/8) {
		for _, f := range faults {
			if f == hour {
				continue
			}
			e := event{faults: []string{f}, at: jobs/50 + chance.IntN(jobs*9/10), late: chance.IntN(3) == 0}
			e.lasts = 200*time.Millisecond + time.Duration(chance.Int64N(int64(min(3*time.Second, time.Duration(jobs)*time.Millisecond))))
			if chance.IntN(5) == 0 {
				if f := faults[chance.IntN(len(faults))]; f != hour {
					e.faults = append(e.faults, f)
				}
			}
			events = append(events, e)
		}
	}
	chance.Shuffle(len(events), func(i, j int) { events[i], events[j] = events[j], events[i] })
	for n := range kills {
		if n < kills/2 && n < len(events) {
			events[n].kill = true
			continue
		}
		events = append(events, event{at: chance.IntN(jobs), kill: true})
	}
	events[len(events)-1].at = jobs - 1 // after the last there is no other fault that could make up for it
	for n := range events {
		events[n].reply = chance.IntN(3) > 0
		if events[n].kill && chance.IntN(4) == 0 {
			events[n].still = time.Duration(1+chance.IntN(80)) * time.Millisecond
		}
		events[n].drop = chance.IntN(4) == 0
		events[n].delay = time.Duration(chance.IntN(8000)) * time.Microsecond
		events[n].faults = slices.Compact(events[n].faults)
	}
	if slices.Contains(faults, hour) {
		for _, part := range []int{8, 3} {
			events = append(events, event{at: jobs / part, faults: []string{hour}, lasts: 200 * time.Millisecond})
		}
	}
	slices.SortStableFunc(events, func(a, b event) int { return cmp.Compare(a.at, b.at) })
	return events
}

// allFaults of this machine, in an order that does not change.
func (s *siege) allFaults() []string {
	all := append(slices.Sorted(maps.Keys(blows)), forward, backward, outlived, hour)
	if s.disk != "" {
		all = append(all, fullDisk)
	}
	return all
}

// conduct goes through the plan while jobs come in.
func (s *siege) conduct(ctx context.Context, events []event) {
	for _, e := range events {
		for s.accepted() < e.at && !s.over.Load() && ctx.Err() == nil {
			_ = backoff.Sleep(ctx, 2*time.Millisecond)
		}
		if ctx.Err() != nil {
			return
		}
		s.t.Logf("%4d accepted: %s", s.accepted(), e)
		s.perform(ctx, e)
	}
}

func (s *siege) perform(ctx context.Context, e event) {
	if e.kill && e.late {
		s.strike(ctx, e)
	}
	for _, f := range e.faults {
		s.begin(f)
	}
	if e.kill && e.late {
		s.restart(e)
	}
	_ = backoff.Sleep(ctx, e.lasts/2)
	if e.kill && !e.late {
		s.strike(ctx, e)
		s.restart(e)
	}
	_ = backoff.Sleep(ctx, e.lasts/2)
	for _, f := range e.faults {
		s.feel(ctx, f)
		s.end(f)
	}
}

// feel keeps a fault on until it has befallen a call, but not for ever: it may have stopped everything.
func (s *siege) feel(ctx context.Context, fault string) {
	if fault == fullDisk {
		_ = backoff.Sleep(ctx, time.Second)
	}
	if _, ok := blows[fault]; !ok {
		return
	}
	for end := time.Now().Add(2 * time.Second); s.weather.felt(fault) < 3*s.on[fault] && !s.over.Load() && time.Now().Before(end); {
		_ = backoff.Sleep(ctx, 10*time.Millisecond)
	}
}

// begin switches a fault on.
func (s *siege) begin(fault string) {
	s.on[fault]++
	switch fault {
	case fullDisk:
		fill(s.t, s.disk)
	case forward:
		s.jump(leap)
	case hour:
		s.jump(time.Hour + time.Minute)
	case backward:
		setClock(s.t, s.clock, s.ahead-10*time.Minute)
	case outlived:
		s.weather.turn(slow, true)
	default:
		s.weather.turn(fault, true)
	}
}

// end switches it off. A clock that was set back is set right; one that was put forward stays, since
// the test cannot wait until the time has come that it showed.
func (s *siege) end(fault string) {
	switch fault {
	case fullDisk:
		empty(s.t, s.disk)
	case forward, hour:
	case backward:
		setClock(s.t, s.clock, s.ahead)
	case outlived:
		s.jump(leap)
		s.weather.turn(slow, false)
	default:
		s.weather.turn(fault, false)
	}
}

// leap is longer than any lease lasts.
const leap = 11 * time.Minute

// jump puts the clock forward.
func (s *siege) jump(d time.Duration) {
	s.ahead += d
	setClock(s.t, s.clock, s.ahead)
}

// strike kills the server, half of the time in the moments in which a picture is stored and recorded.
func (s *siege) strike(ctx context.Context, e event) {
	if e.reply && s.weather != nil {
		select {
		case <-s.weather.replied:
		case <-time.After(time.Second):
		}
	}
	if e.drop {
		s.drop(ctx)
	} else {
		_ = backoff.Sleep(ctx, e.delay)
	}
	s.server.kill(s.t)
	s.on[kill9]++
	s.look()
	s.photograph()
	if e.still > 0 {
		s.stifle(ctx, e.still)
	}
}

// drop cancels what runs. Their calls end in a canceled job, or with the server.
func (s *siege) drop(ctx context.Context) {
	running, err := s.list(ctx, "running")
	if err != nil {
		return // the disk is full, or no server runs
	}
	var wg sync.WaitGroup
	for id := range running {
		s.dropped[id] = true
		wg.Go(func() { _, _ = s.client.Load().Cancel(ctx, id) }) // it may have ended
	}
	wg.Wait()
}

// stifle kills a server that is about to start.
func (s *siege) stifle(ctx context.Context, after time.Duration) {
	cmd := s.command()
	if err := cmd.Start(); err != nil {
		s.t.Error(err)
		return
	}
	_ = backoff.Sleep(ctx, after)
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it reports the signal
	s.on[killStart]++
}

// restart starts the server again. On a full disk it may refuse to, until there is room.
func (s *siege) restart(e event) {
	err := s.start()
	if err != nil && slices.Contains(e.faults, fullDisk) {
		s.refused++
		s.end(fullDisk)
		err = s.start()
	}
	if err != nil {
		s.t.Error(err)
		s.stop()
	}
}
