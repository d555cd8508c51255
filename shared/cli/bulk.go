package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"easel/shared/bulk"
	"easel/shared/bulk/folder"
	"easel/shared/local"
	"easel/shared/usd"
)

// bulkOrder is what the flags of bulk say.
type bulkOrder struct {
	rows rowFlags
	home embedded
	run  bulk.Run // as far as flags say what it does

	to     string
	yes    bool
	ask    string // --ask-above
	retry  string
	redo   []string
	drop   bool   // --cancel-removed
	back   string // the command that goes on
	server string // its address, or the name of the command's own

	credentials error // why there are none, for a server of the command's own that calls Bedrock
}

func (a bulkCommands) bulkCommand() *cobra.Command {
	o := &bulkOrder{}
	cmd := &cobra.Command{
		Use: "bulk FILE --to DIR", SuggestFor: []string{"batch-submit", "import"},
		Short: "Turn a file of prompts into a folder of pictures",
		Long: `Turn a file of prompts (CSV, NDJSON, or text with a prompt on each line; - is the standard input) into a folder of
pictures. First it shows what that costs and how long it takes, and asks.

The folder remembers what is made. Stop the command and run it again at any time, add rows, sort them: a picture that
lies in the folder is never ordered again, and what the server has made is fetched and not paid again. A row that you
edit after that keeps its picture until you say --redo changed. Only a call that is under way when a server dies may be
paid without a picture; --max-calls says how many a row may take.
Failed rows are in failed.csv, ready to be edited and run; contact.html shows everything.

Without a server the command runs one by itself: simulated, or with --generator bedrock for real pictures.`,
		Example: `  easel bulk prompts.csv --to pictures/
  easel bulk prompts.csv --to pictures/ --generator bedrock --limit 10
  easel bulk ideas.txt --to ideas/ --template --wildcards lists/ --random 20 --matrix model=core,ultra
  easel bulk articles.csv --to covers/ --column prompt=Title --aspect 16:9 --yes --max-cost 25`,
		Args: one("FILE", "Put the rows into one file, or run the command once for each; the folder for the pictures is --to DIR."),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.rows.meant(a.app)
			if err := o.check(cmd); err != nil {
				return err
			}
			o.back = a.again(args[0])
			return a.bulk(cmd, o, args[0])
		},
	}
	o.flags(a.app, cmd)
	return cmd
}

func (o *bulkOrder) flags(a *app, cmd *cobra.Command) {
	f, r := cmd.Flags(), &o.run
	f.StringVar(&o.to, "to", "", "`DIR` for the pictures and all that is known of them")
	f.StringVar(&r.Names, "name", folder.DefaultPattern, "`PATTERN` for the names of files: {custom_id} {prompt} {seed} {model} {line} {n} {ext}, and / for folders")
	f.BoolVarP(&o.yes, "yes", "y", false, "do not ask")
	f.StringVar(&o.ask, "ask-above", "1", "`USD` above which the command asks before it sends; simulated pictures cost none")
	f.StringVar((*string)(&r.MaxCost), "max-cost", "", "`USD` that all of this may cost at list price")
	f.BoolVar(&r.DryRun, "dry-run", false, "show what would be sent, and stop")
	f.IntVar(&r.Limit, "limit", 0, "order none but the first `N` rows of the file, also when the command runs again; what was ordered before is made as well")
	f.StringVar(&o.retry, "retry", "", "`failed`: send rows again that failed before")
	f.StringSliceVar(&o.redo, "redo", nil, "`ROWS` to make again: changed for those that have changed since their pictures were made, or custom_ids (another picture of each)")
	f.StringSliceVar((*[]string)(&r.Only), "only", nil, "custom_ids (`IDS`) of the rows to make; all others wait")
	f.BoolVar(&r.FetchAgain, "fetch-again", false, "fetch pictures again whose files are missing; what the server has no more is paid again")
	f.BoolVar(&o.drop, "cancel-removed", false, "cancel what waits in the batch for rows that are no longer in the file")
	f.StringVar(&r.Key, "batch", "", "`KEY` of the batch, where the folder does not last, as in CI: the same key finds the same batch")
	f.IntVar(&r.Downloads, "downloads", 8, "fetch `N` pictures at a time")
	o.rows.flags(cmd)
	o.home.flags(cmd)
	a.forOrders().waitFlags(cmd)
	complete(cmd, map[string][]string{
		"retry": {"failed"}, "redo": {"changed"}, "generator": {local.Simulated, local.Bedrock},
	})
}

// check finds what cannot work before anything is opened.
func (o *bulkOrder) check(cmd *cobra.Command) error {
	for _, f := range []struct{ name, value string }{{"max-cost", o.run.MaxCost.String()}, {"ask-above", o.ask}} {
		if _, err := usd.Parse(f.value); f.value != "" && err != nil {
			return usage(cmd, "--%s: %s", f.name, err)
		}
	}
	switch {
	case o.to == "":
		return usage(cmd, "a folder for the pictures is missing: add --to DIR")
	case o.run.Limit < 0 || cmd.Flags().Changed("limit") && o.run.Limit == 0:
		return usage(cmd, "--limit %d makes nothing: give 1 or more, or leave it out", o.run.Limit)
	case o.retry != "" && o.retry != "failed":
		return usage(cmd, "--retry %q is none: use --retry failed (canceled rows are sent again anyway)", o.retry)
	case slices.Contains(o.redo, "") || slices.Contains(o.run.Only, ""):
		return usage(cmd, "--redo and --only take custom_ids with commas between, and one of them is empty")
	}
	if err := checkFetch(cmd, &o.run); err != nil {
		return err
	}
	return errors.Join(o.rows.check(cmd), o.home.check(cmd))
}

// checkFetch finds what cannot work about how pictures are fetched.
func checkFetch(cmd *cobra.Command, r *bulk.Run) error {
	if r.Downloads < 1 || r.Downloads > 64 {
		return usage(cmd, "--downloads %d is not possible: give 1 to 64", r.Downloads)
	}
	if err := folder.CheckPattern(r.Names); err != nil {
		return usage(cmd, "--name: %s", err)
	}
	return nil
}

// again is the command as it was given, which is the way to go on.
func (a bulkCommands) again(file string) string {
	parts := []string{"easel"}
	for _, arg := range a.args {
		parts = append(parts, quote(arg))
	}
	text := strings.Join(parts, " ")
	if file == "-" {
		text += "   (with the same input)"
	}
	return text
}

// bulk opens file, folder and server, runs, and closes them in turn.
func (a bulkCommands) bulk(cmd *cobra.Command, o *bulkOrder, file string) (err error) {
	ctx := cmd.Context()
	var s *bulk.Summary // of a run that has begun; it is told last, when the server has stopped
	defer func() {
		if s != nil {
			err = a.finish(o, *s, err)
		}
	}()
	source, in, err := o.rows.open(ctx, a.app, file)
	if err != nil {
		return err
	}
	defer in.Close()
	into, err := folder.Open(o.to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, into.Close()) }()
	a.sayAll(into.Warnings())
	c, server, stop, err := a.serverOf(ctx, &o.home, into.Path)
	if err != nil {
		return err
	}
	defer func() {
		if ctx.Err() != nil && o.home.on {
			a.say("Stopping: calls that run may end, and their pictures are kept. Interrupt again to stop at once.")
		}
		err = errors.Join(err, stop())
	}()
	run := o.complete(source, into)
	run.Client, run.Server = c, server
	if o.home.near {
		run.Poll = localPoll
	}
	if o.home.on && o.home.Generator == local.Bedrock {
		o.credentials = local.CheckCredentials(ctx)
	}
	o.server = server
	run.Simulated = server == embeddedName+local.Simulated
	defer func() { err = errors.Join(err, run.Close()) }()
	s, err = a.carry(ctx, run, o)
	if s == nil && !o.run.DryRun {
		run.Abandon(ctx)
	}
	return err
}

// complete makes the run of file and folder.
func (o *bulkOrder) complete(source *bulk.Source, into *folder.Folder) *bulk.Run {
	r := &o.run
	r.Folder, r.Source, r.Retired, r.Retry, r.Withdraw = into, source, o.home.Retired, o.retry != "", o.drop
	r.Redo = slices.Contains(o.redo, redoChanged)
	r.Again = slices.DeleteFunc(o.redo, func(name string) bool { return name == redoChanged })
	return r
}

// redoChanged is the value of --redo that names no row.
const redoChanged = "changed"

// carry plans, asks, and does it. There is a summary if it did.
func (a bulkCommands) carry(ctx context.Context, run *bulk.Run, o *bulkOrder) (*bulk.Summary, error) {
	watcher := a.watch(run)
	defer watcher.stop()
	plan, err := run.Plan(ctx)
	watcher.clear()
	if over, ok := errors.AsType[*bulk.OverMaxError](err); ok {
		a.showPlan(a.errs, o, run.Source.Name, plan)
		return nil, &beyond{over}
	}
	if many, ok := errors.AsType[*bulk.TooManyError](err); ok {
		return nil, fmt.Errorf("%w. Shorten the file or its templates, take --random N of each, or raise --max-rows; a batch takes %d", many, bulk.MostRows)
	}
	if err != nil {
		return nil, &paused{cause: err, back: o.back}
	}
	if o.run.DryRun {
		a.showPlan(a.out, o, run.Source.Name, plan)
		return nil, a.forOrders().checkCredentials(a.out, o)
	}
	a.showPlan(a.errs, o, run.Source.Name, plan)
	if plan.New()+plan.Waiting > 0 {
		if err := a.forOrders().checkCredentials(a.errs, o); err != nil {
			return nil, err
		}
	}
	if err := a.consent(ctx, o, plan); err != nil {
		return nil, err
	}
	s, err := watcher.perform(ctx, plan)
	if err != nil {
		err = &paused{cause: err, back: o.back, sent: true, alone: o.home.on}
	}
	return &s, err
}

// finish tells what came of it.
func (a bulkCommands) finish(o *bulkOrder, s bulk.Summary, err error) error {
	if err == nil || s.Saved+s.Failed > 0 {
		a.showSummary(o.to, s)
	}
	if err != nil {
		return err
	}
	if s.Missing > 0 {
		a.say("%s could not be fetched. They are not lost: run the command again: %s", counted(s.Missing, "picture"), o.back)
		return told(codeUnreachable)
	}
	if s.Failed+s.Unmade > 0 {
		return told(codeFailed)
	}
	return nil
}

// contact is where the pictures can be looked at.
func contact(to string) string { return filepath.Join(to, "contact.html") }

// exists reports whether a file of the folder is there.
func exists(file string) bool {
	_, err := os.Stat(file)
	return err == nil
}

func failedFile(to string) string { return filepath.Join(to, "failed.csv") }
