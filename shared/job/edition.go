package job

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"easel/shared/backoff"
)

// Edition is a change of jobs that are written together: one single job, or up to MaxTogether of one batch.
type Edition struct {
	Recorder
	Jobs     []Job                     // as they are known to be
	Counters *Counters                 // of their batch, as they are known to be; nil: not read
	Edit     func(*Job, int64) error   // with the batch's cancel number; ErrNoChange leaves a job out
	reopen   func(d *Difference) error // adds instants and conditions to the difference; nil: none
	single   bool                      // an error of edit ends it
	Written  []Job
	seen     Job // the last that the edit has left out, as its batch makes it look
}

// cancelNo is the batch's cancel number as far as it is known. A batch's is never less than that of its jobs.
func (e *Edition) cancelNo() (n int64) {
	if e.Counters != nil {
		return e.Counters.CancelNo
	}
	for _, j := range e.Jobs {
		n = max(n, j.CancelNo)
	}
	return n
}

// RunningLook is the time until the next look at a batch of which jobs run and none is queued.
const RunningLook = 2 * time.Minute

// maxBytes is the size of one transaction: DynamoDB's 4 MB, but for what is stored beside the records.
const maxBytes = 3_500_000

// Together is how many of the jobs, at least one, a transaction takes.
func Together(jobs []Job) int {
	return Fit(jobs, MaxTogether, maxBytes, recordSize)
}

// recordSize is how many bytes the record of a job takes, or more. A record is written as JSON to know that only where its texts are
// long: as many of the others as a transaction takes fit in any case, though a byte of a text becomes up to six.
func recordSize(j Job) int {
	const long, image, other = 2000, 1 << 10, 14 << 10 // other is more than all that is not counted, and has a bound of its own
	texts := len(j.Owner) + len(j.Input.Prompt) + len(j.Input.NegativePrompt) + len(j.Input.Parameters) +
		len(j.Sent.Prompt) + len(j.Sent.NegativePrompt) + len(j.Sent.Parameters)
	for name, value := range j.Metadata {
		texts += len(name) + len(value)
	}
	if texts < long {
		return other + image*len(j.Images) + 6*texts
	}
	doc, _ := json.Marshal(j) // it was valid
	return len(doc) + 1024
}

// Fit is how many things, but at least the first, go into a request that takes so many, and so many bytes together.
func Fit[T any](all []T, most, bytes int, size func(T) int) int {
	for n, one := range all {
		if bytes -= size(one); n > 0 && (n == most || bytes < 0) {
			return n
		}
	}
	return len(all)
}

// Run edits and writes until the write takes effect: again from the records, or from the cancel number, that stood in
// the way.
func (e *Edition) Run(ctx context.Context) (err error) {
	for n := range backoff.Tries {
		var t Transaction
		var from []Job
		if t, from, err = e.draft(); err != nil || len(t.Jobs) == 0 {
			return err
		}
		var there Obstacle
		if there, err = commit(ctx, t, ErrConflict, e.Records.Update); err == nil {
			e.conclude(ctx, from, t.Jobs)
			return nil
		}
		again := e.learn(there, err)
		switch {
		case len(e.Jobs) == 0 && e.single:
			return ErrNotFound
		case len(e.Jobs) == 0:
			return nil
		}
		if !again || !backoff.Pause(ctx, n) {
			return err
		}
	}
	return err
}

// draft makes a transaction of the jobs that the edit changes, and returns these as they are stored.
func (e *Edition) draft() (t Transaction, from []Job, err error) {
	t.WriteID = e.DrawID()
	cancelNo, now := e.cancelNo(), e.Clock()
	d := Difference{If: Condition{CancelNo: &cancelNo}}
	for _, j := range e.Jobs {
		edited := cloneJob(j)
		if j.CanceledBy(cancelNo) {
			edited.AppearCanceled(e.Counters, now)
		}
		e.seen = edited
		if err := e.Edit(&edited, cancelNo); err != nil {
			if e.single {
				return t, nil, err
			}
			continue
		}
		e.date(j, &edited)
		edited.WriteID = t.WriteID
		from, t.Jobs = append(from, j), append(t.Jobs, edited)
		d.BatchID = j.BatchID
		d.Count(j, cancelNo, -1)
		d.Count(edited, cancelNo, 1)
		if e.single { // an edit of many jobs changes no cost
			t.Day = charge(j, edited, e.Budget, now)
		}
	}
	if len(t.Jobs) > 0 && e.reopen != nil {
		if err := e.reopen(&d); err != nil {
			return t, nil, err
		}
	}
	if d.trim() && d.BatchID != "" {
		t.Counters = &d
		return t, from, e.bound(&d)
	}
	return t, from, nil
}

// lastJobs is how few queued jobs of a batch are left where a claim sets the batch's timer, so that its end is noticed
// soon also if the worker that makes the last one dies.
const lastJobs = 50

// bound makes a claim conditional on the room that the batch's bound leaves. Where the counters are known to have none
// it returns ErrCounters at once.
func (e *Edition) bound(d *Difference) error {
	c := e.Counters
	if c == nil || d.Cost <= 0 {
		return nil
	}
	look := e.Clock().Add(RunningLook)
	if due := c.When(Due); c.Queued <= lastJobs && c.Unwritten == 0 && (due == nil || due.After(look)) {
		d.Set = map[Instant]time.Time{Due: look}
	}
	if c.MaxCost == 0 {
		return nil
	}
	costAtMost := c.MaxCost - d.Cost
	d.If.CostAtMost = &costAtMost
	if c.Cost > costAtMost {
		return ErrCounters
	}
	return nil
}

// AppearCanceled makes a queued job look as its batch's cancellation has made it.
func (j *Job) AppearCanceled(c *Counters, now time.Time) {
	switch {
	case c != nil && c.Has(Stopped):
		now = c.At[Stopped]
	case c != nil: // it goes on since
		now = c.At[Appended]
	}
	_ = j.End(Canceled, now) // every queued job can be canceled
}

// learn takes over what stood in the way, and reports whether another attempt makes sense.
func (e *Edition) learn(there Obstacle, err error) bool {
	for _, now := range there.Jobs {
		if n := slices.IndexFunc(e.Jobs, func(j Job) bool { return j.ID == now.ID }); n >= 0 {
			e.Jobs[n] = now
		}
	}
	switch {
	case errors.Is(err, ErrConflict):
		e.Jobs = slices.DeleteFunc(e.Jobs, func(j Job) bool { return j.DeletedAt != nil })
		return len(e.Jobs) > 0
	case errors.Is(err, ErrNotFound) && !e.single:
		e.Jobs = slices.DeleteFunc(e.Jobs, func(j Job) bool { return slices.Contains(there.Missing, j.ID) })
		return true
	case errors.Is(err, ErrCounters) && there.Counters != nil:
		e.Counters = there.Counters
		return true
	}
	return false
}

func (e *Edition) conclude(ctx context.Context, from, to []Job) {
	for n := range to {
		to[n].Version++
		e.watch(ctx, from[n].Status, to[n])
	}
	e.Written = to
}
