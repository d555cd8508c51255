package job

import "time"

// live reports whether a worker may still be at work on the job.
func (j Job) live(now time.Time) bool { return j.Status == Running && j.leased(now) }

// leased reports whether a call may be under way for the job, whatever its state.
func (j Job) leased(now time.Time) bool { return j.Lease != nil && now.Before(j.Lease.Until) }

// giveBack takes back the attempt and the call of a claim after which nothing was executed, and what it charged. It comes
// before the lease ends.
func (j *Job) giveBack() {
	j.Attempts--
	j.Calls--
	j.refund()
}

// refund takes back what the lease has charged.
func (j *Job) refund() {
	if j.Lease != nil {
		j.CostMicroUSD -= j.Lease.Amount
	}
}

// settleLease ends a lease: what it charged and did not give back is spent. A job that has ended waits for its removal alone then.
func (j *Job) settleLease() {
	j.Lease = nil
	if j.Status.Ended() {
		j.Due, j.Enqueued = j.removeAt(), false
	}
}
