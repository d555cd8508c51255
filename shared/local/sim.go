package local

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"time"

	"easel/shared/api"
	"easel/shared/bedrocksim"
)

// SimOptions say how the simulated Bedrock behaves, inside Run or alone.
type SimOptions struct {
	Addr    string             // to listen on, alone; empty: 127.0.0.1:8081
	Region  string             // served; empty: us-west-2
	Quota   float64            // multiple of the real calls a minute; 0: no quota
	Latency time.Duration      // of every picture; 0: each model's own; negative: none
	Retired bool               // models that have ended answer
	Tiny    bool               // tiny pictures, for load
	Ledger  string             // file; empty: memory only
	Silent  bool               // the file holds hashes of prompts and not their words
	Faults  map[string]float64 // probability of each fault, by its word

	Out   io.Writer        // lines for a person at start; nil: none
	Ready func(url string) // called once it listens; nil: not called
}

func (o SimOptions) options() bedrocksim.Options {
	return bedrocksim.Options{
		Region: o.Region, Quota: o.Quota, Latency: o.Latency, Retired: o.Retired, Tiny: o.Tiny, Ledger: o.Ledger, Silent: o.Silent, Faults: o.Faults,
		Seed: uint64(time.Now().UnixNano()),
	}
}

// RunSim serves the simulated Bedrock until ctx ends, for programs that speak to Bedrock themselves.
func RunSim(ctx context.Context, o SimOptions) error {
	sim, err := bedrocksim.New(o.options())
	if err != nil {
		return err
	}
	defer sim.Close()
	if o.Addr == "" {
		o.Addr = "127.0.0.1:8081"
	}
	listener, err := listen(ctx, o.Addr)
	if err != nil {
		return err
	}
	if o.Out == nil {
		o.Out = io.Discard
	}
	url := address(listener)
	fmt.Fprintf(o.Out, "Bedrock Runtime, simulated: no account, no charge\nendpoint  %s\nledger    %s/ledger\nuse it    export AWS_ENDPOINT_URL_BEDROCK_RUNTIME=%s\n", url, url, url)
	return serve(ctx, listener, o.guard().Wrap(sim), slog.Default(), func() {
		if o.Ready != nil {
			o.Ready(url)
		}
	})
}

// guard keeps web pages from reading the ledger, which holds prompts. On every address the simulator has any name, since
// containers call it by names of their own.
func (o SimOptions) guard() *api.Guard {
	host, _, _ := net.SplitHostPort(o.Addr) // it is listened on, so it is an address
	if unspecified(host) {
		host = "*"
	}
	return api.NewGuard([]string{host})
}

func listen(ctx context.Context, addr string) (net.Listener, error) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w. Is another server running there? Choose another address with --addr", addr, err)
	}
	return listener, nil
}

// Times of the HTTP server. A slow client must not hold a connection for ever, and a long poll takes
// 25 seconds.
const (
	headerTime   = 10 * time.Second
	readTime     = 60 * time.Second
	writeTime    = 90 * time.Second
	idleTime     = 2 * time.Minute
	shutdownTime = 10 * time.Second
	maxHeader    = 64 << 10
)

// serve answers requests until ctx ends, then lets those that are under way finish, for a while.
func serve(ctx context.Context, listener net.Listener, handler http.Handler, log *slog.Logger, ready func()) error {
	server := &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTime, ReadTimeout: readTime, WriteTimeout: writeTime,
		IdleTimeout: idleTime, MaxHeaderBytes: maxHeader, ErrorLog: slog.NewLogLogger(complaints{log.Handler()}, slog.LevelWarn),
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		grace, cancel := context.WithTimeout(context.WithoutCancel(ctx), shutdownTime)
		defer cancel()
		err := server.Shutdown(grace)
		if err != nil {
			err = server.Close() // who is still connected has had the time
		}
		stopped <- err
	})
	ready()
	err := server.Serve(listener)
	if stop() { // it failed before the context ended
		return fmt.Errorf("serve %s: %w", listener.Addr(), err)
	}
	return <-stopped
}
