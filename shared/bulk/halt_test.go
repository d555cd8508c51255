package bulk_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"easel/shared/bulk"
	"easel/shared/bulk/folder"
	"easel/shared/local"
)

// crawl is a server that makes the picture of the first row, and then none for 20 seconds. Its one worker keeps the order:
// of several, another may have the first slot.
func crawl(o *local.Options) { o.Sim.Quota, o.Workers = 0.03, 1 }

// begun is a run that was stopped when its first picture was there; all others wait.
func begun(t *testing.T, rows int) testRun {
	t.Helper()
	h := startServer(t, t.TempDir(), crawl)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: csv(animals(0, rows)...)}
	ctx, stop := context.WithCancel(t.Context())
	first := o
	first.hear = func(e bulk.Event) {
		if e.Event == bulk.Saved {
			stop()
		}
	}
	if _, _, err := first.do(ctx, t); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want the interruption", err)
	}
	return o
}

func TestWhatWasOrderedAndIsNotMadeHasAPrice(t *testing.T) {
	o := begun(t, 6)
	o.file = csv(animals(0, 8)...)
	_, plan, done, err := o.plan(t)
	done()
	if err != nil || plan.Made != 1 || plan.ToMake != 7 || plan.New() != 2 || plan.Waiting != 5 || plan.Cost != 80_000 || plan.Ordered != 200_000 ||
		plan.WaitingUSD != "0.2" || plan.Removed != 0 {
		t.Errorf("planned %+v, %v", plan, err)
	}
}

func TestALimitTakesTheFirstRowsBesideWhatWasOrdered(t *testing.T) {
	o := begun(t, 6)
	o.file = csv(append(animals(6, 9), animals(0, 6)...)...)
	o.change = func(r *bulk.Run) { r.Limit = 2 }
	_, plan, done, err := o.plan(t)
	done()
	if err != nil || plan.ToMake != 7 || plan.New() != 2 || plan.Waiting != 5 || plan.Beyond != 1 || plan.Cost != 80_000 {
		t.Errorf("planned %+v, %v", plan, err)
	}
}

func TestABoundTellsWhatWasOrderedBefore(t *testing.T) {
	o := begun(t, 6)
	o.file = strings.ReplaceAll(csv(animals(0, 6)...), "\n", ",\n") + "x,a fox,ultra\ny,a hare,ultra\n"
	o.file = strings.Replace(o.file, "prompt,", "prompt,model", 1)
	o.change = func(r *bulk.Run) { r.MaxCost = "0.4" }
	_, _, done, err := o.plan(t)
	done()
	over, ok := errors.AsType[*bulk.OverMaxError](err)
	want := "all of this comes to $0.52 at list price ($0.24 ordered before, $0.28 new), more than the bound of $0.40: the first 1 new rows fit"
	if !ok || over.Fits != 1 || over.Error() != want {
		t.Errorf("got %v", err)
	}
	o.file = csv(animals(0, 6)...)
	o.change = func(r *bulk.Run) { r.MaxCost = "0.1" }
	_, _, done, err = o.plan(t)
	done()
	if want := "all of this was ordered before and comes to $0.24 at list price, more than the bound of $0.10"; err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
}

func TestJobsOfRowsThatWereTakenOutAreToldAndCanceledOnRequestAlone(t *testing.T) {
	o := begun(t, 6)
	o.file = csv(animals(0, 2)...)
	for n, withdraw := range []bool{false, true, false} {
		o.change = func(r *bulk.Run) { r.Withdraw, r.Limit = withdraw, 1 }
		var waits int
		r, plan, done, err := o.plan(t)
		if err != nil {
			t.Fatal(err)
		}
		ctx, stop := context.WithCancel(t.Context())
		r.Report = func(e bulk.Event) {
			if e.Event == bulk.Sent {
				stop()
			}
		}
		s, err := r.Go(ctx)
		if b, err := r.Client.Batch(t.Context(), s.BatchID, 0); err != nil {
			t.Error(err)
		} else {
			waits = int(b.Counts.Canceled)
		}
		done()
		if want := []int{4, 4, 0}[n]; !errors.Is(err, context.Canceled) || plan.Removed != want || want > 0 && plan.RemovedUSD != "0.16" {
			t.Errorf("run %d: planned %+v, %v", n, plan, err)
		}
		if want := []int{0, 4, 4}[n]; waits != want || s.Withdrawn != []int{0, 4, 0}[n] {
			t.Errorf("run %d: %d are canceled, want %d, and the summary is %+v", n, waits, want, s)
		}
	}
}

func TestWhatWaitsAtAnotherServerIsTold(t *testing.T) {
	o := begun(t, 4)
	h := startServer(t, t.TempDir(), nil)
	there, ok := batchIn(t, o.dir, "s")
	other := testRun{url: h.url, name: "other", dir: o.dir, file: o.file}
	plan, _ := other.must(t)
	if !ok || len(plan.Earlier) != 1 || plan.Earlier[0] != (bulk.Earlier{Server: "s", BatchID: there.Batch, Left: 3}) {
		t.Errorf("planned %+v", plan.Earlier)
	}
	_, plan, done, err := o.plan(t)
	done()
	if err != nil || len(plan.Earlier) > 0 {
		t.Errorf("what has ended is told: %+v, %v", plan.Earlier, err)
	}
}

// batchIn is what a folder says of the batch on a server.
func batchIn(t *testing.T, dir, server string) (folder.Batch, bool) {
	t.Helper()
	f, err := folder.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	return f.Batch(server)
}

func TestARunThatWasStoppedLeavesItsReports(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	ctx, stop := context.WithCancel(t.Context())
	rows := append([][2]string{{"bad", "a hare [sim:filtered]"}}, animals(0, 30)...)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: csv(rows...)}
	seen := map[string]bool{}
	o.hear = func(e bulk.Event) {
		if seen[e.Event] = true; seen[bulk.Saved] && seen[bulk.Failed] {
			stop()
		}
	}
	if _, _, err := o.do(ctx, t); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want the interruption", err)
	}
	for name, want := range map[string]string{"failed.csv": "a hare", "contact.html": "animal"} {
		if text, err := os.ReadFile(filepath.Join(o.dir, name)); err != nil || !strings.Contains(string(text), want) {
			t.Errorf("%s is %.200q, %v", name, text, err)
		}
	}
}

func TestTheFolderCountsPicturesOfOtherFilesToo(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: csv(animals(0, 3)...)}
	o.must(t)
	o.file = csv(animals(3, 4)...)
	if _, s := o.must(t); s.Made != 1 || s.Pictures != 4 || s.Elsewhere != 0 {
		t.Errorf("came to %+v", s)
	}
}

func TestWhatIsLeftOfOtherRowsIsToldAtTheEnd(t *testing.T) {
	o := begun(t, 6)
	o.file = csv(animals(0, 1)...)
	for _, c := range []struct {
		withdraw                      bool
		removed, withdrawn, elsewhere int
	}{{false, 5, 0, 5}, {true, 5, 5, 0}, {false, 0, 0, 0}} {
		o.change = func(r *bulk.Run) { r.Withdraw = c.withdraw }
		if plan, s := o.must(t); plan.ToMake != 0 || plan.Removed != c.removed || s.Withdrawn != c.withdrawn || s.Elsewhere != c.elsewhere {
			t.Errorf("%+v: planned %+v, came to %+v", c, plan, s)
		}
	}
}
