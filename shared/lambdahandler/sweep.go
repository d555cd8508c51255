package lambdahandler

import (
	"context"

	"easel/shared/job"
	"easel/shared/run"
)

// Sweep runs a sweep, such as that of a sweep.Sweeper, whenever a schedule says so. What the schedule sends along is of no
// interest. At each run the watcher measures the backlog by what is dispatched.
func Sweep(sweep func(context.Context) (sent int, err error), timers job.Timers, watcher *run.Watcher) func(context.Context) error {
	log := watcher.Log
	return func(ctx context.Context) error {
		return run.Guard(ctx, log, "sweep", func() error {
			watcher.Backlog(ctx, timers)
			flush := watcher.Together()
			defer func() { flush(ctx) }()
			sent, err := sweep(ctx)
			if err != nil {
				log.ErrorContext(ctx, "sweep", "sent", sent, "err", err)
				return err
			}
			log.InfoContext(ctx, "sweep", "sent", sent)
			return nil
		})
	}
}
