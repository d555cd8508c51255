package cli_test

import (
	"context"
	"flag"
	"fmt"
	"maps"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"easel/shared/bedrocksim"
	"easel/shared/gate"
	"easel/shared/job"
	"easel/shared/request"
	"easel/shared/sqlite"
)

var (
	soakLines  = flag.Int("soak.lines", gate.Size(300, 2000), "lines of the file that the soak turns into pictures")
	soakKills  = flag.Int("soak.kills", gate.Size(2, 5), "how often it kills the client, and as often the server")
	soakSeed   = flag.Uint64("soak.seed", 20261123, "of the moments at which it kills; 0: by chance")
	soakStrict = flag.Bool("soak.strict", false, "also hold 100,000 lines to the time in which they are to be accepted")
)

// Bounds of the soak. Memory is bounded at every size, time only where it was asked for: it is the machine's.
const (
	soakWorkers = 8
	maxMemory   = 150 << 20
	maxTime     = 30 * time.Second // for 100,000 lines to be accepted
)

// soak is a file on its way to a folder, with a client and a server of the built program.
type soak struct {
	*testing.T
	ctx     context.Context
	program string
	file    string
	data    string // folder of the server
	to      string // folder of the client
	url     string
	lines   int

	server, client *running
	serverPeak     int64 // bytes, of all servers so far
	clientPeak     int64
	cut            map[string]int // by prompt: at how many kills of the server its call was under way
	wide           int            // most calls that were under way at a kill
	faults         int
}

// TestSoak is about the program as it is shipped: the test binary may be slowed down by the race detector.
func TestSoak(t *testing.T) {
	t.Parallel()
	program := filepath.Join(t.TempDir(), "easel.exe") // a name that every system runs
	build := exec.CommandContext(t.Context(), "go", "build", "-o", program, "easel/cmd/easel")
	build.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	t.Run("lines are accepted", func(t *testing.T) { newSoak(t, program).accept() })
	t.Run("killed clients and servers", func(t *testing.T) { newSoak(t, program).kill(*soakKills, *soakSeed) })
}

func newSoak(t *testing.T, program string) *soak {
	t.Helper()
	lines := *soakLines
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute+time.Duration(lines)*40*time.Millisecond)
	dir := t.TempDir()
	s := &soak{
		T: t, ctx: ctx, program: program, file: filepath.Join(dir, "rows.csv"), data: filepath.Join(dir, "data"),
		to: filepath.Join(dir, "pictures"), lines: lines, cut: map[string]int{},
	}
	t.Cleanup(func() {
		cancel()
		for _, p := range []*running{s.server, s.client} {
			if p != nil {
				<-p.ended
			}
		}
	})
	var rows strings.Builder
	rows.WriteString("custom_id,prompt,max_model_calls\n") // a call may be under way at several kills
	for n := range lines {
		fmt.Fprintf(&rows, "row-%06d,\"%s\",%d\n", n, promptOf(n), request.MaxCalls)
	}
	if err := os.WriteFile(s.file, []byte(rows.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return s
}

func promptOf(n int) string { return fmt.Sprintf("a red fox in the snow at dawn, picture %06d", n) }

// accept measures how long it takes until the server has all lines.
func (s *soak) accept() {
	s.serve()
	began := time.Now()
	s.run()
	s.until(s.client, "all lines are accepted", func() bool { return s.client.sent.Load() == int64(s.lines) })
	took, made := time.Since(began), s.client.made.Load()
	s.end(s.client)
	s.end(s.server)
	s.Logf("%d lines accepted in %.1f s, with the start of the client and %d pictures beside them; peak memory: client %d MB, server %d MB",
		s.lines, took.Seconds(), made, s.clientPeak>>20, s.serverPeak>>20)
	s.memory()
	if *soakStrict && took > maxTime {
		s.Errorf("it took longer than %s", maxTime)
	}
}

func (s *soak) memory() {
	if s.clientPeak > maxMemory || s.serverPeak > maxMemory {
		s.Errorf("peak memory is %d MB of the client and %d MB of the server, want at most %d MB", s.clientPeak>>20, s.serverPeak>>20, maxMemory>>20)
	}
}

// kill lets client and server die in turn, so often each, and looks at what the last client leaves.
func (s *soak) kill(kills int, seed uint64) {
	if seed == 0 {
		seed = rand.Uint64()
	}
	s.Logf("seed %d", seed)
	began := time.Now()
	s.serve()
	s.run()
	for n, m := range moments(seed, s.lines, kills) {
		s.strike(n, m)
	}
	s.until(s.client, "the client has ended", func() bool { return false })
	took := time.Since(began)
	if s.client.err != nil {
		s.Fatalf("the last client: %v\n%s", s.client.err, s.client.errs())
	}
	s.note(s.client)
	s.judge()
	s.end(s.server)
	s.Logf("%d lines, %d kills of the client and %d of the server, %.0f s, %.0f pictures a second; peak memory: client %d MB, server %d MB",
		s.lines, kills, kills, took.Seconds(), float64(s.lines)/took.Seconds(), s.clientPeak>>20, s.serverPeak>>20)
	s.memory()
}

// moment is when to kill: once the client has sent or made so many, and a while later.
type moment struct {
	sent, made int64
	delay      time.Duration
	server     bool
}

// moments draws when to kill the client and the server in turn: each once while lines are sent, then spread over the
// pictures. One seed makes one plan on any machine.
func moments(seed uint64, lines, kills int) []moment {
	chance := rand.New(rand.NewPCG(seed, 0))
	var all []moment
	for n := range 2 * kills {
		m := moment{server: n%2 == 1, delay: time.Duration(chance.Int64N(int64(300 * time.Millisecond)))}
		if n < 2 {
			m.sent, m.delay = 1+chance.Int64N(int64(lines)*8/10), m.delay/3
		} else {
			span := float64(lines) * 0.8 / float64(2*kills)
			m.made = int64(span * (float64(n) + chance.Float64()))
		}
		all = append(all, m)
	}
	return all
}

// strike kills one of the two at its moment and starts it again.
func (s *soak) strike(n int, m moment) {
	s.until(s.client, fmt.Sprintf("the moment of kill %d", n+1), func() bool {
		return s.client.sent.Load() >= m.sent && s.client.made.Load() >= m.made
	})
	s.rest(m.delay)
	sent, made := s.client.sent.Load(), s.client.made.Load()
	if !m.server {
		s.end(s.client)
		s.Logf("kill %d: the client, %d sent, %d made", n+1, sent, made)
		s.run()
		return
	}
	s.end(s.server)
	under := s.underWay()
	s.Logf("kill %d: the server, %d sent, %d made, %d calls under way", n+1, sent, made, len(under))
	s.wide = max(s.wide, len(under))
	for _, prompt := range under {
		s.cut[prompt]++
	}
	s.serve()
}

// underWay lists the prompts of the jobs that a dead server was working on.
func (s *soak) underWay() (prompts []string) {
	db, err := sqlite.Open(s.ctx, filepath.Join(s.data, "easel.db"), sqlite.Options{})
	if err != nil {
		s.Fatal(err)
	}
	defer db.Close()
	page, more, err := db.List(s.ctx, job.Query{Owner: "local", Statuses: []job.Status{job.Running}, Limit: 100})
	if err != nil || more != nil || len(page) > soakWorkers {
		s.Errorf("%d jobs or more were running, want at most %d: %v", len(page), soakWorkers, err)
	}
	for _, j := range page {
		prompts = append(prompts, j.Input.Prompt)
	}
	return prompts
}

// paid holds the simulator's ledger against the lines: each was executed, and once more only if a kill of the server
// met its call.
func (s *soak) paid() {
	calls := s.ledger()
	excused, wrong := 0, 0
	for n := range s.lines {
		prompt := promptOf(n)
		times := calls[bedrocksim.PromptHash(prompt)]
		delete(calls, bedrocksim.PromptHash(prompt))
		if times < 1 || times > 1+s.cut[prompt] {
			wrong++
			s.fault("line %d was executed %d times; its call was under way at %d kills", n+2, times, s.cut[prompt])
			continue
		}
		excused += times - 1
	}
	if len(calls) > 0 {
		s.fault("%d prompts were executed that no line has, such as %q", len(calls), slices.Sorted(maps.Keys(calls))[0])
	}
	s.Logf("%d calls were under way at a kill of the server (at most %d at one), and %d of them were paid twice; of all other lines %d",
		len(s.cut), s.wide, excused, wrong)
}

// fault is an error of which there may be as many as lines; the first tell enough.
func (s *soak) fault(format string, args ...any) {
	s.Helper()
	if s.faults++; s.faults > 10 {
		s.Fail()
		return
	}
	s.Errorf(format, args...)
}
