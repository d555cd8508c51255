package cli

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"easel/shared/api"
	"easel/shared/api/client"
)

// verbs are the commands that do one thing with each of some jobs.
func (a jobCommands) verbs() []*cobra.Command {
	result := a.forOrders().result
	get := verb(a.app, "get", "Show jobs as they are now",
		func(c *client.Client, ctx context.Context, id string) (api.Job, error) { return c.Get(ctx, id, 0) }, a.show)
	get.SuggestFor = []string{"status", "show"}
	cancel := verb(a.app, "cancel", "Cancel jobs that have not ended", (*client.Client).Cancel, result)
	cancel.Long = "Cancel jobs that have not ended. A picture that is being made at that moment is paid for, and kept."
	star := verb(a.app, "star", "Star jobs, so that they do not expire",
		func(c *client.Client, ctx context.Context, id string) (api.Job, error) { return c.Star(ctx, id, true) }, result)
	star.SuggestFor = []string{"keep", "favorite"}
	unstar := verb(a.app, "unstar", "Take the star off jobs",
		func(c *client.Client, ctx context.Context, id string) (api.Job, error) { return c.Star(ctx, id, false) }, result)
	remove := verb(a.app, "rm", "Delete jobs with their pictures, for good",
		func(c *client.Client, ctx context.Context, id string) (string, error) { return id, c.Delete(ctx, id) },
		func(id string) error { return a.tell(map[string]any{"id": id, "deleted": true}, id+"  deleted") })
	remove.SuggestFor = []string{"delete", "remove"}
	return []*cobra.Command{get, cancel, star, unstar, remove, a.retryCommand()}
}

func (a jobCommands) retryCommand() *cobra.Command {
	var wait bool
	o := a.forOrders()
	again := func(c *client.Client, ctx context.Context, id string) (api.Job, error) {
		j, err := c.Retry(ctx, id)
		if err != nil || !wait {
			return j, err
		}
		return o.await(ctx, c, j.ID)
	}
	cmd := verb(a.app, "retry", "Start failed or canceled jobs again", again, func(j api.Job) error {
		if !wait {
			return o.result(j)
		}
		return errors.Join(o.result(j), o.verdict(j))
	})
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until they have ended")
	o.waitFlags(cmd)
	return cmd
}

// verb is a command that does one thing with each of some jobs or batches, and shows what that came to.
func verb[T any](a *app, name, summary string, do func(*client.Client, context.Context, string) (T, error), show func(T) error) *cobra.Command {
	return &cobra.Command{
		Use: name + " ID...", Short: summary, Args: atLeast(1, "ID"), ValidArgsFunction: cobra.NoFileCompletions,
		RunE: a.forJobs().withJobs(func(ctx context.Context, c *client.Client, id string) error {
			came, err := do(c, ctx, id)
			if err != nil {
				return err
			}
			return show(came)
		}),
	}
}

// withJobs runs the same call for each ID of the command line.
func (a jobCommands) withJobs(do func(context.Context, *client.Client, string) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, ids []string) error {
		c, err := a.client(cmd.Context())
		if err != nil {
			return err
		}
		return a.eachWhole(cmd, c, ids, func(id string) error { return do(cmd.Context(), c, id) })
	}
}
