package local

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"easel/shared/api/client"
	"easel/shared/backoff"
	"easel/shared/job"
	"easel/shared/model"
)

// The environment of a server in a process of its own that the crash harness besieges.
const (
	besiegedData  = "EASEL_TEST_CHAOS"
	besiegedClock = "EASEL_TEST_CLOCK" // file that holds how far its clock is off
	besiegedSaw   = "EASEL_TEST_SAW"   // file for the rare states that it was in
)

// Figures of that server: time runs faster, so that outages of seconds stand for outages of minutes.
const (
	rush       = 20                      // times the real pace
	callLimit  = 1500 * time.Millisecond // of one model call, instead of 110 s
	probeLimit = 300 * time.Millisecond  // between two calls while the breaker is open, instead of a minute
)

// besiegedWorkers bound the calls that a kill can interrupt, and with them what may be called twice.
const besiegedWorkers = 8

// besieged is the server: everything as easel serve --generator bedrock has it, but for pace and clock.
func besieged(data string) int {
	go func() { // the harness holds the other end, and may itself be killed
		_, _ = io.Copy(io.Discard, os.Stdin)
		os.Exit(1)
	}()
	clock := watchClock(os.Getenv(besiegedClock))
	var failed error
	err := Run(context.Background(), Options{
		Addr: "127.0.0.1:0", Data: data, Generator: Bedrock, Workers: besiegedWorkers, Out: os.Stdout, now: clock,
		Log: slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelError})),
		adjust: func(e *engine) {
			e.submitter.Now, e.worker.Now, e.sweeper.Now, e.store.Now = clock, clock, clock, clock
			e.submitter.Limiter.Limits = Options{}.setting(rush) // the one limiter of all
			e.worker.Probe = probeLimit
			e.worker.Generator = limited{e.worker.Generator}
			failed = attend(e, os.Getenv(besiegedSaw))
		},
	})
	fmt.Fprintln(os.Stderr, errors.Join(err, failed))
	return 1
}

// limited makes calls end sooner than the core's own limit does, and in the same way.
type limited struct{ job.Generator }

func (l limited) Generate(ctx context.Context, m model.Model, r model.Request) (model.Result, error) {
	ctx, cancel := context.WithTimeout(ctx, callLimit)
	defer cancel()
	return l.Generator.Generate(ctx, m, r)
}

// tardy is a slow disk: kills meet what lies between a picture's arrival, its file and its record.
type tardy struct{ job.Images }

func (d tardy) Put(ctx context.Context, key string, data []byte, info job.ImageInfo) error {
	_ = backoff.Sleep(ctx, 2*time.Millisecond)
	err := d.Images.Put(ctx, key, data, info)
	_ = backoff.Sleep(ctx, 5*time.Millisecond)
	return err
}

// watchClock is a clock that is off by what the file says, looked up every few milliseconds.
func watchClock(file string) func() time.Time {
	var off atomic.Int64
	look := func() {
		if text, err := os.ReadFile(file); err == nil {
			if d, err := time.ParseDuration(string(text)); err == nil {
				off.Store(int64(d))
			}
		}
	}
	look()
	go func() {
		for range time.Tick(10 * time.Millisecond) {
			look()
		}
	}()
	return func() time.Time { return time.Now().Add(time.Duration(off.Load())) }
}

// setClock tells the servers how far their clock is off. Half of what it writes is no duration.
func setClock(t *testing.T, file string, off time.Duration) {
	t.Helper()
	if err := os.WriteFile(file, fmt.Appendf(nil, "%+06dm", off/time.Minute), 0o600); err != nil {
		t.Fatal(err)
	}
}

// process is a running server.
type process struct {
	cmd    *exec.Cmd
	client *client.Client
	killed atomic.Bool
	ended  chan struct{} // closed then
	err    error         // how it ended
	errs   *sink
}

// launch starts a server and waits until it says where it listens.
func launch(cmd *exec.Cmd) (*process, error) {
	p := &process{cmd: cmd, ended: make(chan struct{}), errs: &sink{}}
	cmd.Stderr = p.errs
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if _, err := cmd.StdinPipe(); err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	url, err := announced(out)
	go func() {
		_, _ = io.Copy(io.Discard, out) // so that it never waits for a reader
		p.err = cmd.Wait()
		close(p.ended)
	}()
	if err == nil {
		p.client, err = client.New(url, "")
	}
	if err != nil {
		_ = cmd.Process.Kill()
		<-p.ended
		return nil, fmt.Errorf("the server did not start: %w\n%s", err, p.errs)
	}
	return p, nil
}

func announced(out io.Reader) (string, error) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		if url, ok := strings.CutPrefix(lines.Text(), "server "); ok {
			return strings.TrimSpace(url), nil
		}
	}
	return "", errors.Join(errors.New("it ended and never said where it listens"), lines.Err())
}

// kill ends the process as a power cut would, but for the disk. A server that had ended by itself, or
// said that it raced or panicked, is a finding.
func (p *process) kill(t *testing.T) {
	t.Helper()
	if p.killed.Swap(true) {
		return
	}
	select {
	case <-p.ended:
		t.Errorf("the server ended by itself: %v\n%s", p.err, p.errs)
		return
	default:
	}
	_ = p.cmd.Process.Kill()
	<-p.ended
	for _, bad := range []string{"DATA RACE", "panic"} {
		if said := p.errs.String(); strings.Contains(said, bad) {
			t.Errorf("the server said:\n%s", said)
		}
	}
}

// build makes the program that is shipped.
func build(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "easel.exe") // a name that every system runs
	if out, err := exec.Command("go", "build", "-o", program, "easel/cmd/easel").CombinedOutput(); err != nil {
		t.Fatalf("build the program: %v\n%s", err, out)
	}
	return program
}
