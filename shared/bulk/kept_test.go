package bulk_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"easel/shared/bulk"
)

func TestADeletedPictureStaysAwayUntilItIsAskedFor(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: "id,prompt\n1,a fox\n2,a hare\n"}
	o.must(t)
	remove("1-*.png")(t, o.dir)
	for n, want := range []struct{ missing, gone, unmade int }{{1, 0, 1}, {0, 1, 0}, {0, 1, 0}} {
		plan, s := o.must(t)
		if plan.Missing != want.missing || plan.Gone != want.gone || s.Unmade != want.unmade || plan.ToMake != 0 || plan.Back != 0 || s.Made != 1 {
			t.Errorf("run %d: planned %+v, came to %+v", n, plan, s)
		}
	}
	o.file += "3,an owl\n"
	if plan, s := o.must(t); plan.Gone != 1 || plan.ToMake != 1 || s.Saved != 1 || s.Made != 2 {
		t.Errorf("with another row: planned %+v, came to %+v", plan, s)
	}
	o.change = func(r *bulk.Run) { r.FetchAgain = true }
	if plan, s := o.must(t); plan.ToMake != 1 || plan.New() != 0 || s.Made != 3 || s.Ordered != 0 {
		t.Errorf("asked for: planned %+v, came to %+v", plan, s)
	}
	o.change = nil
	if plan, _ := o.must(t); plan.Made != 3 || plan.Gone != 0 {
		t.Errorf("then %+v", plan)
	}
	if n := calls(t, h); n != 3 {
		t.Errorf("%d calls for three pictures", n)
	}
}

// What was taken out of the bin counts again without a word.
func TestADeletedPictureThatIsRestoredCounts(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: "id,prompt\n1,a fox\n"}
	o.must(t)
	bin := filepath.Join(t.TempDir(), "fox.png")
	from := one(t, o.dir, "1-*.png")
	for _, step := range []func() error{
		func() error { return os.Rename(from, bin) },
		func() error { o.must(t); return nil },
		func() error { return os.Rename(bin, filepath.Join(o.dir, "restored.png")) },
	} {
		if err := step(); err != nil {
			t.Fatal(err)
		}
	}
	if plan, _ := o.must(t); plan.Made != 1 || plan.Gone != 0 || plan.Unknown != 0 {
		t.Errorf("planned %+v", plan)
	}
}

func TestAnotherPictureIsMadeOfRowsThatAreNamed(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: "id,prompt\n1,a fox\n2,a hare\n,a whale\n"}
	o.must(t)
	redo := func(names ...string) { o.change = func(r *bulk.Run) { r.Again = names } }
	redo("1")
	for n := range 3 {
		if plan, s := o.must(t); plan.ToMake != 1 || plan.Made != 2 || s.Ordered != 1 || s.Pictures != 4+n {
			t.Errorf("time %d: planned %+v, came to %+v", n, plan, s)
		}
	}
	o.change = nil
	if plan, _ := o.must(t); plan.ToMake != 0 || plan.Made != 3 || plan.Others != 3 {
		t.Errorf("without names %+v", plan)
	}
	whale := ""
	for e := range entries(t, o.dir) {
		if e.CustomID == "" {
			whale = e.Key
		}
	}
	redo(whale)
	if plan, _ := o.must(t); plan.ToMake != 1 {
		t.Errorf("by its key %+v", plan)
	}
	if found, _ := filepath.Glob(filepath.Join(o.dir, "a-whale-*.png")); len(found) != 2 {
		t.Errorf("pictures are named %q", found)
	}
}

// A run that was stopped before the picture came asks for the same one again.
func TestAnotherPictureIsPaidOnceHoweverOftenItIsAskedFor(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: "id,prompt\n1,a fox\n"}
	o.must(t)
	o.change = func(r *bulk.Run) { r.Again = bulk.Choice{"1"} }
	for range 3 {
		if _, _, err := o.once(t); err != nil {
			t.Fatal(err)
		}
		if files := pictures(t, o.dir); files > 1 {
			t.Skip("the picture came before the run could be stopped")
		}
	}
	o.must(t)
	if n := calls(t, h); n != 2 {
		t.Errorf("%d calls for two pictures", n)
	}
}

func TestMembersOfARowAreNamedByTheirPictures(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: "id,prompt\n1,a fox\n2,a hare\n", expand: matrix("core", "ultra")}
	o.must(t)
	name := strings.Split(filepath.Base(one(t, o.dir, "1-62ab3c-*.png")), "-")
	for names, want := range map[string]int{"1": 2, name[0] + "-" + name[1]: 1, "1,2": 4} {
		o.change = func(r *bulk.Run) { r.Again = strings.Split(names, ",") }
		if _, plan, done, err := o.plan(t); err != nil || plan.ToMake != want {
			t.Errorf("%s: planned %+v, %v", names, plan, err)
		} else {
			done()
		}
	}
}

func TestOnlyChosenRowsAreMade(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: "id,prompt\n1,a fox\n2,a hare\n3,an owl\n"}
	o.change = func(r *bulk.Run) { r.Only = bulk.Choice{"3", "1"} }
	for n := range 2 {
		if plan, s := o.must(t); plan.ToMake != 2-2*n || plan.Made != 2*n || plan.Skipped != 1 || s.Made != 2 {
			t.Errorf("run %d: planned %+v, came to %+v", n, plan, s)
		}
	}
}

func TestNamesThatNoRowHasAreRefused(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: "id,prompt\nfox-1,a fox\nhare,a hare\n"}
	for name, change := range map[string]func(*bulk.Run){
		"again": func(r *bulk.Run) { r.Again = bulk.Choice{"fox1", "hare"} },
		"only":  func(r *bulk.Run) { r.Only = bulk.Choice{"hare", "fox1"} },
	} {
		o.change = change
		_, _, done, err := o.plan(t)
		done()
		unknown, ok := errors.AsType[*bulk.UnknownRowsError](err)
		if !ok || fmt.Sprint(unknown.Names) != "[fox1]" || unknown.Meant != "fox-1" {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

// A person who forgets a flag learns of it before anything is paid.
func TestTheFolderRemembersHowRowsWereMultiplied(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: "id,prompt\n1,a fox\n", expand: runs(3)}
	o.change = func(r *bulk.Run) { r.Source.ExpandedBy = "--runs 3" }
	o.must(t)
	o.expand, o.change = nil, nil
	want := "The last run of prompts.csv into this folder had --runs 3, which is missing now."
	if _, plan, done, err := o.plan(t); err != nil || len(plan.Hints) != 1 || plan.Hints[0] != want {
		t.Errorf("got %q, %v", plan.Hints, err)
	} else {
		done()
	}
	o.name = "another server"
	if _, plan, done, err := o.plan(t); err != nil || len(plan.Hints) != 1 {
		t.Errorf("with another server: %q, %v", plan.Hints, err)
	} else {
		done()
	}
}

// What a run says of money is what it ordered, however much was fetched.
func TestMoneyIsWhatTheRunOrdered(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: "id,prompt\n1,a fox\nbad,a hare [sim:filtered]\n"}
	if _, s := o.must(t); s.Ordered != 2 || s.CostUSD != "0.08" {
		t.Errorf("first %+v", s)
	}
	o.change = func(r *bulk.Run) { r.Retry = true }
	for n := range 3 {
		if _, s := o.must(t); s.Ordered != 1 || s.CostUSD != "0.04" {
			t.Errorf("retry %d: %+v", n, s)
		}
	}
	o.change = func(r *bulk.Run) { r.FetchAgain = true }
	remove("1-*.png")(t, o.dir)
	if _, s := o.must(t); s.Saved != 1 || s.Ordered != 0 || s.CostUSD != "0" {
		t.Errorf("fetched %+v", s)
	}
}

// A repaired row is made under its id, whichever file brought it.
func TestARowThatWasRepairedElsewhereIsMade(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	first := "id,prompt\n1,a fox\nbad,a hare [sim:filtered]\n2,an owl\n"
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: first}
	o.must(t)
	o.file = "id,prompt\nbad,a hare\n"
	if _, s := o.must(t); s.Made != 1 {
		t.Fatalf("repaired: %+v", s)
	}
	sheet := func() []string {
		text, err := os.ReadFile(filepath.Join(o.dir, "contact.html"))
		if err != nil {
			t.Fatal(err)
		}
		var order []string
		for part := range strings.SplitSeq(string(text), "a ") {
			for _, animal := range []string{"fox", "hare"} {
				if strings.HasPrefix(part, animal) {
					order = append(order, animal)
				}
			}
		}
		return order
	}
	if got := sheet(); len(got) == 0 || got[0] != "hare" {
		t.Errorf("after the second file the sheet shows %v", got)
	}
	o.file = first
	if plan, s := o.must(t); plan.Made != 3 || plan.Changed != 0 || plan.Failed != 0 || s.Unmade != 0 {
		t.Errorf("the first file again: planned %+v, came to %+v", plan, s)
	}
	if got := sheet(); len(got) == 0 || got[0] != "fox" {
		t.Errorf("after the first file the sheet shows %v", got)
	}
	if _, err := os.Stat(filepath.Join(o.dir, "failed.csv")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("failed.csv: %v", err)
	}
}
