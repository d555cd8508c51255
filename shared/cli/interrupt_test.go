package cli_test

import (
	"bufio"
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"testing"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/local"
)

func TestInterruptedWaitSaysHowToComeBack(t *testing.T) {
	id, waiting, front := slowJob(t)
	for _, c := range []struct{ command, back string }{
		{"wait ID", "wait ID"},
		{"submit a-fox --wait", "wait ID"},
		{"submit a-fox --out slow.png", "download ID --out slow.png --wait"},
		{"download ID --wait -o slow", "download ID --out slow --wait"},
	} {
		cmd := program(t, strings.Fields(strings.ReplaceAll(c.command, "ID", id))...)
		cmd.Env = append(os.Environ(), "EASEL_URL="+front)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		code := interrupt(t, cmd, waiting)
		back := regexp.QuoteMeta(c.back)
		want := "^easel: interrupted; the job goes on. Come back to it with: easel " + strings.ReplaceAll(back, "ID", "[0-9a-f-]{36}") + "\n$"
		if ok, _ := regexp.MatchString(want, errs.String()); code != 130 || !ok {
			t.Errorf("%s: exit code %d and %q, want 130 and %q", c.command, code, errs.String(), want)
		}
	}
}

func TestInterruptedWaitForABatchSaysThatItGoesOn(t *testing.T) {
	id, waiting, front := slowJob(t)
	c, err := client.New(front, "")
	if err != nil {
		t.Fatal(err)
	}
	b, err := c.CreateBatch(t.Context(), client.BatchSettings{Open: true}, "")
	if err == nil {
		_, err = c.AppendJobs(t.Context(), b.ID, client.Append{Rows: []api.JobRequest{{Settings: api.Settings{Prompt: "a fox"}, CustomID: "1"}}}, "")
	}
	if err != nil {
		t.Fatal(err)
	}
	for args, want := range map[string]string{
		b.ID:            "easel: interrupted; the batch goes on. Come back to it with: easel wait " + b.ID + "\n",
		b.ID + " " + id: "easel: interrupted; they go on. Come back to them with: easel wait " + b.ID + " " + id + "\n",
	} {
		cmd := program(t, append([]string{"wait"}, strings.Fields(args)...)...)
		cmd.Env = append(os.Environ(), "EASEL_URL="+front)
		var errs bytes.Buffer
		cmd.Stderr = &errs
		if code := interrupt(t, cmd, waiting); code != 130 || errs.String() != want {
			t.Errorf("exit code %d and %q, want 130 and %q", code, errs.String(), want)
		}
	}
}

func TestInterruptedBulkRunSaysHowToGoOn(t *testing.T) {
	_, _, front := slowJob(t)
	file, dir := filepath.Join(t.TempDir(), "two words.txt"), filepath.Join(t.TempDir(), "pictures")
	if err := os.WriteFile(file, []byte("a fox\na hare\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := program(t, "bulk", file, "--to", dir, "--json")
	cmd.Env = append(os.Environ(), "EASEL_URL="+front)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	var errs bytes.Buffer
	cmd.Stderr = &errs
	sent := make(chan struct{})
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if strings.Contains(lines.Text(), `"event":"sent"`) {
				close(sent)
			}
		}
	}()
	code := interrupt(t, cmd, sent)
	want := `Go on with: easel bulk '` + file + `' --to ` + dir + ` --json","exit":130`
	if code != 130 || !strings.Contains(errs.String(), want) {
		t.Errorf("exit code %d and %q, want 130 and %q", code, errs.String(), want)
	}
}

func TestInterruptedServerStopsInOrder(t *testing.T) {
	cmd := program(t, "serve", "--addr", "127.0.0.1:0", "--data", t.TempDir(), "--sim-quota", "none", "--sim-latency", "none")
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	listening := make(chan struct{})
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			if strings.HasPrefix(lines.Text(), "server ") {
				close(listening)
			}
		}
	}()
	if code := interrupt(t, cmd, listening); code != 0 {
		t.Errorf("exit code %d, want 0", code)
	}
}

// program is the binary that is under test.
func program(t *testing.T, args ...string) *exec.Cmd {
	t.Helper()
	if runtime.GOOS == "windows" {
		t.Skip("Windows sends no interrupt to another process")
	}
	return exec.CommandContext(t.Context(), "easel", args...)
}

// interrupt starts a command, sends it a Ctrl-C at the signal, and returns its exit code.
func interrupt(t *testing.T, cmd *exec.Cmd, at <-chan struct{}) int {
	t.Helper()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		_ = cmd.Wait() // the exit code tells all
		close(ended)
	}()
	select {
	case <-at:
	case <-ended:
		t.Fatalf("%s ended by itself: %s", cmd, cmd.ProcessState)
	}
	if err := cmd.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	<-ended
	return cmd.ProcessState.ExitCode()
}

// slowJob is a job that waits for its turn for more than a minute, on a server behind a front that tells
// when a client begins to wait for it.
func slowJob(t *testing.T) (id string, waiting <-chan struct{}, front string) {
	t.Helper()
	back, stop := serve(local.Options{
		Addr: "127.0.0.1:0", Data: t.TempDir(), Log: slog.New(slog.DiscardHandler),
		Sim: local.SimOptions{Latency: -1, Tiny: true, Quota: 0.01},
	})
	t.Cleanup(func() {
		if err := stop(); err != nil {
			t.Error(err)
		}
	})
	for _, args := range [][]string{{"submit", "the first", "--wait"}, {"submit", "the second"}} {
		cmd := program(t, args...)
		cmd.Env = append(os.Environ(), "EASEL_URL="+back)
		out, err := cmd.Output()
		if err != nil {
			t.Fatal(err)
		}
		id = strings.TrimSpace(string(out))
	}
	began := make(chan struct{}, 1)
	server := httptest.NewServer(watch(t, back, began))
	t.Cleanup(server.Close)
	return id, began, server.URL
}

// watch hands everything on, and tells of each request that waits.
func watch(t *testing.T, back string, began chan<- struct{}) http.Handler {
	t.Helper()
	target, err := url.Parse(back)
	if err != nil {
		t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) { r.SetURL(target) }, ErrorLog: slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Has("wait") {
			select {
			case began <- struct{}{}:
			default:
			}
		}
		proxy.ServeHTTP(w, r)
	})
}
