package sweep

import (
	"cmp"
	"math"
	"slices"
	"time"

	"easel/shared/job"
)

// picker gives out the turns of a line by start-time fair queueing in two levels: owners take turns, and within an owner
// its flows do. It only calculates: whether a flow has a job, and whether that is paid for, the caller says.
//
// A turn starts at the later of the line's virtual time and its owner's, which is the highest of the owner's flows, and
// moves the flow's time one behind the start. So an owner who comes anew starts where the line is, one who leaves and
// comes back keeps the turns that it has had, and ten flows of an owner have no more turns than one.
type picker struct {
	time   int64        // virtual time of the line: the start of the turn that was given last
	owners []*contender // all, by name
	line   []*contender // those that may take turns, in the order in which they do
}

// contender is an owner in the line.
type contender struct {
	name   string
	time   int64      // the highest of its flows
	flows  []*entrant // all that it has, in the order in which they take turns
	oldest time.Time  // job that waits, as far as it was known when the owner took its place in the line
}

// entrant is a flow in the line during one run.
type entrant struct {
	job.Flow
	contender *contender   // its owner
	was       int64        // its virtual time as it is stored
	counted   int64        // direct turns that Time holds since
	given     int64        // turns that it took in this run
	waiters   []job.Waiter // that are known and have had no turn, in their order
	last      *job.Waiter  // of those that the index has shown
	loaded    bool         // whether the index was asked
	more      bool         // whether the index may show further ones
	out       bool         // it takes no more turns in this run
	lost      bool         // another run was here first, or it could not be written
}

// newPicker takes over how the line stands.
func newPicker(s job.Standing, flows []job.Flow) *picker {
	p := &picker{time: max(s.Time, 1)}
	sorted := slices.SortedFunc(slices.Values(flows), func(a, b job.Flow) int {
		return cmp.Or(cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.BatchID, b.BatchID), cmp.Compare(a.CancelNo, b.CancelNo))
	})
	for _, f := range sorted {
		if n := len(p.owners); n == 0 || p.owners[n-1].name != f.Owner {
			p.owners = append(p.owners, &contender{name: f.Owner})
		}
		o := p.owners[len(p.owners)-1]
		o.flows = append(o.flows, &entrant{Flow: f, contender: o, was: f.Time})
		o.time = max(o.time, f.Time)
	}
	p.catchUp()
	for _, o := range p.owners {
		p.enter(o)
	}
	return p
}

// catchUp makes up for a standing that was lost: the line's time is not behind the owners who wait and have had turns.
// Otherwise one who comes anew would take as many turns at a time as the lost run has given.
func (p *picker) catchUp() {
	lowest := int64(math.MaxInt64)
	for _, o := range p.owners {
		waits := slices.ContainsFunc(o.flows, func(f *entrant) bool { return f.Looked.Before(f.Touched) })
		if waits && o.time > 0 {
			lowest = min(lowest, o.time)
		}
	}
	if lowest < math.MaxInt64 {
		p.time = max(p.time, lowest-1)
	}
}

// enter brings an owner and its flows into the line. A flow that comes anew goes behind the owner's others, and its virtual
// time must be written though it takes no turn: else one that comes later would pass it. Direct turns become virtual time.
func (p *picker) enter(o *contender) {
	for _, f := range o.flows {
		if f.Time == 0 {
			f.Time = p.start(o)
		}
		if f.Turns > 0 {
			f.Time, f.counted = p.start(o)+f.Turns, f.Turns
		}
		o.time = max(o.time, f.Time)
	}
	slices.SortStableFunc(o.flows, func(a, b *entrant) int {
		return cmp.Or(cmp.Compare(a.Time, b.Time), a.since().Compare(b.since()))
	})
	p.place(o)
}

// place puts an owner into the line, in front of those whose turns start later. Of those whose turns start together the one
// with the oldest job comes first.
func (p *picker) place(o *contender) {
	o.oldest = time.Time{}
	for _, f := range o.flows {
		if at := f.since(); f.takesTurns() && !at.IsZero() && (o.oldest.IsZero() || at.Before(o.oldest)) {
			o.oldest = at
		}
	}
	n, _ := slices.BinarySearchFunc(p.line, o, func(a, b *contender) int {
		return cmp.Or(cmp.Compare(p.start(a), p.start(b)), a.oldest.Compare(b.oldest), cmp.Compare(a.name, b.name))
	})
	p.line = slices.Insert(p.line, n, o)
}

// all are the flows.
func (p *picker) all() (flows []*entrant) {
	for _, o := range p.owners {
		flows = append(flows, o.flows...)
	}
	return flows
}

// start is the virtual time at which the owner's next turn starts.
func (p *picker) start(o *contender) int64 { return max(p.time, o.time) }

// next returns the flow whose turn it is, or nil where none takes turns. Owners without a flow that does leave the line for
// the rest of the run.
func (p *picker) next() *entrant {
	for ; len(p.line) > 0; p.line = p.line[1:] {
		if n := slices.IndexFunc(p.line[0].flows, (*entrant).takesTurns); n >= 0 {
			return p.line[0].flows[n]
		}
	}
	return nil
}

// ahead returns about the next n flows in the order of their turns, each once. The first is exactly the next.
func (p *picker) ahead(n int) []*entrant {
	rounds := make([][]*entrant, n)
	for _, o := range p.line {
		rank := 0
		for _, f := range o.flows {
			if f.takesTurns() && rank < n {
				rounds[rank] = append(rounds[rank], f)
				rank++
			}
		}
	}
	flows := slices.Concat(rounds...)
	return flows[:min(n, len(flows))]
}

func (f *entrant) takesTurns() bool { return !f.out }

// since is since when the flow's first job waits, as far as it is known.
func (f *entrant) since() time.Time {
	if len(f.waiters) > 0 {
		return f.waiters[0].Queued
	}
	return f.WaitingSince()
}

// take gives a turn to the flow whose turn it is, for its first job.
func (p *picker) take(f *entrant) job.Waiter {
	first := f.waiters[0]
	f.waiters = f.waiters[1:]
	o := f.contender
	p.time = p.start(o)
	f.Time, o.time = p.time+1, p.time+1
	f.given++
	n := slices.Index(o.flows, f)
	o.flows = append(slices.Delete(o.flows, n, n+1), f)
	p.line = p.line[1:]
	p.place(o)
	return first
}

// round are those of some owners whose turns start next.
func (p *picker) round(owners []*contender) (r job.Round) {
	var since []time.Time
	for _, o := range owners {
		switch start := p.start(o); {
		case len(since) == 0 || start < r.Start:
			r.Start, since = start, []time.Time{o.oldest}
		case start == r.Start:
			since = append(since, o.oldest)
		}
	}
	slices.SortFunc(since, time.Time.Compare)
	r.Owners, r.Since = int64(len(since)), tenths(since)
	return r
}

// rest ends a run. Where nothing waits the line's time becomes the highest of all, so that those who had turns meanwhile are
// not behind.
func (p *picker) rest(waits bool) {
	if waits {
		return
	}
	for _, o := range p.owners {
		p.time = max(p.time, o.time)
	}
}

// passed reports whether the line's time has passed the flow's owner's: then its record says nothing that the line does not.
func (p *picker) passed(f *entrant) bool { return f.contender.time <= p.time }

// tenths keeps at most ten of the instants, at equal distances, the last among them.
func tenths(all []time.Time) (some []time.Time) {
	n := min(len(all), 10)
	for i := range n {
		some = append(some, all[(i+1)*len(all)/n-1])
	}
	return some
}
