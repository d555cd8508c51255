package job_test

import (
	"context"
	"fmt"
	"time"

	"easel/shared/job"
)

type (
	interceptedTimers struct {
		*interceptor
		port job.Timers
	}
	interceptedWaiters struct {
		*interceptor
		port job.Waiters
	}
	interceptedToucher struct {
		*interceptor
		port job.Toucher
	}
	interceptedLines struct {
		*interceptor
		port job.Lines
	}
	interceptedStandingReader struct {
		*interceptor
		port job.StandingReader
	}
	interceptedStandingWriter struct {
		*interceptor
		port job.StandingWriter
	}
	interceptedCountersReader struct {
		*interceptor
		port job.CountersReader
	}
)

func (p interceptedTimers) Fired(ctx context.Context, m string, until time.Time, limit int) ([]job.Ref, error) {
	return through(p.interceptor, concerning(ctx, m), "timers.fired", func() ([]job.Ref, error) { return p.port.Fired(ctx, m, until, limit) })
}

func (p interceptedTimers) Dispatched(ctx context.Context, m string) ([]job.Dispatched, error) {
	return through(p.interceptor, concerning(ctx, m), "timers.dispatched", func() ([]job.Dispatched, error) { return p.port.Dispatched(ctx, m) })
}

func (p interceptedWaiters) Waiters(ctx context.Context, flow job.FlowKey, after *job.Waiter, limit int) ([]job.Waiter, error) {
	return through(p.interceptor, concerning(ctx, fmt.Sprint(flow, after)), "waiters.waiters", func() ([]job.Waiter, error) { return p.port.Waiters(ctx, flow, after, limit) })
}

func (p interceptedToucher) Touch(ctx context.Context, touches []job.Touch) error {
	return mute(p.interceptor, ctx, "toucher.touch", touches, func() error { return p.port.Touch(ctx, touches) })
}

// line is what [job.Lines.Flows] brings.
type line struct {
	standing job.Standing
	flows    []job.Flow
}

func (p interceptedLines) Flows(ctx context.Context, m string) (job.Standing, []job.Flow, error) {
	l, err := through(p.interceptor, concerning(ctx, m), "lines.flows", func() (l line, err error) {
		l.standing, l.flows, err = p.port.Flows(ctx, m)
		return l, err
	})
	return l.standing, l.flows, err
}

func (p interceptedLines) Advance(ctx context.Context, a job.Advance) error {
	return mute(p.interceptor, concerning(ctx, fmt.Sprint(a)), "lines.advance", a, func() error { return p.port.Advance(ctx, a) })
}

func (p interceptedLines) Leave(ctx context.Context, f job.Flow) error {
	return mute(p.interceptor, concerning(ctx, fmt.Sprint(f)), "lines.leave", f, func() error { return p.port.Leave(ctx, f) })
}

func (p interceptedStandingReader) Standing(ctx context.Context, flow job.FlowKey) (job.Standing, job.Flow, error) {
	var found job.Flow
	standing, err := through(p.interceptor, ctx, "standingreader.standing", func() (s job.Standing, err error) {
		s, found, err = p.port.Standing(ctx, flow)
		return s, err
	})
	return standing, found, err
}

func (p interceptedStandingWriter) SetStanding(ctx context.Context, s job.Standing) error {
	return mute(p.interceptor, ctx, "standingwriter.setstanding", s.Model, func() error { return p.port.SetStanding(ctx, s) })
}

func (p interceptedCountersReader) ReadCounters(ctx context.Context, ids []string) (map[string]job.Counters, error) {
	return through(p.interceptor, concerning(ctx, ids...), "countersreader.readcounters", func() (map[string]job.Counters, error) { return p.port.ReadCounters(ctx, ids) })
}
