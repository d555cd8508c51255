package cli

import (
	"fmt"
	"os"
	"testing"

	"golang.org/x/sys/unix"
)

// pseudoTerminal is the side of a pseudo terminal that a program writes to.
func pseudoTerminal(t *testing.T) *os.File {
	t.Helper()
	host, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Skip("there are no pseudo terminals here")
	}
	t.Cleanup(func() { host.Close() })
	if err := unix.IoctlSetPointerInt(int(host.Fd()), unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(int(host.Fd()), unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	f, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	return f
}

func TestProgressIsPaintedOnATerminalThatCanBePainted(t *testing.T) {
	terminal := pseudoTerminal(t)
	for _, name := range []string{"LC_ALL", "LC_CTYPE", "NO_COLOR", "CI"} {
		t.Setenv(name, "")
	}
	t.Setenv("LANG", "C.UTF-8")
	t.Setenv("TERM", "xterm")
	for _, c := range []struct {
		name, value string
		want        bool
	}{
		{"TERM", "xterm", true},
		{"TERM", "dumb", false},
		{"NO_COLOR", "1", false},
		{"CI", "true", false},
		{"LC_ALL", "C", false},
		{"LC_CTYPE", "POSIX", false},
	} {
		t.Run(c.name+"="+c.value, func(t *testing.T) {
			t.Setenv(c.name, c.value)
			if n := (&app{errs: terminal}).columns(); (n > 0) != c.want {
				t.Errorf("%d columns are painted", n)
			}
		})
	}
	if n := (&app{errs: terminal, json: true}).columns(); n != 0 {
		t.Errorf("JSON is written over %d columns", n)
	}
}
