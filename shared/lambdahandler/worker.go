package lambdahandler

import (
	"context"
	"log/slog"
	"runtime/debug"
	"time"

	"github.com/aws/aws-lambda-go/events"

	"easel/shared/job"
)

const (
	panicTime  = time.Minute      // before the job of a worker that panicked is tried again
	settleTime = 10 * time.Second // to hide a message after the work
)

// Worker works on the messages of a queue, one after the other. What it reports as failed stays in the queue; the rest is
// removed.
type Worker struct {
	Do   func(context.Context, job.Message) job.Outcome                   // that of a job.Worker
	Hide func(ctx context.Context, receipt string, d time.Duration) error // makes a message invisible for so long
	Log  *slog.Logger
}

// Handle works on a batch. It never fails as a whole: the messages that were done would come again.
func (w *Worker) Handle(ctx context.Context, e events.SQSEvent) (events.SQSEventResponse, error) {
	var out events.SQSEventResponse
	for _, m := range e.Records {
		if !w.settle(ctx, m) {
			out.BatchItemFailures = append(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
		}
	}
	return out, nil
}

// settle reports whether a message is done with. Poison stays until its receives are used up and it becomes a dead letter.
func (w *Worker) settle(ctx context.Context, delivery events.SQSMessage) bool {
	out := job.Outcome{Retry: true}
	m, err := job.ParseMessage(delivery.Body)
	if err != nil {
		w.Log.WarnContext(ctx, "poison message", "message", delivery.MessageId, "receives", delivery.Attributes["ApproximateReceiveCount"], "err", err)
	} else {
		out = w.do(ctx, m)
	}
	if !out.Retry {
		return true
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleTime)
	defer cancel()
	if err := w.Hide(ctx, delivery.ReceiptHandle, out.After); err != nil {
		w.Log.ErrorContext(ctx, "message not hidden, it comes again when its visibility timeout ends", "message", delivery.MessageId, "job", m.ID, "err", err)
	}
	return false
}

// do keeps a panic over one job from failing the batch. What the panic says may hold a prompt, so only the place is
// logged.
func (w *Worker) do(ctx context.Context, m job.Message) (out job.Outcome) {
	defer func() {
		if cause := recover(); cause != nil {
			w.Log.ErrorContext(ctx, "worker panicked", "job", m.ID, "stack", string(debug.Stack()))
			out = job.Outcome{Retry: true, After: panicTime}
		}
	}()
	return w.Do(ctx, m)
}
