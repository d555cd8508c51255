package cli

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/google/uuid"
	"github.com/spf13/cobra"

	"easel/shared/api"
	"easel/shared/api/client"
)

func (a jobCommands) downloadCommand() *cobra.Command {
	var out string
	var force, wait bool
	var o batchFetch
	cmd := &cobra.Command{
		Use: "download ID...", SuggestFor: []string{"save", "fetch"},
		Short: "Save the pictures of jobs, or of a batch",
		Long: `Save the pictures of jobs. A file is named after the custom ID, or else the ID, of its job and the seed.
A file that is there already with the same content is left alone.

With --to the ID is that of a batch: all its pictures are saved into a folder, with manifest.jsonl, failed.csv and
contact.html as easel bulk writes them. Run it again for what was made since then.`,
		Args: atLeast(1, "ID"),
		RunE: func(cmd *cobra.Command, ids []string) error {
			if o.to != "" {
				return a.forBatches().downloadBatch(cmd, &o, ids, wait)
			}
			t, err := a.aim(out, force)
			if err != nil {
				return err
			}
			if t.file != "" && len(ids) > 1 {
				return usage(cmd, "%d jobs do not fit into the one file %s: give a folder", len(ids), out)
			}
			c, err := a.client(cmd.Context())
			if err != nil {
				return err
			}
			return a.eachWhole(cmd, c, ids, func(id string) error { return a.download(cmd.Context(), c, id, t, wait) })
		},
	}
	cmd.Flags().StringVarP(&out, "out", "o", "", "`FILE` or folder to save to (default: the current folder)")
	cmd.Flags().BoolVar(&force, "force", false, "overwrite files that hold something else")
	cmd.Flags().BoolVar(&wait, "wait", false, "wait until the jobs have ended")
	o.flags(cmd)
	a.forOrders().waitFlags(cmd)
	return cmd
}

func (a jobCommands) download(ctx context.Context, c *client.Client, id string, t target, wait bool) error {
	get := func() (api.Job, error) { return c.Get(ctx, id, 0) }
	if wait {
		get = func() (api.Job, error) { return a.forOrders().await(ctx, c, id) }
	}
	j, err := get()
	if i, ok := errors.AsType[*interrupted](err); ok {
		i.back = t.resume
	}
	switch {
	case err != nil:
		return err
	case len(j.Images) > 0:
		return a.save(ctx, c, j, t)
	case j.Ended():
		return a.forOrders().verdict(j)
	}
	return fmt.Errorf("job %s is %s and has no picture yet. Wait for it with: %s", j.ID, j.Status, t.resume([]string{j.ID}))
}

// astray is a picture whose host does not answer, while the server did.
type astray struct {
	text  string
	cause error
}

func (e *astray) Error() string { return e.text }

// Unwrap makes it known as what it comes from.
func (e *astray) Unwrap() error { return e.cause }

func (t target) astray(j api.Job, n int, cause error) error {
	host := "its host"
	if u, err := url.Parse(j.Images[n].URL); err == nil {
		host = u.Host
	}
	state := j.Status
	if state != "succeeded" {
		state = "is " + state
	}
	why := strings.TrimPrefix(cause.Error(), client.ErrUnreachable.Error()+": ")
	text := "job %s %s and its picture is kept, but it could not be fetched from %s, which the server names as the place: %s\nOnce that answers: %s"
	return &astray{fmt.Sprintf(text, j.ID, state, host, why, t.fetch(j.ID)), cause}
}

// saved is a job with the file of its picture, for machines.
type saved struct {
	api.Job
	File string `json:"file"`
}

// save writes the pictures of a job: the newest where there is one name, else all.
func (a jobCommands) save(ctx context.Context, c *client.Client, j api.Job, t target) error {
	first := 0
	if t.file != "" {
		first = len(j.Images) - 1
	}
	for n := first; n < len(j.Images); n++ {
		file := t.path(j, n)
		err := write(ctx, c, j, n, file, t.force)
		if errors.Is(err, client.ErrUnreachable) {
			return t.astray(j, n, err)
		}
		if err != nil {
			return err
		}
		if err := a.tell(saved{Job: j, File: file}, fmt.Sprintf("%s  %s  cost: %s", file, imageInfo(j.Images[n]), cost(j))); err != nil {
			return err
		}
	}
	return nil
}

// write puts a picture beside its place first, so that a file with the right name is always whole.
func write(ctx context.Context, c *client.Client, j api.Job, n int, file string, force bool) error {
	if done, err := look(file, j.Images[n], force); done || err != nil {
		return err
	}
	part := filepath.Join(filepath.Dir(file), ".easel-"+uuid.NewString()+".part")
	f, err := os.OpenFile(part, os.O_CREATE|os.O_EXCL|os.O_WRONLY, 0o666)
	if err != nil {
		return fmt.Errorf("save %s: %w", file, err)
	}
	defer func() { _ = os.Remove(part) }() // gone already where all went well
	err = c.Download(ctx, j, n, f)
	if closed := f.Close(); err == nil && closed != nil {
		err = fmt.Errorf("save %s: %w", file, closed)
	}
	if err == nil {
		err = os.Rename(part, file)
	}
	return err
}

// look reports whether the picture is there already. A name that promises another format, and a file that
// holds something else, are in the way.
func look(file string, img api.Image, force bool) (done bool, err error) {
	if named := formatOf(file); named != "" && named != format(img) {
		return false, fmt.Errorf("%s names a %s, and the picture is a %s. Give the name another ending", file, named, format(img))
	}
	f, err := os.Open(file)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("save %s: %w", file, err)
	}
	defer f.Close()
	hash := sha256.New()
	if _, err := io.Copy(hash, f); err != nil {
		return false, fmt.Errorf("read %s, which is there already: %w", file, err)
	}
	if hex.EncodeToString(hash.Sum(nil)) == img.SHA256 {
		return true, nil
	}
	if !force {
		return false, taken(file)
	}
	return false, nil
}
