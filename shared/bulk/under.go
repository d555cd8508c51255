package bulk

import (
	"context"
	"time"

	"easel/shared/bulk/folder"
)

// reportTime bounds how long a run that was stopped writes what is for people.
const reportTime = 5 * time.Second

// elsewhere counts the jobs that are still not made and whose rows the file has no more. It counts for a short time only,
// since no decision depends on the number.
func (r *Run) elsewhere(ctx context.Context) (n int) {
	if r.plan.Removed == 0 {
		return 0
	}
	ctx, done := context.WithTimeout(ctx, reportTime)
	defer done()
	for j, err := range r.batch.unmade(ctx) {
		if _, there := r.rows.get(folder.DigestOf(j.CustomID)); err == nil && !there {
			n++
		}
	}
	return n
}

// withdraw cancels the jobs of rows that have changed and have what they ask for now, and, where that was asked for, those
// whose rows the file has no more.
func (r *Run) withdraw(ctx context.Context) error {
	if _, err := r.cancelReplaced(ctx, tableRow.settled); err != nil || !r.Withdraw {
		return err
	}
	return r.cancelJobs(ctx, r.removed, func(c *course) { c.withdrawn++ })
}

// Earlier is a batch of another server that this folder was to get pictures from, and in which rows were left.
type Earlier struct {
	Server  string `json:"server"`
	BatchID string `json:"batch_id"`
	Left    int    `json:"left"` // rows without an end when that run ended
}

func (r *Run) earlier() (all []Earlier) {
	for _, l := range r.Folder.Others(r.Server) {
		if l.Left > 0 {
			all = append(all, Earlier{l.Server, l.Batch, l.Left})
		}
	}
	return all
}

// leave notes how many rows have not ended, for runs with another server.
func (r *Run) leave(n int) error {
	l, there := r.Folder.Batch(r.Server)
	if r.Source == nil || !there || l.Left == n {
		return nil
	}
	l.Left = n
	return r.note(l)
}

// dismiss notes that files are missing, so that their pictures stay away until a person asks for them.
func (r *Run) dismiss() error {
	for n, m := range r.matches {
		if m.Found != folder.Missing || r.FetchAgain || r.rows.rows[n].skipped {
			continue
		}
		if err := r.Folder.Dismiss(m); err != nil {
			return err
		}
	}
	return nil
}

// halt writes what a run that was stopped leaves behind. It ends soon, since a person waits for it, and drops its own
// errors, since the reason of the stop matters more.
func (r *Run) halt(ctx context.Context) {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), reportTime)
	defer done()
	left, _ := r.rows.open()
	_ = r.leave(left)
	_ = r.Folder.Report(ctx)
}
