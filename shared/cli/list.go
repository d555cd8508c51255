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
	"easel/shared/model"
	"easel/shared/spelling"
)

// most is how many entries a page of the API may have.
const most = 100

// pages reads a page of a list: what is on it, and the cursor of the next one, if any.
type pages[T any] func(limit int, cursor string) ([]T, *string, error)

func jobPages(ctx context.Context, c *client.Client, q client.ListQuery) pages[api.Job] {
	return func(limit int, cursor string) ([]api.Job, *string, error) {
		q.Limit, q.Cursor = limit, cursor
		l, err := c.List(ctx, q)
		return l.Data, l.NextCursor, err
	}
}

func batchPages(ctx context.Context, c *client.Client) pages[api.Batch] {
	return func(limit int, cursor string) ([]api.Batch, *string, error) {
		l, err := c.Batches(ctx, client.BatchListQuery{Limit: limit, Cursor: cursor})
		return l.Data, l.NextCursor, err
	}
}

// listing is how much of a list is shown, and how.
type listing[T any] struct {
	limit  int
	all    bool
	header []string
	row    func(T) []string
}

func (l *listing[T]) flags(cmd *cobra.Command) {
	cmd.Flags().IntVar(&l.limit, "limit", 20, "list `N` at most")
	cmd.Flags().BoolVar(&l.all, "all", false, "list all there are")
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		if l.limit < 1 {
			return usage(cmd, "--limit %d lists nothing: give 1 or more, or --all", l.limit)
		}
		return nil
	}
}

// print prints page after page, of which some may be short or empty.
func (l *listing[T]) print(a *app, read pages[T], nothing string) error {
	cursor := ""
	for shown := 0; ; {
		limit := most
		if !l.all {
			limit = min(most, l.limit-shown)
		}
		data, next, err := read(limit, cursor)
		if err == nil {
			err = l.page(a, data, shown == 0)
		}
		if err != nil {
			return err
		}
		shown += len(data)
		switch {
		case next == nil && shown == 0:
			a.say("%s", nothing)
			return nil
		case next == nil:
			return nil
		case !l.all && shown >= l.limit:
			a.say("There are more: --limit N or --all shows them.")
			return nil
		}
		cursor = *next
	}
}

// page prints one page. A table is aligned within it.
func (l *listing[T]) page(a *app, data []T, first bool) error {
	var rows [][]string
	if first {
		rows = append(rows, l.header)
	}
	for _, entry := range data {
		if !a.json {
			rows = append(rows, l.row(entry))
		} else if err := a.emit(entry); err != nil {
			return err
		}
	}
	if a.json || len(data) == 0 {
		return nil
	}
	return table(a.out, rows)
}

// idColumn is the head of a column of IDs, as wide as they are.
var idColumn = "ID" + strings.Repeat(" ", 34)

func (a jobCommands) listCommand() *cobra.Command {
	var q client.ListQuery
	l := &listing[api.Job]{header: []string{idColumn, "STATUS   ", "MODEL", "CREATED", "SEED", "PROMPT"}, row: jobRow}
	cmd := &cobra.Command{
		Use: "list", Aliases: []string{"ls"}, Short: "List jobs, newest first", Args: none, SuggestFor: []string{"jobs"},
		RunE: func(cmd *cobra.Command, _ []string) error {
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
			return a.list(cmd.Context(), c, q, l)
		},
	}
	l.flags(cmd)
	f := cmd.Flags()
	f.StringSliceVar(&q.Status, "status", nil, "only jobs in these `STATES`: queued, running, succeeded, failed, canceled")
	f.StringVar(&q.Model, "model", "", "only jobs of this `MODEL`")
	f.StringVar(&q.BatchID, "batch", "", "only jobs of the batch with this `ID`, as they stand in its file")
	f.BoolVar(&q.Starred, "starred", false, "only jobs with a star")
	f.StringVar(&q.Words, "search", "", "only jobs whose prompt has these `WORDS`; servers on AWS do not search")
	complete(cmd, map[string][]string{"status": statuses(), "model": model.Aliases()})
	return cmd
}

func (a jobCommands) list(ctx context.Context, c *client.Client, q client.ListQuery, l *listing[api.Job]) error {
	nothing := "No jobs. Order one with: " + a.way.to("submit", `"a red fox in snow"`)
	if len(q.Status) > 0 || q.Model != "" || q.BatchID != "" || q.Starred || q.Words != "" {
		nothing = "No jobs match."
	}
	return l.print(a.app, jobPages(ctx, c, q), nothing)
}

func (a batchCommands) batchesCommand() *cobra.Command {
	l := &listing[api.Batch]{
		header: []string{idColumn, "STATUS   ", "CREATED", "JOBS", "MADE", "FAILED", "COST", "WAITING", "NAME"}, row: batchRow,
	}
	cmd := &cobra.Command{
		Use: "batches", Short: "List batches, newest first", Args: none,
		RunE: func(cmd *cobra.Command, _ []string) error {
			c, err := a.client(cmd.Context())
			if err != nil {
				return err
			}
			return l.print(a.app, batchPages(cmd.Context(), c), "No batches. Make one with: "+a.way.to("bulk prompts.csv --to pictures/"))
		},
	}
	l.flags(cmd)
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

func jobRow(j api.Job) []string {
	status := j.Status // with the reason where there is one
	switch {
	case j.Error != nil:
		status += " (" + j.Error.Code + ")"
	case j.Waiting != nil:
		status += " (" + j.Waiting.Code + ")"
	}
	return []string{j.ID, status, short(j.Model), when(j.CreatedAt), fmt.Sprint(j.Sent.Seed), clip(j.Input.Prompt, 48)}
}

func batchRow(b api.Batch) []string {
	return []string{
		b.ID, b.Status, when(b.CreatedAt), fmt.Sprint(b.Counts.Total), fmt.Sprint(b.Counts.Succeeded), fmt.Sprint(b.Counts.Failed),
		dollars(b.Cost.ListUSD), dollars(b.Cost.WaitingUSD), clip(b.Name, 48),
	}
}
