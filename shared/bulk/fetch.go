package bulk

import (
	"cmp"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"easel/shared/api"
	"easel/shared/bulk/folder"
	"easel/shared/job"
)

// fetchTries is how often a picture is asked for that is there but does not come as it was stored.
const fetchTries = 3

// fetcher saves pictures in the folder, and records there how jobs end.
type fetcher struct {
	*Run
	retrier // of the store of pictures
}

// fetch saves the picture of a job and records it. What does not come as it was stored is asked for a few times and then
// given up; any error that comes back ends the run.
func (f *fetcher) fetch(ctx context.Context, t task) error {
	var err error
	for n := range fetchTries {
		var e folder.Entry
		e, err = f.save(ctx, &t)
		if err == nil {
			return f.saved(t, e)
		}
		if ctx.Err() != nil || fatal(err) {
			return err
		}
		f.sleep(ctx, time.Second<<n)
	}
	f.rows.move(t.key, t.job.Model, lost)
	f.course.count(func(c *course) { c.failed++; c.lost++; c.end(f.now()) })
	f.tell(Event{Event: Failed, Row: f.row(t), Code: "not_fetched", Message: err.Error()})
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
func (f *fetcher) save(ctx context.Context, t *task) (folder.Entry, error) {
	n := len(t.job.Images) - 1
	e := f.entry(*t)
	img := t.job.Images[n]
	e.Status, e.Seed, e.SHA256, e.SizeBytes = string(job.Succeeded), img.Seed, img.SHA256, img.SizeBytes
	file, err := f.Folder.Place(cmp.Or(f.Names, folder.DefaultPattern), e, extension(img))
	if err != nil {
		return e, diskError{err}
	}
	e.File = file
	err = f.persist(ctx, func() error {
		var came error
		err := f.Folder.Save(file, func(w io.Writer) error {
			out := &sink{w: w}
			came = f.Client.Download(ctx, t.job, n, out)
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
		// The next try is made with the job as it is by then, as far as it has a picture still.
		if j, err := f.Client.Get(ctx, t.job.ID, 0); err == nil && len(j.Images) > 0 {
			t.job = j
		}
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

func (f *fetcher) saved(t task, e folder.Entry) error {
	if err := f.Folder.Record(e); err != nil {
		return diskError{err}
	}
	f.rows.move(t.key, t.job.Model, made)
	f.course.count(func(c *course) {
		c.saved++
		c.end(f.now())
		if t.back == idle && f.ofFile() {
			c.total++
		}
		if row, _ := f.rows.get(t.key); row.beyond {
			c.within++
		}
	})
	row := f.row(t)
	row.File, row.Seed = e.File, e.Seed
	f.tell(Event{Event: Saved, Row: row})
	return nil
}

// fail records a job that ended without a picture.
func (f *fetcher) fail(t task) error {
	e := f.entry(t)
	if err := f.Folder.Record(e); err != nil {
		return diskError{err}
	}
	canceled := t.job.Status == string(job.Canceled)
	f.rows.move(t.key, t.job.Model, ended)
	f.course.count(func(c *course) {
		c.failed++
		c.end(f.now())
		if canceled {
			c.ceased++
		}
	})
	v := Event{Event: Failed, Row: f.row(t), Code: t.job.Status}
	if t.job.Error != nil {
		v.Code, v.Message = t.job.Error.Code, t.job.Error.Message
	}
	f.tell(v)
	return nil
}

func (f *fetcher) entry(t task) folder.Entry {
	j := t.job
	return folder.Entry{
		Key: t.line.Key, CustomID: t.line.CustomID, Line: t.line.Number, Input: t.line.Input,
		JobID: j.ID, BatchID: j.BatchID, Server: f.Server, Model: j.Model, Seed: j.Sent.Seed, CostUSD: j.Cost.ListUSD,
		Simulated: j.Simulated, Status: j.Status, Error: j.Error, Cells: t.line.Cells, At: f.now().UTC(),
	}
}

func (f *fetcher) row(t task) *Row {
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
