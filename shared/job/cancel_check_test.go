//go:build !race

package job

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"easel/shared/gate"
)

// These tests explore every interleaving of a few actors over a batch of two jobs, breadth first, with crashes at every
// step and lost replies of every write. They hold the condition on the cancel number against the counters: with it the
// counters equal the views of the records in every state, and without it a trace shows how they come apart.

// cancelCase is one small world and the actors in it.
type cancelCase struct {
	name    string
	cast    []cancelActor
	absent  bool                             // the second job is not there at first
	maxCost int64                            // of the batch
	budget  int64                            // of a day
	spoil   func(t *Transaction, from []Job) // breaks what is about to be written; nil: nothing is broken
	long    bool                             // it takes seconds
	hasty   string                           // the op of which an edit leaves out a look: "claim" at the cancel number, "retry" at the generation
}

// cancelActors are all that there are.
var cancelActors = map[string]cancelActor{
	"worker":       {role: (*cancelWorld).work},
	"worker A":     {role: (*cancelWorld).work, job: "0", alike: true},
	"worker B":     {role: (*cancelWorld).work, job: "0", alike: true},
	"worker C":     {role: (*cancelWorld).work, job: "1"},
	"sweep":        {role: (*cancelWorld).lapse},
	"propagation":  {role: (*cancelWorld).propagate},
	"cancel":       {role: (*cancelWorld).cancelAll, times: 1},
	"two cancels":  {role: (*cancelWorld).cancelAll, times: 2},
	"cancel of 0":  {role: (*cancelWorld).cancelOne, job: "0", times: 1},
	"retry":        {role: (*cancelWorld).retryOne, times: 1},
	"append":       {role: (*cancelWorld).appendRow, times: 2},
	"removal":      {role: (*cancelWorld).remove, times: 1},
	"end of a day": {role: (*cancelWorld).passMidnight, times: 1},
}

// castOf are the actors of the names.
func castOf(names ...string) (all []cancelActor) {
	for _, name := range names {
		a := cancelActors[name]
		a.name = name
		all = append(all, a)
	}
	return all
}

func TestEveryInterleavingKeepsTheCounters(t *testing.T) {
	for _, c := range []*cancelCase{
		{name: "a worker for each job", maxCost: 8, cast: castOf("worker A", "worker C", "propagation", "cancel")},
		{name: "two workers of one job", maxCost: 6, cast: castOf("worker A", "worker B", "sweep", "cancel")},
		{name: "two cancels and a retry", maxCost: 3, cast: castOf("worker A", "propagation", "two cancels", "retry")},
		{name: "a retry and a removal", maxCost: 3, cast: castOf("worker A", "cancel", "retry", "removal")},
		{name: "canceled during the call, and retried", maxCost: 6, cast: castOf("worker A", "cancel", "cancel of 0", "retry")},
		{name: "canceled during the call, and settled", maxCost: 6, cast: castOf("worker A", "sweep", "cancel of 0", "retry")},
		{name: "a row is appended", absent: true, maxCost: 5, cast: castOf("worker C", "propagation", "two cancels", "append")},
		{name: "a row is appended to what is removed", absent: true, maxCost: 5, cast: castOf("worker A", "cancel", "append", "removal")},
		{name: "midnight between claim and give-back", maxCost: 8, budget: 5, cast: castOf("worker", "sweep", "end of a day")},
		{name: "all with two jobs", long: true, maxCost: 8, cast: castOf("worker A", "worker C", "sweep", "propagation", "cancel")},
		{name: "all with two workers of one job", long: true, maxCost: 6, cast: castOf("worker A", "worker B", "sweep", "propagation", "cancel")},
		{name: "all with retries", long: true, maxCost: 6, cast: castOf("worker A", "propagation", "two cancels", "retry")},
	} {
		t.Run(c.name, func(t *testing.T) {
			if c.long {
				gate.Only(t, "a large world")
			}
			found := c.explore()
			t.Logf("%d states, %d steps", found.states, found.steps)
			if found.wrong != "" {
				t.Errorf("%s after:\n%s", found.wrong, found.trace)
			}
			if !found.made {
				t.Error("no job ever succeeds")
			}
		})
	}
}

// TestCheckFindsWhatARulePrevents breaks one rule at a time.
func TestCheckFindsWhatARulePrevents(t *testing.T) {
	unconditional := func(t *Transaction, _ []Job) { t.Counters.If.CancelNo = nil }
	for _, c := range []struct {
		cancelCase
		want string
	}{
		{cancelCase{name: "without the condition", cast: castOf("worker", "cancel"), spoil: unconditional}, "queued is -1"},
		{cancelCase{name: "a difference from a stale number", cast: castOf("propagation", "cancel"), spoil: countStale}, "queued is -2"},
		{cancelCase{name: "an append without the condition", absent: true, cast: castOf("append", "cancel"), spoil: unconditional}, "counters say 1 queued"},
		{
			cancelCase{name: "a retry that does not ask for a removal", cast: castOf("retry", "removal", "cancel"), spoil: func(t *Transaction, _ []Job) { t.Counters.If.Is = nil }},
			"is queued in a batch that is being removed",
		},
		{cancelCase{name: "a claim of a running job that does not look at the number", hasty: "claim", cast: castOf("worker A", "worker B", "cancel")}, "was canceled when it was claimed"},
		{cancelCase{name: "a retry that does not look at the generation", hasty: "retry", maxCost: 6, cast: castOf("worker A", "retry")}, "was begun 3 times"},
	} {
		t.Run(c.name, func(t *testing.T) {
			found := c.explore()
			if !strings.Contains(found.wrong, c.want) {
				t.Fatalf("found %q among %d states, want %q:\n%s", found.wrong, found.states, c.want, found.trace)
			}
			t.Logf("%d states, then %s:\n%s", found.states, found.wrong, found.trace)
		})
	}
}

// countStale takes the difference between views under the numbers of the jobs, which a cancellation has passed.
func countStale(t *Transaction, from []Job) {
	d := Difference{BatchID: t.Counters.BatchID, If: t.Counters.If}
	for n := range from {
		d.Count(from[n], from[n].CancelNo, -1)
		d.Count(t.Jobs[n], from[n].CancelNo, 1)
	}
	d.trim()
	t.Counters = &d
}

// cancelFound is what an exploration has found.
type cancelFound struct {
	states, steps int
	made          bool   // whether a job succeeds in one of them
	wrong         string // the first violation, by the shortest way; empty: none
	trace         string // the way to it, a step a line
}

// maxCancelSteps is more than any case takes: one that takes more has no end.
const maxCancelSteps = 2_000_000

// cancelNode is how a state was reached: by which step of which other state.
type cancelNode struct{ parent, step int }

// explore visits every state that can be reached.
func (c *cancelCase) explore() (found cancelFound) {
	first := c.world()
	nodes, seen := []cancelNode{{-1, 0}}, map[string]bool{string(first.key()): true}
	type open struct {
		world *cancelWorld
		node  int
	}
	for queue := []open{{first, 0}}; len(queue) > 0; queue = queue[1:] {
		at := queue[0]
		queue[0].world = nil
		for n, step := range at.world.steps() {
			found.steps++
			if found.steps == maxCancelSteps {
				found.wrong, found.trace = "no end is in sight", c.replay(nodes, len(nodes)-1)
				return found
			}
			wrong := step.to.wrongAfter(at.world)
			key := step.to.key()
			if wrong == "" && seen[string(key)] {
				continue
			}
			seen[string(key)] = true
			found.made = found.made || step.to.counters.Sum()[Succeeded] > 0
			nodes = append(nodes, cancelNode{at.node, n})
			if wrong == "" {
				wrong = step.to.wrongForever()
			}
			if wrong != "" {
				found.wrong, found.trace, found.states = wrong, c.replay(nodes, len(nodes)-1), len(seen)
				return found
			}
			queue = append(queue, open{step.to, len(nodes) - 1})
		}
	}
	found.states = len(seen)
	return found
}

// replay takes the way to a node once more and writes down its steps.
func (c *cancelCase) replay(nodes []cancelNode, last int) string {
	var way []int
	for n := last; nodes[n].parent >= 0; n = nodes[n].parent {
		way = append(way, nodes[n].step)
	}
	var b strings.Builder
	w := c.world()
	fmt.Fprintf(&b, "%3d. %-60s %s\n", 0, "start", w)
	for n, nth := range slices.Backward(way) {
		step := w.steps()[nth]
		w = step.to
		fmt.Fprintf(&b, "%3d. %-60s %s\n", len(way)-n, step.text, w)
	}
	return b.String()
}

// wrongAfter says what one step has broken, or nothing.
func (w *cancelWorld) wrongAfter(was *cancelWorld) string {
	if w.jobs == was.jobs && w.counters == was.counters {
		return ""
	}
	if wrong := w.wrongNow(); wrong != "" {
		return wrong
	}
	for n, j := range w.jobs {
		old := was.jobs[n]
		if old == nil {
			continue
		}
		before, after := old.view(was.counters.CancelNo), j.view(w.counters.CancelNo)
		switch {
		case before == Canceled && after != Canceled && j.Generation == old.Generation:
			return fmt.Sprintf("job %d was shown as canceled and is %s", n, after)
		case j.CostMicroUSD > old.CostMicroUSD && old.CancelNo < was.counters.CancelNo:
			return fmt.Sprintf("job %d was canceled when it was claimed", n)
		case j.Generation > 2 && j.Generation > old.Generation:
			return fmt.Sprintf("job %d was begun %d times, and retried once", n, j.Generation)
		case after == Queued && w.counters.Has(Removing):
			return fmt.Sprintf("job %d is queued in a batch that is being removed", n)
		}
	}
	return ""
}

// wrongNow says which figures do not agree with the records, or nothing.
func (w *cancelWorld) wrongNow() string {
	have, want := w.counters.figures(), cancelFigures{}
	for n := range have {
		if have[n] < 0 {
			return fmt.Sprintf("%s is %d", cancelNames[n], have[n])
		}
	}
	for n, j := range w.jobs {
		if j == nil {
			continue
		}
		status := j.view(w.counters.CancelNo)
		for _, s := range Statuses {
			if got := w.counters.Models[j.Model][s]; got != int64(bit(s == status)) {
				return fmt.Sprintf("counters say %d %s of the model of job %d, which is %s", got, s, n, status)
			}
		}
		want.add(*j, status)
	}
	if have != want {
		return fmt.Sprintf("counters say %s; records %s", have, want)
	}
	return w.wrongMoney()
}

func (w *cancelWorld) wrongMoney() string {
	switch {
	case w.maxCost > 0 && w.counters.Cost > w.maxCost:
		return fmt.Sprintf("cost is %d, over %d", w.counters.Cost, w.maxCost)
	case w.spent != w.paid:
		return fmt.Sprintf("days say %v, calls cost %v", w.spent, w.paid)
	case w.budget > 0 && max(w.spent[0], w.spent[1]) > w.budget:
		return fmt.Sprintf("days say %v, over %d", w.spent, w.budget)
	}
	return ""
}

// wrongForever runs the sweep and the propagation to their end from a state in which every other actor rests or has
// crashed, and says what is left undone. A lease is settled by its timer alone.
func (w *cancelWorld) wrongForever() string {
	for _, a := range w.actors {
		if a.phase != resting {
			return ""
		}
	}
	w = w.copy()
	w.settle()
	if wrong := w.wrongNow(); wrong != "" {
		return "at the end " + wrong
	}
	for n, j := range w.jobs {
		if j != nil && (j.Lease != nil || !j.Status.Ended() && (j.Status != Queued || j.CancelNo != w.counters.CancelNo)) {
			return fmt.Sprintf("at the end job %d is left as %s", n, w)
		}
	}
	if w.counters.Unwritten != 0 || w.counters.Charged != 0 {
		return "at the end " + w.counters.figures().String()
	}
	return ""
}
