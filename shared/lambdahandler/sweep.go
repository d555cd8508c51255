package lambdahandler

import (
	"context"
	"errors"
	"runtime/debug"

	"easel/shared/job"
)

var errPanic = errors.New("the sweep panicked; the log says where")

// Sweep runs a sweep, such as that of a job.Sweeper, whenever a schedule says so. What the schedule sends along is of no
// interest. At each run the watcher measures the backlog by what is dispatched.
func Sweep(sweep func(context.Context) (sent int, err error), timers job.Timers, watcher *Watcher) func(context.Context) error {
	log := watcher.Log
	return func(ctx context.Context) (err error) {
		defer func() {
			if cause := recover(); cause != nil { // what it says may hold a prompt
				log.ErrorContext(ctx, "sweep panicked", "stack", string(debug.Stack()))
				err = errPanic
			}
		}()
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
	}
}
