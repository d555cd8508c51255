package bulk

import (
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/bulk/folder"
	"easel/shared/job"
)

// fetchTries is how often a picture is asked for that is there but does not come as it was stored.
const fetchTries = 3

// fetch saves the picture of a job and records it. What does not come as it was stored is asked for a few times and then
// given up; any error that comes back ends the run.
func (r *Run) fetch(ctx context.Context, t task) error {
	var err error
	for n := range fetchTries {
		var e folder.Entry
		e, err = r.save(ctx, &t)
		if err == nil {
			return r.saved(t, e)
		}
		if ctx.Err() != nil || fatal(err) {
			return err
		}
		r.reporter.rest(ctx, time.Second<<n)
	}
	r.rows.move(t.key, t.job.Model, lost)
	r.course.count(func(c *course) { c.failed++; c.lost++; c.end(r.reporter.now()) })
	r.reporter.tell(Event{Event: Failed, Row: r.row(t), Code: "not_fetched", Message: err.Error()})
	return nil
}

// diskError is what went wrong on this side.
type diskError struct{ error }

func (e diskError) Unwrap() error { return e.error }

func fatal(err error) bool {
	_, here := errors.AsType[diskError](err)
	_, gone := errors.AsType[*GoneError](err)
	return here || gone
}

// save fetches the newest picture of a job into its place.
func (r *Run) save(ctx context.Context, t *task) (folder.Entry, error) {
	n := len(t.job.Images) - 1
	e := r.entry(*t)
	img := t.job.Images[n]
	e.Status, e.Seed, e.SHA256, e.SizeBytes = string(job.Succeeded), img.Seed, img.SHA256, img.SizeBytes
	file, err := r.Folder.Place(or(r.Names, folder.DefaultPattern), e, extension(img))
	if err != nil {
		return e, diskError{err}
	}
	e.File = file
	err = r.store.persist(ctx, func() error {
		var came error
		err := r.Folder.Save(file, func(w io.Writer) error {
			out := &sink{w: w}
			came = r.Client.Download(ctx, t.job, n, out)
			if out.err != nil {
				came = nil
				return out.err
			}
			return came
		})
		if err != nil && came == nil {
			return diskError{err}
		}
		return err
	})
	if err != nil && !fatal(err) && ctx.Err() == nil {
		t.renew(ctx, r.Client)
	}
	return e, err
}

// sink keeps apart what writing said.
type sink struct {
	w   io.Writer
	err error
}

func (s *sink) Write(p []byte) (int, error) {
	n, err := s.w.Write(p)
	if err != nil {
		s.err = err
	}
	return n, err
}

// renew gets the job again before another try, as far as it has a picture still.
func (t *task) renew(ctx context.Context, c *client.Client) {
	if j, err := c.Get(ctx, t.job.ID, 0); err == nil && len(j.Images) > 0 {
		t.job = j
	}
}

func (r *Run) saved(t task, e folder.Entry) error {
	if err := r.Folder.Record(e); err != nil {
		return diskError{err}
	}
	r.rows.move(t.key, t.job.Model, made)
	r.course.count(func(c *course) {
		c.saved++
		c.end(r.reporter.now())
		if t.back == idle && r.Source != nil {
			c.total++
		}
		if row, _ := r.rows.get(t.key); row.beyond {
			c.within++
		}
	})
	row := r.row(t)
	row.File, row.Seed = e.File, e.Seed
	r.reporter.tell(Event{Event: Saved, Row: row})
	return nil
}

// fail records a job that ended without a picture.
func (r *Run) fail(t task) error {
	e := r.entry(t)
	if err := r.Folder.Record(e); err != nil {
		return diskError{err}
	}
	canceled := t.job.Status == string(job.Canceled)
	r.rows.move(t.key, t.job.Model, ended)
	r.course.count(func(c *course) {
		c.failed++
		c.end(r.reporter.now())
		if canceled {
			c.ceased++
		}
	})
	v := Event{Event: Failed, Row: r.row(t), Code: t.job.Status}
	if t.job.Error != nil {
		v.Code, v.Message = t.job.Error.Code, t.job.Error.Message
	}
	r.reporter.tell(v)
	return nil
}

// giveUp drops the rows of which the server has no trace.
func (r *Run) giveUp() {
	n := r.rows.drop()
	r.course.count(func(c *course) { c.failed += n; c.lost += n })
}

func (r *Run) entry(t task) folder.Entry {
	j := t.job
	return folder.Entry{
		Key: t.line.Key, CustomID: t.line.CustomID, Line: t.line.Number, Input: t.line.Input,
		JobID: j.ID, BatchID: j.BatchID, Server: r.Server, Model: j.Model, Seed: j.Sent.Seed, CostUSD: j.Cost.ListUSD,
		Simulated: j.Simulated, Status: j.Status, Error: j.Error, Cells: t.line.Cells, At: r.reporter.now().UTC(),
	}
}

func (r *Run) row(t task) *Row {
	return &Row{
		Line: t.line.Number, Key: t.line.Key, JobID: t.job.ID, Model: t.job.Model, CostUSD: t.job.Cost.ListUSD,
		Canceled: t.job.Status == string(job.Canceled),
	}
}

func extension(img api.Image) string {
	ext := strings.TrimPrefix(img.ContentType, "image/")
	if ext == "jpeg" {
		return "jpg"
	}
	return ext
}
