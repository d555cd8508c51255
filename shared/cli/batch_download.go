package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"easel/shared/bulk"
	"easel/shared/bulk/folder"
	"easel/shared/job"
)

// batchFetch is what the flags of download say about a batch.
type batchFetch struct {
	to  string
	run bulk.Run
}

func (o *batchFetch) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringVar(&o.to, "to", "", "`DIR` for all pictures of a batch")
	f.StringVar(&o.run.Names, "name", folder.DefaultPattern, "with --to: `PATTERN` for the names of files: {custom_id} {prompt} {seed} {model} {line} {n} {ext}")
	f.IntVar(&o.run.Downloads, "downloads", 8, "with --to: fetch `N` pictures at a time")
}

// downloadBatch saves what a batch has made.
func (a batchCommands) downloadBatch(cmd *cobra.Command, o *batchFetch, ids []string, wait bool) (err error) {
	switch {
	case len(ids) > 1:
		return usage(cmd, "one batch fits into a folder, and these are %d IDs: give each its own --to", len(ids))
	case cmd.Flags().Changed("out") || cmd.Flags().Changed("force"):
		return usage(cmd, "--out and --force are for jobs; a batch goes to the folder of --to")
	}
	run := &o.run
	if err := checkFetch(cmd, run); err != nil {
		return err
	}
	c, err := a.client(cmd.Context())
	if err != nil {
		return err
	}
	id, err := whole(cmd.Context(), c, ids[0])
	if err != nil {
		return err
	}
	switch b, err := c.Batch(cmd.Context(), id, 0); {
	case err != nil:
		return a.forJobs().misplaced(cmd, c, id, err)
	case b.Status == string(job.BatchDeleting): // some pictures are gone already, and others go while they are fetched
		return a.batchVerdict(b)
	}
	into, err := folder.Open(o.to)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, into.Close()) }()
	run.Client, run.Folder, run.Server, run.Batch, run.Wait = c, into, a.forFiles().serverName(), id, wait
	if a.forFiles().near() {
		run.Poll = localPoll
	}
	return a.fetchBatch(cmd.Context(), run, o.to)
}

func (a batchCommands) fetchBatch(ctx context.Context, run *bulk.Run, to string) error {
	back := &bulkOrder{to: to, back: a.forFiles().again("")}
	watcher := a.forFiles().watch(run)
	defer watcher.stop()
	plan, err := run.Plan(ctx)
	watcher.clear()
	if err != nil {
		return &paused{cause: err, back: back.back}
	}
	s, err := watcher.perform(ctx, plan)
	if err != nil {
		return &paused{cause: err, back: back.back, sent: true}
	}
	if left := run.Progress(); !run.Wait && left.Made+left.Failed < left.Total {
		a.say("%s not ended yet. Run this again for them, or wait for them: --wait", have(left.Total-left.Made-left.Failed))
	}
	return a.forFiles().finish(back, s, nil)
}

func have(n int) string {
	if n == 1 {
		return "1 job has"
	}
	return counted(n, "job") + " have"
}
