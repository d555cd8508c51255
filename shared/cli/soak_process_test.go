package cli_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"easel/shared/bulk"
)

// running is a process of the soak.
type running struct {
	cmd   *exec.Cmd
	log   string        // file of its standard error
	ended chan struct{} // closed then
	err   error         // how it ended

	sent, made atomic.Int64 // of a client: lines that it has sent, and pictures in the folder
	batch      atomic.Value // of a client: the batch ID
	peak       atomic.Int64 // bytes of memory; 0 where the system does not tell
}

// start runs the program until it ends, is killed, or the soak is over. Hear gets its standard output.
func (s *soak) start(hear func(*running, io.Reader), args ...string) *running {
	s.Helper()
	p := &running{cmd: exec.CommandContext(s.ctx, s.program, args...), ended: make(chan struct{})}
	log, err := os.CreateTemp(filepath.Dir(s.file), args[0]+"-*.log")
	if err != nil {
		s.Fatal(err)
	}
	p.log, p.cmd.Stderr = log.Name(), log
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		s.Fatal(err)
	}
	if err := p.cmd.Start(); err != nil {
		s.Fatal(err)
	}
	go func() {
		hear(p, out)
		_, _ = io.Copy(io.Discard, out) // so that it never waits for a reader
		p.err = p.cmd.Wait()
		_ = log.Close()
		close(p.ended)
	}()
	go p.weigh()
	return p
}

// serve starts the server, at its old address if it had one, and waits until it listens.
func (s *soak) serve() {
	s.Helper()
	addr := "127.0.0.1:0"
	if s.url != "" {
		addr = strings.TrimPrefix(s.url, "http://")
	}
	found := make(chan string, 1)
	s.server = s.start(func(_ *running, out io.Reader) {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if url, ok := strings.CutPrefix(lines.Text(), "server "); ok {
				found <- strings.TrimSpace(url)
				return
			}
		}
	}, "serve", "--addr", addr, "--data", s.data, "--workers", strconv.Itoa(soakWorkers), "--sim-tiny", "--sim-latency", "none", "--sim-quota", "none")
	select {
	case s.url = <-found:
	case <-s.server.ended:
		s.Fatalf("the server does not start: %v\n%s", s.server.err, s.server.errs())
	}
}

// run starts the client.
func (s *soak) run() {
	s.Helper()
	s.client = s.start((*running).follow, "bulk", s.file, "--to", s.to, "--server", s.url, "--yes", "--json")
}

// follow reads the events of a client.
func (p *running) follow(out io.Reader) {
	lines := bufio.NewScanner(out)
	for lines.Buffer(nil, 1<<20); lines.Scan(); {
		var e bulk.Event
		if json.Unmarshal(lines.Bytes(), &e) != nil { // the last of a killed one
			continue
		}
		if e.BatchID != "" {
			p.batch.Store(e.BatchID)
		}
		if e.Progress != nil {
			p.sent.Store(max(p.sent.Load(), int64(e.Progress.Sent)))
			p.made.Store(max(p.made.Load(), int64(e.Progress.Made)))
		}
	}
}

// weigh looks at the peak of the memory until the process ends.
func (p *running) weigh() {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		p.look()
		select {
		case <-tick.C:
		case <-p.ended:
			return
		}
	}
}

// look reads the peak of the memory, where the system tells it.
func (p *running) look() {
	status, err := os.ReadFile("/proc/" + strconv.Itoa(p.cmd.Process.Pid) + "/status")
	if err != nil {
		return
	}
	_, text, _ := bytes.Cut(status, []byte("VmHWM:"))
	text, _, _ = bytes.Cut(text, []byte(" kB"))
	if kb, err := strconv.ParseInt(string(bytes.TrimSpace(text)), 10, 64); err == nil {
		p.peak.Store(max(p.peak.Load(), kb<<10))
	}
}

// errs is the end of what a process wrote on its standard error.
func (p *running) errs() string {
	text, _ := os.ReadFile(p.log)
	return string(text[max(0, len(text)-2000):])
}

// early fails: a process that was to run on has ended.
func (s *soak) early(p *running, when string) {
	s.Helper()
	if s.ctx.Err() != nil {
		s.Fatalf("the soak lasts too long: %s is still to come", when)
	}
	s.Fatalf("%s ended by itself before %s: %v\n%s", p.cmd.Args[1], when, p.err, p.errs())
}

// end kills a process as a power cut would, but for the disk. One that had ended by itself is a finding.
func (s *soak) end(p *running) {
	s.Helper()
	select {
	case <-p.ended:
		s.early(p, "it was killed")
	default:
	}
	p.look()
	_ = p.cmd.Process.Kill()
	<-p.ended
	s.note(p)
}

// note keeps the peak of a process that has ended.
func (s *soak) note(p *running) {
	if p == s.server {
		s.serverPeak = max(s.serverPeak, p.peak.Load())
		return
	}
	s.clientPeak = max(s.clientPeak, p.peak.Load())
}

// until waits for what a process is to reach, or for its end.
func (s *soak) until(p *running, what string, reached func() bool) {
	s.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for !reached() {
		select {
		case <-tick.C:
		case <-s.server.ended:
			s.early(s.server, what)
		case <-p.ended:
			return
		}
	}
}

func (s *soak) rest(d time.Duration) {
	select {
	case <-time.After(d):
	case <-s.ctx.Done():
	}
}
