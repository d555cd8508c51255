package lambdahandler

import (
	"io"
	"log/slog"

	"easel/shared/config"
	"easel/shared/run"
)

// NewWatcher watches as the settings say: with metrics, written to w, if they have a namespace, and with events if
// those are wanted.
func NewWatcher(f config.Function, log *slog.Logger, w io.Writer, events run.Events) *run.Watcher {
	watcher := &run.Watcher{Log: log}
	if f.Namespace != "" {
		watcher.Metrics = &Metrics{Namespace: f.Namespace, Out: w}
	}
	if f.Events {
		watcher.Events = events
	}
	return watcher
}
