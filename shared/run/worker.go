package run

import (
	"context"
	"fmt"
	"log/slog"
	"time"

	"easel/shared/job"
)

const (
	panicTime = time.Minute      // before the job of a worker that panicked is tried again
	hideTime  = 10 * time.Second // to hide a message after the work
)

// Delivery is one message as a queue has handed it out.
type Delivery struct {
	Body, Receipt string
	About         []any // names and values by which the log tells it from others
}

// Worker works on deliveries.
type Worker struct {
	Do   func(context.Context, job.Message) job.Outcome                   // that of a worker.Worker
	Hide func(ctx context.Context, receipt string, d time.Duration) error // makes a message invisible for so long
	Log  *slog.Logger
}

// Deliver works on one delivery and reports whether it is done with: then the caller acknowledges the message. Poison comes
// again until its receives are used up and it becomes a dead letter. The error is that of hiding the message, which comes
// again then when its visibility timeout ends.
func (w *Worker) Deliver(ctx context.Context, d Delivery) (done bool, err error) {
	out := job.Outcome{Retry: true}
	m, err := job.ParseMessage(d.Body)
	if err != nil {
		w.Log.WarnContext(ctx, "poison message", append(d.About, "err", err)...)
	} else {
		out = w.do(ctx, m)
	}
	if !out.Retry {
		return true, nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), hideTime) // also when the time for the work is over
	defer cancel()
	if err := w.Hide(ctx, d.Receipt, out.After); err != nil {
		return false, fmt.Errorf("hide the message of job %q: %w", m.ID, err)
	}
	return false, nil
}

func (w *Worker) do(ctx context.Context, m job.Message) (out job.Outcome) {
	work := func() error {
		out = w.Do(ctx, m)
		return nil
	}
	if Guard(ctx, w.Log, "worker", work, "job", m.ID) != nil {
		return job.Outcome{Retry: true, After: panicTime}
	}
	return out
}
