package bulk

import (
	"context"
	"errors"
	"slices"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/job"
)

// track is the jobs of one model.
type track struct {
	model string
	pages []*page
}

// page is a hundred jobs.
type page struct {
	cursor string
	more   bool // others follow
	ended  bool // as far as this run is concerned, all its jobs have
	late   bool // it was read when nothing more was to be sent
}

func (w *watch) allEnded() bool {
	return !slices.ContainsFunc(w.tracks, func(t *track) bool {
		last := t.pages[len(t.pages)-1]
		return last.more || !last.late || slices.ContainsFunc(t.pages, func(p *page) bool { return !p.ended })
	})
}

func (w *watch) follow(ctx context.Context, t *track, all, late bool) error {
	for i := 0; i < len(t.pages); i++ {
		p := t.pages[i]
		if p.ended && (p.more || p.late) {
			continue
		}
		begun, err := w.read(ctx, t, p, late)
		if p, ok := errors.AsType[*api.Problem](err); ok && p.Code == "invalid_cursor" { // the server signs with another key
			t.pages = []*page{{}}
			return nil
		}
		if err != nil {
			return err
		}
		if !begun && !all {
			break
		}
	}
	t.pages = slices.DeleteFunc(t.pages, func(p *page) bool {
		return p.ended && p.more
	})
	return nil
}

// read gets a page and sees to each of its jobs.
func (w *watch) read(ctx context.Context, t *track, p *page, late bool) (begun bool, err error) {
	answered := w.sender.answered.Load() // what is said of a row before it was sent again means nothing
	q := client.ListQuery{BatchID: w.batch.ID, Model: t.model, Limit: pageJobs, Cursor: p.cursor}
	list, err := persisted(ctx, &w.batch.retrier, func() (api.JobList, error) { return w.Client.List(ctx, q) })
	if err != nil {
		return false, err
	}
	if list.HasMore && list.NextCursor != nil && !p.more {
		p.more = true
		t.pages = append(t.pages, &page{cursor: *list.NextCursor})
	}
	p.ended, p.late = true, late
	for _, j := range list.Data {
		begun = begun || j.Status != string(job.Queued)
		if err := w.see(ctx, j, p, answered); err != nil {
			return begun, err
		}
	}
	return begun, nil
}
