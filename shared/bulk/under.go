package bulk

import (
	"context"
	"errors"
	"iter"
	"time"

	"easel/shared/api"
	"easel/shared/job"
)

// reportTime bounds how long a run that was stopped writes what is for people.
const reportTime = 5 * time.Second

// survey looks at what of the batch is not made yet: rows that are still to be paid though they were ordered before, and
// jobs whose rows the file has no more.
func (r *Run) survey(ctx context.Context) error {
	if r.batch.Counts.Queued+r.batch.Counts.Running == 0 {
		return nil
	}
	var rest []waitingJob
	for j, err := range r.unmade(ctx) {
		if err != nil {
			return err
		}
		if print := printOfJob(j); !r.place(j, print) {
			price := r.catalogue.price(j.Input.Parameters, r.catalogue.find(j.Model))
			rest = append(rest, waitingJob{id: j.ID, key: j.CustomID, print: print, price: price})
		}
	}
	r.adoptWaiting(rest)
	return nil
}

// waitingJob is what memory holds of a job that no row of the file has ordered under its key.
type waitingJob struct {
	id, key string
	print   uint64
	price   int64
}

// place notes that a row was ordered before. It reports whether the file has the row. A job that was made for the row as it
// was is replaced by the append.
func (r *Run) place(j api.Job, print uint64) bool {
	key := digestOf(j.CustomID)
	row, there := r.rows.get(key)
	if there && print == row.print && (!row.again || key != row.key) {
		row.ordered = true
		r.rows.put(key, row)
	}
	return there
}

// adoptWaiting lets jobs that wait stand for rows that ask for the same under another key, as a row does whose custom_id
// has changed or that is multiplied since. The others were ordered for rows that the file has no more.
func (r *Run) adoptWaiting(rest []waitingJob) {
	open := map[uint64][]int32{}
	for n, row := range r.rows.rows {
		if m := r.matches[n].found; !row.ordered && m == foundNothing {
			open[row.print] = append(open[row.print], int32(n))
		}
	}
	for _, j := range rest {
		rows := open[j.print]
		if len(rows) == 0 {
			r.plan.Removed++
			r.plan.removedCost += j.price
			r.removed = append(r.removed, j.id)
			continue
		}
		open[j.print] = rows[1:]
		row := r.rows.rows[rows[0]]
		row.ordered = true
		r.rows.rename(rows[0], j.key)
		r.rows.put(row.key, row)
	}
}

// unmade are the jobs of the batch that wait or run.
func (r *Run) unmade(ctx context.Context) iter.Seq2[api.Job, error] {
	return func(yield func(api.Job, error) bool) {
		q := api.ListQuery{BatchID: r.batch.ID, Status: []string{string(job.Queued), string(job.Running)}, Limit: pageJobs}
		for more := true; more; {
			var list api.JobList
			err := r.persist(ctx, &r.server, func() (err error) {
				list, err = r.Client.List(ctx, q)
				return err
			})
			if err != nil {
				yield(api.Job{}, err)
				return
			}
			for _, j := range list.Data {
				if !yield(j, nil) {
					return
				}
			}
			if more = list.HasMore && list.NextCursor != nil; more {
				q.Cursor = *list.NextCursor
			}
		}
	}
}

// elsewhere is how many jobs are still not made whose rows the file has no more: as far as can be told in a short time,
// since nobody depends on it.
func (r *Run) elsewhere(ctx context.Context) (n int) {
	if r.plan.Removed == 0 {
		return 0
	}
	ctx, done := context.WithTimeout(ctx, reportTime)
	defer done()
	for j, err := range r.unmade(ctx) {
		if _, there := r.rows.get(digestOf(j.CustomID)); err == nil && !there {
			n++
		}
	}
	return n
}

// withdraw cancels the jobs whose rows the file has no more, where that was asked for. What has ended meanwhile stays.
func (r *Run) withdraw(ctx context.Context) error {
	if !r.Withdraw {
		return nil
	}
	for _, id := range r.removed {
		err := r.persist(ctx, &r.server, func() error {
			_, err := r.Client.Cancel(ctx, id)
			return err
		})
		switch {
		case errors.Is(err, job.ErrState), errors.Is(err, job.ErrNotFound):
		case err != nil:
			return err
		default:
			r.course.count(func(c *course) { c.withdrawn++ })
		}
	}
	return nil
}

// Earlier is a batch of another server that this folder was to get pictures from, and in which rows were left.
type Earlier struct {
	Server  string `json:"server"`
	BatchID string `json:"batch_id"`
	Left    int    `json:"left"` // rows without an end when that run ended
}

func (r *Run) earlier() (all []Earlier) {
	for _, l := range r.Folder.others(r.Server) {
		if l.Left > 0 {
			all = append(all, Earlier{l.Server, l.Batch, l.Left})
		}
	}
	return all
}

// leave notes how many rows have not ended, for runs with another server.
func (r *Run) leave(n int) error {
	l, there := r.Folder.Ledger(r.Server)
	if r.Source == nil || !there || l.Left == n {
		return nil
	}
	l.Left = n
	return r.note(l)
}

// dismiss notes that files are missing, so that their pictures stay away until a person asks for them.
func (r *Run) dismiss() error {
	for n, m := range r.matches {
		if m.found != foundMissing || r.FetchAgain || r.rows.rows[n].skipped {
			continue
		}
		if err := r.Folder.dismiss(m.ref); err != nil {
			return err
		}
	}
	return nil
}

// halt writes what a run that was stopped leaves behind. It must not keep anybody waiting for long, and why the run
// stopped counts for more than what goes wrong here.
func (r *Run) halt(ctx context.Context) {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), reportTime)
	defer done()
	left, _ := r.rows.open()
	_ = r.leave(left)
	_ = r.Folder.Report(ctx)
}
