package cli

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"

	"github.com/spf13/cobra"

	"easel/shared/api"
)

func (a bulkCommands) againCommand() *cobra.Command {
	var o order
	var d delivery
	cmd := &cobra.Command{
		Use:   "again ID",
		Short: "Order the picture of a job again, the same or changed",
		Long: `Order the picture of a job again. Without further flags everything is as it was sent, the seed too. The
simulator draws the same picture then; a real model mostly does within minutes, and may differ hours later. Each flag
changes one thing; --seed new makes another picture of the same prompt.

A server gives no input image back: for a job that started from one, give it again with --image.`,
		Example: `  easel again ID --seed new --out take2.png
  easel again ID --model ultra --style cinematic --wait`,
		Args: one("ID", "Repeat the command for each job."),
		RunE: func(cmd *cobra.Command, args []string) error {
			c, err := a.client(cmd.Context())
			if err != nil {
				return err
			}
			id, err := whole(cmd.Context(), c, args[0])
			if err != nil {
				return err
			}
			j, err := c.Get(cmd.Context(), id, 0)
			if err != nil {
				return a.forJobs().misplaced(cmd, c, id, err)
			}
			o.repeat(cmd, j)
			if err := o.fill(cmd, a.app); err != nil {
				return err
			}
			if err := a.compare(j, o.request.Image); err != nil {
				return err
			}
			if j.Input.Mask != nil && !o.masked() {
				return fmt.Errorf("job %s had a mask, and a server gives input images to nobody. Give it again with --param mask_image=FILE", j.ID)
			}
			return a.forOrders().order(cmd.Context(), &o, d)
		},
	}
	cmd.Flags().StringVar(&o.request.Prompt, "prompt", "", "`PROMPT` in place of the one that the job had")
	o.flags(cmd)
	d.flags(cmd)
	a.forOrders().waitFlags(cmd)
	return cmd
}

// repeat takes over from a job what no flag changes: words as they were given, the rest as it was sent,
// since defaults may have changed meanwhile.
func (o *order) repeat(cmd *cobra.Command, j api.Job) {
	r := &o.request
	keep := func(flag string, to *string, was string) {
		if !cmd.Flags().Changed(flag) {
			*to = was
		}
	}
	keep("prompt", &r.Prompt, j.Input.Prompt)
	keep("model", &r.Model, j.Model)
	keep("negative", &r.NegativePrompt, j.Input.NegativePrompt)
	keep("style", &r.StylePreset, j.Input.StylePreset)
	keep("aspect", &r.AspectRatio, j.Sent.AspectRatio)
	keep("format", &r.OutputFormat, j.Sent.OutputFormat)
	keep("custom-id", &r.CustomID, j.CustomID)
	keep("user", &r.User, j.User)
	if named := formatOf(cmd.Flag("out").Value.String()); named != "" && !cmd.Flags().Changed("format") {
		r.OutputFormat = named
	}
	if !cmd.Flags().Changed("meta") {
		r.Metadata = j.Metadata
	}
	seed := j.Sent.Seed
	r.Seed, r.Strength = &seed, j.Sent.Strength
	if !cmd.Flags().Changed("model") { // another model has other settings
		r.Parameters = j.Sent.Parameters
	}
	if cmd.Flag("seed").Value.String() == "new" {
		r.Seed = nil
	}
}

// compare asks for the input image that the job had, and notes if another is given.
func (a bulkCommands) compare(j api.Job, given []byte) error {
	was := j.Input.Image
	if was == nil {
		return nil
	}
	if given == nil {
		return fmt.Errorf("job %s started from an image of %d × %d pixels, and a server gives input images to nobody. Give it again with --image FILE",
			j.ID, was.Width, was.Height)
	}
	if sum := sha256.Sum256(given); hex.EncodeToString(sum[:]) != was.SHA256 {
		a.say("This is not the image that the job started from, so the picture will be another one.")
	}
	return nil
}
