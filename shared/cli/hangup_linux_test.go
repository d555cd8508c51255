package cli_test

import (
	"bufio"
	"io"
	"net/http"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"unsafe"
)

// following sends on the lines of a stream that begin with, or hold, one of the words.
func following(t *testing.T, stream func() (io.ReadCloser, error), words ...string) <-chan string {
	t.Helper()
	out, err := stream()
	if err != nil {
		t.Fatal(err)
	}
	found := make(chan string, 10)
	go func() {
		defer close(found)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			for _, word := range words {
				if strings.Contains(lines.Text(), word) {
					found <- lines.Text()
				}
			}
		}
	}()
	return found
}

// begin starts a server in a session of its own and returns its address.
func begin(t *testing.T, cmd *exec.Cmd) string {
	t.Helper()
	server := following(t, cmd.StdoutPipe, "server ")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	line, ok := <-server
	if !ok {
		t.Fatalf("%s ended by itself: %v", cmd, cmd.Wait())
	}
	return strings.TrimSpace(strings.TrimPrefix(line, "server"))
}

func signalTo(t *testing.T, cmd *exec.Cmd, s syscall.Signal) {
	t.Helper()
	if err := cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}

func TestAServerWithoutATerminalReadsItsKeysAgain(t *testing.T) {
	const first, second, third = "0123456789abcdef-1", "0123456789abcdef-2", "0123456789abcdef-3"
	keys := filepath.Join(t.TempDir(), "keys")
	write := func(text string, mode os.FileMode) {
		t.Helper()
		if err := os.WriteFile(keys, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(keys, mode); err != nil {
			t.Fatal(err)
		}
	}
	write("ann "+first+"\n", 0o600)
	cmd := program(t, "serve", "--addr", "127.0.0.1:0", "--data", t.TempDir(), "--keys", keys)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true}
	log := following(t, cmd.StderrPipe, "keys")
	address := begin(t, cmd)
	for _, step := range []struct {
		text  string
		mode  os.FileMode
		says  string
		holds string // the key that is known afterwards, alone
	}{
		{"ann " + second + "\n", 0o600, "keys read again", second},
		{"ann short\n", 0o600, "line 1", second},
		{"", 0o600, "there is no key", second},
		{"ann " + third + "\n", 0o644, "chmod 600", second},
		{"ann " + third + "\n", 0o400, "keys read again", third},
	} {
		write(step.text, step.mode)
		signalTo(t, cmd, syscall.SIGHUP)
		if line := <-log; !strings.Contains(line, step.says) || strings.Contains(line, "0123456789") {
			t.Errorf("%q: the log says %q, want %q", step.text, line, step.says)
		}
		for _, key := range []string{first, second, third} {
			if known := asks(t, address, key) == http.StatusOK; known != (key == step.holds) {
				t.Errorf("after %q the key %s is known: %v", step.text, key, known)
			}
		}
	}
	signalTo(t, cmd, syscall.SIGTERM)
	if err := cmd.Wait(); err != nil {
		t.Error(err)
	}
}

// asks sends a request with a key and returns the status.
func asks(t *testing.T, address, key string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address+"/jobs", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+key)
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	if err := resp.Body.Close(); err != nil {
		t.Error(err)
	}
	return resp.StatusCode
}

func TestAServerWhoseTerminalIsClosedStopsInOrder(t *testing.T) {
	if signal.Ignored(syscall.SIGHUP) {
		t.Skip("hangups are ignored here, as they are under nohup, and a program inherits that")
	}
	master, slave := pseudoTerminal(t)
	cmd := program(t, "serve", "--addr", "127.0.0.1:0", "--data", t.TempDir())
	cmd.Stdin, cmd.SysProcAttr = slave, &syscall.SysProcAttr{Setsid: true, Setctty: true}
	begin(t, cmd)
	slave.Close()
	if err := master.Close(); err != nil { // so the system sends a hangup, as where a window is closed
		t.Fatal(err)
	}
	_ = cmd.Process.Signal(syscall.SIGHUP) // and a shell sends another
	if err := cmd.Wait(); err != nil {
		t.Errorf("the server did not stop in order: %v", err)
	}
}

// pseudoTerminal opens both ends of one.
func pseudoTerminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skipf("there are no pseudo-terminals here: %v", err)
	}
	unlock, number := 0, 0
	for request, arg := range map[uintptr]*int{syscall.TIOCSPTLCK: &unlock, syscall.TIOCGPTN: &number} {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, master.Fd(), request, uintptr(unsafe.Pointer(arg))); errno != 0 {
			t.Fatal(errno)
		}
	}
	slave, err = os.OpenFile("/dev/pts/"+strconv.Itoa(number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return master, slave
}
