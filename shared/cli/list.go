package cli

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/job"
	"easel/shared/spelling"
)

// most is how many jobs a page of the API may have.
const most = 100

func (a jobCommands) listCommand() *cobra.Command {
	var q client.ListQuery
	var limit int
	var all bool
	cmd := &cobra.Command{
		Use: "list", Aliases: []string{"ls"}, Short: "List jobs, newest first", Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			if limit < 1 {
				return usage(cmd, "--limit %d lists nothing: give 1 or more, or --all", limit)
			}
			if err := known(cmd, q.Status); err != nil {
				return err
			}
			q.Model = spelling.Meant("model", q.Model)
			c, err := a.client(cmd.Context())
			if err == nil {
				q.BatchID, err = whole(cmd.Context(), c, q.BatchID)
			}
			if err != nil {
				return err
			}
			return a.list(cmd.Context(), c, q, limit, all)
		},
		SuggestFor: []string{"jobs"},
	}
	f := cmd.Flags()
	f.StringSliceVar(&q.Status, "status", nil, "only jobs in these `STATES`: queued, running, succeeded, failed, canceled")
	f.StringVar(&q.Model, "model", "", "only jobs of this `MODEL`")
	f.StringVar(&q.BatchID, "batch", "", "only jobs of the batch with this `ID`, as they stand in its file")
	f.BoolVar(&q.Starred, "starred", false, "only jobs with a star")
	f.StringVar(&q.Words, "search", "", "only jobs whose prompt has these `WORDS`; servers on AWS do not search")
	f.IntVar(&limit, "limit", 20, "list `N` at most")
	f.BoolVar(&all, "all", false, "list all there are")
	complete(cmd, map[string][]string{"status": statuses(), "model": aliases()})
	return cmd
}

func statuses() (names []string) {
	for _, s := range job.Statuses {
		names = append(names, string(s))
	}
	return names
}

// known refuses a state that is none, and writes the others as the API has them.
func known(cmd *cobra.Command, states []string) error {
	for n, s := range states {
		s = cmp.Or(map[string]string{"cancelled": "canceled"}[strings.ToLower(s)], strings.ToLower(s))
		states[n] = s
		if !slices.Contains(job.Statuses, job.Status(s)) {
			return usage(cmd, "--status %q is none: use queued, running, succeeded, failed or canceled", s)
		}
	}
	return nil
}

// list prints page after page, of which some may be short or empty. A table is aligned within a page.
func (a jobCommands) list(ctx context.Context, c *client.Client, q client.ListQuery, limit int, all bool) error {
	emptyText := "No jobs. Order one with: " + a.way.to("submit", `"a red fox in snow"`)
	if len(q.Status) > 0 || q.Model != "" || q.BatchID != "" || q.Starred || q.Words != "" {
		emptyText = "No jobs match."
	}
	for shown := 0; ; {
		q.Limit = most
		if !all {
			q.Limit = min(most, limit-shown)
		}
		page, err := c.List(ctx, q)
		if err != nil {
			return err
		}
		if err := a.page(page.Data, shown == 0); err != nil {
			return err
		}
		shown += len(page.Data)
		if !page.HasMore || page.NextCursor == nil {
			if shown == 0 {
				a.say("%s", emptyText)
			}
			return nil
		}
		if !all && shown >= limit {
			a.say("There are more: --limit N or --all shows them.")
			return nil
		}
		q.Cursor = *page.NextCursor
	}
}

func (a jobCommands) page(jobs []api.Job, first bool) error {
	if a.json {
		for _, j := range jobs {
			if err := a.emit(j); err != nil {
				return err
			}
		}
		return nil
	}
	if len(jobs) == 0 {
		return nil
	}
	var rows [][]string
	if first {
		rows = append(rows, []string{"ID" + strings.Repeat(" ", 34), "STATUS   ", "MODEL", "CREATED", "SEED", "PROMPT"})
	}
	for _, j := range jobs {
		rows = append(rows, []string{j.ID, status(j), short(j.Model), when(j.CreatedAt), fmt.Sprint(j.Sent.Seed), clip(j.Input.Prompt, 48)})
	}
	return table(a.out, rows)
}

// status adds the reason where there is one.
func status(j api.Job) string {
	switch {
	case j.Error != nil:
		return j.Status + " (" + j.Error.Code + ")"
	case j.Waiting != nil:
		return j.Status + " (" + j.Waiting.Code + ")"
	}
	return j.Status
}
