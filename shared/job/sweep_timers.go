package job

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"
)

// fire does what the timers of a page of jobs ask for. Those that are past their deadline are ended together; each of the
// others is looked at on its own. more says whether to ask again.
func (s *Sweeper) fire(ctx context.Context, model string, known *seen) (sent int, more bool, err error) {
	refs, err := s.Timers.Fired(ctx, model, s.now(), known.limit(timerPage))
	if err != nil {
		return 0, false, err
	}
	due := map[string]Ref{}
	var ids []string
	for _, ref := range refs {
		due[ref.ID] = ref
		ids = append(ids, ref.ID)
	}
	if ids, more = known.fresh(ids, timerPage); len(ids) == 0 {
		return 0, more, nil
	}
	var dead, others []Job
	jobs, err := s.find(ctx, ids)
	for _, j := range jobs {
		switch {
		case !means(due[j.ID], j): // the index is behind
		case s.dead(j):
			dead = append(dead, j)
		default:
			others = append(others, j)
		}
	}
	sent, failed := s.each(ctx, others, s.Dispatcher.Limiter.Interval(ctx, model, s.now()))
	return sent, more, errors.Join(err, failed, s.endJobs(ctx, dead, s.expire))
}

// means reports whether the job still waits for the instant that the index named.
func means(r Ref, j Job) bool {
	return j.Due != nil && j.Due.UnixMicro() == r.Due.UnixMicro() && (!closed(j) || j.Deleting || j.ExpiresAt != nil)
}

func (s *Sweeper) removal() removal {
	return removal{Recorder: s.Recorder, Images: s.Images, Inputs: s.Inputs, Eraser: s.Eraser}
}

// each looks at jobs whose timers have come, a few at a time, and sends the messages of those that need one.
func (s *Sweeper) each(ctx context.Context, jobs []Job, interval time.Duration) (int, error) {
	var mu sync.Mutex
	var send []Job
	jobs, touched := s.touchFlows(ctx, jobs)
	errs := aFew(len(jobs), sweepers, func(n int) error {
		j, err := s.step(ctx, jobs[n], delay(interval, n)) // many at once are not sent for the same moment
		mu.Lock()
		defer mu.Unlock()
		if err == nil && j.Enqueued && (j.Status == Queued || j.Status.Ended() && j.Lease != nil) {
			send = append(send, j)
		}
		return err
	})
	return len(send), errors.Join(touched, errs, s.deliver(ctx, s.Dispatcher, send...))
}

// touchFlows touches the flows of those jobs that wait in one, each flow once. Where that fails these jobs are left out.
func (s *Sweeper) touchFlows(ctx context.Context, jobs []Job) ([]Job, error) {
	flows := map[FlowKey]bool{}
	var touches []Touch
	for _, j := range jobs {
		if flow := j.flow(); j.waits() && !flows[flow] {
			flows[flow] = true
			touches = append(touches, Touch{FlowKey: flow, At: s.now()})
		}
	}
	if len(touches) == 0 {
		return jobs, nil
	}
	err := s.Dispatcher.touch(ctx, touches...)
	if err != nil {
		jobs = slices.DeleteFunc(jobs, Job.waits)
	}
	return jobs, err
}

// step does what the timer of a job asks for, unless the job has changed since: then it has another timer. The flow in which
// it waits was touched before. A deletion that a crash has left is finished.
func (s *Sweeper) step(ctx context.Context, j Job, in time.Duration) (Job, error) {
	switch {
	case closed(j) && j.expired(s.now()):
		return Job{}, again(s.removal().expire(ctx, j))
	case j.Deleting:
		r := s.removal()
		r.keepFor = rememberDeleted
		return Job{}, r.erase(ctx, j)
	}
	version, written := j.Version, false
	j, err := s.change(ctx, j, func(j *Job) error {
		if written = j.Version == version; !written {
			return errStop
		}
		return s.act(j, in)
	})
	switch {
	case errors.Is(err, ErrCounters) && j.BatchID != "": // the index showed the job only after its batch was erased
		return Job{}, s.eraseOrphan(ctx, j)
	case err != nil || !written:
		return Job{}, ignore(err)
	}
	s.noteEnd(j)
	return j, nil
}

// act decides about a job whose timer has come: left by a worker that is gone (a running job is due after its lease), with a
// message that is lost, or in a flow that may have left the line.
func (s *Sweeper) act(j *Job, in time.Duration) error {
	now := s.now()
	switch {
	case j.Status.Ended(): // it was canceled during its call: a worker looks for the image
		if j.LostMessages++; j.LostMessages > 2*maxLost {
			j.settleLease()
			return nil
		}
	case j.Status == Running:
		if err := j.enter(Queued); err != nil {
			return err
		}
		j.Lease = nil
	case !j.Enqueued:
		j.joinLine(now)
		return nil
	default:
		j.LostMessages++
	}
	if !j.Status.Ended() && (j.LostMessages >= maxLost && untouched(*j) || j.LostMessages >= 2*maxLost) {
		return j.fail(Failure{Code: CodeInternal, Message: "The queue lost this job's messages again and again. Retry it; if that fails too, look at the queue and its dead letters.", Retryable: true}, now)
	}
	j.enqueue(now.Add(in), now)
	return nil
}
