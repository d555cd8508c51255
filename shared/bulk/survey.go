package bulk

import (
	"context"

	"easel/shared/api"
	"easel/shared/bulk/folder"
	"easel/shared/job"
)

// survey looks at what of the batch waits, and at what of it is made and was never fetched, as a run leaves it that was
// stopped. Such jobs stand for the rows that ask for the same, whatever key they were ordered under: ids, templates and runs
// may have changed since. What waits for rows that the file has no more is told.
//
// Jobs end while they are listed. So the pictures are looked at wherever the batch has more jobs than those that were seen to
// wait, that failed or were canceled, and whose pictures came into the folder.
func (r *Run) survey(ctx context.Context) error {
	c := r.batch.Counts
	seen := map[folder.Digest]bool{} // by their IDs
	var strange []strangeJob
	if c.Queued+c.Running > 0 {
		if err := r.look(ctx, seen, &strange, string(job.Queued), string(job.Running)); err != nil {
			return err
		}
	}
	if int(c.Total-c.Failed-c.Canceled) > r.Folder.Fetched(r.batch.ID)+len(seen) {
		if err := r.look(ctx, seen, &strange, string(job.Succeeded)); err != nil {
			return err
		}
	}
	r.adoptJobs(strange)
	return nil
}

// look holds the jobs in some states against the rows, each once.
func (r *Run) look(ctx context.Context, seen map[folder.Digest]bool, strange *[]strangeJob, statuses ...string) error {
	for j, err := range r.batch.jobs(ctx, statuses...) {
		if err != nil {
			return err
		}
		if seen[folder.DigestOf(j.ID)] {
			continue
		}
		seen[folder.DigestOf(j.ID)] = true
		price := r.catalogue.price(j.Input.Parameters, r.catalogue.find(j.Model))
		if print := printOfJob(j); !r.place(j, print, price) && !r.Folder.Had(j.CustomID, print) {
			*strange = append(*strange, strangeJob{id: j.ID, key: j.CustomID, print: print, price: price, made: j.Ended()})
		}
	}
	return nil
}

// strangeJob is what memory holds of a job that no row of the file has ordered under its key.
type strangeJob struct {
	id, key string
	print   uint64
	price   int64
	made    bool
}

// place notes that a row was ordered before. It reports whether the job is the row's, or was until the row changed. One that
// has not ended by then is replaced by that of what the row asks for now.
func (r *Run) place(j api.Job, print uint64, price int64) bool {
	key := folder.DigestOf(j.CustomID)
	row, there := r.rows.get(key)
	switch {
	case !there || print != row.Print && j.Ended():
		return false
	case print != row.Print:
		r.replaced = append(r.replaced, replacedJob{id: j.ID, key: key, price: price, waits: j.Status == string(job.Queued)})
	case row.again && key == row.Key: // another picture is asked for
	default:
		row.ordered, row.placed = !j.Ended(), true
		r.rows.put(key, row)
	}
	return true
}

// adoptJobs lets jobs stand for rows that ask for the same under another key. What is made is fetched; what waits is known by
// its own key from now on.
func (r *Run) adoptJobs(strange []strangeJob) {
	open := map[uint64][]int32{}
	for n, row := range r.rows.rows {
		if r.matches[n].Found == folder.Nothing && !row.placed {
			open[row.Print] = append(open[row.Print], int32(n))
		}
	}
	for _, j := range strange {
		rows := open[j.print]
		switch {
		case len(rows) > 0:
			open[j.print] = rows[1:]
			r.adoptJob(rows[0], j)
		case !j.made:
			r.plan.Removed++
			r.plan.removedCost += j.price
			r.removed = append(r.removed, j.id)
		}
	}
}

func (r *Run) adoptJob(n int32, j strangeJob) {
	row := r.rows.rows[n]
	if j.made {
		row.rescued = true
		r.rescues = append(r.rescues, rescue{key: row.Key, job: j.id})
	} else {
		row.ordered = true
		r.rows.rename(n, j.key)
	}
	r.rows.put(row.Key, row)
}

// settle finds the rows of a part of which the server says that their jobs were deleted, and pictures of jobs that would
// begin again. It reports whether there are any.
func (r *Run) settle(ctx context.Context, p part, said *api.Plan) (some bool, err error) {
	if said.Restarted > 0 && !r.searched {
		r.searched = true
		if some, err = r.searchCanceled(ctx); err != nil {
			return some, err
		}
	}
	return some || said.Deleted > 0, r.findDeleted(ctx, p, said.Deleted)
}

// searchCanceled finds the pictures that canceled jobs have all the same, since their calls were under way. The jobs of
// these rows do not begin again: they would be paid a second time.
func (r *Run) searchCanceled(ctx context.Context) (some bool, err error) {
	for j, err := range r.batch.jobs(ctx, string(job.Canceled)) {
		if err != nil {
			return some, err
		}
		key := folder.DigestOf(j.CustomID)
		row, there := r.rows.get(key)
		theirs := there && row.Print == printOfJob(j) && (!row.again || key != row.Key)
		if len(j.Images) == 0 || !theirs || !row.open() {
			continue
		}
		some, row.rescued = true, true
		r.rescues = append(r.rescues, rescue{key: row.Key, job: j.ID})
		r.rows.put(row.Key, row)
	}
	return some, nil
}

// rescue is a picture that is made already, for a row under another key, or by a job that was canceled.
type rescue struct {
	key folder.Digest
	job string
}

// rescue fetches what was made for rows that are not sent.
func (w *watch) rescue(ctx context.Context) error {
	r := w.run
	for _, one := range r.rescues {
		row, _ := r.rows.get(one.key)
		if row.state != wanted {
			continue
		}
		j, err := r.batch.get(ctx, one.job)
		if err != nil {
			return err
		}
		t := task{job: j, key: one.key, back: wanted}
		if t.line, err = r.spool.line(row.place); err != nil {
			return err
		}
		if len(t.job.Images) == 0 {
			continue // it was deleted meanwhile, and is given up at the end
		}
		r.rows.move(one.key, t.job.Model, busy)
		if err := w.push(ctx, t); err != nil {
			return err
		}
	}
	return nil
}

// push lets a picture be fetched.
func (w *watch) push(ctx context.Context, t task) error {
	w.under.Add(1)
	select {
	case w.queue <- t:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
