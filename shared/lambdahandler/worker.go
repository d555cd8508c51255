package lambdahandler

import (
	"context"

	"github.com/aws/aws-lambda-go/events"

	"easel/shared/run"
)

// Work takes the messages of a queue through a worker, one after the other. What it reports as failed stays in the queue;
// the rest is removed. It never fails as a whole: the messages that were done would come again.
func Work(w *run.Worker) func(context.Context, events.SQSEvent) (events.SQSEventResponse, error) {
	return func(ctx context.Context, e events.SQSEvent) (out events.SQSEventResponse, _ error) {
		for _, m := range e.Records {
			done, err := w.Deliver(ctx, run.Delivery{
				Body: m.Body, Receipt: m.ReceiptHandle,
				About: []any{"message", m.MessageId, "receives", m.Attributes["ApproximateReceiveCount"]},
			})
			if err != nil {
				w.Log.ErrorContext(ctx, "message not hidden, it comes again when its visibility timeout ends", "message", m.MessageId, "err", err)
			}
			if !done {
				out.BatchItemFailures = append(out.BatchItemFailures, events.SQSBatchItemFailure{ItemIdentifier: m.MessageId})
			}
		}
		return out, nil
	}
}
