package bulk

import (
	"context"
	"time"

	"easel/shared/backoff"
)

// tell reports an event, with how the run stands.
func (r *Run) tell(e Event) {
	if r.Report == nil {
		return
	}
	e.Time, e.BatchID = r.now().UTC(), r.batch.ID
	if e.Event != Planned {
		p := r.Progress()
		e.Progress = &p
	}
	r.telling.Lock()
	defer r.telling.Unlock()
	r.Report(e)
}

// Progress is how the run stands. It may be asked for at any time after Plan.
func (r *Run) Progress() Progress {
	_, left := r.rows.open()
	return r.course.progress(r.now(), left, r.catalogue)
}

func (r *Run) now() time.Time {
	if r.Now != nil {
		return r.Now()
	}
	return time.Now()
}

func (r *Run) sleep(ctx context.Context, d time.Duration) {
	if r.Rest != nil {
		r.Rest(ctx, d)
		return
	}
	_ = backoff.Sleep(ctx, d) // its callers look at the context
}
