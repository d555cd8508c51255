package sweep

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"easel/shared/job"
)

// The rules of turns hold whatever jobs and flows arrive, end or cannot be paid for, and whatever writes are lost:
//   - Room is used while a job waits that is paid for.
//   - While an owner waits, another has at most one turn more than it, counted from the first owner's coming or from one of its
//     turns, however many flows the other has and wherever it was meanwhile. Turns that the first had in advance come on top:
//     its last one, direct turns, and turns whose writes were lost. So an owner has its turn after one of each of the others.
//     Counted from just after a turn the difference is two.
//   - The same holds between the flows of an owner, and no flow goes ahead of another that waited when its owner had a turn before
//     the flow came.
//   - The jobs of a flow have their turns in their order.
//   - Virtual time never goes back.
//
// go test -rapid.checks=20000 -run TestTurnsAreFair tries more cases.
func TestTurnsAreFair(t *testing.T) {
	for name, lossy := range map[string]bool{"nothing is lost": false, "writes are lost": true} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(r *rapid.T) {
				m := newPickModel(r, lossy)
				for _, s := range rapid.SliceOfN(rapid.Custom(drawLineStep), 40, 160).Draw(r, "steps") {
					m.now = m.now.Add(time.Second)
					m.do(s)
					m.look()
				}
			})
		})
	}
}

// lineStep is what happens to a line.
type lineStep struct {
	do    string
	owner string
	flow  int // 0: the single jobs; up to 2: a batch that stays; else a new one
	n     int // jobs, room or minutes
	old   bool
	lost  []int // flows by their place in the order of names
	stale bool
}

// GoString is how a failed case shows the step.
func (s lineStep) GoString() string {
	return fmt.Sprintf("%s %s flow %d, %d, old %v, lost %v stale %v", s.do, s.owner, s.flow, s.n, s.old, s.lost, s.stale)
}

func drawLineStep(r *rapid.T) lineStep {
	return lineStep{
		do: rapid.SampledFrom([]string{
			"run", "run", "run", "run", "run", "arrive", "arrive", "arrive", "arrive", "direct", "pass", "pay", "cancel",
		}).Draw(r, "do"),
		owner: rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(r, "owner"),
		flow:  rapid.IntRange(0, 4).Draw(r, "flow"),
		n:     rapid.SampledFrom([]int{1, 0, 2, 3, 5, 15}).Draw(r, "n"),
		old:   rapid.Bool().Draw(r, "old"),
		lost:  rapid.SliceOfN(rapid.IntRange(0, 9), 0, 3).Draw(r, "lost"),
		stale: rapid.IntRange(0, 5).Draw(r, "stale") == 5,
	}
}

// Of owners who come at once those whose jobs wait longest have their turns first, and a backlog waits for all of them.
func TestOwnersWhoComeAtOnceHaveTheirTurnsInTheOrderOfTheirJobs(t *testing.T) {
	l := newMemoryLine()
	backlog := job.FlowKey{Owner: "z", BatchID: "z"}
	for n := range 50 {
		l.add(backlog, job.Waiter{ID: fmt.Sprintf("z%02d", n), Queued: l.now})
	}
	l.give(20)
	var want []string
	for n := range 30 {
		id := fmt.Sprint("job ", n)
		want = append(want, id)
		l.now = l.now.Add(time.Second)
		l.add(job.FlowKey{Owner: fmt.Sprint("owner ", n*7%30)}, job.Waiter{ID: id, Queued: l.now})
	}
	l.add(job.FlowKey{Owner: "owner 0"}, job.Waiter{ID: "second job", Queued: l.now})
	got := l.give(31)
	if n := slices.Index(got, "z20"); n < 0 || !slices.Equal(slices.Delete(got, n, n+1), want) {
		t.Errorf("got %v", got)
	}
}

// A run asks the index for the jobs of the flows that come next, and so for those of the next.
func TestTheNextIsTheFirstOfThoseAhead(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		l := crowdedLine(rapid.IntRange(1, 4).Draw(r, "owners"), rapid.IntRange(1, 4).Draw(r, "flows"))
		l.give(rapid.IntRange(0, 5).Draw(r, "before"))
		p := newPicker(l.standing, slices.Collect(maps.Values(l.flows)))
		left := 0
		for n, f := range p.all() {
			if f.out = rapid.IntRange(0, 2).Draw(r, fmt.Sprint("out ", n)) == 0; !f.out {
				left++
			}
			f.waiters = make([]job.Waiter, 1)
		}
		for ; left > 0; left-- {
			n := rapid.IntRange(1, 20).Draw(r, "n")
			flows := p.ahead(n)
			if next := p.next(); flows[0] != next || len(flows) != min(n, left) {
				r.Fatalf("%d of %d come, %s before %s", len(flows), left, flows[0].Name(), next.Name())
			}
			for at, f := range flows {
				if f.out || slices.Contains(flows[:at], f) {
					r.Fatalf("%s comes twice, or takes no turns", f.Name())
				}
			}
			p.take(flows[0])
			flows[0].out = true
		}
	})
}
