package bulk

import (
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

// judgeJob holds a job against the row that it stands for. Answered is the last append that had been answered when the
// job was asked for.
func (r *Run) judgeJob(ctx context.Context, j api.Job, answered uint32) (t task, v verdict, err error) {
	t = task{job: j, key: folder.DigestOf(j.CustomID)}
	row, there := r.rows.get(t.key)
	switch {
	case !there && r.Source != nil:
		return t, settled, nil
	case r.Source == nil:
		row = r.adopt(&t)
	}
	t.back = row.state
	switch open := row.state == wanted || row.state == idle; {
	case !open, row.rescued:
		return t, settled, nil
	case !j.Ended() && row.state == idle:
		return t, settled, nil
	case r.Source != nil && printOfJob(j) != row.Print: // of several jobs of a row that of what it asks for now counts
		return t, settled, nil
	case !j.Ended():
		return t, coming, nil
	}
	if r.Source != nil {
		if t.line, err = r.spool.line(row.place); err != nil {
			return t, settled, err
		}
		if row.again && r.rows.keyOf(t.line.Key) != j.CustomID {
			return t, settled, nil // the picture that is there
		}
		t.line.Key = j.CustomID // by which the batch knows the row
	}
	return r.conclude(ctx, t, row, answered)
}

// conclude judges a job that has ended.
func (r *Run) conclude(ctx context.Context, t task, row tableRow, answered uint32) (task, verdict, error) {
	if len(t.job.Images) > 0 {
		r.rows.move(t.key, t.job.Model, busy)
		return t, ready, nil
	}
	switch {
	case r.Source == nil:
		return t, failing, nil
	case row.state == idle:
		return t, settled, nil
	case row.part == 0 || row.part > answered:
		return t, coming, nil // it may be about to begin again
	case r.batch.Counts.Total == 0:
		return t, failing, nil
	}
	return r.confirm(ctx, t)
}

// confirm asks for a job by its ID: a list may still show how it had ended before it was sent again.
func (r *Run) confirm(ctx context.Context, t task) (task, verdict, error) {
	now, err := r.batch.get(ctx, t.job.ID)
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

// adopt makes a row of a job, where a batch is fetched and there is no file. A row that was changed has several jobs
// under one custom_id; all but the first go by their own IDs.
func (r *Run) adopt(t *task) tableRow {
	key := or(t.job.CustomID, t.job.ID)
	mark := uint64(folder.DigestOf(t.job.ID))
	t.key = folder.DigestOf(key)
	row, there := r.rows.get(t.key)
	if there && row.Print != mark {
		key = t.job.ID
		t.key = folder.DigestOf(key)
		row, there = r.rows.get(t.key)
	}
	t.line = line{Key: key, CustomID: t.job.CustomID, Number: int(t.job.Position) + 1, Input: wordsOf(t.job)}
	if there {
		return row
	}
	row = tableRow{Row: folder.Row{Key: t.key, Print: mark}}
	r.rows.add(row)
	row.state = wanted
	if known, _ := r.Folder.Known(key); known.Made && (!known.Simulated || r.batch.Simulated) {
		row.state = made
		r.course.count(func(c *course) { c.before++ })
	}
	r.rows.move(t.key, t.job.Model, row.state)
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
	in := j.Input
	return api.JobRequest{
		Prompt: in.Prompt, Model: in.Model, NegativePrompt: in.NegativePrompt, AspectRatio: in.AspectRatio, Seed: in.Seed,
		StylePreset: in.StylePreset, OutputFormat: in.OutputFormat, Strength: in.Strength, Parameters: in.Parameters,
		Metadata: j.Metadata, CustomID: j.CustomID, User: j.User,
	}
}
