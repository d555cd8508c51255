package job

import "time"

// Live reports whether a worker may still be at work on the job.
func (j Job) Live(now time.Time) bool { return j.Status == Running && j.Leased(now) }

// Leased reports whether a call may be under way for the job, whatever its state.
func (j Job) Leased(now time.Time) bool { return j.Lease != nil && now.Before(j.Lease.Until) }

// GiveBack takes back the attempt and the call of a claim after which nothing was executed, and what it charged. It comes
// before the lease ends.
func (j *Job) GiveBack() {
	j.Attempts--
	j.Calls--
	j.Refund()
}

// Refund takes back what the lease has charged.
func (j *Job) Refund() {
	if j.Lease != nil {
		j.CostMicroUSD -= j.Lease.Amount
	}
}

// SettleLease ends a lease: what it charged and did not give back is spent. A job that has ended waits for its removal alone then.
func (j *Job) SettleLease() {
	j.Lease = nil
	if j.Status.Ended() {
		j.Due, j.Enqueued = removeAt(*j), false
	}
}

// leaseMargin is how much longer than its process a lease lives: a killed function lives a little past its deadline.
const leaseMargin = 10 * time.Second

// BeginCall leases a job to a worker until its process may be killed. The call is counted and charged before it is made.
func (r Recorder) BeginCall(j *Job, token string, until time.Time) error {
	if j.Status == Running { // its lease has ended, so its worker is gone
		if err := j.Enter(Queued); err != nil {
			return err
		}
	}
	if err := j.Enter(Running); err != nil {
		return err
	}
	now := r.Clock()
	j.StartedAt = &now
	j.Lease = &Lease{Token: token, Until: until.Add(leaseMargin).UTC().Truncate(time.Microsecond), Amount: j.Price} // what an ended one charged is spent
	if r.Budget > 0 {
		j.Lease.Day = DayOf(now, j.Simulated)
	}
	j.Waiting, j.StoreErrors = nil, 0
	j.Due = new(j.Lease.Until.Add(time.Minute))
	j.Enqueued, j.InLine = true, false
	j.Attempts++
	j.Calls++
	j.CostMicroUSD += j.Price
	return nil
}

// Requeue brings a job back into the queued state. Where its batch was canceled meanwhile it ends instead, unless an
// image may have been stored: the next delivery looks for it first. held says whether the caller holds the job's lease.
func (r Recorder) Requeue(j *Job, held bool, place func(*Job), cancelNo int64) error {
	if j.Status == Running {
		if err := j.Enter(Queued); err != nil {
			return err
		}
	}
	if held || !j.Leased(r.Clock()) {
		j.Lease = nil
	}
	if j.CanceledBy(cancelNo) && j.StoreErrors == 0 {
		return j.End(Canceled, r.Clock())
	}
	place(j)
	return nil
}
