package bulk

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/bulk/folder"
	"easel/shared/job"
	"easel/shared/request"
)

// open finds the batch that the folder names, or makes one. It is noted there before the server is asked to make
// anything, so that a run that dies here finds the same batch again.
func (r *Run) open(ctx context.Context) error {
	l, there := r.Folder.Batch(r.Server)
	if there && l.Batch != "" && (r.Key == "" || r.Key == l.Key) {
		found, err := r.find(ctx, l.Batch)
		if err != nil || found {
			return errors.Join(err, r.note(l))
		}
		l = folder.Batch{}
	}
	if r.DryRun {
		return r.guess(ctx)
	}
	l.Key = or(r.Key, or(l.Key, uuid.NewString()))
	err := r.create(ctx, l)
	if errors.Is(err, job.ErrMismatch) && r.Key == "" { // a run with other settings died before it heard of its batch
		l.Key = uuid.NewString()
		err = r.create(ctx, l)
	}
	for n := 2; errors.Is(err, job.ErrState) && n <= maxKeys; n++ { // the batch of the key was deleted
		l.Key = r.successor(n)
		r.reporter.tell(Event{Event: Waiting, Code: WaitBatch, Message: "The batch of this key was deleted on the server; rows without a picture here are ordered anew."})
		err = r.create(ctx, l)
	}
	return err
}

// maxKeys is how many batches of one key may have been deleted in the 90 days for which their keys stay used.
const maxKeys = 100

// successor is the key of the batch that follows one that was deleted. Where the key was given it is the same in each run,
// so that it finds the same batch without a folder.
func (r *Run) successor(n int) string {
	if r.Key == "" {
		return uuid.NewString()
	}
	return fmt.Sprintf("%s~%d", r.Key, n)
}

// find gets the batch that the folder names, if the server still knows it and it still serves.
func (r *Run) find(ctx context.Context, id string) (bool, error) {
	err := r.batch.load(ctx, id)
	switch {
	case errors.Is(err, job.ErrNotFound):
		r.batch.Batch = api.Batch{}
		r.reporter.tell(Event{Event: Waiting, Code: WaitBatch, Message: fmt.Sprintf("The server knows nothing of batch %s any more; rows without a picture here are ordered anew.", id)})
		return false, nil
	case err != nil:
		return false, err
	case r.batch.Status == string(job.BatchDeleting), r.batch.Counts.Total == 0 && !r.batch.has(r.MaxCost):
		r.batch.Batch = api.Batch{}
		return false, nil
	}
	return true, nil
}

// guess finds out whether the server simulates without making a batch there: all of its jobs tell the same.
func (r *Run) guess(ctx context.Context) error {
	return r.batch.persist(ctx, func() error {
		l, err := r.Client.List(ctx, client.ListQuery{Limit: 1})
		r.Simulated = r.Simulated || len(l.Data) > 0 && l.Data[0].Simulated
		r.plan.Unsure = !r.Simulated && len(l.Data) == 0
		return err
	})
}

func (r *Run) create(ctx context.Context, l folder.Batch) error {
	l.Batch = ""
	if err := r.note(l); err != nil {
		return err
	}
	settings := client.BatchSettings{Name: name(r.Source.Name), MaxCostUSD: r.MaxCost, Open: true}
	err := r.batch.persist(ctx, func() (err error) {
		r.batch.Batch, err = r.Client.CreateBatch(ctx, settings, l.Key)
		return err
	})
	if err != nil {
		return err
	}
	l.Batch = r.batch.ID
	return r.note(l)
}

// note tells the folder of the batch, with what this run knows.
func (r *Run) note(l folder.Batch) error {
	if r.DryRun {
		return nil
	}
	l.Server, l.Source, l.Header, l.Expand = r.Server, r.Source.Name, r.Source.header(), or(r.Source.ExpandedBy, l.Expand)
	r.Folder.Dialect = r.Source.table()
	if l.CreatedAt.IsZero() {
		l.CreatedAt = r.reporter.now().UTC()
	}
	return r.Folder.SetBatch(l)
}

// name is the file's, as far as the name of a batch has room.
func name(file string) string {
	runes := []rune(file)
	return string(runes[:min(len(runes), request.MaxName)])
}
