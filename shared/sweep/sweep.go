// Package sweep keeps the promise that a job ends. A run gives out the turns of each model's line as far as pace and money
// allow, then does what timers ask for: it finds lost messages and ended leases, ends what no call is made for, writes
// cancellations into records, tells of the ends of batches and removes what is deleted or has expired. It calls no model, and it decides
// about a record only by the rules of shared/job.
package sweep

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/pace"
)

// Sweeper keeps the promise that a job ends. It gives out the turns of the lines as far as pace and money allow, finds lost
// messages and ended leases, and ends jobs for which no call will be made.
type Sweeper struct {
	job.Recorder
	Dispatcher *job.Dispatcher
	Limiter    *pace.Limiter

	Lines     job.Lines
	Standings job.StandingWriter
	Waiters   job.Waiters
	Counters  job.CountersReader
	Days      job.Days // these: to give out turns
	Timers    job.Timers

	Index       job.Index
	Finder      job.Finder
	BatchIndex  job.BatchIndex
	BatchEraser job.BatchEraser
	Images      job.Images // these: to remove what belongs to a deleted job, and to look for images
	Inputs      job.Inputs
	InputEraser job.InputEraser
	Eraser      job.Eraser

	unread sync.Map // by ID, when a record could not be read
}

// sweepRun is one run over all models and batches.
type sweepRun struct {
	*Sweeper
	over func() bool // whether the run begins nothing new

	mu    sync.Mutex
	ended map[string]bool // batches of which jobs have ended
	freed bool            // whether jobs have ended whose messages took room in the queue
}

// Figures of one run.
const (
	sweepers    = 8               // records that are changed at a time
	lookers     = 64              // images that are looked for at a time
	timerPage   = 200             // timers that are asked for at a time
	sweepMargin = 5 * time.Second // before the end of the context, after which nothing new is begun
)

// Sweep runs once over all models, and never twice at a time. First it gives out turns, so that nothing else holds up a
// model; then it does what timers ask for, until nothing is left or the context ends soon, which is no error: the
// next run goes on. Where that ended jobs whose messages took room in the queue, others get turns in their place. What fails
// is found again by the next run too; the errors are joined. The number of messages that were sent comes back.
func (s *Sweeper) Sweep(ctx context.Context) (sent int, err error) {
	over, work, cancel := runEnd(ctx)
	defer cancel()
	r := &sweepRun{Sweeper: s, over: over, ended: map[string]bool{}}
	sent, dead, err := r.dispatchAll(work)
	n, failed := r.fireAll(work, dead)
	sent, err = sent+n, errors.Join(err, failed)
	if r.freed && !over() {
		n, _, failed = r.dispatchAll(work)
		sent, err = sent+n, errors.Join(err, failed)
	}
	return sent, errors.Join(err, r.closeEnded(work))
}

// runEnd tells when a run begins nothing new: shortly before the context ends, or when it was canceled. What was begun
// is ended all the same, so that no job is left marked without a message.
func runEnd(ctx context.Context) (over func() bool, work context.Context, cancel context.CancelFunc) {
	end, limited := ctx.Deadline()
	if !limited {
		return func() bool { return ctx.Err() != nil }, ctx, func() {}
	}
	until := end.Add(-sweepMargin)
	work, cancel = context.WithDeadline(context.WithoutCancel(ctx), end)
	return func() bool { return ctx.Err() != nil || !time.Now().Before(until) }, work, cancel
}

// spoken are the models that take calls.
func spoken() []string {
	var ids []string
	for _, m := range model.All() {
		if m.Spoken() {
			ids = append(ids, m.ID)
		}
	}
	return ids
}

// fireAll does what timers of jobs and of batches ask for and ends what is hopeless, a page of each model, of the batches and
// of each hopeless flow in turn, so that many of one kind do not hold up the others.
func (r *sweepRun) fireAll(ctx context.Context, dead []*hopeless) (sent int, errs error) {
	jobs, batches := map[string]*seen{}, &seen{}
	for _, id := range spoken() {
		jobs[id] = &seen{}
	}
	for left := true; left && !r.over(); {
		left = false
		for _, id := range spoken() {
			if r.over() {
				break
			}
			n, more, err := r.fire(ctx, id, jobs[id])
			sent, left, errs = sent+n, left || more, errors.Join(errs, err)
		}
		more, err := r.batches(ctx, batches)
		left, errs = left || more, errors.Join(errs, err)
		dead = slices.DeleteFunc(dead, func(h *hopeless) bool {
			if r.over() {
				return false
			}
			more, err := r.endHopeless(ctx, h)
			errs = errors.Join(errs, err)
			return !more
		})
		left = left || len(dead) > 0
	}
	return sent, errs
}

// seen remembers what a run has looked at. What is still there after that, because it failed or the index is behind, hides
// nothing that comes later, and is left to the next run.
type seen struct {
	ids   map[string]bool
	known int // of the last answer, those that were seen before
}

// limit is how many have to be asked for, so that n of them are fresh although those seen before still come.
func (s *seen) limit(n int) int { return n + s.known }

// fresh returns at most n of the IDs that were not seen before, and remembers them. The page stays small, so that a run can
// end behind each. more says whether to ask again.
func (s *seen) fresh(ids []string, n int) (left []string, more bool) {
	if s.ids == nil {
		s.ids = map[string]bool{}
	}
	full := len(ids) >= s.limit(n)
	s.known = 0
	for _, id := range ids {
		switch {
		case s.ids[id]:
			s.known++
		case len(left) < n:
			s.ids[id] = true
			left = append(left, id)
		}
	}
	return left, full || len(left) > 0
}

// closeEnded looks whether batches have ended of which this run has ended jobs.
func (r *sweepRun) closeEnded(ctx context.Context) error {
	ids := slices.Collect(maps.Keys(r.ended))
	return job.Parallel(len(ids), sweepers, func(n int) error { return r.CloseBatch(ctx, ids[n]) })
}

// noteRoom remembers that jobs are ended whose messages took room in the queue.
func (r *sweepRun) noteRoom(jobs []job.Job) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.freed = r.freed || slices.ContainsFunc(jobs, func(j job.Job) bool { return j.Enqueued })
}

// noteEnd remembers the batch of a job that has ended.
func (r *sweepRun) noteEnd(j job.Job) {
	if j.BatchID == "" || !j.Status.Ended() {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.ended[j.BatchID] = true
}
