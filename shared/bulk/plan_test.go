package bulk_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/api/client"
	"easel/shared/bedrocksim"
	"easel/shared/bulk"
	"easel/shared/job"
	"easel/shared/local"
	"easel/shared/prompt"
	"easel/shared/request"
	"easel/shared/template"
)

func TestFaultyRowsAreListedAndNothingIsSent(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir()}
	o.file = "Title;Ratio;custom_id\na fox;16:9;a\na hare;17:9;b\n;1:1;c\na toad;1:1;a\n"
	o.change = func(r *bulk.Run) {
		r.Source.Options.Columns = map[string]string{"prompt": "Title", "aspect_ratio": "Ratio"}
	}
	_, _, err := o.do(t.Context(), t)
	faults, ok := errors.AsType[*bulk.FaultsError](err)
	if !ok || len(faults.Kinds) != 3 || faults.More {
		t.Fatalf("got %v", err)
	}
	for n, want := range []string{"line 3, column Ratio: aspect_ratio \"17:9\"", "line 4, column Title: prompt is empty", "line 5, column custom_id: custom_id \"a\" stands"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("%d: %q is not in\n%s", n, want, err)
		}
	}
	if _, err := os.Stat(filepath.Join(o.dir, ".easel", "batch.json")); err == nil || len(paid(t, h.ledger)) > 0 {
		t.Error("a batch was made")
	}
}

func TestFaultyRowsAreToldByKind(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	var file strings.Builder
	file.WriteString("custom_id,prompt,Seed,model\n")
	for n := range 500 {
		fmt.Fprintf(&file, "%d,a fox,%dx,core\n", n, n)
	}
	file.WriteString("a,,1,core\nb,a fox,1,cor\nb,a hare,1,core\nc,,1,coer\nd,a toad,1,core\nd,an owl,1,core\n")
	_, _, err := testRun{url: h.url, name: "s", dir: t.TempDir(), file: file.String()}.do(t.Context(), t)
	faults, ok := errors.AsType[*bulk.FaultsError](err)
	if !ok || faults.Rows != 504 || faults.More || len(faults.Kinds) != 4 {
		t.Fatalf("got %v", err)
	}
	want := `nothing was sent: prompts.csv has 504 faulty rows
  line 2, 3, 4 and 497 more, column Seed: seed must be a whole number such as 7; the cell holds "0x". Elsewhere: "1x", "2x", "3x" and others.
  line 502, column prompt: prompt is empty; say in 1 to 10000 characters what the picture shows.
  line 503 and 505, column model: There is no model "cor". Use one of: core, sd35, ultra. Did you mean core? Elsewhere: "coer".
  line 507, column custom_id: custom_id "d" stands for another row further up; give each row its own.`
	if diff := cmp.Diff(want, err.Error()); diff != "" {
		t.Errorf("(-want +got)\n%s", diff)
	}
}

func TestRowsOfEveryFormatAreToldByKind(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	long := func(n int) string { return strings.Repeat("a", 10_000+n) }
	for name, c := range map[string]struct {
		file   string
		expand *template.Expand
		kinds  int
	}{
		"words for numbers":    {"{\"prompt\":\"a\",\"seed\":\"five\"}\n{\"prompt\":\"b\",\"seed\":\"7x\"}\n", nil, 1},
		"numbers out of range": {"{\"prompt\":\"a\",\"seed\":-5}\n{\"prompt\":\"b\",\"seed\":-7}\n", nil, 1},
		"fractions":            {"{\"prompt\":\"a\",\"strength\":1.5}\n{\"prompt\":\"b\",\"strength\":7}\n", nil, 2}, // core takes no strength
		"near misses":          {"{\"prompt\":\"a\",\"sede\":5}\n{\"prompt\":\"b\",\"sede\":7}\n", nil, 1},
		"long prompts":         {long(1) + "\n" + long(2) + "\n", nil, 1},
		"styles":               {"prompt,style\na,wood\nb,stone\n", nil, 1},
		"templates":            {"a {{x}}\nan owl {{x}}\n", &template.Expand{}, 1},
	} {
		_, _, err := testRun{url: h.url, name: "s", dir: t.TempDir(), file: c.file, expand: c.expand}.do(t.Context(), t)
		faults, ok := errors.AsType[*bulk.FaultsError](err)
		if !ok || faults.Rows != 2 || len(faults.Kinds) != c.kinds {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func TestAFileOfFaultyRowsAloneIsNotReadForEver(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	_, _, err := testRun{url: h.url, name: "s", dir: t.TempDir(), file: "{\"prompt\":\"a\"}\n" + strings.Repeat("{\n", bulk.MostRows+10)}.do(t.Context(), t)
	faults, ok := errors.AsType[*bulk.FaultsError](err)
	if !ok || faults.Rows != bulk.MostRows || !faults.More || !strings.HasSuffix(err.Error(), "reading stopped in line 100001.") {
		t.Errorf("got %v", err)
	}
}

func TestTheFileSaysWhatIsWrongWithIt(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	for name, c := range map[string]struct{ file, want string }{
		"another encoding": {"prompt\na caf\xe9\n", "--encoding windows-1252"},
		"no prompt column": {"title,model\na fox,core\n", "title"},
		"nothing":          {"", "empty"},
		"an unknown model": {"prompt,model\na fox,dalle\n", "There is no model"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := testRun{url: h.url, name: "s", dir: t.TempDir(), file: c.file, change: func(r *bulk.Run) {
				r.Source.Options.Format = prompt.CSV
			}}.do(t.Context(), t)
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("got %v, want %q in it", err, c.want)
			}
		})
	}
}

func TestRowsAreMultipliedWithinABound(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: csv([2]string{"fox", "a {red|blue} fox"})}
	o.expand = &template.Expand{Runs: 2, Matrix: template.Matrix{Model: []string{"core", "ultra"}}}
	plan, s := o.must(t)
	if plan.ToMake != 8 || plan.Models["ultra"].Jobs != 4 || s.Made != 8 {
		t.Errorf("planned %+v, came to %+v", plan, s)
	}
	o.expand.Plain = true
	if _, plan, done, err := o.plan(t); err != nil || plan.ToMake != 4 || plan.Others != 8 || len(plan.Hints) != 1 {
		t.Errorf("as they are %+v, %v", plan, err)
	} else {
		done()
	}
	o.expand.Plain = false
	for bound, ok := range map[int64]bool{7: false, 8: true} {
		o.change = func(r *bulk.Run) { r.Source.Most = bound }
		_, _, err := o.do(t.Context(), t)
		if many, is := errors.AsType[*bulk.TooManyError](err); ok != (err == nil) || !ok && (!is || many.Count.Int64() != 8 || many.Line != 2) {
			t.Errorf("bound %d: %v", bound, err)
		}
	}
	o.file = csv([2]string{"", strings.Repeat("{a|b|c|d|e|f|g|h|i|j}", 12)})
	if _, _, err := o.do(t.Context(), t); !strings.Contains(fmt.Sprint(err), "alone makes 4000000000000") {
		t.Errorf("got %v", err)
	}
}

func TestRowsThatNameNothingTakeTheDefaults(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: "prompt,model\na fox,core\na hare,\n"}
	o.change = func(r *bulk.Run) {
		r.Source.Defaults = request.Request{Settings: request.Settings{Model: "ultra", AspectRatio: "16:9"}}
	}
	plan, _ := o.must(t)
	if plan.Models["core"].Jobs != 1 || plan.Models["ultra"].Jobs != 1 || plan.Cost != 180_000 {
		t.Errorf("planned %+v", plan)
	}
}

func TestRepeatedRowsAreCounted(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: csv([2]string{"a", "a fox"}, [2]string{"", "a hare"}, [2]string{"a", "a fox"}, [2]string{"", "a hare"})}
	plan, s := o.must(t)
	if plan.Duplicates != 1 || plan.Equal != 1 || plan.Rows != 3 || s.Made != 3 {
		t.Errorf("planned %+v, came to %+v", plan, s)
	}
	if calls := paid(t, h.ledger); calls[bedrocksim.PromptHash("a hare")] != 2 || calls[bedrocksim.PromptHash("a fox")] != 1 {
		t.Errorf("paid %v", calls)
	}
}

func TestMoreThanTheBoundIsNotSent(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: csv(animals(0, 5)...)}
	o.change = func(r *bulk.Run) { r.MaxCost = "0.13" }
	_, _, err := o.do(t.Context(), t)
	over, ok := errors.AsType[*bulk.OverMaxError](err)
	if !ok || over.Fits != 3 || over.Pictures != 5 {
		t.Fatalf("got %v", err)
	}
	o.change = func(r *bulk.Run) { r.MaxCost, r.Limit = "0.13", over.Limit }
	if _, s := o.must(t); s.Made != 3 {
		t.Errorf("came to %+v", s)
	}
	o.change = func(r *bulk.Run) { r.MaxCost, r.Limit = "0.13", 4 }
	if _, _, err := o.do(t.Context(), t); errors.Unwrap(err) != nil || !strings.Contains(fmt.Sprint(err), "no new row fits") {
		t.Errorf("one more: %v", err)
	}
}

func TestAPlanAloneLeavesNoBatch(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: csv(animals(0, 2)...), change: func(r *bulk.Run) { r.DryRun = true }}
	r, plan, done, err := o.plan(t)
	defer done()
	if err != nil || plan.ToMake != 2 || plan.Cost != 80_000 {
		t.Errorf("got %+v, %v", plan, err)
	}
	list, err := r.Client.Batches(t.Context(), client.BatchListQuery{})
	if _, there := r.Folder.Batch("s"); there || err != nil || len(list.Data) > 0 {
		t.Errorf("there are batches: %+v, %v", list.Data, err)
	}
}

// A day pays for two of the five pictures, so that the last one is made on the day after tomorrow.
func TestWhatTheDailyBudgetHoldsUpIsPlannedAndTold(t *testing.T) {
	h := startServer(t, t.TempDir(), func(o *local.Options) { o.Budget = 100_000 })
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: csv(animals(0, 5)...)}
	r, plan, done, err := o.plan(t)
	defer done()
	hours := time.Duration(plan.Seconds) * time.Second / time.Hour
	if err != nil || plan.DailyBudgetUSD == nil || *plan.DailyBudgetUSD != "0.1" || hours < 24 || hours > 49 {
		t.Errorf("planned %+v, %v", plan, err)
	}
	ctx, stop := context.WithCancel(t.Context())
	var told bulk.Event
	r.Report = func(e bulk.Event) {
		if e.Event == bulk.Waiting {
			told = e
			stop()
		}
	}
	s, err := r.Go(ctx)
	if !errors.Is(err, context.Canceled) || s.Made > 2 || s.Left < 3 || told.Code != job.WaitBudget || !strings.Contains(told.Message, "$0.10") {
		t.Errorf("got %v with %+v, told %+v", err, s, told)
	}
	if ends := r.Progress().EndsAt; s.Left > 0 && ends != nil {
		t.Errorf("an end is told while all waits: %v", ends)
	}
}

// Parts of a file are asked about one by one: the plan adds them up, also for a batch that holds jobs already.
func TestADailyBudgetIsPlannedForAllPartsOfAFile(t *testing.T) {
	h := startServer(t, t.TempDir(), func(o *local.Options) { o.Budget = 100_000 })
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: csv(animals(0, 40)...)}
	for n := range 2 {
		o.change = func(r *bulk.Run) { r.Rows, r.Limit = 10, 2*(1-n) }
		if n == 0 {
			o.must(t)
			continue
		}
		_, plan, done, err := o.plan(t)
		done()
		days := time.Duration(plan.Seconds) * time.Second / (24 * time.Hour)
		if err != nil || plan.New() != 38 || plan.DailyBudgetUSD == nil || days < 17 || days > 20 {
			t.Errorf("planned %+v, %v: %d days", plan, err, days)
		}
	}
}
