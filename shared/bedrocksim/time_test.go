package bedrocksim_test

import (
	"context"
	"errors"
	"net"
	"net/http"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/bedrock"
	"easel/shared/bedrocksim"
	"easel/shared/job"
)

// pipes is a listener whose connections are in memory, so that they work inside a synctest bubble.
type pipes chan net.Conn

func (p pipes) Accept() (net.Conn, error) {
	if c, ok := <-p; ok {
		return c, nil
	}
	return nil, net.ErrClosed
}
func (p pipes) Close() error   { return nil }
func (p pipes) Addr() net.Addr { return &net.UnixAddr{Name: "pipe"} }

func (p pipes) dial(context.Context, string, string) (net.Conn, error) {
	near, far := net.Pipe()
	p <- far
	return near, nil
}

// inBubble runs f inside a synctest bubble, with an adapter that is connected to the stand-in by pipes.
func inBubble(t *testing.T, opts bedrocksim.Options, f func(*testing.T, *bedrocksim.Server, *bedrock.Generator)) {
	synctest.Test(t, func(t *testing.T) {
		s, err := bedrocksim.New(opts)
		if err != nil {
			t.Fatal(err)
		}
		lines := make(pipes)
		h := &http.Server{Handler: s}
		go func() { _ = h.Serve(lines) }()
		transport := &http.Transport{DialContext: lines.dial}
		f(t, s, adapter(t, &http.Client{Transport: transport}, "http://bedrock"))
		transport.CloseIdleConnections()
		close(lines)
		_ = h.Close()
	})
}

func TestModelsTakeTheirTime(t *testing.T) {
	for alias, mean := range map[string]time.Duration{"core": 1200 * time.Millisecond, "sd35": 2 * time.Second, "ultra": 3 * time.Second} {
		inBubble(t, bedrocksim.Options{Tiny: true}, func(t *testing.T, _ *bedrocksim.Server, g *bedrock.Generator) {
			start := time.Now()
			if _, err := g.Generate(t.Context(), find(t, alias), order("a boat")); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took < mean*7/10 || took > mean*13/10 {
				t.Errorf("%s took %s, want %s ± 30 %%", alias, took, mean)
			}
		})
	}
}

func TestSlowWordAndOneLatencyForAll(t *testing.T) {
	for prompt, want := range map[string]time.Duration{"a boat": 5 * time.Second, "a boat [sim:slow=40s]": 40 * time.Second} {
		inBubble(t, bedrocksim.Options{Tiny: true, Latency: 5 * time.Second}, func(t *testing.T, _ *bedrocksim.Server, g *bedrock.Generator) {
			start := time.Now()
			if _, err := g.Generate(t.Context(), find(t, "core"), order(prompt)); err != nil {
				t.Fatal(err)
			}
			if took := time.Since(start); took != want {
				t.Errorf("%q took %s, want %s", prompt, took, want)
			}
		})
	}
}

func TestClientThatLeavesHasPaid(t *testing.T) {
	inBubble(t, bedrocksim.Options{Tiny: true, Latency: time.Minute}, func(t *testing.T, s *bedrocksim.Server, g *bedrock.Generator) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := g.Generate(ctx, find(t, "core"), order("a boat"))
		ce, ok := errors.AsType[*job.CallError](err)
		if !ok || ce.Class != job.Ambiguous {
			t.Errorf("got %v, want an ambiguous call", err)
		}
		if n := s.Ledger(bedrocksim.Filter{}).Totals[bedrocksim.Executed]; n != 1 {
			t.Errorf("%d calls executed, want 1", n)
		}
	})
}

func TestQuotaOfAnyMinute(t *testing.T) {
	inBubble(t, bedrocksim.Options{Tiny: true, Latency: -1, Quota: 0.4}, func(t *testing.T, s *bedrocksim.Server, g *bedrock.Generator) {
		start := time.Now()
		var passed []time.Duration
		for time.Since(start) < 130*time.Second { // 0.4 × 10 calls of ultra a minute
			if _, err := g.Generate(t.Context(), find(t, "ultra"), order("a boat")); err == nil {
				passed = append(passed, time.Since(start))
			}
			if _, err := g.Generate(t.Context(), find(t, "core"), order("a boat")); err != nil {
				t.Errorf("core shares the quota of ultra: %v", err)
			}
			time.Sleep(5 * time.Second)
		}
		want := []time.Duration{0, 5, 10, 15, 60, 65, 70, 75, 120, 125}
		for i := range want {
			want[i] *= time.Second
		}
		if diff := cmp.Diff(want, passed); diff != "" {
			t.Error(diff)
		}
		if n := s.Ledger(bedrocksim.Filter{Model: find(t, "ultra").ID}).Totals[bedrocksim.Refused]; n != 16 {
			t.Errorf("%d calls refused, want 16", n)
		}
	})
}
