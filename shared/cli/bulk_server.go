package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"easel/shared/api/client"
	"easel/shared/local"
)

// localPoll is how often a server on this machine is looked at. That costs nothing but its time.
const localPoll = 300 * time.Millisecond

// embeddedName is how a folder calls a server that a command runs by itself, before the name of its generator.
const embeddedName = "embedded "

// embedded is a server that a command runs by itself.
type embedded struct {
	local.Options
	asked bool // --generator was given
	named bool // a server was
	near  bool // the server is on this machine
	on    bool // it runs
}

func (e *embedded) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	e.Sim.Quota = defaultQuota
	f.StringVar(&e.Generator, "generator", "", "run a server for this command alone, with `GENERATOR`: sim, or bedrock with the AWS credentials of this machine")
	f.BoolVar(&e.Retired, "allow-retired", false, "models that have ended, for accounts with a private arrangement")
	simFlags(f, &e.Sim, "sim-")
}

func (e *embedded) check(cmd *cobra.Command) error {
	e.asked, e.named = cmd.Flags().Changed("generator"), cmd.Flags().Changed("server") || os.Getenv("EASEL_URL") != ""
	if !e.asked {
		return nil
	}
	if cmd.Flags().Changed("server") {
		return usage(cmd, "--server names a server, and --generator runs one. Leave one of them out")
	}
	return coherent(cmd, e.Generator)
}

// serverOf finds the server of a bulk run, or runs one: where that was asked for, or where none was named and none
// listens at the usual address. Name is what the folder calls it.
func (a bulkCommands) serverOf(ctx context.Context, e *embedded, folder string) (c *client.Client, name string, stop func() error, err error) {
	noStop := func() error { return nil }
	if !e.asked {
		c, err := a.client(ctx)
		e.near = a.near()
		if err != nil || e.named {
			return c, a.serverName(), noStop, err
		}
		if err := c.Health(ctx); !errors.Is(err, client.ErrUnreachable) || !client.Unsent(err) {
			return c, a.serverName(), noStop, nil
		}
		e.Generator = local.Simulated
		a.say("No server is named and none listens here, so the pictures are simulated. For real ones: --generator bedrock")
	}
	url, stop, err := e.start(ctx, folder)
	if err != nil {
		return nil, "", noStop, err
	}
	c, err = client.New(url, "")
	if err != nil {
		return nil, "", noStop, errors.Join(err, stop())
	}
	return c, embeddedName + e.Generator, stop, nil
}

// serverName is the address of the server, however it was written.
func (a bulkCommands) serverName() string { return withScheme(a.server) }

// near reports whether the server is on this machine.
func (a bulkCommands) near() bool {
	u, err := url.Parse(a.serverName())
	return err == nil && loopback(u.Hostname())
}

// start runs the server until stop is called. An interruption does not reach it: what it is doing is to be kept.
func (e *embedded) start(ctx context.Context, folder string) (url string, stop func() error, err error) {
	log, err := os.OpenFile(filepath.Join(folder, ".easel", "server.log"), os.O_CREATE|os.O_TRUNC|os.O_WRONLY, 0o600)
	if err != nil {
		return "", nil, fmt.Errorf("open the log of the server: %w", err)
	}
	o := e.Options
	o.Addr, o.Data = "127.0.0.1:0", filepath.Join(folder, ".easel", "data-"+e.Generator)
	o.Log = slog.New(slog.NewTextHandler(log, nil))
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	ready, over := make(chan string, 1), make(chan error, 1)
	o.Ready = func(url string) { ready <- url }
	go func() { over <- local.Run(ctx, o) }()
	stop = func() error {
		cancel()
		return errors.Join(<-over, log.Close())
	}
	select {
	case url = <-ready:
		e.near, e.on = true, true
		return url, stop, nil
	case err := <-over:
		cancel()
		return "", nil, errors.Join(err, log.Close())
	}
}
