package jobtest

import (
	"context"
	"time"

	"easel/shared/job"
)

// Timers wraps the port: timers.fired, timers.dispatched.
func (f *Fault) Timers(p job.Timers) job.Timers { return faultyTimers{f, p} }

// Waiters wraps the port: waiters.waiters.
func (f *Fault) Waiters(p job.Waiters) job.Waiters { return faultyWaiters{f, p} }

// Toucher wraps the port: toucher.touch.
func (f *Fault) Toucher(p job.Toucher) job.Toucher { return faultyToucher{f, p} }

// Lines wraps the port: lines.flows, lines.advance, lines.leave.
func (f *Fault) Lines(p job.Lines) job.Lines { return faultyLines{f, p} }

// StandingReader wraps the port: standingreader.standing.
func (f *Fault) StandingReader(p job.StandingReader) job.StandingReader {
	return faultyStandingReader{f, p}
}

// StandingWriter wraps the port: standingwriter.setstanding.
func (f *Fault) StandingWriter(p job.StandingWriter) job.StandingWriter {
	return faultyStandingWriter{f, p}
}

// CountersReader wraps the port: countersreader.readcounters.
func (f *Fault) CountersReader(p job.CountersReader) job.CountersReader {
	return faultyCountersReader{f, p}
}

type faultyTimers faulty[job.Timers]

func (p faultyTimers) Fired(ctx context.Context, m string, until time.Time, limit int) ([]job.Ref, error) {
	return failing1(p.fault, "timers.fired", func() ([]job.Ref, error) { return p.port.Fired(ctx, m, until, limit) })
}

func (p faultyTimers) Dispatched(ctx context.Context, m string) ([]job.Dispatched, error) {
	return failing1(p.fault, "timers.dispatched", func() ([]job.Dispatched, error) { return p.port.Dispatched(ctx, m) })
}

type faultyWaiters faulty[job.Waiters]

func (p faultyWaiters) Waiters(ctx context.Context, flow job.FlowKey, after *job.Waiter, limit int) ([]job.Waiter, error) {
	return failing1(p.fault, "waiters.waiters", func() ([]job.Waiter, error) { return p.port.Waiters(ctx, flow, after, limit) })
}

type faultyToucher faulty[job.Toucher]

func (p faultyToucher) Touch(ctx context.Context, touches []job.Touch) error {
	return failing(p.fault, "toucher.touch", func() error { return p.port.Touch(ctx, touches) })
}

type faultyLines faulty[job.Lines]

func (p faultyLines) Flows(ctx context.Context, m string) (job.Standing, []job.Flow, error) {
	return failing2(p.fault, "lines.flows", func() (job.Standing, []job.Flow, error) { return p.port.Flows(ctx, m) })
}

func (p faultyLines) Advance(ctx context.Context, a job.Advance) error {
	return failing(p.fault, "lines.advance", func() error { return p.port.Advance(ctx, a) })
}

func (p faultyLines) Leave(ctx context.Context, flow job.Flow) error {
	return failing(p.fault, "lines.leave", func() error { return p.port.Leave(ctx, flow) })
}

type faultyStandingReader faulty[job.StandingReader]

func (p faultyStandingReader) Standing(ctx context.Context, key job.FlowKey) (job.Standing, job.Flow, error) {
	return failing2(p.fault, "standingreader.standing", func() (job.Standing, job.Flow, error) { return p.port.Standing(ctx, key) })
}

type faultyStandingWriter faulty[job.StandingWriter]

func (p faultyStandingWriter) SetStanding(ctx context.Context, s job.Standing) error {
	return failing(p.fault, "standingwriter.setstanding", func() error { return p.port.SetStanding(ctx, s) })
}

type faultyCountersReader faulty[job.CountersReader]

func (p faultyCountersReader) ReadCounters(ctx context.Context, ids []string) (map[string]job.Counters, error) {
	return failing1(p.fault, "countersreader.readcounters", func() (map[string]job.Counters, error) { return p.port.ReadCounters(ctx, ids) })
}
