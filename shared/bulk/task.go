package bulk

import (
	"cmp"
	"context"
	"errors"

	"easel/shared/api"
	"easel/shared/bulk/folder"
	"easel/shared/job"
)

// verdict is what a job means for a run.
type verdict int

const (
	settled verdict = iota // nothing is to be done about it, or its row is not in the file
	coming                 // it has not ended
	failing                // it ended without a picture
	ready                  // its picture is to be fetched
)

// task is a job with the row that it stands for.
type task struct {
	job  api.Job
	line line
	key  folder.Digest
	back state // of the row before
}

// judge holds jobs against the rows that they stand for.
type judge struct{ *Run }

// verdict holds a job against the row that it stands for. Answered is the last append that had been answered when the
// job was asked for.
func (g *judge) verdict(ctx context.Context, j api.Job, answered uint32) (t task, v verdict, err error) {
	t = task{job: j, key: folder.DigestOf(j.CustomID)}
	row, there := g.rows.get(t.key)
	switch {
	case !there && g.ofFile():
		return t, settled, nil
	case !g.ofFile():
		row = g.rowOfJob(&t)
	}
	t.back = row.state
	switch open := row.state == wanted || row.state == idle; {
	case !open, row.rescued:
		return t, settled, nil
	case !j.Ended() && row.state == idle:
		return t, settled, nil
	case g.ofFile() && printOfJob(j) != row.Print: // of several jobs of a row that of what it asks for now counts
		return t, settled, nil
	case !j.Ended():
		return t, coming, nil
	}
	if g.ofFile() {
		if t.line, err = g.spool.line(row.place); err != nil {
			return t, settled, err
		}
		if now, _ := g.rows.renamed(row.number); row.again && now != j.CustomID {
			return t, settled, nil // the picture that is there
		}
		t.line.Key = j.CustomID // by which the batch knows the row
	}
	return g.conclude(ctx, t, row, answered)
}

// conclude judges a job that has ended.
func (g *judge) conclude(ctx context.Context, t task, row tableRow, answered uint32) (task, verdict, error) {
	if len(t.job.Images) > 0 {
		g.rows.move(t.key, t.job.Model, busy)
		return t, ready, nil
	}
	switch {
	case !g.ofFile():
		return t, failing, nil
	case row.state == idle:
		return t, settled, nil
	case row.part == 0 || row.part > answered:
		return t, coming, nil // it may be about to begin again
	case g.batch.Counts.Total == 0:
		return t, failing, nil
	}
	return g.confirm(ctx, t)
}

// confirm asks for a job by its ID: a list may still show how it had ended before it was sent again.
func (g *judge) confirm(ctx context.Context, t task) (task, verdict, error) {
	now, err := g.batch.get(ctx, t.job.ID)
	if err == nil {
		t.job = now
	}
	switch {
	case errors.Is(err, job.ErrNotFound):
		return t, coming, nil
	case err != nil:
		return t, settled, err
	case !t.job.Ended() || len(t.job.Images) > 0:
		return t, coming, nil
	}
	return t, failing, nil
}

// rowOfJob makes a row of a job, where a batch is fetched and there is no file. A row that was changed has several jobs
// under one custom_id; all but the first go by their own IDs.
func (g *judge) rowOfJob(t *task) tableRow {
	key := cmp.Or(t.job.CustomID, t.job.ID)
	mark := uint64(folder.DigestOf(t.job.ID))
	t.key = folder.DigestOf(key)
	row, there := g.rows.get(t.key)
	if there && row.Print != mark {
		key = t.job.ID
		t.key = folder.DigestOf(key)
		row, there = g.rows.get(t.key)
	}
	t.line = line{Key: key, CustomID: t.job.CustomID, Number: int(t.job.Position) + 1, Input: wordsOf(t.job)}
	if there {
		return row
	}
	row = tableRow{Row: folder.Row{Key: t.key, Print: mark}}
	g.rows.add(row)
	row.state = wanted
	if known, _ := g.Folder.Known(key); known.Made && (!known.Simulated || g.batch.Simulated) {
		row.state = made
		g.course.count(func(c *course) { c.before++ })
	}
	g.rows.move(t.key, t.job.Model, row.state)
	return row
}

// printOfJob begins the fingerprint of what the server was asked for.
func printOfJob(j api.Job) uint64 {
	return folder.Entry{Input: wordsOf(j), ImageSHA256: shaOf(j.Input.Image), MaskSHA256: shaOf(j.Input.Mask), Model: j.Model}.Print()
}

func shaOf(i *api.InputImage) string {
	if i == nil {
		return ""
	}
	return i.SHA256
}

// wordsOf is what a job was asked to make, as far as the server tells.
func wordsOf(j api.Job) api.JobRequest {
	return api.JobRequest{
		Settings: j.Input.Settings, Parameters: j.Input.Parameters,
		Metadata: j.Metadata, CustomID: j.CustomID, User: j.User,
	}
}
