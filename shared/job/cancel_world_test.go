//go:build !race

package job

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// cancelDays are the two days of the worlds.
var cancelDays = []string{"2026-03-01", "2026-03-02"}

// cancelWorld is a batch with its counters, its owner's days, and what each actor knows. What it points at is never changed
// in place, so that a copy of the struct is a copy of the world.
type cancelWorld struct {
	*cancelCase
	jobs     [2]*Job // nil: not made yet
	counters *Counters
	today    int      // of cancelDays
	spent    [2]int64 // what the days have come to
	paid     [2]int64 // what they must have come to, by the calls
	actors   []cancelProgress
}

// world is the first state of a case: queued jobs of two models at different prices.
func (c *cancelCase) world() *cancelWorld {
	w := &cancelWorld{cancelCase: c, actors: make([]cancelProgress, len(c.cast))}
	for n, a := range c.cast {
		w.actors[n].left = a.times
	}
	counters := Counters{BatchID: "b", MaxCost: c.maxCost, Models: map[string]Counts{}, At: map[Instant]time.Time{}}
	for n := range w.jobs {
		if n == 1 && c.absent {
			break
		}
		j := cancelJob(n)
		d := Difference{}
		d.Count(j, 0, 1)
		counters, _ = counters.Apply(d)
		w.jobs[n] = &j
	}
	w.counters = &counters
	return w
}

func cancelJob(n int) Job {
	due := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	return Job{
		ID: fmt.Sprint(n), Owner: "o", BatchID: "b", Version: 1, Status: Queued, Generation: 1,
		Model: []string{"core", "ultra"}[n], Price: []int64{3, 5}[n], Due: &due,
	}
}

func (w *cancelWorld) copy() *cancelWorld {
	c := *w
	c.actors = slices.Clone(w.actors)
	return &c
}

// now is noon of the day.
func (w *cancelWorld) now() time.Time {
	day, _ := time.Parse(time.DateOnly, cancelDays[w.today])
	return day.Add(12 * time.Hour)
}

// placeOf is the place of a job in the world.
func placeOf(j Job) int { return int(j.ID[0] - '0') }

// update is [Records.Update], for one batch.
func (w *cancelWorld) update(t Transaction) (there Obstacle, err error) {
	for _, j := range t.Jobs {
		if stored := *w.jobs[placeOf(j)]; stored.Version != j.Version {
			there.Jobs = append(there.Jobs, stored)
		}
	}
	if len(there.Jobs) > 0 {
		return there, ErrConflict
	}
	if there, err = w.add(t); err != nil {
		return there, err
	}
	for _, j := range t.Jobs {
		j.Version++
		w.jobs[placeOf(j)] = &j
	}
	return there, nil
}

// create is [Creator.Create], for a job of a batch that is there.
func (w *cancelWorld) create(t Transaction) (there Obstacle, err error) {
	j := t.Jobs[0]
	if stored := w.jobs[placeOf(j)]; stored != nil {
		return Obstacle{Jobs: []Job{*stored}}, ErrExists
	}
	if there, err = w.add(t); err == nil {
		w.jobs[placeOf(j)] = &j
	}
	return there, err
}

// add changes counters and day if both allow it.
func (w *cancelWorld) add(t Transaction) (Obstacle, error) {
	c, ok := *w.counters, true
	if t.Counters != nil {
		c, ok = c.Apply(*t.Counters)
	}
	if !ok {
		return Obstacle{Counters: &c}, ErrCounters
	}
	if t.Day != nil {
		day := slices.Index(cancelDays, t.Day.Day)
		if sum := w.spent[day] + t.Day.Amount; t.Day.Amount < 0 || t.Day.Limit == 0 || sum <= t.Day.Limit {
			w.spent[day] = sum
		} else {
			return Obstacle{}, ErrBudget
		}
	}
	w.counters = &c
	return Obstacle{}, nil
}

// settle runs what the timers start, to its end: a lease that lapses in a canceled batch leaves a row to be propagated.
func (w *cancelWorld) settle() {
	whole := *w.cancelCase
	whole.spoil = nil
	w.cancelCase = &whole
	w.settleRows()
	for n := range w.jobs {
		if j := w.jobs[n]; j != nil && j.Lease != nil && j.Due != nil {
			a := cancelProgress{op: "settle the lease of", saw: tokenOf(*j), e: &Edition{Jobs: []Job{*j}, single: true}}
			w.complete(&a)
		}
	}
	w.settleRows()
}

func (w *cancelWorld) settleRows() {
	if rows := w.rows(w.counters.CancelNo); len(rows) > 0 {
		w.complete(&cancelProgress{op: "propagate the cancel to", e: &Edition{Jobs: rows, Counters: w.counters}})
	}
}

func (w *cancelWorld) complete(a *cancelProgress) {
	for w.draft(a); a.phase == writing; {
		w.write(a)
	}
}

// rows are the records that say queued and mean canceled.
func (w *cancelWorld) rows(cancelNo int64) (found []Job) {
	for _, j := range w.jobs {
		if j != nil && j.CanceledBy(cancelNo) {
			found = append(found, *j)
		}
	}
	return found
}

// cancelFigures are those of the counters that every write may change.
type cancelFigures [6]int64

var cancelNames = []string{"queued", "running", "cost", "charged", "waiting", "unwritten"}

func (c *Counters) figures() cancelFigures {
	return cancelFigures{c.Queued, c.Running, c.Cost, c.Charged, c.Waiting, c.Unwritten}
}

// add counts a job. It is written down apart from [Difference], so that one checks the other.
func (f *cancelFigures) add(j Job, status Status) {
	f[2] += j.CostMicroUSD
	if j.Lease != nil {
		f[3] += j.Lease.Amount
	}
	switch {
	case status == Queued:
		f[0]++
		f[4] += j.Price
	case status == Running:
		f[1]++
	case j.Status == Queued:
		f[5]++
	}
}

func (f cancelFigures) String() string {
	var parts []string
	for n, name := range cancelNames {
		parts = append(parts, fmt.Sprintf("%s %d", name, f[n]))
	}
	return strings.Join(parts, ", ")
}

// String shows a world in a line of a trace.
func (w *cancelWorld) String() string {
	var b strings.Builder
	for _, j := range w.jobs {
		if j == nil {
			b.WriteString("-; ")
			continue
		}
		fmt.Fprintf(&b, "%s", j.Status)
		if j.Lease != nil {
			b.WriteString(" leased")
		}
		fmt.Fprintf(&b, " gen %d no %d; ", j.Generation, j.CancelNo)
	}
	fmt.Fprintf(&b, "number %d: %s", w.counters.CancelNo, w.counters.figures())
	return b.String()
}

// key is what two worlds that go on alike have in common. Versions, tokens and write IDs are left out: it matters only
// whether what an actor has read is still there, and whether a lease or a write is its own.
func (w *cancelWorld) key() []byte {
	b := make([]byte, 0, 128)
	for _, j := range w.jobs {
		b = keyOfJob(b, j)
	}
	c := w.counters
	b = append(b, byte(c.Queued), byte(c.Running), byte(c.Cost), byte(c.Charged), byte(c.Waiting), byte(c.Unwritten), byte(c.CancelNo), bit(c.Has(Removing)))
	for _, id := range []string{"core", "ultra"} {
		for _, s := range Statuses {
			b = append(b, byte(c.Models[id][s]))
		}
	}
	b = append(b, byte(w.today), byte(w.spent[0]), byte(w.spent[1]), byte(w.paid[0]), byte(w.paid[1]))
	var alike [][]byte // the workers of the same job, who are in no order
	for n := range w.actors {
		if a := &w.actors[n]; w.cast[n].alike {
			alike = append(alike, w.keyOf(nil, a))
		} else {
			b = w.keyOf(b, a)
		}
	}
	slices.SortFunc(alike, slices.Compare)
	for _, one := range alike {
		b = append(b, one...)
	}
	return b
}

func keyOfJob(b []byte, j *Job) []byte {
	if j == nil {
		return append(b, 0)
	}
	b = append(b, j.Status[0], j.Status[1], byte(j.Generation), byte(j.CancelNo), byte(j.CostMicroUSD), bit(j.Due != nil))
	if j.Lease != nil {
		b = append(b, byte(j.Lease.Amount))
		b = append(b, j.Lease.Day...)
	}
	return append(b, ';')
}

func (w *cancelWorld) keyOf(b []byte, a *cancelProgress) []byte {
	b = append(b, a.phase, byte(a.left))
	if a.phase == resting {
		return b
	}
	b = append(append(b, a.op...), byte(a.day), byte(a.generation), bit(a.lost))
	if a.e == nil {
		return append(b, keyOfWrite(w, a)...)
	}
	if a.e.Counters != nil {
		b = append(b, byte(a.e.Counters.CancelNo))
	}
	for _, j := range a.e.Jobs {
		stored := w.jobs[placeOf(j)]
		b = append(b, j.ID[0], bit(a.token != "" && tokenOf(*stored) == a.token), bit(tokenOf(*stored) == a.saw))
		switch {
		case stored.Version == j.Version:
			b = append(b, 'c')
		case a.t == nil || !slices.ContainsFunc(a.t.Jobs, func(drafted Job) bool { return drafted.ID == j.ID }):
			b = keyOfJob(b, &j)
		default:
			b = append(b, 's', bit(stored.WriteID == a.t.WriteID))
		}
	}
	return b
}

// keyOfWrite tells the writes apart that no edition has made: those of a cancel, an append and a removal.
func keyOfWrite(w *cancelWorld, a *cancelProgress) []byte {
	b := []byte{byte(a.number), byte(len(a.t.Counters.If.Models))}
	for _, j := range a.t.Jobs {
		stored := w.jobs[placeOf(j)]
		b = append(b, bit(stored != nil && stored.WriteID == a.t.WriteID))
	}
	return b
}

func bit(is bool) byte {
	if is {
		return 1
	}
	return 0
}
