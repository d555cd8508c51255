package bulk

import (
	"context"
	"encoding/json"
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

// counted is what the server counts for the batch where rows took more than one call, and empty where none did or where it
// does not tell.
func (r *Run) counted(ctx context.Context) json.Number {
	if r.Source == nil || r.batch.ID == "" {
		return ""
	}
	ctx, done := context.WithTimeout(ctx, reportTime)
	defer done()
	now, err := r.Client.Batch(ctx, r.batch.ID, 0)
	if err != nil {
		return ""
	}
	added := amount(now.Cost.EstimatedUSD)
	once := r.batch.spent(0) + r.course.cost
	if amount(now.Cost.ListUSD) <= min(added, once) {
		return ""
	}
	return now.Cost.ListUSD
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
