package bulk

import (
	"context"
	"sync"
	"time"

	"easel/shared/api"
	"easel/shared/backoff"
)

// reporter tells of events, and how the run stands at each. It keeps the run's time.
type reporter struct {
	// The run's own fields, which may be set until Go begins.
	hear  *func(Event)
	clock *func() time.Time
	sleep *func(context.Context, time.Duration)

	batch     *api.Batch
	rows      *rowTable
	course    *course
	catalogue *catalogue

	telling sync.Mutex
}

// tell reports an event.
func (r *reporter) tell(e Event) {
	if *r.hear == nil {
		return
	}
	e.Time, e.BatchID = r.now().UTC(), r.batch.ID
	if e.Progress == nil && e.Event != Planned {
		p := r.progress()
		e.Progress = &p
	}
	r.telling.Lock()
	defer r.telling.Unlock()
	(*r.hear)(e)
}

func (r *reporter) progress() Progress {
	_, left := r.rows.open()
	return r.course.progress(r.now(), left, r.catalogue)
}

func (r *reporter) now() time.Time {
	if *r.clock != nil {
		return (*r.clock)()
	}
	return time.Now()
}

func (r *reporter) rest(ctx context.Context, d time.Duration) {
	if *r.sleep != nil {
		(*r.sleep)(ctx, d)
		return
	}
	_ = backoff.Sleep(ctx, d) // its callers look at the context
}
