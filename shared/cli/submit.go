package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"easel/shared/api"
	"easel/shared/api/client"
)

// promptBytes is more than any model takes, so that a wrong file on the standard input is noticed early.
const promptBytes = 1 << 20

// delivery is what is to happen once a job is on its way.
type delivery struct {
	wait  bool
	out   string
	force bool
}

func (d *delivery) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.BoolVar(&d.wait, "wait", false, "wait until the job has ended")
	f.StringVarP(&d.out, "out", "o", "", "wait, then save the picture as this `FILE` or in this folder")
	f.BoolVar(&d.force, "force", false, "overwrite the file if there is one")
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		if d.force && d.out == "" {
			return usage(cmd, "--force overwrites a file, and none is named: add --out FILE")
		}
		return nil
	}
}

func (a orderCommands) submitCommand() *cobra.Command {
	var o order
	var d delivery
	cmd := &cobra.Command{
		Use: "submit PROMPT", SuggestFor: []string{"create", "generate", "order"},
		Short: "Order a picture and print the ID of its job",
		Long: `Order a picture and print the ID of its job. With - as the prompt it is read from the standard input.

The order carries an idempotency key, so that a broken connection never pays for two pictures.`,
		Example: `  easel submit "a red fox in snow" --aspect 16:9 --out fox.png
  id=$(easel submit "a lighthouse at dawn" --model ultra); easel wait $id && easel download $id
  easel submit "the same in autumn" --model sd35 --image fox.png --strength 0.6 --wait`,
		Args: one("PROMPT", "Put the prompt in quotes."),
		RunE: func(cmd *cobra.Command, args []string) error {
			var err error
			if o.request.Prompt, err = a.prompt(cmd.Context(), args[0]); err != nil {
				return err
			}
			if err := o.fill(cmd, a.app); err != nil {
				return err
			}
			return a.order(cmd.Context(), &o, d)
		},
	}
	o.flags(cmd)
	d.flags(cmd)
	a.waitFlags(cmd)
	return cmd
}

// prompt reads the prompt from the standard input where it is given as "-". Reading a terminal ends for
// an interruption, too.
func (a orderCommands) prompt(ctx context.Context, arg string) (string, error) {
	if arg != "-" {
		return arg, nil
	}
	text, err := io.ReadAll(io.LimitReader(typed(ctx, a.in), promptBytes+1))
	switch {
	case ctx.Err() != nil:
		return "", ctx.Err()
	case err != nil:
		return "", fmt.Errorf("read the prompt from the standard input: %w", err)
	case len(text) > promptBytes:
		return "", errors.New("the standard input is too long for a prompt: no model takes more than 10,000 characters")
	}
	return strings.TrimSpace(string(text)), nil
}

// order submits, then waits and saves as far as that was asked for. A place for the picture is looked for
// before the order is paid.
func (a orderCommands) order(ctx context.Context, o *order, d delivery) error {
	t, err := a.aim(d.out, d.force)
	if err == nil {
		err = errors.Join(o.fit(t), t.free(o.request.OutputFormat))
	}
	if err != nil {
		return err
	}
	c, err := a.client(ctx)
	if err != nil {
		return err
	}
	a.sayAll(o.notes)
	j, err := submit(ctx, c, o)
	if err != nil {
		return err
	}
	if !d.wait && d.out == "" {
		return a.accepted(j)
	}
	return a.deliver(ctx, c, j, t, d)
}

const mayHaveArrived = "The order may have arrived. To send it again, and pay once, add: --key "

// submit sends the order. Where the reply was lost it says how to send the order again without paying twice.
func submit(ctx context.Context, c *client.Client, o *order) (api.Job, error) {
	key := cmp.Or(o.key, uuid.NewString())
	j, err := c.Submit(ctx, o.request, key, 0)
	switch {
	case err != nil && ctx.Err() != nil:
		return j, &interrupted{hint: mayHaveArrived + key}
	case errors.Is(err, client.ErrUnreachable) && !client.Unsent(err):
		return j, fmt.Errorf("%w\n%s%s", err, mayHaveArrived, key)
	}
	return j, err
}

// accepted prints the ID for a script, and for a person what to do with it.
func (a orderCommands) accepted(j api.Job) error {
	if err := a.tell(j, j.ID); err != nil {
		return err
	}
	a.say("The job is %s. Wait for it: %s   Then save its picture: %s", j.Status, a.way.to("wait", j.ID), a.way.to("download", j.ID))
	return nil
}

// deliver waits for a job, and prints or saves what it made.
func (a orderCommands) deliver(ctx context.Context, c *client.Client, j api.Job, t target, d delivery) error {
	m := a.meter()
	j, err := a.follow(ctx, c, j, m)
	m.stop()
	if err != nil {
		if i, ok := errors.AsType[*interrupted](err); ok && d.out != "" {
			i.back = t.resume
		}
		return err
	}
	if err := a.verdict(j); err != nil || d.out == "" {
		return errors.Join(a.result(j), err)
	}
	err = a.forJobs().save(ctx, c, j, t)
	if _, isAstray := errors.AsType[*astray](err); err == nil || isAstray {
		return err
	}
	kept := "The picture is kept by the server: " + t.fetch(j.ID)
	if ctx.Err() != nil {
		return &interrupted{hint: kept}
	}
	return fmt.Errorf("%w\n%s", err, kept)
}

// result prints a job that has ended.
func (a orderCommands) result(j api.Job) error { return a.tell(j, line(j)) }
