package cli

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"easel/shared/bulk"
	"easel/shared/job"
	"easel/shared/sign"
)

// unattended is how long a command waits without a picture where no person can stop it. Access to a model may
// take 15 minutes to be granted, and a single job has its turn within minutes.
const unattended = time.Hour

// waitFlags are those of a command that waits for pictures.
func (a orderCommands) waitFlags(cmd *cobra.Command) {
	cmd.Flags().DurationVar(&a.patience, "give-up-after", 0, "`TIME` without a picture after which the command stops waiting, such as 30m; 0: never (default: never on a terminal, 1h elsewhere)")
}

// settlePatience fills in the default of a command that waits.
func (a orderCommands) settlePatience(cmd *cobra.Command) error {
	f := cmd.Flags().Lookup("give-up-after")
	switch {
	case f == nil:
	case a.patience < 0:
		return usage(cmd, "--give-up-after %s is no time to wait: give one such as 30m, or 0 to wait without an end", a.patience)
	case f.Changed:
		a.patient = true
	case !a.attended():
		a.patience = unattended
	}
	return nil
}

// attended reports whether a person may be watching.
func (a orderCommands) attended() bool {
	f, ok := fileOf(a.errs)
	return ok && !isCI(os.Getenv) && term.IsTerminal(int(f.Fd()))
}

func fileOf(w io.Writer) (*os.File, bool) {
	if p, ok := w.(*plainWriter); ok {
		w = p.Writer
	}
	f, ok := w.(*os.File)
	return f, ok
}

// gaveUp is a wait that ended because nothing came.
type gaveUp struct {
	after time.Duration
	why   string // what the jobs wait for; empty: nothing says so
}

// Error says how long nothing came, and why.
func (g *gaveUp) Error() string {
	text := fmt.Sprintf("gave up: no picture came for %s (--give-up-after)", g.after)
	if g.why == "" {
		return text
	}
	return text + ". What is waited for: " + g.why
}

// limit bounds a run: its context ends with a [gaveUp] once no row has ended for too long.
func (a orderCommands) limit(ctx context.Context, run *bulk.Run) (bounded context.Context, stop func()) {
	if a.patience == 0 {
		return ctx, func() {}
	}
	ctx, cancel := context.WithCancelCause(ctx)
	var mu sync.Mutex
	why := ""
	timer := time.AfterFunc(a.patience, func() {
		mu.Lock()
		defer mu.Unlock()
		cancel(&gaveUp{a.patience, why})
	})
	hear := run.Report
	run.Report = func(e bulk.Event) {
		mu.Lock()
		switch e.Event {
		case bulk.Waiting:
			if why = ""; e.Code != "" {
				why = e.Message
			}
		case bulk.Saved, bulk.Failed, bulk.Sent:
			timer.Reset(a.patience)
		}
		mu.Unlock()
		hear(e)
	}
	return ctx, func() { timer.Stop(); cancel(nil) }
}

// unsigned says that a server of the command's own has no AWS credentials.
type unsigned struct {
	cause error
	ends  bool // the command ends for it
}

// Error says why there are none.
func (u *unsigned) Error() string {
	if u.ends {
		return "nothing was sent: there are no AWS credentials, and nobody is here to sign in (--give-up-after 30m waits for them): " + u.cause.Error()
	}
	return "there are no AWS credentials: " + u.cause.Error()
}

// Is makes it known as what it is.
func (u *unsigned) Is(other error) bool { return other == sign.ErrCredentials }

// checkCredentials tells that there are no AWS credentials. Without a person who could sign in, and without a time to
// wait, that ends the command before anything is sent.
func (a orderCommands) checkCredentials(w io.Writer, o *bulkOrder) error {
	if o.credentials == nil {
		return nil
	}
	if !o.run.DryRun && !a.patient && !a.attended() {
		return &unsigned{o.credentials, true}
	}
	text := credentialHint(&unsigned{cause: o.credentials})
	if a.json {
		return a.emit(bulk.Event{Event: bulk.Waiting, Time: time.Now().UTC(), Code: job.WaitCredentials, Message: text})
	}
	_, err := fmt.Fprintf(w, "Pictures cannot be made yet: %s\n", text)
	return err
}
