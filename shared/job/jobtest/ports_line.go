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

type faultyTimers struct {
	fault *Fault
	port  job.Timers
}

func (p faultyTimers) Fired(ctx context.Context, m string, until time.Time, limit int) (refs []job.Ref, err error) {
	if fault := p.fault.around("timers.fired", func() { refs, err = p.port.Fired(ctx, m, until, limit) }); fault != nil {
		return nil, fault
	}
	return refs, err
}

func (p faultyTimers) Dispatched(ctx context.Context, m string) (jobs []job.Dispatched, err error) {
	if fault := p.fault.around("timers.dispatched", func() { jobs, err = p.port.Dispatched(ctx, m) }); fault != nil {
		return nil, fault
	}
	return jobs, err
}

type faultyWaiters struct {
	fault *Fault
	port  job.Waiters
}

func (p faultyWaiters) Waiters(ctx context.Context, flow job.FlowKey, after *job.Waiter, limit int) (jobs []job.Waiter, err error) {
	call := func() { jobs, err = p.port.Waiters(ctx, flow, after, limit) }
	if fault := p.fault.around("waiters.waiters", call); fault != nil {
		return nil, fault
	}
	return jobs, err
}

type faultyToucher struct {
	fault *Fault
	port  job.Toucher
}

func (p faultyToucher) Touch(ctx context.Context, touches []job.Touch) (err error) {
	if fault := p.fault.around("toucher.touch", func() { err = p.port.Touch(ctx, touches) }); fault != nil {
		return fault
	}
	return err
}

type faultyLines struct {
	fault *Fault
	port  job.Lines
}

func (p faultyLines) Flows(ctx context.Context, m string) (s job.Standing, flows []job.Flow, err error) {
	if fault := p.fault.around("lines.flows", func() { s, flows, err = p.port.Flows(ctx, m) }); fault != nil {
		return job.Standing{}, nil, fault
	}
	return s, flows, err
}

func (p faultyLines) Advance(ctx context.Context, a job.Advance) (err error) {
	if fault := p.fault.around("lines.advance", func() { err = p.port.Advance(ctx, a) }); fault != nil {
		return fault
	}
	return err
}

func (p faultyLines) Leave(ctx context.Context, flow job.Flow) (err error) {
	if fault := p.fault.around("lines.leave", func() { err = p.port.Leave(ctx, flow) }); fault != nil {
		return fault
	}
	return err
}

type faultyStandingReader struct {
	fault *Fault
	port  job.StandingReader
}

func (p faultyStandingReader) Standing(ctx context.Context, key job.FlowKey) (s job.Standing, flow job.Flow, err error) {
	if fault := p.fault.around("standingreader.standing", func() { s, flow, err = p.port.Standing(ctx, key) }); fault != nil {
		return job.Standing{}, job.Flow{}, fault
	}
	return s, flow, err
}

type faultyStandingWriter struct {
	fault *Fault
	port  job.StandingWriter
}

func (p faultyStandingWriter) SetStanding(ctx context.Context, s job.Standing) (err error) {
	if fault := p.fault.around("standingwriter.setstanding", func() { err = p.port.SetStanding(ctx, s) }); fault != nil {
		return fault
	}
	return err
}

type faultyCountersReader struct {
	fault *Fault
	port  job.CountersReader
}

func (p faultyCountersReader) ReadCounters(ctx context.Context, ids []string) (all map[string]job.Counters, err error) {
	if fault := p.fault.around("countersreader.readcounters", func() { all, err = p.port.ReadCounters(ctx, ids) }); fault != nil {
		return nil, fault
	}
	return all, err
}
