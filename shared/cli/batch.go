package cli

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/job"
)

func (a batchCommands) batchCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "batch", Short: "Look at a batch, or cancel, retry, seal or delete it",
		Long: `Look at a batch, or cancel, retry, seal or delete it. Batches are made by easel bulk, and by POST /batches.
Their pictures are saved with: easel download ID --to DIR`,
		Args: cobra.ArbitraryArgs,
		RunE: func(cmd *cobra.Command, args []string) error {
			id, use := "ID", ""
			for _, arg := range args {
				if meant, ok := batchWords[arg]; ok {
					use = meant
				} else {
					id = arg
				}
			}
			if use != "" {
				return usage(cmd, "this is no command. Use: %s", a.way.to(strings.ReplaceAll(use, "ID", quote(id))))
			}
			return usage(cmd, "what is to be done with it? %s, or cancel|retry|seal|rm instead of show (%s lists them)", a.way.to("batch show", quote(id)), a.way.to("batches"))
		},
	}
	cancel := verb(a.app, "cancel", "Cancel what has not ended of batches", (*client.Client).CancelBatch, a.batchLine)
	cancel.Long = "Cancel what has not ended of batches. Pictures that are being made at that moment are paid for, and kept."
	cmd.AddCommand(
		verb(a.app, "show", "Show batches as they are now",
			func(c *client.Client, ctx context.Context, id string) (api.Batch, error) { return c.Batch(ctx, id, 0) }, a.showBatch),
		cancel,
		a.batchRetryCommand(),
		verb(a.app, "seal", "Say that nothing more is added to batches", (*client.Client).SealBatch, a.batchLine),
		verb(a.app, "rm", "Delete batches with their jobs and pictures, for good", (*client.Client).DeleteBatch, a.batchLine),
	)
	return cmd
}

// batchWords are the commands that are meant by words behind batch: by another name, or behind the ID.
var batchWords = map[string]string{
	"list": "batches", "ls": "batches", "wait": "wait ID", "download": "download ID --to DIR", "get": "batch show ID", "show": "batch show ID",
	"cancel": "batch cancel ID", "retry": "batch retry ID", "seal": "batch seal ID", "rm": "batch rm ID", "delete": "batch rm ID", "remove": "batch rm ID",
}

func (a batchCommands) batchRetryCommand() *cobra.Command {
	var states, codes []string
	again := func(c *client.Client, ctx context.Context, id string) (api.Batch, error) {
		b, n, err := retryAll(ctx, c, id, states, codes)
		if err != nil && n > 0 {
			a.say("%s of batch %s began again before that.", counted(n, "job"), id)
		}
		b.Retried = n
		return b, err
	}
	cmd := verb(a.app, "retry", "Start the failed jobs of batches again", again, a.batchRetried)
	cmd.Example = `  easel batch retry ID --code model_error --code internal
  easel batch retry ID --status canceled`
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		for _, s := range states {
			if s != string(job.Failed) && s != string(job.Canceled) {
				return usage(cmd, "--status %q cannot be retried: use failed, canceled or both", s)
			}
		}
		return nil
	}
	cmd.Flags().StringSliceVar(&states, "status", nil, "`STATES` of the jobs: failed, canceled or both (default: failed)")
	cmd.Flags().StringSliceVar(&codes, "code", nil, "only those that failed with one of these error `CODES`")
	complete(cmd, map[string][]string{"status": {string(job.Failed), string(job.Canceled)}})
	return cmd
}

// retryAll goes on while the server says that there are more.
func retryAll(ctx context.Context, c *client.Client, id string, states, codes []string) (b api.Batch, n int, err error) {
	for {
		b, err = c.RetryBatch(ctx, id, states, codes)
		n += b.Retried
		if err != nil || !b.HasMore || b.Retried == 0 {
			return b, n, err
		}
	}
}

func (a batchCommands) batchRetried(b api.Batch) error {
	if err := a.tell(b, fmt.Sprintf("%s  %s  %s begin again", b.ID, b.Status, counted(b.Retried, "job"))); err != nil {
		return err
	}
	if b.Retried == 0 {
		a.say("None has failed as asked for; %s tells how they stand.", a.way.to("batch show", b.ID))
	}
	return nil
}

// batchLine is one batch on one line, its ID first.
func (a batchCommands) batchLine(b api.Batch) error {
	text := b.ID + "  " + b.Status
	if b.Counts.Total > 0 {
		text += "  " + batchCounts(b)
	}
	return a.tell(b, text)
}

// batchCounts are the counts of a batch, with what they mean where it was canceled while its calls were under way.
func batchCounts(b api.Batch) string {
	text := counts(b.Counts)
	switch is := job.BatchStatus(b.Status); {
	case is == job.BatchCanceling && b.Counts.Running > 0:
		text += "; what runs goes on, and its pictures are kept"
	case is == job.BatchCanceled && b.Counts.Canceled == 0:
		text += ", none canceled: all were made or under way already"
	}
	return text
}

func counts(c api.Counts) string {
	parts := []string{fmt.Sprintf("%d of %d made", c.Succeeded, c.Total)}
	for _, s := range []struct {
		n    int64
		word string
	}{{c.Running, "running"}, {c.Queued, "queued"}, {c.Failed, "failed"}, {c.Canceled, "canceled"}} {
		if s.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", s.n, s.word))
		}
	}
	return strings.Join(parts, ", ")
}

// showBatch prints all that a person may want to know of one batch.
func (a batchCommands) showBatch(b api.Batch) error {
	if a.json {
		return a.emit(b)
	}
	l := sheet{{"Batch", b.ID}, {"Status", b.Status}}
	l.add("Name", clip(b.Name, 128))
	l.add("Jobs", batchCounts(b))
	for _, name := range slices.Sorted(maps.Keys(b.Models)) {
		m := b.Models[name]
		l.add("Model", name+": "+counts(api.Counts{
			Total: m.Jobs, Queued: m.Queued, Running: m.Running, Succeeded: m.Succeeded, Failed: m.Failed, Canceled: m.Canceled,
		}))
	}
	l.add("Cost", batchCost(b))
	if b.Counts.Queued > 0 {
		l.add("Waiting", dollars(b.Cost.WaitingUSD)+", one call for each of "+counted(int(b.Counts.Queued), "queued job"))
	}
	if b.ImagesPerMinute != nil {
		l.add("Pace", fmt.Sprintf("%.4g a minute", *b.ImagesPerMinute))
	}
	l.add("Created", when(b.CreatedAt))
	switch {
	case b.CompletedAt != nil:
		l.add("Ended", when(*b.CompletedAt))
	case b.EndsAt != nil:
		l.add("Ends", "about "+when(*b.EndsAt))
	}
	if b.SealedAt == nil {
		l.add("Open", "more jobs may be added; "+a.way.to("batch seal", b.ID)+" says that none will")
	}
	return table(a.out, l)
}

func batchCost(b api.Batch) string {
	text := dollars(b.Cost.ListUSD) + " at list price"
	if b.Cost.MaxUSD != nil {
		text += ", bound " + dollars(*b.Cost.MaxUSD)
	}
	if b.Simulated {
		return "nothing (simulated; " + text + ")"
	}
	return text
}
