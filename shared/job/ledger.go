package job

import (
	"fmt"
	"maps"
	"time"
)

// The ledger: what a job adds to the figures of its batch and of its owner's day. Every write of a job takes the
// difference of two views of it from here, and goes out in one transaction with it.

// view is the state in which a job counts. A queued job of a batch that was canceled after this generation began is
// canceled, whatever its record says.
func (j Job) view(cancelNo int64) Status {
	if j.CanceledBy(cancelNo) {
		return Canceled
	}
	return j.Status
}

// CanceledBy reports whether a batch's cancellation has reached a job that its record shows as queued.
func (j Job) CanceledBy(cancelNo int64) bool {
	return j.Status == Queued && j.FlowKey().CanceledBy(cancelNo)
}

// CanceledBy reports whether a cancellation has reached all jobs that wait in the flow.
func (k FlowKey) CanceledBy(cancelNo int64) bool { return k.BatchID != "" && k.CancelNo < cancelNo }

// Count adds what a job comes to, or with a sign of -1 takes it out.
func (d *Difference) Count(j Job, cancelNo, sign int64) {
	status := j.view(cancelNo)
	if d.Models == nil {
		d.Models = map[string]Counts{}
	}
	if d.Models[j.Model] == nil {
		d.Models[j.Model] = Counts{}
	}
	d.Models[j.Model][status] += sign
	switch {
	case status == Queued:
		d.Queued += sign
		d.Waiting += sign * j.Price
	case status == Running:
		d.Running += sign
	case j.Status == Queued:
		d.Unwritten += sign
	}
	d.Cost += sign * j.CostMicroUSD
	if j.Lease != nil {
		d.Charged += sign * j.Lease.Amount
	}
}

// trim takes out what adds nothing, and reports whether anything is left.
func (d *Difference) trim() bool {
	for id, counts := range d.Models {
		maps.DeleteFunc(counts, func(_ Status, n int64) bool { return n == 0 })
		if len(counts) == 0 {
			delete(d.Models, id)
		}
	}
	figures := d.Queued | d.Running | d.Cost | d.Charged | d.Waiting | d.Ordered | d.Next | d.Unwritten
	return figures != 0 || len(d.Models)+len(d.Set)+len(d.Clear) > 0
}

// Charge is an amount against an owner's day, in micro-dollars.
type Charge struct {
	Owner  string
	Day    string    // as DayOf has it
	Amount int64     // less than nothing: given back
	Limit  int64     // what the day may come to with this; 0, or where the amount is given back: anything
	At     time.Time // of the write, for stores that forget days after a while
}

// DayOf names the day to which a call is charged. Those of the simulator cost nothing and have days of their own.
func DayOf(t time.Time, simulated bool) string {
	day := t.UTC().Format(time.DateOnly)
	if simulated {
		day += " simulated"
	}
	return day
}

// charge is what a write adds to a day: a claim to the day of its lease, and a call that was not executed back to the
// day of the lease that ends. Nil: no day changes.
func charge(was, is Job, budget int64, now time.Time) *Charge {
	c := &Charge{Owner: is.Owner, Amount: is.CostMicroUSD - was.CostMicroUSD, Limit: budget, At: now}
	switch {
	case c.Amount > 0 && is.Lease != nil:
		c.Day = is.Lease.Day
	case c.Amount < 0 && was.Lease != nil:
		c.Day = was.Lease.Day
	}
	if c.Day == "" {
		return nil
	}
	return c
}

// Append is what is remembered of a request that added jobs to a batch: where its rows stand, so that the same request
// sent again adds what is missing and nothing else. Stores may forget it after 90 days.
type Append struct {
	Name        string    `json:"name"` // of the batch and the request: no other has it
	BatchID     string    `json:"batch_id"`
	WriteID     string    `json:"write_id"`
	Fingerprint string    `json:"fingerprint"` // of the request
	First       int64     `json:"first"`       // position of its first row
	CancelNo    int64     `json:"cancel_no"`   // of the batch then: its rows are not made after a cancellation
	At          time.Time `json:"at"`
}

// Transaction is what is written together: all of it or nothing.
type Transaction struct {
	// WriteID names this attempt. The jobs carry it, and so do Batch and Append. A store may use it to know the repetition
	// of a request whose reply was lost; then the repetition succeeds and changes nothing.
	WriteID string

	Jobs     []Job       // 1..97, of different IDs; for Create with a Batch or an Append also none
	Counters *Difference // of the batch that all the jobs are of; nil: no figure changes
	Day      *Charge     // nil: no day changes

	// For Create alone.
	Batch  *Batch  // to be stored if its ID is free, with counters that hold MaxCost and otherwise nothing but what Counters adds
	Append *Append // to be stored if its name is free
	Touch  *Touch  // of the flow in which a job begins to wait; it is written no later than the job; nil: none
}

// String says in an error what was to be written. The ID of a job may be anything, so it is cut.
func (t Transaction) String() string {
	if len(t.Jobs) == 1 {
		return fmt.Sprintf("job %.512s at version %d", t.Jobs[0].ID, t.Jobs[0].Version)
	}
	return fmt.Sprintf("%d jobs", len(t.Jobs))
}

// MaxTogether is how many jobs one transaction takes: DynamoDB's 100 items, but for the counters, a day and a request.
const MaxTogether = 97

// Obstacle is what stood in the way of a [Transaction]: where it fails with ErrExists, ErrConflict or ErrCounters, at least
// what the error is about.
type Obstacle struct {
	Batch    *Batch
	Append   *Append
	Jobs     []Job     // that exist, or are stored with another version
	Missing  []string  // IDs of jobs to be updated that are not there
	Counters *Counters // whose condition does not hold; nil: they are not there
	Touched  bool      // the touch was written all the same
}
