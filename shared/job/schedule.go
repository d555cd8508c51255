package job

import "time"

// The rules of waiting. A job that has not ended is in one of two places: in its flow, or in the queue or with a worker. Due
// is the timer by which the sweep finds it if nothing else does.
const (
	queueAhead   = 150 * time.Second // messages for so much of the pace are kept in the queue
	overdue      = 4 * time.Minute   // a message that is visible for so long takes no room there: with a run each minute nothing idles for longer than five
	stalled      = time.Minute       // one that is visible for so long is not expected to take a slot before others
	returnFactor = 0.98              // messages come back a little faster than slots do
	NearTurns    = 2                 // so many jobs may stand before a slot without a delay
	lostAfter    = 20 * time.Minute  // a message unseen for so long is lost; doubled each time
	MaxLost      = 5                 // losses before a job without a call fails
	maxDelay     = 15 * time.Minute  // the longest delay a queue can give
	touchAgain   = time.Hour         // until the flow of a job that waits is touched again, in case it has left the line
)

// Enqueue marks that a message becomes visible at the given time, in the write that comes before it.
// The job is looked at when the message must be lost, or at its deadline if that is still to come.
func (j *Job) Enqueue(at, now time.Time) {
	j.Enqueued, j.Visible, j.InLine = true, at, false
	j.MessageNo++
	due := at.Add(lostAfter << min(j.LostMessages, MaxLost))
	if j.Deadline != nil && j.Deadline.After(now) && j.Deadline.Before(due) {
		due = *j.Deadline
	}
	j.Due = &due
}

// JoinLine lets the job wait in its flow, which was touched before. The flow of a batch is touched again by the timer of the
// batch, so its jobs have none but their deadlines. A message that is still on its way counts no more, so that one which is
// delivered twice takes no turn.
func (j *Job) JoinLine(now time.Time) {
	if j.Enqueued {
		j.MessageNo++
	}
	j.Enqueued, j.InLine, j.Reach, j.Waiting, j.Due = false, true, 0, nil, nil
	if j.BatchID == "" {
		j.Due = new(now.Add(touchAgain))
	}
	if j.Deadline != nil && (j.Due == nil || j.Deadline.Before(*j.Due)) {
		due := *j.Deadline
		j.Due = &due
	}
}

// Wait says why a job that was dispatched waits, and brings it back then: as late as the queue can delay it, or at its
// deadline.
func (j *Job) Wait(w Waiting, now time.Time) {
	j.Waiting = &w
	j.Reach++
	at := now.Add(min(w.Until.Sub(now), maxDelay))
	if j.Deadline != nil && j.Deadline.After(now) && j.Deadline.Before(at) {
		at = *j.Deadline
	}
	j.Enqueue(at, now)
}

// Delay is how long the job behind so many others stays invisible: it comes back when its turn is near.
func Delay(interval time.Duration, ahead int) time.Duration {
	d := time.Duration(float64(max(0, ahead-NearTurns)) * returnFactor * float64(interval))
	return min(d, maxDelay)
}

// QueueRoom is how many messages of a model are kept in the queue. A very slow model gets its next jobs too.
func QueueRoom(interval time.Duration) int { return max(NearTurns, int(queueAhead/interval)) }

// since reports whether the job's message has not been received, and is not visible for longer than given.
func (d Dispatched) since(age time.Duration, now time.Time) bool {
	return !d.Running && !d.Visible.Before(now.Add(-age))
}

// Counts reports whether the job's message takes room in the queue.
func (d Dispatched) Counts(now time.Time) bool { return d.since(overdue, now) }

// CountEnqueued is how many messages take room in the queue.
func CountEnqueued(all []Dispatched, now time.Time) (n int) {
	for _, d := range all {
		if d.Counts(now) {
			n++
		}
	}
	return n
}

// CountUpcoming is how many messages are expected to take slots before one that is sent now.
func CountUpcoming(all []Dispatched, now time.Time) (n int) {
	for _, d := range all {
		if d.since(stalled, now) {
			n++
		}
	}
	return n
}
