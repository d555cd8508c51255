package job

import (
	"math/bits"
	"sort"
	"strconv"
	"time"
)

// FlowKey names a flow: jobs of one model that wait and take their turns one after the other. They are the single jobs of
// an owner, or the jobs that a batch has under one cancel number.
type FlowKey struct {
	Model    string `json:"model"`
	Owner    string `json:"owner"`
	BatchID  string `json:"batch_id"`  // empty: the owner's single jobs
	CancelNo int64  `json:"cancel_no"` // of the batch when its jobs began to wait
}

// Name tells the flow from all others of its model.
func (k FlowKey) Name() string {
	if k.BatchID == "" {
		return "single#" + k.Owner
	}
	return "batch#" + k.BatchID + "#" + strconv.FormatInt(k.CancelNo, 10)
}

// Flow is the record of a flow. The line of a model consists of these records, so they are small.
type Flow struct {
	FlowKey

	// Time is the flow's virtual time: the turn that it took last, on the scale of the line's time. 0: it has taken none.
	Time int64 `json:"time"`

	Touched time.Time `json:"touched"` // when a job was last said to wait; zero: never
	Looked  time.Time `json:"looked"`  // when the index last showed no job that waits; zero: never
	Turns   int64     `json:"turns"`   // direct turns that Time does not hold yet
	Direct  time.Time `json:"direct"`  // when the last direct turn was taken; zero: never

	// Waiting is about how many jobs wait. It serves estimates alone.
	Waiting int64 `json:"waiting"`

	// First and FirstPosition are the place of the oldest job that waits, as far as it is known. Zero: it is not.
	First         time.Time `json:"first"`
	FirstPosition int64     `json:"first_position"`
}

// Touch is what a writer notes in the record of a flow before a job begins to wait in it, or when a job took a direct turn.
type Touch struct {
	FlowKey
	At      time.Time
	Waiting int64 // jobs that begin to wait
	Direct  bool  // a job takes a turn that the sweep does not give: Turns grows by one and Touched stays
}

// Advance is what a run of the sweep changes in the record of a flow.
type Advance struct {
	FlowKey
	Was, Time int64     // virtual time before and after
	Turns     int64     // direct turns that Time holds now; taken off Turns
	Given     int64     // jobs that left; taken off Waiting
	Looked    time.Time // replaces Looked and makes Waiting 0; zero: jobs are left, and Looked stays

	First         time.Time // replaces First
	FirstPosition int64     // replaces FirstPosition
}

// Waiter is what the index of a flow knows of a job that waits in it.
type Waiter struct {
	ID       string
	Queued   time.Time // with Position and ID its place in the flow
	Position int64
	Deadline *time.Time
	Price    int64 // micro-dollars
}

// Dispatched is what the index of timers knows of a job with a message in the queue or with a worker.
type Dispatched struct {
	ID      string
	Owner   string
	BatchID string
	Price   int64     // micro-dollars
	Visible time.Time // when its message can be received
	Running bool      // it is running: its claim has charged its price
}

// Standing is how the line of a model stood at the end of a run of the sweep. Estimates are made from it, and the next
// run goes on from its virtual time.
type Standing struct {
	Model    string    `json:"model"`
	At       time.Time `json:"at"`       // of the run
	Time     int64     `json:"time"`     // virtual time of the line: the turn that was given last
	Enqueued int       `json:"enqueued"` // messages in the queue
	Round    Round     `json:"round"`
	Crowds   []Crowd   `json:"crowds"` // the owners who wait; the nth crowd are those with 2^n to 2^(n+1)-1 jobs
}

// Round are the owners in the line whose turns start next.
type Round struct {
	Start  int64       `json:"start"` // virtual time of these turns
	Owners int64       `json:"owners"`
	Since  []time.Time `json:"since"` // since when their first jobs wait, at each tenth of the owners, in ascending order
}

// Crowd is a group of owners with about as many jobs that wait.
type Crowd struct {
	Owners int64 `json:"owners"`
	Jobs   int64 `json:"jobs"`
}

// FlowKey is the flow in which the job waits, or would wait.
func (j Job) FlowKey() FlowKey {
	k := FlowKey{Model: j.Model, Owner: j.Owner, BatchID: j.BatchID}
	if j.BatchID != "" {
		k.CancelNo = j.CancelNo
	}
	return k
}

// Flow returns the flow in which the job waits; ok is false where it does not wait in one.
func (j Job) Flow() (key FlowKey, ok bool) { return j.FlowKey(), j.InLine && j.Status == Queued }

// Join counts an owner with so many waiting jobs.
func (s *Standing) Join(jobs int64) {
	n := bits.Len64(uint64(max(jobs, 1))) - 1
	for len(s.Crowds) <= n {
		s.Crowds = append(s.Crowds, Crowd{})
	}
	s.Crowds[n].Owners++
	s.Crowds[n].Jobs += max(jobs, 1)
}

// behind is about how many owners of the round have their turns after the flow's owner: of turns that start together the one
// of the oldest job comes first.
func (r Round) behind(f Flow) int64 {
	if f.Time+f.Turns > r.Start || f.WaitingSince().IsZero() || len(r.Since) == 0 {
		return 0
	}
	n := sort.Search(len(r.Since), func(n int) bool { return r.Since[n].After(f.WaitingSince()) })
	return r.Owners - r.Owners*int64(min(n+1, len(r.Since)))/int64(len(r.Since))
}

// WaitingSince is since when the flow's first job waits, as far as it is known: not later than the last that began to.
func (f Flow) WaitingSince() time.Time {
	if f.First.IsZero() {
		return f.Touched
	}
	return f.First
}

// owners is how many owners wait.
func (s Standing) owners() (n int64) {
	for _, c := range s.Crowds {
		n += c.Owners
	}
	return n
}

// turns is about how many turns the line gives until each owner has had so many, or has no more jobs.
func (s Standing) turns(each int64) (n int64) {
	for _, c := range s.Crowds {
		n += min(c.Jobs, c.Owners*each)
	}
	return n
}

// Like reports whether nothing has changed but the time of the run, in a line that is empty.
func (s Standing) Like(t Standing) bool {
	return s.owners()+t.owners() == 0 && s.Time == t.Time && s.Enqueued == t.Enqueued
}

// Past reports whether the deadline of the job has passed.
func (w Waiter) Past(now time.Time) bool { return w.Deadline != nil && !now.Before(*w.Deadline) }

// Waits reports whether the job is to wait in its flow.
func (j Job) Waits() bool { return j.Status == Queued && !j.Enqueued }
