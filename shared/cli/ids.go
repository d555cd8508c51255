package cli

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/job"
)

// beginning is what may stand for an ID: its first digits.
var beginning = regexp.MustCompile(`^[0-9a-f-]{4,35}$`)

// addressed is the address of a job, a batch or a picture.
var addressed = regexp.MustCompile(`^https?://.*/(?:jobs|batches)/([0-9a-f-]{36})(?:/image)?$`)

// recentIDs is among how many of the newest jobs, and as many batches, a beginning is looked for.
const recentIDs = 1000

// whole is the ID that begins with what was typed. It is asked for nothing where that is a whole one, or cannot begin one.
func whole(ctx context.Context, c *client.Client, given string) (string, error) {
	if m := addressed.FindStringSubmatch(given); m != nil {
		given = m[1]
	}
	begins := strings.ToLower(given)
	if !beginning.MatchString(begins) {
		return given, nil
	}
	jobs, err := recent(jobPages(ctx, c, client.ListQuery{}), func(j api.Job) string { return j.ID })
	if err != nil {
		return "", err
	}
	batches, err := recent(batchPages(ctx, c), func(b api.Batch) string { return b.ID })
	if err != nil {
		return "", err
	}
	found := slices.DeleteFunc(append(jobs, batches...), func(id string) bool { return !strings.HasPrefix(id, begins) })
	switch len(found) {
	case 0:
		return given, nil // the server says that there is none
	case 1:
		return found[0], nil
	}
	return "", fmt.Errorf("%s begins %d IDs, such as %s and %s: give more of the one you mean", given, len(found), found[0], found[1])
}

// recent are the newest IDs of a list.
func recent[T any](read pages[T], idOf func(T) string) (ids []string, err error) {
	for cursor := ""; len(ids) < recentIDs; {
		data, next, err := read(most, cursor)
		if err != nil {
			return nil, err
		}
		for _, entry := range data {
			ids = append(ids, idOf(entry))
		}
		if next == nil {
			break
		}
		cursor = *next
	}
	return ids, nil
}

// eachWhole does the same with several jobs or batches, whose IDs may be shortened.
func (a jobCommands) eachWhole(cmd *cobra.Command, c *client.Client, ids []string, do func(id string) error) error {
	return a.forOrders().each(cmd.Context(), ids, func(given string) error {
		id, err := whole(cmd.Context(), c, given)
		if err != nil {
			return err
		}
		return a.misplaced(cmd, c, id, do(id))
	})
}

// instead are the commands for batches by those for jobs that are easily taken for them, and the other way round.
var instead = map[string]string{
	"get": "batch show %s", "cancel": "batch cancel %s", "retry": "batch retry %s", "rm": "batch rm %s", "download": "download %s --to DIR",
	"batch show": "get %s", "batch cancel": "cancel %s", "batch retry": "retry %s", "batch rm": "rm %s", "download --to": "download %s --out DIR/",
	"again": listed, "star": listed, "unstar": listed,
}

// listed is for commands that a batch has no like of.
const listed = "list --batch %s"

// misplaced says of an ID that is no job's that it is a batch's, or the other way round, and names the command for it.
func (a jobCommands) misplaced(cmd *cobra.Command, c *client.Client, id string, err error) error {
	command := strings.TrimPrefix(cmd.CommandPath(), "easel ")
	if !errors.Is(err, job.ErrNotFound) || command == "wait" { // which takes both
		return err
	}
	if cmd.Flags().Changed("to") {
		command += " --to"
	}
	is, wants := "batch", "jobs"
	var other error
	if strings.HasPrefix(command, "batch ") || command == "download --to" {
		is, wants = "job", "batches"
		_, other = c.Get(cmd.Context(), id, 0)
	} else {
		_, other = c.Batch(cmd.Context(), id, 0)
	}
	if other != nil {
		return err
	}
	text := fmt.Sprintf("%s is a %s, and easel %s is for %s.", id, is, command, wants)
	switch use := instead[command]; use {
	case "":
	case listed:
		text += " Its jobs: " + a.way.to(fmt.Sprintf(use, id))
	default:
		text += " Use: " + a.way.to(fmt.Sprintf(use, id))
	}
	return errors.New(text)
}
