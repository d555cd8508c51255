package local

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"log/slog"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/bedrocksim"
	"easel/shared/gate"
)

// perRound is how many jobs come between two kills.
const perRound = 8

// TestMain lets the test binary be the server that is killed.
func TestMain(m *testing.M) {
	gate.UseMemory()
	if data := os.Getenv(besiegedData); data != "" {
		os.Exit(besieged(data))
	}
	data := os.Getenv("EASEL_TEST_SERVE")
	if data == "" {
		os.Exit(m.Run())
	}
	err := Run(context.Background(), Options{
		Addr: "127.0.0.1:0", Data: data, Log: slog.New(slog.DiscardHandler), Ready: func(url string) { fmt.Println(url) },
		Sim: SimOptions{Tiny: true, Latency: 20 * time.Millisecond}, adjust: stall(os.Getenv(stalls)),
	})
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// victim is a server in a process of its own.
type victim struct {
	cmd    *exec.Cmd
	client *client.Client
}

func start(t *testing.T, data string, env ...string) *victim {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(append(os.Environ(), "EASEL_TEST_SERVE="+data), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill() })
	url, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the server said nothing: %v", err)
	}
	c, err := client.New(strings.TrimSpace(url), "")
	if err != nil {
		t.Fatal(err)
	}
	return &victim{cmd: cmd, client: c}
}

// kill ends the process as a power cut would, but for the disk.
func (v *victim) kill(t *testing.T) {
	t.Helper()
	if err := v.cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = v.cmd.Wait() // it reports the signal
}

// ledger counts how often each prompt was executed.
func ledger(t *testing.T, data string) map[string]int {
	t.Helper()
	f, err := os.Open(filepath.Join(data, "ledger.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	calls := map[string]int{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		var e bedrocksim.Entry
		if json.Unmarshal(lines.Bytes(), &e) == nil && e.Outcome == bedrocksim.Executed {
			calls[e.Hash]++
		}
	}
	return calls
}

// stored lists the jobs that have a picture on the disk.
func stored(t *testing.T, data string) []string {
	t.Helper()
	var ids []string
	err := filepath.WalkDir(filepath.Join(data, "files", "images"), func(path string, _ fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".png") && !strings.HasPrefix(filepath.Base(path), ".") {
			ids = append(ids, filepath.Base(filepath.Dir(path)))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func TestKilledServersLoseNothingAndPayNothingTwice(t *testing.T) {
	t.Parallel()
	const seed = 20261122
	kills := gate.Size(6, 24) // the more, the more steps of the worker they meet
	chance := rand.New(rand.NewPCG(seed, 0))
	data := t.TempDir()
	prompts := map[string]string{} // by job
	var accepted []string
	paid := map[string]int{} // calls for a prompt when its picture was first seen on the disk
	for round := range kills {
		v := start(t, data)
		moment := time.After(time.Duration(chance.IntN(400)) * time.Millisecond)
		for n := range perRound {
			prompt := fmt.Sprintf("a fox, round %d, number %d", round, n)
			j, err := v.client.Submit(t.Context(), api.JobRequest{Settings: api.Settings{Prompt: prompt}}, prompt, 0)
			if err != nil {
				t.Fatal(err)
			}
			accepted = append(accepted, j.ID)
			prompts[j.ID] = prompt
		}
		<-moment
		v.kill(t)
		calls := ledger(t, data)
		for _, id := range stored(t, data) {
			if _, seen := paid[id]; !seen {
				paid[id] = calls[bedrocksim.PromptHash(prompts[id])]
			}
		}
	}
	finish(t, data, accepted)
	calls := ledger(t, data)
	again := 0
	for _, prompt := range prompts {
		again += max(0, calls[bedrocksim.PromptHash(prompt)]-1)
	}
	for id, n := range paid {
		if calls[bedrocksim.PromptHash(prompts[id])] != n {
			t.Errorf("job %s was generated again after its picture was stored: %d calls, then %d", id, n, calls[bedrocksim.PromptHash(prompts[id])])
		}
	}
	t.Logf("seed %d: %d kills, %d jobs ended, %d had a picture at a kill, %d calls were repeated because their picture never arrived", seed, kills, len(accepted), len(paid), again)
}

// finish starts the server once more and wants every job to end.
func finish(t *testing.T, data string, ids []string) {
	t.Helper()
	v := start(t, data)
	defer v.kill(t)
	for _, id := range ids {
		var j api.Job
		for range 4 { // polls of 25 s
			var err error
			if j, err = v.client.Get(t.Context(), id, 25*time.Second); err != nil {
				t.Fatal(err)
			}
			if j.Ended() {
				break
			}
		}
		switch {
		case !j.Ended():
			t.Errorf("job %s is %s for ever", id, j.Status)
		case j.Status != "succeeded" && j.Error.Code != "attempts_exhausted":
			t.Errorf("job %s ended %s: %+v", id, j.Status, j.Error)
		}
	}
}
