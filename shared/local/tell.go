package local

import (
	"context"
	"fmt"
	"log/slog"
	"net"
	"strings"
)

// tell writes a line for a person, or an entry of the log where no person reads along. Programs that read the log find
// nothing else on its stream then.
func (o Options) tell(ctx context.Context, line, event string, attrs ...any) {
	if o.Out == nil {
		o.Log.InfoContext(ctx, "server", append([]any{"event", event}, attrs...)...)
		return
	}
	fmt.Fprintln(o.Out, line)
}

// welcome says where the server is and how it is tried.
func (o Options) welcome(ctx context.Context, listener net.Listener, data, base string) {
	o.tell(ctx, "data      "+data+"\nserver    "+base, "serving", "url", base, "data", data, "keys", o.KeysFile != "")
	if host, port, _ := net.SplitHostPort(listener.Addr().String()); o.URL == "" && unspecified(host) {
		hint := "this machine's own and its addresses; if clients call it otherwise, as behind a proxy or in a container, start it with --url http://NAME:" + port
		o.tell(ctx, "names     "+hint, "the server's names are "+hint)
	}
	if need := min(o.neededWorkers(), maxWorkers); o.Workers == maxDefaultWorkers && need > o.Workers {
		o.tell(ctx, fmt.Sprintf("workers   %d, or they may need too much memory; for calls of 10 s the pace needs --workers %d", o.Workers, need),
			"for calls of 10 s the pace needs more workers", "workers", o.Workers, "needed", need)
	}
	if o.KeysFile == "" && o.Out != nil {
		fmt.Fprintf(o.Out, "try it    curl -H 'Prefer: wait=20' %s%s/jobs -d '{\"prompt\":\"a red fox in the snow\"}'\n", o.typed(), base)
	}
}

// typed is the header that a body needs under a public name: there curl's own type is that of a form, which a foreign page
// may send.
func (o Options) typed() string {
	if o.URL == "" {
		return ""
	}
	return "-H 'Content-Type: application/json' "
}

// complaints brings into the log what net/http has to say. Of a panic it keeps the place and not the value, which may hold
// what a client sent.
type complaints struct{ slog.Handler }

// Handle takes a line of net/http, which ends in the stack if it tells of a panic.
func (c complaints) Handle(ctx context.Context, line slog.Record) error {
	entry := slog.NewRecord(line.Time, slog.LevelWarn, "connection", 0)
	if strings.HasPrefix(line.Message, "http: panic serving") {
		var stack string
		if at := strings.LastIndex(line.Message, "\ngoroutine "); at >= 0 {
			stack = line.Message[at+1:]
		}
		entry = slog.NewRecord(line.Time, slog.LevelError, "request panicked", 0)
		entry.AddAttrs(slog.String("stack", stack))
	} else {
		entry.AddAttrs(slog.String("err", line.Message))
	}
	return c.Handler.Handle(ctx, entry)
}
