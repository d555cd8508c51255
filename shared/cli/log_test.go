package cli_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"easel/shared/api"
	"easel/shared/api/client"
)

// entry is a line of a log in JSON.
type entry struct {
	Level, Msg, Event, URL, Route, Code, Err string
	Exit                                     int
}

// entries reads a log in which every line is an entry.
func entries(t *testing.T, text string) (all []entry) {
	t.Helper()
	for line := range strings.Lines(text) {
		var e entry
		if err := json.Unmarshal([]byte(line), &e); err != nil || e.Level == "" || e.Msg == "" {
			t.Errorf("this line is no entry: %q, %v", line, err)
		}
		all = append(all, e)
	}
	return all
}

// A server tells its start, its work, what goes wrong and its end in JSON alone, on the standard error alone.
func TestALogInJSONIsJSONAlone(t *testing.T) {
	for name, args := range map[string][]string{"by its flag": {"--log-format", "json"}, "by --json": {"--json"}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := program(t, append([]string{"serve", "--addr", "127.0.0.1:0", "--data", t.TempDir(), "--sim-tiny", "--sim-latency", "none"}, args...)...)
			var log bytes.Buffer
			out := &tripwire{hit: make(chan struct{})}
			cmd.Stdout = out
			errs, said := io.Pipe()
			cmd.Stderr = said // Wait returns once all of it is read
			started, ended := make(chan string, 1), make(chan struct{})
			go func() { follow(io.TeeReader(errs, &log), started); close(ended) }()
			worked := make(chan struct{})
			go func() {
				select {
				case url := <-started:
					use(t, url)
				case <-out.hit:
				}
				close(worked)
			}()
			code := interrupt(t, cmd, worked)
			said.Close()
			<-ended
			if code != 0 || out.said.Len() > 0 {
				t.Errorf("exit code %d, and on the standard output: %q", code, &out.said)
			}
			events := map[string]bool{}
			for _, e := range entries(t, log.String()) {
				events[strings.Fields(e.Msg + e.Event)[0]+e.Route] = true
			}
			for _, want := range []string{"serverpictures", "serverserving", "job", "request/jobs", "request/files/", "requestunknown", "serverstopping:"} {
				if !events[want] {
					t.Errorf("there is no %q in:\n%s", want, &log)
				}
			}
		})
	}
}

// tripwire tells when something is written that should not be.
type tripwire struct {
	said bytes.Buffer
	once sync.Once
	hit  chan struct{}
}

func (w *tripwire) Write(p []byte) (int, error) {
	w.once.Do(func() { close(w.hit) })
	return w.said.Write(p)
}

// follow reads a log to its end, and tells the address of the server when that is known.
func follow(log io.Reader, started chan<- string) {
	d := json.NewDecoder(log)
	for {
		var e entry
		if d.Decode(&e) != nil {
			break
		}
		if e.Event == "serving" {
			started <- e.URL
		}
	}
	_, _ = io.Copy(io.Discard, log)
	close(started)
}

// use makes a picture, fetches it, and sends what no client should.
func use(t *testing.T, server string) {
	to, err := client.New(server, "")
	if err != nil {
		t.Error(err)
		return
	}
	j, err := to.Submit(t.Context(), api.JobRequest{Settings: api.Settings{Prompt: "a fox"}}, "", 20e9)
	if err == nil {
		err = to.Download(t.Context(), j, 0, io.Discard)
	}
	if err != nil {
		t.Error(err)
	}
	if response, err := http.Get(server + "/nothing"); err == nil {
		response.Body.Close()
	}
	if c, err := net.Dial("tcp", strings.TrimPrefix(server, "http://")); err == nil {
		_, _ = c.Write([]byte("\x16\x03\x01\x02\x00\x01 this is no HTTP\r\n\r\n"))
		_, _ = io.Copy(io.Discard, c)
		c.Close()
	}
}

// What keeps a server from starting is told in JSON too, before and after the flags are read.
func TestWhatKeepsAServerFromStartingIsJSON(t *testing.T) {
	file := filepath.Join(t.TempDir(), "none")
	for name, args := range map[string][]string{
		"a flag that there is not":  {"--nothing", "--log-format", "json"},
		"a flag without its number": {"--log-format=json", "--workers", "x"},
		"an argument":               {"--log-format", "json", "extra"},
		"a generator that is none":  {"--log-format", "json", "--generator", "crayons"},
		"no keys":                   {"--log-format", "json", "--addr", ":0"},
		"a file that is not there":  {"--json", "--keys", file},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, errs bytes.Buffer
			cmd := exec.CommandContext(t.Context(), "easel", append([]string{"serve", "--data", t.TempDir()}, args...)...)
			cmd.Stdout, cmd.Stderr = &out, &errs
			if err := cmd.Run(); err == nil {
				t.Error("the server started")
			}
			all := entries(t, errs.String())
			if out.Len() > 0 || len(all) != 1 || all[0].Level != "ERROR" || all[0].Exit != 1 || all[0].Code == "" || all[0].Err == "" {
				t.Errorf("got %q and %q", &out, &errs)
			}
		})
	}
}
