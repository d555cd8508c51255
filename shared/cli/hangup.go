package cli

import (
	"context"
	"os"
	"os/signal"
	"syscall"
)

// hangup ends the context when the terminal that the program runs in is closed. The system may tell that more than once,
// so whatever comes after the first changes nothing. Under nohup, and without a terminal, nothing is ended.
func hangup(ctx context.Context) (context.Context, func()) {
	if !terminal() || signal.Ignored(syscall.SIGHUP) {
		return ctx, func() {}
	}
	return signal.NotifyContext(ctx, syscall.SIGHUP)
}

// reloads are the hangups that a server without a terminal takes for the wish to read its keys again, as other servers
// do.
func reloads() (c chan os.Signal, stop func()) {
	c = make(chan os.Signal, 1)
	if !terminal() {
		signal.Notify(c, syscall.SIGHUP)
	}
	return c, func() { signal.Stop(c) }
}

// terminal reports whether the program has a controlling terminal.
func terminal() bool {
	tty, err := os.OpenFile("/dev/tty", os.O_RDWR, 0)
	if err != nil {
		return false
	}
	return tty.Close() == nil
}
