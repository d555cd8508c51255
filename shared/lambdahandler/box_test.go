package lambdahandler_test

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"easel/shared/job/jobtest"
	"easel/shared/lambdahandler"
	"easel/shared/run"
)

// timeout is that of the worker function.
const timeout = 180 * time.Second

// returned is the last step of an invocation: the answer is on its way to Lambda.
const returned = "returned"

var errKilled = errors.New("the process was killed")

// box is an execution environment of the worker function: one process, which works on one event at a time and whose
// memory outlives the event. Where it hangs, time runs out for it, and it is gone.
type box struct {
	m       *mapping
	fault   jobtest.Fault
	handler run.Worker
	killed  chan struct{} // closed
	job     string        // of the event
	calls   map[string]int
	hangs   bool
}

func (m *mapping) newBox() *box {
	b := &box{m: m, killed: make(chan struct{})}
	b.fault.Rule, b.fault.Err = func(op string, _ int) jobtest.Failure { return b.step(op) }, errKilled
	b.handler = run.Worker{Do: m.start(&b.fault).worker.Do, Hide: b.hide, Log: slog.New(slog.DiscardHandler)}
	return b
}

// run works on an event. If time runs out the process is killed, and whatever it would still have done or said has no
// effect.
func (b *box) run(id string, e events.SQSEvent) (out events.SQSEventResponse, alive bool) {
	b.job, b.calls = id, map[string]int{}
	ctx, cancel := context.WithTimeout(context.Background(), timeout)
	defer cancel()
	answer := make(chan events.SQSEventResponse, 1)
	b.m.wg.Go(func() {
		out, err := lambdahandler.Work(&b.handler)(ctx, e)
		if err != nil {
			b.m.t.Errorf("the batch failed as a whole: %v", err)
		}
		b.step(returned)
		answer <- out
	})
	select {
	case out = <-answer:
		return out, true
	case <-ctx.Done():
		close(b.killed)
		return out, false
	}
}

// step is asked before every effect on the world. A process that hangs does nothing any more until it is killed.
func (b *box) step(op string) jobtest.Failure {
	b.calls[op]++
	if b.hangs = b.hangs || b.m.befall(b.job, func(t *trouble) bool { return t.strike(op, b.calls[op]) }); b.hangs {
		<-b.killed
	}
	select {
	case <-b.killed:
		return jobtest.Before
	default:
		return jobtest.None
	}
}

func (b *box) hide(ctx context.Context, receipt string, d time.Duration) error {
	if b.step("queue.hide") != jobtest.None {
		return errKilled
	}
	b.m.count("hidden")
	return b.m.queue.Hide(ctx, receipt, d)
}
