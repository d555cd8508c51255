package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"easel/shared/api"
	"easel/shared/api/client"
)

func (a batchCommands) batchesCommand() *cobra.Command {
	var limit int
	var all bool
	cmd := &cobra.Command{
		Use: "batches", Short: "List batches, newest first", Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 1 {
				return usage(cmd, "--limit %d lists nothing: give 1 or more, or --all", limit)
			}
			c, err := a.client(cmd.Context())
			if err != nil {
				return err
			}
			return a.batches(cmd.Context(), c, limit, all)
		},
	}
	cmd.Flags().IntVar(&limit, "limit", 20, "list `N` at most")
	cmd.Flags().BoolVar(&all, "all", false, "list all there are")
	return cmd
}

// batches prints page after page, of which some may be short or empty.
func (a batchCommands) batches(ctx context.Context, c *client.Client, limit int, all bool) error {
	q := client.BatchListQuery{}
	for shown := 0; ; {
		q.Limit = most
		if !all {
			q.Limit = min(most, limit-shown)
		}
		page, err := c.Batches(ctx, q)
		if err != nil {
			return err
		}
		if err := a.batchPage(page.Data, shown == 0); err != nil {
			return err
		}
		shown += len(page.Data)
		switch {
		case !page.HasMore || page.NextCursor == nil:
			if shown == 0 {
				a.say("No batches. Make one with: %s", a.way.to("bulk prompts.csv --to pictures/"))
			}
			return nil
		case !all && shown >= limit:
			a.say("There are more: --limit N or --all shows them.")
			return nil
		}
		q.Cursor = *page.NextCursor
	}
}

func (a batchCommands) batchPage(batches []api.Batch, first bool) error {
	if a.json {
		for _, b := range batches {
			if err := a.emit(b); err != nil {
				return err
			}
		}
		return nil
	}
	if len(batches) == 0 {
		return nil
	}
	var rows [][]string
	if first {
		rows = append(rows, []string{"ID" + strings.Repeat(" ", 34), "STATUS   ", "CREATED", "JOBS", "MADE", "FAILED", "COST", "WAITING", "NAME"})
	}
	for _, b := range batches {
		rows = append(rows, []string{
			b.ID, b.Status, when(b.CreatedAt), fmt.Sprint(b.Counts.Total), fmt.Sprint(b.Counts.Succeeded), fmt.Sprint(b.Counts.Failed),
			dollars(b.Cost.ListUSD), dollars(b.Cost.WaitingUSD), clip(b.Name, 48),
		})
	}
	return table(a.out, rows)
}
