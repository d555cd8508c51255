package job

import (
	"cmp"
	"context"
	"errors"
	"time"

	"easel/shared/backoff"
)

// notedAtOnce is how many messages that could not be sent are noted at a time.
const notedAtOnce = 8

// Dispatcher brings jobs into the queue, and notes in which flows the others wait. Submitter, Worker and Sweeper share it.
type Dispatcher struct {
	Queue   Queue
	Toucher Toucher

	// Wake is called after jobs began to wait in their flows, for a sweep that does not want to wait for its schedule. It must
	// be quick. Nil: the schedule is enough.
	Wake func()

	enqueued enqueuedCounts
}

// Touch notes that jobs are going to wait, again while the store fails. It comes before the write that makes them wait, so
// that whatever dies in between leaves no job in a flow that the line does not have.
func (d *Dispatcher) Touch(ctx context.Context, touches ...Touch) error {
	return backoff.Retry(ctx, settled, func() error { return d.Toucher.Touch(ctx, touches) })
}

// wake says that jobs wait.
func (d *Dispatcher) wake() {
	if d.Wake != nil {
		d.Wake()
	}
}

// send puts the messages of jobs whose records say so into the queue. Jobs whose message was not taken are returned with
// the error.
func (d *Dispatcher) send(ctx context.Context, jobs []Job, now time.Time) ([]Job, error) {
	out := make([]Outgoing, 0, len(jobs))
	byID := map[string]Job{}
	for _, j := range jobs {
		byID[j.ID] = j
		out = append(out, Outgoing{
			Message: Message{V: RecordVersion, ID: j.ID, MessageNo: j.MessageNo},
			Delay:   max(0, j.Visible.Sub(now)), Group: cmp.Or(j.BatchID, j.Owner),
		})
	}
	unsent, err := d.Queue.Send(ctx, out)
	if err != nil && len(unsent) == 0 {
		unsent = out
	}
	var left []Job
	for _, o := range unsent {
		left = append(left, byID[o.ID])
	}
	return left, err
}

// Deliver sends messages and puts jobs whose message the queue did not take back into their flows. Where even that cannot
// be written it counts as a lost message later.
func (r Recorder) Deliver(ctx context.Context, d *Dispatcher, jobs ...Job) error {
	if len(jobs) == 0 {
		return nil
	}
	left, err := d.send(ctx, jobs, r.Clock())
	return errors.Join(err, Parallel(len(left), notedAtOnce, func(n int) error { return r.unsent(ctx, d, left[n]) }))
}

// unsent puts a job whose message was not taken back into its flow.
func (r Recorder) unsent(ctx context.Context, d *Dispatcher, j Job) error {
	if err := d.Touch(ctx, Touch{FlowKey: j.FlowKey(), At: r.Clock(), Waiting: 1}); err != nil {
		return err
	}
	_, err := r.Change(ctx, j, func(now *Job) error {
		if now.Status != Queued || now.MessageNo != j.MessageNo {
			return ErrNoChange
		}
		now.JoinLine(r.Clock())
		return nil
	})
	return err
}
