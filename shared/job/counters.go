package job

import (
	"maps"
	"slices"
	"time"
)

// Counters are the figures of a batch: how many of its jobs stand where, and what they cost. They lie beside the [Batch]
// in a record of their own, which is small and has no version: it is changed by a [Difference] only, in the write that
// changes the jobs, so that it is right at every moment and hundreds of writers need no turns.
//
// Jobs that were deleted or have expired stay counted: what was paid for them was paid.
type Counters struct {
	BatchID string            `json:"batch_id"`
	Models  map[string]Counts `json:"models"` // by catalogue ID

	Queued  int64 `json:"queued"`  // of all models
	Running int64 `json:"running"` // of all models

	Cost    int64 `json:"cost_micro_usd"`     // list price of all calls begun and perhaps executed
	Charged int64 `json:"charged_micro_usd"`  // of Cost, what may come back: the calls that run
	Waiting int64 `json:"waiting_micro_usd"`  // list price of one call for each queued job
	Ordered int64 `json:"ordered_micro_usd"`  // list price of one call for each job that was ever added
	MaxCost int64 `json:"max_cost_micro_usd"` // bound of Cost, as the batch has it; 0: none

	Next      int64 `json:"next"`      // position of the next job; a request that ends halfway leaves a gap
	CancelNo  int64 `json:"cancel_no"` // how often the batch was canceled: a queued job with a smaller number is canceled
	Unwritten int64 `json:"unwritten"` // canceled jobs whose records say queued

	At map[Instant]time.Time `json:"at"` // those that have come, to the microsecond
}

// Counts says how many jobs stand where. A state without a job may be missing.
type Counts map[Status]int64

// Instant names a moment in the life of a batch.
type Instant string

// The instants of [Counters].
const (
	Appended Instant = "appended_at" // jobs were added or begun again last
	Sealed   Instant = "sealed_at"   // from when on no more jobs are expected
	Stopped  Instant = "canceled_at" // it was canceled, and nothing was added or begun again since
	Ended    Instant = "ended_at"    // every job had ended and that was noticed; GET knows it from the counts, this is for the event
	Told     Instant = "told_at"     // the event of that end has gone out: equal to Ended
	Expires  Instant = "expires_at"  // from when on it is not found
	Removing Instant = "removing_at" // its deletion was asked for
	Due      Instant = "due"         // when the sweep looks at it next
)

// Instants are all of them.
var Instants = []Instant{Appended, Sealed, Stopped, Ended, Told, Expires, Removing, Due}

// Difference is one change of the counters of a batch: it is added to what is there, so that writers need not know each
// other. It is made whole or, where its condition does not hold, not at all.
type Difference struct {
	BatchID string

	Models                          map[string]Counts // added
	Queued, Running                 int64             // added
	Cost, Charged, Waiting, Ordered int64             // added, in micro-dollars
	Next, Unwritten                 int64             // added

	// Cancel counts every queued job as canceled: for each of If.Models what is queued moves, CancelNo grows by one, and
	// what moved is added to Unwritten. It comes without other figures.
	Cancel bool

	Set   map[Instant]time.Time
	Clear []Instant

	If Condition
}

// Condition is what must be true of the counters. The zero value asks only that they are there.
type Condition struct {
	CancelNo   *int64                 // equals
	Next       *int64                 // equals
	CostAtMost *int64                 // Cost is no more, in micro-dollars
	NoneQueued bool                   // Queued is 0
	NoneActive bool                   // Queued and Running are 0
	Written    bool                   // Unwritten is 0
	Models     []string               // these are the models that have counts, in any order; nil: any
	Is         map[Instant]*time.Time // equals; nil: has not come
}

// Apply returns the counters with a difference, and whether its condition holds; otherwise they come back as they were.
// It is the meaning of [Records.Update] and [Batches.Amend] for every store.
func (c Counters) Apply(d Difference) (Counters, bool) {
	if !d.If.holds(c) {
		return c, false
	}
	c = c.clone()
	if d.Cancel {
		c.cancelQueued()
	}
	for id, counts := range d.Models {
		if c.Models[id] == nil {
			c.Models[id] = Counts{}
		}
		for status, n := range counts {
			c.Models[id][status] += n
		}
	}
	c.Queued += d.Queued
	c.Running += d.Running
	c.Cost += d.Cost
	c.Charged += d.Charged
	c.Waiting += d.Waiting
	c.Ordered += d.Ordered
	c.Next += d.Next
	c.Unwritten += d.Unwritten
	maps.Copy(c.At, d.Set)
	for _, name := range d.Clear {
		delete(c.At, name)
	}
	return c, true
}

func (c *Counters) cancelQueued() {
	for _, counts := range c.Models {
		counts[Canceled] += counts[Queued]
		counts[Queued] = 0
	}
	c.Unwritten += c.Queued
	c.Queued, c.Waiting = 0, 0
	c.CancelNo++
}

func (c Counters) clone() Counters {
	models := map[string]Counts{}
	for id, counts := range c.Models {
		models[id] = maps.Clone(counts)
	}
	at := map[Instant]time.Time{}
	maps.Copy(at, c.At)
	c.Models, c.At = models, at
	return c
}

func (i Condition) holds(c Counters) bool {
	switch {
	case i.CancelNo != nil && *i.CancelNo != c.CancelNo,
		i.Next != nil && *i.Next != c.Next,
		i.CostAtMost != nil && c.Cost > *i.CostAtMost,
		i.NoneQueued && c.Queued != 0,
		i.NoneActive && c.Queued+c.Running != 0,
		i.Written && c.Unwritten != 0,
		i.Models != nil && !sameNames(i.Models, c.Models):
		return false
	}
	for name, want := range i.Is {
		at, is := c.At[name]
		if is != (want != nil) || is && !at.Equal(*want) {
			return false
		}
	}
	return true
}

func sameNames(names []string, models map[string]Counts) bool {
	return slices.Equal(slices.Sorted(slices.Values(names)), slices.Sorted(maps.Keys(models)))
}

// When returns an instant, or nil if it has not come.
func (c Counters) When(name Instant) *time.Time {
	if at, is := c.At[name]; is {
		return &at
	}
	return nil
}

// Has reports whether an instant has come.
func (c Counters) Has(name Instant) bool { return c.When(name) != nil }

// Sum adds up the counts of all models. Every state is in it.
func (c Counters) Sum() Counts {
	sum := Counts{}
	for _, status := range Statuses {
		sum[status] = 0
		for _, counts := range c.Models {
			sum[status] += counts[status]
		}
	}
	return sum
}

// Total is the number of all jobs.
func (c Counts) Total() (n int64) {
	for _, jobs := range c {
		n += jobs
	}
	return n
}

// Over reports whether the batch has ended: no more jobs are expected and each has ended.
func (c Counters) Over() bool { return c.Has(Sealed) && c.Queued == 0 && c.Running == 0 }

// Expired reports whether the batch is kept no longer.
func (c Counters) Expired(now time.Time) bool {
	at := c.When(Expires)
	return at != nil && !now.Before(*at)
}

// Told reports whether the event of the batch's end has gone out.
func (c Counters) Told() bool {
	told, ended := c.When(Told), c.When(Ended)
	return told != nil && ended != nil && told.Equal(*ended)
}
