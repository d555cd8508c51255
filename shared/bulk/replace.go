package bulk

import (
	"context"
	"errors"
	"slices"

	"easel/shared/api"
	"easel/shared/bulk/folder"
	"easel/shared/job"
)

// cancelsAtOnce is how many jobs are canceled side by side.
const cancelsAtOnce = 8

// replacedJob is a job that has not ended and was added for a row as it was before the row changed.
type replacedJob struct {
	id    string
	key   folder.Digest // by which the batch knows the row
	price int64
	waits bool // its call has not begun
}

// replaces reports whether a run gives a row what it asks for now, so that jobs for the row as it was are canceled.
func (r tableRow) replaces() bool { return r.state.open() || r.settled() }

// settled reports whether a row has what it asks for now without being sent: here, or under another key of the batch.
func (r tableRow) settled() bool { return r.state == made && !r.changed || r.rescued }

// cancellations are the jobs that a run cancels, since their rows have changed or have gone.
type cancellations struct {
	*Run
	replaced []replacedJob
	removed  []strangeJob // canceled on request
}

// count adds to the plan the jobs whose rows the file has no more, and those that are canceled since their rows have changed.
func (c *cancellations) count(p *Plan) {
	p.Removed = len(c.removed)
	for _, j := range c.removed {
		p.removedCost += j.price
	}
	for _, j := range c.replaced {
		if row, _ := c.rows.get(j.key); row.replaces() {
			p.Replaced++
			if j.waits {
				p.replacedCost += j.price
			}
		}
	}
}

// cancelRemoved cancels the jobs of rows that have changed and have what they ask for now, and, where that was asked for, those
// whose rows the file has no more.
func (c *cancellations) cancelRemoved(ctx context.Context, removed bool) error {
	if _, err := c.cancelReplaced(ctx, tableRow.settled); err != nil || !removed {
		return err
	}
	var ids []string
	for _, j := range c.removed {
		ids = append(ids, j.id)
	}
	return c.cancelJobs(ctx, ids, func(c *course) { c.withdrawn++ })
}

// cancelReplaced cancels the jobs that rows have replaced, as far as the rows are due, and returns how many there were.
func (c *cancellations) cancelReplaced(ctx context.Context, due func(tableRow) bool) (int, error) {
	var ids []string
	c.replaced = slices.DeleteFunc(c.replaced, func(j replacedJob) bool {
		row, _ := c.rows.get(j.key)
		if !due(row) {
			return false
		}
		ids = append(ids, j.id)
		return true
	})
	return len(ids), c.cancelJobs(ctx, ids, func(c *course) { c.replaced++ })
}

// cancelJobs cancels jobs, some at a time, and counts each. A job that has ended meanwhile stays as it is.
func (c *cancellations) cancelJobs(ctx context.Context, ids []string, count func(*course)) error {
	for some := range slices.Chunk(ids, cancelsAtOnce) {
		if err := job.Parallel(len(some), cancelsAtOnce, func(n int) error { return c.cancelJob(ctx, some[n], count) }); err != nil {
			return err
		}
	}
	return nil
}

func (c *cancellations) cancelJob(ctx context.Context, id string, count func(*course)) error {
	_, err := persisted(ctx, &c.batch.retrier, func() (api.Job, error) { return c.Client.Cancel(ctx, id) })
	switch {
	case errors.Is(err, job.ErrState), errors.Is(err, job.ErrNotFound):
		return nil
	case err == nil:
		c.course.count(count)
	}
	return err
}
