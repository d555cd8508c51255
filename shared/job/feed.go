package job

import (
	"context"
	"errors"
	"sync"
	"time"
)

// The rules of waiting. A model's pace is told in seconds of its interval, so that one set of figures
// fits a model of 2 calls a minute and one of 2,000.
const (
	singleAhead = 600 * time.Second // a single job is sent at once while less than this is out
	sweepAhead  = 150 * time.Second // the sweep keeps this much out
	spread      = 0.98              // messages come back a little faster than slots do
	near        = 2                 // so many jobs may stand before a slot without a delay
	lookAhead   = 2 * time.Minute   // what is due so soon is sent now
	lostAfter   = 20 * time.Minute  // a message unseen for so long is lost; doubled each time
	maxLost     = 5                 // losses before a job without a call fails
	maxDelay    = 15 * time.Minute  // the longest delay a queue can give
)

// Feed brings jobs into the queue in step with their model's pace.
type Feed struct {
	Queue Queue
	Index Index

	Tempo *Tempo

	mu     sync.Mutex
	counts map[string]count
}

// count is what the index said of a model a moment ago.
type count struct {
	out int
	at  time.Time
}

// send marks that a message becomes visible at the given time, in the write that comes before it.
// The job is looked at when the message must be lost, or at its deadline if that is still to come.
func (j *Job) send(at, now time.Time) {
	j.Enqueued, j.Visible, j.Turn = true, at, false
	j.MessageNo++
	due := j.lostAt()
	if j.Deadline != nil && j.Deadline.After(now) && j.Deadline.Before(due) {
		due = *j.Deadline
	}
	j.Due = &due
}

// hold leaves the job in its record until the given time.
func (j *Job) hold(until time.Time) { j.Enqueued, j.Due, j.Turn = false, &until, false }

// lostAt is when the message that is out counts as lost.
func (j *Job) lostAt() time.Time { return j.Visible.Add(lostAfter << min(j.LostMessages, maxLost)) }

// wait says why a job waits and arranges that it is looked at then.
func (j *Job) wait(w Waiting, now time.Time) {
	j.Waiting = &w
	if w.Until.Sub(now) > maxDelay {
		if j.Deadline != nil && j.Deadline.After(now) && j.Deadline.Before(w.Until) {
			w.Until = *j.Deadline
		}
		j.hold(w.Until)
		return
	}
	j.send(w.Until, now)
}

// ahead says what stands before a job of the model. The answer is kept for a second; what this process
// sends meanwhile is added.
func (f *Feed) ahead(ctx context.Context, model string, now time.Time) (count, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c, ok := f.counts[model]
	if age := now.Sub(c.at); ok && age >= 0 && age < time.Second {
		return c, nil
	}
	out, err := f.Index.CountEnqueued(ctx, model)
	if err != nil {
		return count{}, err
	}
	if f.counts == nil {
		f.counts = map[string]count{}
	}
	f.counts[model] = count{out: out, at: now}
	return f.counts[model], nil
}

func (f *Feed) add(model string, n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if c, ok := f.counts[model]; ok {
		c.out += n
		f.counts[model] = c
	}
}

// delay is how long the job behind so many others stays invisible: it comes back when its turn is near.
func delay(interval time.Duration, ahead int) time.Duration {
	d := time.Duration(float64(max(0, ahead-near)) * spread * float64(interval))
	return min(d, maxDelay)
}

// place decides whether a single job goes into the queue at once, and returns when its turn is likely. It passes those
// that wait in their records, so that no backlog holds it up; the sweep sees to it that they get their share.
func (f *Feed) place(ctx context.Context, j *Job, now time.Time) time.Time {
	c, err := f.ahead(ctx, j.Model, now)
	interval := f.Tempo.interval(ctx, j.Model, now)
	turn := now.Add(time.Duration(c.out) * interval)
	if err != nil || time.Duration(c.out)*interval >= singleAhead {
		j.hold(now)
	} else {
		j.send(now.Add(delay(interval, c.out)), now)
		f.add(j.Model, 1)
	}
	if turn.After(now.Add(near*interval)) || !j.Enqueued {
		j.Waiting = &Waiting{Code: WaitPace, Message: "Other jobs of this model stand before it.", Until: turn}
	}
	return turn
}

// dispatch puts the messages of jobs whose records say so into the queue. Jobs whose message was not
// taken are returned with the error.
func (f *Feed) dispatch(ctx context.Context, jobs []Job, now time.Time) ([]Job, error) {
	out := make([]Outgoing, 0, len(jobs))
	byID := map[string]Job{}
	for _, j := range jobs {
		byID[j.ID] = j
		out = append(out, Outgoing{
			Message: Message{V: RecordVersion, ID: j.ID, MessageNo: j.MessageNo},
			Delay:   max(0, j.Visible.Sub(now)), Group: j.group(),
		})
	}
	unsent, err := f.Queue.Send(ctx, out)
	if err != nil && len(unsent) == 0 {
		unsent = out
	}
	var left []Job
	for _, o := range unsent {
		left = append(left, byID[o.ID])
	}
	return left, err
}

func (j Job) group() string {
	if j.BatchID != "" {
		return j.BatchID
	}
	return j.Owner
}

// deliver dispatches and takes back what the queue did not take: such a job is due now, and the sweep
// sends it again. Where even that cannot be written it counts as a lost message later.
func (r Recorder) deliver(ctx context.Context, f *Feed, jobs ...Job) error {
	left, err := f.dispatch(ctx, jobs, r.now())
	for _, j := range left {
		_, failed := r.change(ctx, j, func(now *Job) error {
			if now.Status != Queued || now.MessageNo != j.MessageNo {
				return errStop
			}
			now.hold(r.now())
			return nil
		})
		err = errors.Join(err, failed)
	}
	return err
}
