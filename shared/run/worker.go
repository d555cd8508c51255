package run

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"easel/shared/job"
)

const (
	panicTime  = time.Minute      // before the job of a worker that panicked is tried again
	settleTime = 10 * time.Second // to hide or remove a message after the work
)

// Delivery is one message as a queue has handed it out.
type Delivery struct {
	Body, Receipt string
	About         []any // names and values by which the log tells it from others
}

// Worker works on deliveries.
type Worker struct {
	Do   func(context.Context, job.Message) job.Outcome                   // that of a job.Worker
	Hide func(ctx context.Context, receipt string, d time.Duration) error // makes a message invisible for so long
	Ack  func(ctx context.Context, receipt string) error                  // removes a message; nil: what delivered it does
	Log  *slog.Logger
}

// Deliver works on one delivery and reports whether it is done with. Poison comes again until its receives are used up and
// it becomes a dead letter. The error is that of hiding or removing the message, which comes again then when its visibility
// timeout ends.
func (w *Worker) Deliver(ctx context.Context, d Delivery) (done bool, err error) {
	out := job.Outcome{Retry: true}
	m, err := job.ParseMessage(d.Body)
	if err != nil {
		w.Log.WarnContext(ctx, "poison message", append(d.About, "err", err)...)
	} else {
		out = w.do(ctx, m)
	}
	if err := w.settle(ctx, d.Receipt, out); err != nil {
		return false, fmt.Errorf("settle the message of job %q: %w", m.ID, err)
	}
	return !out.Retry, nil
}

func (w *Worker) do(ctx context.Context, m job.Message) (out job.Outcome) {
	err := Guard(ctx, w.Log, "worker", func() error {
		out = w.Do(ctx, m)
		return nil
	}, "job", m.ID)
	if err != nil {
		return job.Outcome{Retry: true, After: panicTime}
	}
	return out
}

// settle tells the queue what becomes of a message, also when the time for the work is over.
func (w *Worker) settle(ctx context.Context, receipt string, out job.Outcome) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	switch {
	case out.Retry:
		return w.Hide(ctx, receipt, out.After)
	case w.Ack == nil:
		return nil
	}
	return w.Ack(ctx, receipt)
}
