package job_test

import (
	"context"
	"fmt"
	"runtime"
	"strings"
	"testing"
	"time"

	"easel/shared/job/jobtest"
)

// way is how an operation goes wrong: whether it took effect first, and what comes then.
type way struct {
	name   string
	effect bool // before the failure
	then   func(context.Context) error
	times  int  // so many times in a row
	mild   bool // it changes nothing about how the job ends, and little about when
}

var ways = append([]way{
	{"error", false, refuse, 1, true},
	{"lost reply", true, refuse, 1, true},
	{"slow", false, stall, 1, false},
	{"slow reply", true, stall, 1, false},
	{"crash", false, die, 1, false},
	{"crash after", true, die, 1, false},
}, again...)

func refuse(context.Context) error { return jobtest.ErrFault }

// stall lasts until the context has ended, as a port does that honours it.
func stall(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(10 * time.Minute):
		return jobtest.ErrFault
	}
}

// die ends the process that works on it, wherever it is.
func die(ctx context.Context) error {
	ctx.Value(processKey{}).(*process).dead.Store(true)
	runtime.Goexit()
	return nil
}

// place is where an operation is called from: a row of the matrix.
type place struct{ phase, step, op string }

func (p place) String() string { return fmt.Sprintf("%-7s %-11s %s", p.phase, p.step, p.op) }

// TestWhateverFailsAJobEnds lets every operation that is called anywhere in the life of a job fail there in
// every way, and follows the job to its end. With -v it prints the matrix: final state and calls executed.
func TestWhateverFailsAJobEnds(t *testing.T) {
	seen := map[place]bool{}
	reached := map[string]bool{}
	for _, s := range stories {
		var rows []place
		plain := s.play(t, place{}, way{name: "nothing"})[0]
		for _, b := range plain.broken {
			t.Errorf("%s: %s", s.name, b)
		}
		for _, p := range plain.passed {
			reached[p.op] = true
			key := p
			if p.phase == "sweep" && p.step == "step" { // the same step decides differently in every story
				key.phase += s.name
			}
			if !seen[key] {
				seen[key] = true
				rows = append(rows, p)
			}
		}
		t.Run(s.name, func(t *testing.T) { s.matrix(t, plain, rows) })
	}
	for _, op := range operations() {
		if !reached[op] {
			t.Errorf("no story calls %s: add one to stories that does, so that it is made to fail in every way", op)
		}
	}
}

func (s story) matrix(t *testing.T, plain *faultMatrix, rows []place) {
	t.Parallel() // it waits for the disk most of the time
	var table strings.Builder
	fmt.Fprintf(&table, "%-40s", "")
	for _, w := range ways {
		fmt.Fprintf(&table, "%-12s", w.name)
	}
	for _, row := range rows {
		fmt.Fprintf(&table, "\n%-40s", row)
		for _, d := range s.play(t, row, ways...) {
			fmt.Fprintf(&table, "%-12s", d.end)
			d.compare(plain, row)
			for _, b := range d.broken {
				t.Errorf("%s, %s at %v: %s", s.name, d.way.name, row, b)
			}
		}
	}
	t.Logf("\n%s", table.String())
}

// compare holds a mild failure against the story without it, and every failure of advice but a crash.
func (d *faultMatrix) compare(plain *faultMatrix, row place) {
	advice := strings.HasPrefix(row.op, "store.") && d.deaths == 0 && !strings.HasPrefix(d.way.name, "c")
	if !d.way.mild && !advice || row.op == "generator.generate" {
		return
	}
	if d.end != plain.end || d.took > plain.took+5*time.Minute {
		d.fail("it ended as %s after %v; without it, as %s after %v", d.end, d.took, plain.end, plain.took)
	}
	if d.cost != plain.cost {
		d.fail("it cost %d; without it, %d", d.cost, plain.cost)
	}
}
