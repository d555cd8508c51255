package run

import (
	"context"
	"fmt"
	"log/slog"
	"runtime/debug"
)

// Guard makes an error of a panic, so that it ends nothing else. What a panic says may hold a prompt: the log has only its
// place, and the names and values of about.
func Guard(ctx context.Context, log *slog.Logger, what string, do func() error, about ...any) (err error) {
	defer func() {
		if cause := recover(); cause != nil {
			log.ErrorContext(ctx, what+" panicked", append(about, "stack", string(debug.Stack()))...) //nolint:sloglint // one of two constants
			err = fmt.Errorf("the %s panicked; the log says where", what)
		}
	}()
	return do()
}
