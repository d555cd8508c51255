package lambdahandler

import (
	"context"
	"errors"
	"runtime/debug"
	"time"

	"easel/shared/job"
)

// sweepMargin is kept back from the time that a sweep has, so that what it began is sent, counted and told.
const sweepMargin = 5 * time.Second

var errPanic = errors.New("the sweep panicked; the log says where")

// Sweep runs a sweep, such as that of a job.Sweeper, whenever a schedule says so. What the schedule sends along is of no
// interest. At each run the watcher measures the backlog, whose jobs the index counts.
func Sweep(sweep func(context.Context) (sent int, err error), index job.Index, watcher *Watcher) func(context.Context) error {
	log := watcher.Log
	return func(ctx context.Context) (err error) {
		defer func() {
			if cause := recover(); cause != nil { // what it says may hold a prompt
				log.ErrorContext(ctx, "sweep panicked", "stack", string(debug.Stack()))
				err = errPanic
			}
		}()
		limited, cancel := limit(ctx, sweepMargin)
		defer cancel()
		watcher.Backlog(limited, index)
		sent, err := sweep(limited)
		if err != nil {
			log.ErrorContext(ctx, "sweep", "sent", sent, "err", err)
			return err
		}
		log.InfoContext(ctx, "sweep", "sent", sent)
		return nil
	}
}
