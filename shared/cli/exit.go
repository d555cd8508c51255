package cli

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/bulk"
	"easel/shared/prompt"
	"easel/shared/sign"
)

// The exit codes of [Main].
const (
	codeUsage       = 1
	codeRefused     = 2
	codeFailed      = 3
	codeUnreachable = 4
	codeInterrupted = 130
)

// told is an error that was printed already; only its exit code is left.
type told int

// Error is for the rare reader of a log: the user has been told.
func (t told) Error() string { return fmt.Sprintf("exit code %d", int(t)) }

// interrupted says that the command waits no longer, while the jobs go on.
type interrupted struct {
	ids  []string
	way  way
	back func(ids []string) string // the command that comes back to them; nil: easel wait
	hint string                    // where there is no ID yet
	gave *gaveUp                   // the command ended the wait itself; nil: the user did

	batch bool // the ID is a batch's
}

// Error says how to come back.
func (i *interrupted) Error() string {
	if len(i.ids) == 0 {
		return "interrupted. " + i.hint
	}
	back := i.way.to("wait", strings.Join(i.ids, " "))
	if i.back != nil {
		back = i.back(i.ids)
	}
	began := "interrupted; "
	if i.gave != nil {
		began = i.gave.Error() + "\n"
	}
	switch {
	case len(i.ids) > 1 && i.batch:
		return began + "they go on. Come back to them with: " + back
	case len(i.ids) > 1:
		return began + "the jobs go on. Come back to them with: " + back
	case i.batch:
		return began + "the batch goes on. Come back to it with: " + back
	}
	return began + "the job goes on. Come back to it with: " + back
}

// Is makes an interruption known as what it comes from.
func (i *interrupted) Is(other error) bool { return i.gave == nil && other == context.Canceled }

// Unwrap makes the end of patience known.
func (i *interrupted) Unwrap() error {
	if i.gave == nil {
		return nil
	}
	return i.gave
}

// complain tells what went wrong.
func (a *app) complain(err error) {
	text := strings.TrimSpace(a.explain(err))
	if a.forServers().logsJSON() {
		slog.New(slog.NewJSONHandler(a.errs, nil)).Error("the command failed", "err", text, "code", word(err), "exit", codeOf(err))
		return
	}
	if !a.json {
		fmt.Fprintf(a.errs, "easel: %s\n", text)
		return
	}
	f := fault{Code: word(err), Message: text, Exit: codeOf(err)}
	f.Problem, _ = errors.AsType[*api.Problem](err)
	if rows, ok := errors.AsType[*bulk.FaultsError](err); ok {
		f.Faults, f.FaultyRows = rows.Kinds, rows.Rows
	}
	_ = encode(a.errs, map[string]fault{"error": f}) // there is no other place to tell it
}

// fault is what went wrong, for machines.
type fault struct {
	Code       string          `json:"code"` // the server's or the job's, or a word for the exit code
	Message    string          `json:"message"`
	Exit       int             `json:"exit"`
	Problem    *api.Problem    `json:"problem,omitempty"`     // as the server sent it
	FaultyRows int             `json:"faulty_rows,omitempty"` // of a file
	Faults     []*prompt.Fault `json:"faults,omitempty"`      // of these rows, by kind
}

// outcome is an error with an exit code of its own, and with a word for machines.
type outcome interface {
	error
	outcome() (code int, kind string)
}

func (t told) outcome() (code int, kind string)    { return int(t), "" }
func (g *gaveUp) outcome() (code int, kind string) { return codeUnreachable, "gave_up" }
func (b *beyond) outcome() (code int, kind string) { return codeRefused, "over_max_cost" }

func codeOf(err error) int {
	if o, ok := errors.AsType[outcome](err); ok {
		code, _ := o.outcome()
		return code
	}
	p, isProblem := errors.AsType[*api.Problem](err)
	switch {
	case err == nil:
		return 0
	case errors.Is(err, context.Canceled):
		return codeInterrupted
	case isProblem:
		return codeOfStatus(p.Status)
	case errors.Is(err, client.ErrUnreachable), errors.Is(err, sign.ErrCredentials):
		return codeUnreachable
	}
	return codeUsage
}

func word(err error) string {
	if p, ok := errors.AsType[*api.Problem](err); ok {
		return p.Code
	}
	if o, ok := errors.AsType[outcome](err); ok {
		_, text := o.outcome()
		return text
	}
	if errors.Is(err, sign.ErrCredentials) {
		return "credentials"
	}
	return map[int]string{codeUnreachable: "unreachable", codeInterrupted: "interrupted", codeUsage: "usage_or_file"}[codeOf(err)]
}

func codeOfStatus(httpStatus int) int {
	if httpStatus == http.StatusUnauthorized || httpStatus == http.StatusForbidden || httpStatus >= 500 {
		return codeUnreachable
	}
	return codeRefused
}

// explained is an error that says by itself what to do about it.
type explained interface {
	error
	explain(a *app) string
}

func (i *interrupted) explain(*app) string { return i.Error() }

func (e *astray) explain(*app) string { return e.Error() }

// explain puts an error into words with what to do about it. The server's sentences stay as they are.
func (a *app) explain(err error) string {
	if e, ok := errors.AsType[explained](err); ok {
		return e.explain(a)
	}
	p, isProblem := errors.AsType[*api.Problem](err)
	switch {
	case errors.Is(err, context.Canceled):
		return "interrupted"
	case isProblem && p.Code != client.CodePicture && (p.Status == http.StatusUnauthorized || p.Status == http.StatusForbidden):
		return a.authHint(p, err)
	case errors.Is(err, sign.ErrCredentials):
		return credentialHint(err)
	case isProblem && a.wrongPath(p) != "":
		return a.wrongPath(p)
	case isProblem && p.Status >= 500:
		return fmt.Sprintf("the server cannot do it now (%d %s): %s", p.Status, p.Code, err)
	case isProblem:
		return fmt.Sprintf("refused (%d %s): %s", p.Status, p.Code, err)
	case errors.Is(err, http.ErrSchemeMismatch):
		return fmt.Sprintf("the server at %s takes no https: give its address with http:// (--server or EASEL_URL)", a.server)
	case errors.Is(err, client.ErrUnreachable) && client.Unsent(err):
		return a.absent(err)
	}
	return err.Error()
}

// absent words that no server listens. For a server on this machine the way out is known.
func (a *app) absent(err error) string {
	text := fmt.Sprintf("no Easel server answers at %s.", a.server)
	if a.forFiles().near() {
		return text + " Start one with: easel serve   (or go run ./cmd/easel serve), or set EASEL_URL."
	}
	return fmt.Sprintf("%s Check the address (--server or EASEL_URL) and the network.\n%s", text, err)
}

// routes are what paths of the API begin with.
var routes = []string{"jobs", "batches", "models", "events", "healthz", "livez", "openapi.yaml", "images.zip", "session"}

// wrongPath words that the path of the address leads to no API, as where a route was copied with it. Empty: it is not to blame.
func (a *app) wrongPath(p *api.Problem) string {
	u, err := a.address()
	if err != nil || strings.Trim(u.Path, "/") == "" {
		return ""
	}
	is, segments := u.String(), strings.Split(u.Path, "/")
	at := slices.IndexFunc(segments, func(segment string) bool { return slices.Contains(routes, segment) })
	switch {
	case at > 0 && (p.Status == http.StatusNotFound || p.Status == http.StatusMethodNotAllowed || p.Status == http.StatusUnprocessableEntity):
		u.Path = strings.Join(segments[:at], "/")
	case p.Code == "unknown_path" || p.Code == api.GatewayCode+"not_found":
		at, u.Path = 1, ""
	default:
		return ""
	}
	path := "/" + strings.Join(segments[at:], "/")
	return fmt.Sprintf("no Easel API is at %s (--server or EASEL_URL): it has no routes below %s. Leave that out: %s\nThe server said (%d %s): %s",
		is, path, u, p.Status, p.Code, clip(p.Detail, 200))
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// usage is a mistake in the command itself, with the way to its help.
func usage(cmd *cobra.Command, message string, args ...any) error {
	return fmt.Errorf("%s\nSee: %s --help", fmt.Sprintf(message, args...), cmd.CommandPath())
}

// atLeast wants that many arguments or more; one wants exactly one.
func atLeast(n int, what string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) < n {
			return usage(cmd, "%s is missing: easel %s", what, cmd.Use)
		}
		return nil
	}
}

func one(what, advice string) cobra.PositionalArgs {
	return func(cmd *cobra.Command, args []string) error {
		if len(args) > 1 {
			return usage(cmd, "one %s is taken, and these are %d. %s", what, len(args), advice)
		}
		return atLeast(1, what)(cmd, args)
	}
}

func none(cmd *cobra.Command, args []string) error {
	if len(args) > 0 {
		return usage(cmd, "%s takes no argument, but %q was given", cmd.CommandPath(), args[0])
	}
	return nil
}
