package sweep

import (
	"context"
	"errors"
	"slices"
	"time"

	"easel/shared/job"
)

// fire does what the timers of a page of jobs ask for. Those that are past their deadline are ended together; each of the
// others is looked at on its own. more says whether to ask again.
func (r *sweepRun) fire(ctx context.Context, model string, known *seen) (sent int, more bool, err error) {
	refs, err := r.Timers.Fired(ctx, model, r.Clock(), known.limit(timerPage))
	if err != nil {
		return 0, false, err
	}
	due := map[string]job.Ref{}
	var ids []string
	for _, ref := range refs {
		due[ref.ID] = ref
		ids = append(ids, ref.ID)
	}
	if ids, more = known.fresh(ids, timerPage); len(ids) == 0 {
		return 0, more, nil
	}
	var dead, others []job.Job
	jobs, err := r.find(ctx, ids)
	for _, j := range jobs {
		switch {
		case !means(due[j.ID], j): // the index is behind
		case r.dead(j):
			dead = append(dead, j)
		default:
			others = append(others, j)
		}
	}
	sent, failed := r.each(ctx, others, r.Limiter.Interval(ctx, model, r.Clock()))
	return sent, more, errors.Join(err, failed, r.endJobs(ctx, dead, r.expire))
}

// means reports whether the job still waits for the instant that the index named.
func means(r job.Ref, j job.Job) bool {
	return j.Due != nil && j.Due.UnixMicro() == r.Due.UnixMicro() && (!job.Closed(j) || j.Deleting || j.ExpiresAt != nil)
}

func (s *Sweeper) removal() job.Removal {
	return job.Removal{Recorder: s.Recorder, Images: s.Images, Inputs: s.Inputs, Eraser: s.Eraser}
}

// each looks at jobs whose timers have come, a few at a time, and sends the messages of those that need one.
func (r *sweepRun) each(ctx context.Context, jobs []job.Job, interval time.Duration) (int, error) {
	jobs, touched := r.touchFlows(ctx, jobs)
	send, errs := job.Gather(len(jobs), sweepers, func(n int) (job.Job, bool, error) {
		j, err := r.step(ctx, jobs[n], job.Delay(interval, n)) // many at once are not sent for the same moment
		return j, err == nil && j.Enqueued && (j.Status == job.Queued || j.Status.Ended() && j.Lease != nil), err
	})
	return len(send), errors.Join(touched, errs, r.Deliver(ctx, r.Dispatcher, send...))
}

// touchFlows touches the flows of those jobs that wait in one, each flow once. Where that fails these jobs are left out.
func (s *Sweeper) touchFlows(ctx context.Context, jobs []job.Job) ([]job.Job, error) {
	flows := map[job.FlowKey]bool{}
	var touches []job.Touch
	for _, j := range jobs {
		if flow := j.FlowKey(); j.Waits() && !flows[flow] {
			flows[flow] = true
			touches = append(touches, job.Touch{FlowKey: flow, At: s.Clock()})
		}
	}
	if len(touches) == 0 {
		return jobs, nil
	}
	err := s.Dispatcher.Touch(ctx, touches...)
	if err != nil {
		jobs = slices.DeleteFunc(jobs, job.Job.Waits)
	}
	return jobs, err
}

// step does what the timer of a job asks for, unless the job has changed since: then it has another timer. The flow in which
// it waits was touched before. A deletion that a crash has left is finished.
func (r *sweepRun) step(ctx context.Context, j job.Job, in time.Duration) (job.Job, error) {
	switch {
	case job.Closed(j) && j.Expired(r.Clock()):
		return job.Job{}, again(r.removal().Expire(ctx, j))
	case j.Deleting:
		remembered := r.removal()
		remembered.KeepFor = job.RememberDeleted
		return job.Job{}, remembered.Erase(ctx, j)
	}
	version, written := j.Version, false
	j, err := r.Change(ctx, j, func(j *job.Job) error {
		if written = j.Version == version; !written {
			return job.ErrNoChange
		}
		return r.act(j, in)
	})
	switch {
	case errors.Is(err, job.ErrCounters) && j.BatchID != "": // the index showed the job only after its batch was erased
		return job.Job{}, r.eraseOrphan(ctx, j)
	case err != nil || !written:
		return job.Job{}, job.IgnoreOvertaken(err)
	}
	r.noteEnd(j)
	return j, nil
}

// act decides about a job whose timer has come: left by a worker that is gone (a running job is due after its lease), with a
// message that is lost, or in a flow that may have left the line.
func (s *Sweeper) act(j *job.Job, in time.Duration) error {
	now := s.Clock()
	switch {
	case j.Status.Ended(): // it was canceled during its call: a worker looks for the image
		if j.LostMessages++; j.LostMessages > 2*job.MaxLost {
			j.SettleLease()
			return nil
		}
	case j.Status == job.Running:
		if err := j.Enter(job.Queued); err != nil {
			return err
		}
		j.Lease = nil
	case !j.Enqueued:
		j.JoinLine(now)
		return nil
	default:
		j.LostMessages++
	}
	if !j.Status.Ended() && (j.LostMessages >= job.MaxLost && job.Untouched(*j) || j.LostMessages >= 2*job.MaxLost) {
		return j.Fail(job.Failure{Code: job.CodeInternal, Message: "The queue lost this job's messages again and again. Retry it; if that fails too, look at the queue and its dead letters.", Retryable: true}, now)
	}
	j.Enqueue(now.Add(in), now)
	return nil
}
