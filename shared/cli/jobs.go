package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"easel/shared/api/client"
)

func (a jobCommands) getCommand() *cobra.Command {
	return &cobra.Command{
		Use: "get ID...", Short: "Show jobs as they are now", Args: atLeast(1, "ID"), SuggestFor: []string{"status", "show"},
		RunE: a.withJobs(func(ctx context.Context, c *client.Client, id string) error {
			j, err := c.Get(ctx, id, 0)
			if err != nil {
				return err
			}
			return a.show(j)
		}),
	}
}

func (a jobCommands) cancelCommand() *cobra.Command {
	return &cobra.Command{
		Use: "cancel ID...", Short: "Cancel jobs that have not ended", Args: atLeast(1, "ID"),
		Long: "Cancel jobs that have not ended. A picture that is being made at that moment is paid for, and kept.",
		RunE: a.withJobs(func(ctx context.Context, c *client.Client, id string) error {
			j, err := c.Cancel(ctx, id)
			if err != nil {
				return err
			}
			return a.forOrders().result(j)
		}),
	}
}

func (a jobCommands) retryCommand() *cobra.Command {
	var wait bool
	cmd := &cobra.Command{
		Use: "retry ID...", Short: "Start failed or canceled jobs again", Args: atLeast(1, "ID"),
		RunE: a.withJobs(func(ctx context.Context, c *client.Client, id string) error {
			j, err := c.Retry(ctx, id)
			switch {
			case err != nil:
				return err
			case wait:
				return a.forOrders().wait(ctx, c, j.ID)
			}
			return a.forOrders().result(j)
		}),
	}
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until they have ended")
	a.forOrders().waitFlags(cmd)
	return cmd
}

func (a jobCommands) starCommand() *cobra.Command {
	return &cobra.Command{
		Use: "star ID...", Short: "Star jobs, so that they do not expire", Args: atLeast(1, "ID"), SuggestFor: []string{"keep", "favorite"},
		RunE: a.withJobs(a.star(true)),
	}
}

func (a jobCommands) unstarCommand() *cobra.Command {
	return &cobra.Command{Use: "unstar ID...", Short: "Take the star off jobs", Args: atLeast(1, "ID"), RunE: a.withJobs(a.star(false))}
}

func (a jobCommands) star(starred bool) func(context.Context, *client.Client, string) error {
	return func(ctx context.Context, c *client.Client, id string) error {
		j, err := c.Star(ctx, id, starred)
		if err != nil {
			return err
		}
		return a.forOrders().result(j)
	}
}

func (a jobCommands) removeCommand() *cobra.Command {
	return &cobra.Command{
		Use: "rm ID...", Short: "Delete jobs with their pictures, for good", Args: atLeast(1, "ID"), SuggestFor: []string{"delete", "remove"},
		RunE: a.withJobs(func(ctx context.Context, c *client.Client, id string) error {
			if err := c.Delete(ctx, id); err != nil {
				return err
			}
			if a.json {
				return a.emit(map[string]any{"id": id, "deleted": true})
			}
			_, err := fmt.Fprintf(a.out, "%s  deleted\n", id)
			return err
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
