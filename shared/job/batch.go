package job

import (
	"maps"
	"time"
)

// Batch is the record of many jobs that were ordered together. How many of them stand where is not kept in it: that is
// counted from the records of the jobs. Field names of the JSON form are the names of stored attributes.
type Batch struct {
	V       int    `json:"v"`
	ID      string `json:"id"`
	Owner   string `json:"owner"`
	Version int64  `json:"version"` // as that of a job: begins with the time and grows by one with every write
	Stamp   string `json:"stamp"`   // random mark of the last write, by which a writer knows its own

	Name        string            `json:"name"`
	Metadata    map[string]string `json:"metadata"`
	Fingerprint string            `json:"fingerprint"` // of the order that made it
	Simulated   bool              `json:"simulated"`

	Next    int64           `json:"next"`               // position of the next job; what was refused halfway leaves gaps
	Parts   map[string]Part `json:"parts"`              // what was ordered, by catalogue ID
	MaxCost int64           `json:"max_cost_micro_usd"` // bound of Booked when jobs are added; 0: none
	Booked  int64           `json:"booked_micro_usd"`   // what it is expected to cost, and once it has ended what it did

	Removed int64 `json:"removed_micro_usd"` // what its deleted jobs cost: deleting a picture does not undo what was paid for it

	Days map[string]int64 `json:"days"` // of Booked, what stands against the owner's budget, by day

	CreatedAt  time.Time  `json:"created_at"`
	AppendedAt time.Time  `json:"appended_at"` // when jobs were added or begun again last
	SealedAt   *time.Time `json:"sealed_at"`   // from when on no more jobs are expected
	CanceledAt *time.Time `json:"canceled_at"` // jobs queued until then are canceled, whether or not their records say so yet
	ClearedAt  *time.Time `json:"cleared_at"`  // the cancellation that the records say by now
	EndedAt    *time.Time `json:"ended_at"`    // when all of its jobs had ended and that was noticed
	ExpiresAt  *time.Time `json:"expires_at"`

	Deleting bool       `json:"deleting"` // its jobs are being removed, then the record
	Due      *time.Time `json:"due"`      // when the sweep has to look at it next; nil: not at all
}

// Part is what was ordered of one model.
type Part struct {
	Jobs int64     `json:"jobs"`
	Cost int64     `json:"cost_micro_usd"` // at list price, of one call for each
	Due  time.Time `json:"due"`            // of its last job
}

// Mark returns the batch's place in a list.
func (b Batch) Mark() Mark { return Mark{Created: b.CreatedAt.UnixMicro(), ID: b.ID} }

// Jobs is how many were ordered in all.
func (b Batch) Jobs() (n int64) {
	for _, p := range b.Parts {
		n += p.Jobs
	}
	return n
}

// uncleared reports whether the batch was canceled and not all records may say so yet.
func (b Batch) uncleared() bool {
	return b.CanceledAt != nil && (b.ClearedAt == nil || b.ClearedAt.Before(*b.CanceledAt))
}

// covers reports whether the batch was canceled after the job's round had begun.
func (b Batch) covers(j Job) bool {
	return b.CanceledAt != nil && j.BatchID == b.ID && !j.QueuedAt.After(*b.CanceledAt)
}

// cancels reports whether the batch's cancellation has reached a job that its record shows as queued.
func (b Batch) cancels(j Job) bool { return j.Status == Queued && b.covers(j) }

// clone copies what an edit may touch through a map.
func (b Batch) clone() Batch {
	b.Parts, b.Days = maps.Clone(b.Parts), maps.Clone(b.Days)
	return b
}

// Tally is how a batch stood when its jobs were counted.
type Tally struct {
	Version int64            `json:"version"`
	At      time.Time        `json:"at"`             // when they were counted
	Begun   time.Time        `json:"begun"`          // when somebody began to count again
	Counts  map[Status]int64 `json:"counts"`         // states without a job may be missing
	Cost    int64            `json:"cost_micro_usd"` // list price of all calls begun
}

// Total is the number of all jobs.
func (t Tally) Total() (n int64) {
	for _, count := range t.Counts {
		n += count
	}
	return n
}

// Ended is the number of jobs that have ended.
func (t Tally) Ended() int64 { return t.Counts[Succeeded] + t.Counts[Failed] + t.Counts[Canceled] }

// complete counts as queued what was ordered a moment ago and is not in the index yet.
func (b Batch) complete(t Tally, now time.Time) Tally {
	missing := b.Jobs() - t.Total()
	if missing <= 0 || now.Sub(b.AppendedAt) >= time.Minute {
		return t
	}
	t.Counts = maps.Clone(t.Counts)
	if t.Counts == nil {
		t.Counts = map[Status]int64{}
	}
	t.Counts[Queued] += missing
	return t
}

// remaining is how long the jobs that have not ended take at the present pace, if each model has its share of them.
func (b Batch) remaining(t Tally, interval func(model string) time.Duration) (longest time.Duration) {
	all, rest := b.Jobs(), t.Total()-t.Ended()
	for id, p := range b.Parts {
		share := float64(rest) * float64(p.Jobs) / float64(max(1, all))
		longest = max(longest, time.Duration(share*float64(interval(id))))
	}
	return longest
}

// shrink takes out of the parts what was ordered and is not there: it was never recorded, or was deleted since.
func (b *Batch) shrink(there int64) {
	all := b.Jobs()
	if there >= all {
		return
	}
	for id, p := range b.Parts {
		p.Jobs, p.Cost = p.Jobs*there/all, p.Cost/all*there
		b.Parts[id] = p
	}
}

// Entry is one line of the books: an amount against an owner's day, made once under its name.
type Entry struct {
	Name   string `json:"name"` // 1..512 bytes; no second entry has it
	Owner  string `json:"owner"`
	Day    string `json:"day"`              // YYYY-MM-DD in UTC; empty: no day is touched
	Amount int64  `json:"amount_micro_usd"` // less than nothing: given back
	Limit  int64  `json:"limit_micro_usd"`  // what the day may come to with this; 0: anything

	First       int64     `json:"first"`       // position of the first job of the request that it stands for
	Fingerprint string    `json:"fingerprint"` // of that request
	At          time.Time `json:"at"`
}
