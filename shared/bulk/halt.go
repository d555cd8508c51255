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

// halt writes what a run that was stopped leaves behind. It ends soon, since a person waits for it, and drops its own
// errors, since the reason of the stop matters more.
func (r *Run) halt(ctx context.Context) {
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), reportTime)
	defer done()
	left, _ := r.rows.open()
	_ = r.opener.leave(left)
	_ = r.Folder.Report(ctx)
}
