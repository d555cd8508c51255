package bulk

import (
	"context"
	"errors"
	"slices"
	"sync"

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

// countReplaced adds to the plan what is canceled since its row has changed.
func (r *Run) countReplaced() {
	for _, j := range r.replaced {
		if row, _ := r.rows.get(j.key); row.replaces() {
			r.plan.Replaced++
			if j.waits {
				r.plan.replacedCost += j.price
			}
		}
	}
}

// add appends one part, and then cancels the jobs that its rows have replaced: a run that dies between the two pays for a
// picture too many at the most, and the next one cancels. Where the bound of the batch has no room for both, those that
// are replaced are canceled first.
func (r *Run) add(ctx context.Context, p part) error {
	err := r.append(ctx, p)
	if said, ok := errors.AsType[*api.Problem](err); ok && said.Code == "over_max_cost" {
		n, failed := r.cancelReplaced(ctx, p.holds)
		if failed != nil {
			return failed
		}
		if n > 0 {
			err = r.append(ctx, p)
		}
	}
	if err != nil {
		return err
	}
	_, err = r.cancelReplaced(ctx, p.holds)
	return err
}

func (p part) holds(row tableRow) bool { return slices.Contains(p.keys, row.Key) }

// cancelReplaced cancels the jobs that rows have replaced, as far as the rows are due, and returns how many there were.
func (r *Run) cancelReplaced(ctx context.Context, due func(tableRow) bool) (int, error) {
	var ids []string
	r.replaced = slices.DeleteFunc(r.replaced, func(j replacedJob) bool {
		row, _ := r.rows.get(j.key)
		if !due(row) {
			return false
		}
		ids = append(ids, j.id)
		return true
	})
	return len(ids), r.cancelJobs(ctx, ids, func(c *course) { c.replaced++ })
}

// cancelJobs cancels jobs, some at a time, and counts each. A job that has ended meanwhile stays as it is.
func (r *Run) cancelJobs(ctx context.Context, ids []string, count func(*course)) error {
	var mu sync.Mutex
	var errs error
	for some := range slices.Chunk(ids, cancelsAtOnce) {
		var group sync.WaitGroup
		for _, id := range some {
			group.Go(func() {
				err := r.cancelJob(ctx, id, count)
				mu.Lock()
				defer mu.Unlock()
				errs = errors.Join(errs, err)
			})
		}
		if group.Wait(); errs != nil {
			return errs
		}
	}
	return nil
}

func (r *Run) cancelJob(ctx context.Context, id string, count func(*course)) error {
	err := r.batch.persist(ctx, func() error {
		_, err := r.Client.Cancel(ctx, id)
		return err
	})
	switch {
	case errors.Is(err, job.ErrState), errors.Is(err, job.ErrNotFound):
		return nil
	case err == nil:
		r.course.count(count)
	}
	return err
}
