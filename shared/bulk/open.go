package bulk

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/bulk/folder"
	"easel/shared/job"
	"easel/shared/prompt"
	"easel/shared/request"
)

// opener finds or makes the batch of a file, and keeps the folder's note of it.
type opener struct {
	*Run
	unsure bool // whether the server simulates: it has made nothing yet
}

// open finds the batch that the folder names, or makes one. It is noted there before the server is asked to make
// anything, so that a run that dies here finds the same batch again.
func (o *opener) open(ctx context.Context) error {
	l, there := o.Folder.Batch(o.Server)
	if there && l.Batch != "" && (o.Key == "" || o.Key == l.Key) {
		found, err := o.find(ctx, l.Batch)
		if err != nil || found {
			return errors.Join(err, o.note(l))
		}
		l = folder.Batch{}
	}
	if o.DryRun {
		return o.guess(ctx)
	}
	l.Key = cmp.Or(o.Key, l.Key, uuid.NewString())
	err := o.create(ctx, l)
	if errors.Is(err, job.ErrMismatch) && o.Key == "" { // a run with other settings died before it heard of its batch
		l.Key = uuid.NewString()
		err = o.create(ctx, l)
	}
	for n := 2; errors.Is(err, job.ErrState) && n <= maxKeys; n++ { // the batch of the key was deleted
		l.Key = o.successor(n)
		o.tell(Event{Event: Waiting, Code: WaitBatch, Message: "The batch of this key was deleted on the server; rows without a picture here are ordered anew."})
		err = o.create(ctx, l)
	}
	return err
}

// maxKeys is how many batches of one key may have been deleted in the 90 days for which their keys stay used.
const maxKeys = 100

// successor is the key of the batch that follows one that was deleted. Where the key was given it is the same in each run,
// so that it finds the same batch without a folder.
func (o *opener) successor(n int) string {
	if o.Key == "" {
		return uuid.NewString()
	}
	return fmt.Sprintf("%s~%d", o.Key, n)
}

// find gets the batch that the folder names, if the server still knows it and it still serves.
func (o *opener) find(ctx context.Context, id string) (bool, error) {
	err := o.batch.load(ctx, id)
	switch {
	case errors.Is(err, job.ErrNotFound):
		o.batch.Batch = api.Batch{}
		o.tell(Event{Event: Waiting, Code: WaitBatch, Message: fmt.Sprintf("The server knows nothing of batch %s any more; rows without a picture here are ordered anew.", id)})
		return false, nil
	case err != nil:
		return false, err
	case o.batch.Status == string(job.BatchDeleting), o.batch.Counts.Total == 0 && !o.batch.has(o.MaxCost):
		o.batch.Batch = api.Batch{}
		return false, nil
	}
	return true, nil
}

// guess finds out whether the server simulates without making a batch there: all of its jobs tell the same.
func (o *opener) guess(ctx context.Context) error {
	l, err := persisted(ctx, &o.batch.retrier, func() (api.JobList, error) { return o.Client.List(ctx, client.ListQuery{Limit: 1}) })
	o.Simulated = o.Simulated || len(l.Data) > 0 && l.Data[0].Simulated
	o.unsure = !o.Simulated && len(l.Data) == 0
	return err
}

func (o *opener) create(ctx context.Context, l folder.Batch) error {
	l.Batch = ""
	if err := o.note(l); err != nil {
		return err
	}
	settings := client.BatchSettings{Name: name(o.Source.Name), MaxCostUSD: o.MaxCost, Open: true}
	var err error
	o.batch.Batch, err = persisted(ctx, &o.batch.retrier, func() (api.Batch, error) { return o.Client.CreateBatch(ctx, settings, l.Key) })
	if err != nil {
		return err
	}
	l.Batch = o.batch.ID
	return o.note(l)
}

// note tells the folder of the batch, with what this run knows.
func (o *opener) note(l folder.Batch) error {
	if o.DryRun {
		return nil
	}
	l.Server, l.Source, l.Header, l.Expand = o.Server, o.Source.Name, o.Source.reader.Header(), cmp.Or(o.Source.ExpandedBy, l.Expand)
	if o.Source.reader.Format() == prompt.CSV {
		o.Folder.Dialect = o.Source.reader.Taken()
	}
	if l.CreatedAt.IsZero() {
		l.CreatedAt = o.now().UTC()
	}
	return o.Folder.SetBatch(l)
}

// Earlier is a batch of another server that this folder was to get pictures from, and in which rows were left.
type Earlier struct {
	Server  string `json:"server"`
	BatchID string `json:"batch_id"`
	Left    int    `json:"left"` // rows without an end when that run ended
}

func (o *opener) earlier() (all []Earlier) {
	for _, l := range o.Folder.Others(o.Server) {
		if l.Left > 0 {
			all = append(all, Earlier{l.Server, l.Batch, l.Left})
		}
	}
	return all
}

// leave notes how many rows have not ended, for runs with another server.
func (o *opener) leave(n int) error {
	l, there := o.Folder.Batch(o.Server)
	if o.Source == nil || !there || l.Left == n {
		return nil
	}
	l.Left = n
	return o.note(l)
}

// name is the file's, as far as the name of a batch has room.
func name(file string) string {
	runes := []rune(file)
	return string(runes[:min(len(runes), request.MaxName)])
}
