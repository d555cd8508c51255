package lambdahandler

import (
	"context"
	"io"
	"log/slog"
	"os"

	"github.com/aws/aws-lambda-go/lambdacontext"

	"easel/shared/config"
)

// Begin reads the settings of a function, of which those named in needs must be there, and begins its log. Where settings are
// wrong the log says all that is, and the process ends.
func Begin(needs ...string) (config.Function, *slog.Logger) {
	f, err := config.Load(os.Getenv, needs...)
	log := Log(f, os.Stderr)
	if err != nil {
		log.Error("wrong settings", "err", err)
		os.Exit(1)
	}
	return f, log
}

// Log writes a line of JSON for each entry, with the number of the invocation, by which Lambda's own lines are found.
func Log(f config.Function, w io.Writer) *slog.Logger {
	return slog.New(invocation{slog.NewJSONHandler(w, &slog.HandlerOptions{Level: f.Level})})
}

// invocation adds the number of the invocation to every entry that is made in one.
type invocation struct{ slog.Handler }

// Handle writes an entry.
func (h invocation) Handle(ctx context.Context, entry slog.Record) error {
	if about, ok := lambdacontext.FromContext(ctx); ok {
		entry.AddAttrs(slog.String("aws_request_id", about.AwsRequestID))
	}
	return h.Handler.Handle(ctx, entry)
}

// WithAttrs keeps the number in what is derived.
func (h invocation) WithAttrs(attrs []slog.Attr) slog.Handler {
	return invocation{h.Handler.WithAttrs(attrs)}
}

// WithGroup keeps the number in what is derived.
func (h invocation) WithGroup(name string) slog.Handler { return invocation{h.Handler.WithGroup(name)} }
