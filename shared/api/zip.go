package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"easel/shared/job"
	"easel/shared/read"
)

// Bounds of archives.
const (
	maxZipped      = 100              // jobs that one may name
	maxZips        = 16               // archives that are written at a time
	maxZipsOfOwner = 4                // of these, so that slow lines of one owner do not keep the others waiting
	zipWrite       = 60 * time.Second // after which a client that takes nothing is dropped
	zipPage        = 100              // jobs of a batch that are read at a time
	zipsBehind     = 10 * time.Second // before it is worth asking again
)

// Pictures are the stored pictures as files, for a server that has them at hand.
type Pictures interface {
	// Open opens a picture for reading, or returns job.ErrNotFound.
	Open(ctx context.Context, key string) (io.ReadSeekCloser, error)
}

// selection is which jobs an archive is made of: those of a batch, or some by their IDs.
type selection struct {
	owner   string // of the batch
	batchID string
	jobs    []job.Job
}

// archives is the route GET /images.zip.
type archives struct {
	*Server
	pictures Pictures
}

// serve writes an archive of pictures, each as it is stored, and a manifest of their jobs.
func (z archives) serve(w http.ResponseWriter, r *http.Request, c job.Caller) error {
	which, err := z.selected(r, c)
	if err != nil {
		return err
	}
	leave, err := z.limits.enterZip(c.Owner)
	if err != nil {
		return err
	}
	defer leave()
	out := &patientWriter{w: w, rc: http.NewResponseController(w)}
	_ = out.rc.SetReadDeadline(time.Time{}) // the request was read; a test's recorder has no deadlines
	w.Header().Set("Content-Type", "application/zip")
	w.Header().Set("Content-Disposition", `attachment; filename="easel-`+cmp.Or(which.batchID, "pictures")+`.zip"`)
	w.WriteHeader(http.StatusOK)
	if r.Method == http.MethodHead {
		return nil
	}
	if err := z.fill(r.Context(), c, which, newArchive(out, z.pictures)); err != nil {
		if r.Context().Err() == nil {
			z.Log.ErrorContext(r.Context(), "archive broken off", "request", requestInfoOf(r).number, "err", err)
		}
		panic(http.ErrAbortHandler) // half an archive must not pass for a whole one
	}
	return nil
}

// selected reads which jobs are wanted, and looks each up that is named: an answer that has begun cannot be refused.
func (z archives) selected(r *http.Request, c job.Caller) (which selection, err error) {
	batch, ids := canonical(asked(r).values.Get("batch_id")), asked(r).values["id"]
	switch {
	case (batch == "") == (len(ids) == 0):
		return which, refuseParameter("batch_id", "Give either batch_id, for the pictures of a batch, or id, once for each of some jobs.")
	case len(ids) > maxZipped:
		return which, refuseParameter("id", fmt.Sprintf("id is given %d times; use at most %d, and batch_id for a whole batch.", len(ids), maxZipped))
	case batch != "":
		b, err := z.Reader.Batch(r.Context(), c, batch)
		return selection{owner: b.Batch.Owner, batchID: batch}, err
	}
	seen := map[string]bool{}
	for _, id := range ids {
		if id = canonical(id); seen[id] {
			continue
		}
		seen[id] = true
		shown, err := z.Reader.Get(r.Context(), c, id)
		if err != nil {
			return which, err
		}
		which.jobs = append(which.jobs, shown.Job)
	}
	return which, nil
}

func (z archives) fill(ctx context.Context, c job.Caller, which selection, a *archive) error {
	for _, j := range which.jobs {
		if err := a.add(ctx, j); err != nil {
			return err
		}
	}
	f := read.Filter{BatchID: which.batchID, Limit: zipPage}
	if c.Owner != which.owner {
		f.Owner = which.owner // an operator asks
	}
	for more := which.batchID != ""; more; more = f.Cursor != "" {
		page, err := z.Reader.List(ctx, c, f)
		if err != nil {
			return err
		}
		for _, shown := range page.Jobs {
			if err := a.add(ctx, shown.Job); err != nil {
				return err
			}
		}
		f.Cursor = page.Next
	}
	return a.close()
}

// patientWriter gives each write its own time. The server's usual bound is for whole answers.
type patientWriter struct {
	w  io.Writer
	rc *http.ResponseController
}

func (p *patientWriter) Write(data []byte) (int, error) {
	if err := p.rc.SetWriteDeadline(time.Now().Add(zipWrite)); err != nil && !errors.Is(err, http.ErrNotSupported) {
		return 0, err
	}
	return p.w.Write(data)
}
