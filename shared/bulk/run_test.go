package bulk_test

import (
	"context"
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/api/client"
	"easel/shared/bedrocksim"
	"easel/shared/bulk"
	"easel/shared/bulk/folder"
	"easel/shared/local"
)

func TestAFileBecomesAFolder(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	dir := t.TempDir()
	o := testRun{url: h.url, name: "s", dir: dir, file: csv(animals(0, 5)...)}
	plan, s := o.must(t)
	if plan.ToMake != 5 || plan.New() != 5 || plan.Cost != 200_000 || !plan.Simulated || len(plan.Sample) != 3 {
		t.Errorf("planned %+v", plan)
	}
	if s.Made != 5 || s.Saved != 5 || s.Failed+s.Missing+s.Elsewhere != 0 || s.CostUSD != "0.2" || pictures(t, dir) != 5 {
		t.Errorf("came to %+v", s)
	}
	plan, s = o.must(t)
	if plan.Made != 5 || plan.ToMake != 0 || s.Saved != 0 || s.Made != 5 {
		t.Errorf("the second time %+v and %+v", plan, s)
	}
	for text, n := range paid(t, h.ledger) {
		if n != 1 {
			t.Errorf("%s was paid %d times", text, n)
		}
	}
}

// A run is stopped, and then the file gets a row at the top, loses one, has one changed with and one without a custom_id,
// and is turned around.
func TestAnEditedFilePaysForItsNewRowsAlone(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	dir := t.TempDir()
	rows := animals(0, 40)
	ctx, stop := context.WithCancel(t.Context())
	var first []string // keys of the rows that were saved before the stop
	o := testRun{url: h.url, name: "s", dir: dir, file: csv(rows...), hear: func(e bulk.Event) {
		if e.Event != bulk.Saved {
			return
		}
		if first = append(first, e.Row.Key); len(first) == 7 {
			stop()
		}
	}}
	if _, _, err := o.do(ctx, t); !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want the interruption", err)
	}
	edited := slices.Clone(rows)
	saved := slices.IndexFunc(edited, func(r [2]string) bool { return slices.Contains(first, r[0]) })
	edited[saved][1] += " changed but made already"
	open := slices.IndexFunc(edited, func(r [2]string) bool { return r[0] != "" && !slices.Contains(first, r[0]) })
	edited[open][1] += " changed before it was fetched"
	edited[5][1] += " changed without a name"
	edited = slices.Delete(edited, 9, 10)
	slices.Reverse(edited)
	edited = slices.Insert(edited, 0, [2]string{"", "a new row"})
	o.file, o.hear = csv(edited...), nil
	plan, s := o.must(t)
	if plan.Changed != 1 || plan.Rows != 40 || s.Made != 40 || s.Failed+s.Missing != 0 {
		t.Errorf("planned %+v, came to %+v", plan, s)
	}
	calls := paid(t, h.ledger)
	for _, r := range slices.Concat(rows, edited) {
		if n := calls[bedrocksim.PromptHash(r[1])]; n > 1 {
			t.Errorf("%s was paid %d times", r[1], n)
		}
	}
	honest(t, h.url, dir, edited)
	for _, r := range edited {
		if want := !strings.HasSuffix(r[1], "made already"); (calls[bedrocksim.PromptHash(r[1])] == 1) != want {
			t.Errorf("%s was paid %d times", r[1], calls[bedrocksim.PromptHash(r[1])])
		}
	}
	if _, s := o.must(t); s.Saved != 0 {
		t.Errorf("once more %+v", s)
	}
}

// honest holds the pictures of a folder against the jobs that they come from: each was made for its row as it is now, but
// for one that was made before it changed.
func honest(t *testing.T, url, dir string, rows [][2]string) {
	t.Helper()
	c, err := client.New(url, "")
	if err != nil {
		t.Fatal(err)
	}
	f, err := folder.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, r := range rows {
		e, there, err := f.Last(r[0])
		if r[0] == "" || err != nil || !there || strings.HasSuffix(r[1], "made already") {
			continue
		}
		if j, err := c.Get(t.Context(), e.JobID, 0); err != nil || j.Input.Prompt != r[1] {
			t.Errorf("row %s has the picture of %q instead of %q, %v", r[0], j.Input.Prompt, r[1], err)
		}
	}
}

// The second server has the real generator, which speaks to a Bedrock of its own.
func TestSimulatedPicturesAreMadeAgainForReal(t *testing.T) {
	books := realBedrock(t)
	dir, file := t.TempDir(), csv(animals(0, 3)...)
	sim := startServer(t, t.TempDir(), nil)
	testRun{url: sim.url, name: "sim", dir: dir, file: file}.must(t)
	h := startServer(t, t.TempDir(), func(o *local.Options) { o.Generator, o.Sim = local.Bedrock, local.SimOptions{} })
	o := testRun{url: h.url, name: "real", dir: dir, file: file}
	plan, s := o.must(t)
	if plan.Simulated || plan.Made != 0 || s.Made != 3 || s.Simulated {
		t.Errorf("planned %+v, came to %+v", plan, s)
	}
	o.must(t)
	calls := paid(t, books)
	for _, r := range animals(0, 3) {
		if calls[bedrocksim.PromptHash(r[1])] != 1 {
			t.Errorf("%s was paid %d times", r[1], calls[bedrocksim.PromptHash(r[1])])
		}
	}
	if plan, s := (testRun{url: sim.url, name: "sim", dir: dir, file: file}).must(t); plan.Made != 3 || s.Saved != 0 {
		t.Errorf("real pictures count for %+v on a simulator", plan)
	}
}

// realBedrock is what the real generator finds at the address of Amazon Bedrock. It returns the books.
func realBedrock(t *testing.T) string {
	t.Helper()
	books := filepath.Join(t.TempDir(), "ledger.jsonl")
	ctx, cancel := context.WithCancel(context.WithoutCancel(t.Context()))
	ready, over := make(chan string, 1), make(chan error, 1)
	go func() {
		over <- local.RunSim(ctx, local.SimOptions{
			Addr: "127.0.0.1:0", Latency: -1, Tiny: true, Ledger: books, Ready: func(url string) { ready <- url },
		})
	}()
	t.Cleanup(func() {
		cancel()
		if err := <-over; err != nil {
			t.Error(err)
		}
	})
	t.Setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", <-ready)
	t.Setenv("AWS_ACCESS_KEY_ID", "AKID")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "secret")
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
	return books
}

func TestALimitedRunCountsForTheNext(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: csv(animals(0, 9)...)}
	limited := o
	for n, limit := range []int{2, 2, 4} {
		limited.change = func(r *bulk.Run) { r.Limit = limit }
		plan, s := limited.must(t)
		if most := []int{2, 0, 2}[n]; plan.ToMake != most || s.Saved != most || s.Made != limit || s.Beyond != 9-limit {
			t.Errorf("planned %+v, came to %+v", plan, s)
		}
	}
	if plan, s := o.must(t); plan.Made != 4 || s.Saved != 5 {
		t.Errorf("the rest: %+v and %+v", plan, s)
	}
	if calls := paid(t, h.ledger); len(calls) != 9 || calls[bedrocksim.PromptHash("animal 0")] != 1 {
		t.Errorf("paid %v", calls)
	}
}

func TestAFailedRowIsSentAgainOnRequestAlone(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	dir := t.TempDir()
	rows := [][2]string{{"a", "a fox"}, {"b", "a hare [sim:filtered=1]"}, {"", "a toad [sim:filtered]"}, {"d", "an owl [sim:filtered]"}}
	o := testRun{url: h.url, name: "s", dir: dir, file: csv(rows...)}
	if _, s := o.must(t); s.Made != 1 || s.Failed != 3 {
		t.Errorf("came to %+v", s)
	}
	failed, err := os.ReadFile(filepath.Join(dir, "failed.csv"))
	if err != nil || !strings.Contains(string(failed), "b,a hare [sim:filtered=1],") {
		t.Errorf("failed.csv is %q, %v", failed, err)
	}
	if plan, s := o.must(t); plan.Failed != 3 || plan.ToMake != 0 || s.Failed != 3 {
		t.Errorf("without --retry %+v, %+v", plan, s)
	}
	again := o
	again.change = func(r *bulk.Run) { r.Retry = true }
	if plan, s := again.must(t); plan.ToMake != 3 || s.Made != 2 || s.Failed != 2 {
		t.Errorf("with --retry %+v, %+v", plan, s)
	}
	rows[2][1], rows[3][1] = "a toad", "an owl"
	o.file = csv(rows...)
	if _, s := o.must(t); s.Made != 4 || s.Failed != 0 {
		t.Errorf("once edited %+v", s)
	}
}

func TestAChangedRowThatIsMadeIsMadeAgainOnRequestAlone(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: csv([2]string{"a", "a fox"}, [2]string{"b", "a hare"})}
	o.must(t)
	o.file = csv([2]string{"a", "a fox in snow"}, [2]string{"b", "a hare"})
	if plan, s := o.must(t); plan.Changed != 1 || plan.ToMake != 0 || s.Saved != 0 {
		t.Errorf("without --redo %+v, %+v", plan, s)
	}
	o.change = func(r *bulk.Run) { r.Redo = true }
	if plan, s := o.must(t); plan.Made != 1 || plan.ToMake != 1 || s.Saved != 1 || s.Made != 2 {
		t.Errorf("with --redo %+v, %+v", plan, s)
	}
	if plan, _ := o.must(t); plan.ToMake != 0 {
		t.Errorf("done twice: %+v", plan)
	}
	want := map[string]int{"a fox": 1, "a hare": 1, "a fox in snow": 1}
	if diff := cmp.Diff(hashed(want), paid(t, h.ledger)); diff != "" {
		t.Error(diff)
	}
}

func TestCanceledRowsGoOn(t *testing.T) {
	h := startServer(t, t.TempDir(), func(o *local.Options) { o.Sim.Quota = 0.01 }) // one picture, then none for a minute
	dir := t.TempDir()
	o := testRun{url: h.url, name: "s", dir: dir, file: csv(animals(0, 4)...)}
	r, _, done, err := o.plan(t)
	if err != nil {
		t.Fatal(err)
	}
	r.Report = func(e bulk.Event) {
		if e.Event == bulk.Sent {
			if _, err := r.Client.CancelBatch(t.Context(), e.BatchID); err != nil {
				t.Error(err)
			}
		}
	}
	s, err := r.Go(t.Context())
	done()
	if err != nil || s.Canceled < 3 {
		t.Fatalf("got %+v, %v", s, err)
	}
	plan, s, err := testRun{url: h.url, name: "s", dir: dir, file: o.file, hear: nil}.once(t)
	if err != nil || plan.Made+plan.ToMake != 4 || plan.New() < 3 { // a call may have been under way when all was canceled
		t.Errorf("then %+v, %+v, %v", plan, s, err)
	}
}

// once stops as soon as everything is sent.
func (o testRun) once(t *testing.T) (bulk.Plan, bulk.Summary, error) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	o.hear = func(e bulk.Event) {
		if e.Event == bulk.Sent {
			stop()
		}
	}
	plan, s, err := o.do(ctx, t)
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return plan, s, err
}

func TestWhatIsUnderWayIsNotPaidAgain(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	dir := t.TempDir()
	o := testRun{url: h.url, name: "s", dir: dir, file: csv(animals(0, 5)...)}
	if _, _, err := o.once(t); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"manifest.jsonl"} { // as if nothing had been fetched
		if err := os.Remove(filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	o.file = csv(animals(0, 7)...)
	plan, s := o.must(t)
	if plan.ToMake != 7 || plan.UnderWay != 5 || plan.Cost != 80_000 || s.Made != 7 {
		t.Errorf("planned %+v, came to %+v", plan, s)
	}
	if calls := paid(t, h.ledger); calls[bedrocksim.PromptHash("animal 3")] != 1 {
		t.Errorf("paid %v", calls)
	}
}

func TestTheSameKeyFindsTheSameBatchWithoutAFolder(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", file: csv(animals(0, 3)...), key: "nightly"}
	for n := range 2 {
		o.dir = t.TempDir()
		if plan, s := o.must(t); s.Saved != 3 || plan.UnderWay != 3*n {
			t.Errorf("run %d: %+v, %+v", n, plan, s)
		}
	}
	if calls := paid(t, h.ledger); calls[bedrocksim.PromptHash("animal 1")] != 1 {
		t.Errorf("paid %v", calls)
	}
}

// The same command orders no more rows than the limit, wherever it was stopped: what is made and lies here, what is made and was not fetched, and
// what waits are all among the first rows of the file.
func TestTheSameCommandOrdersNoMoreThanItsLimit(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: csv(animals(0, 12)...)}
	o.change = func(r *bulk.Run) { r.Limit, r.Downloads = 6, 1 }
	for range 3 {
		ctx, stop := context.WithCancel(t.Context())
		stopped := o
		stopped.hear = func(e bulk.Event) {
			if e.Event == bulk.Saved {
				stop()
			}
		}
		if _, _, err := stopped.do(ctx, t); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		stop()
	}
	if plan, s := o.must(t); plan.New() != 0 || s.Made != 6 || s.Beyond != 6 {
		t.Errorf("planned %+v, came to %+v", plan, s)
	}
	if n := calls(t, h); n != 6 {
		t.Errorf("%d pictures were paid for a limit of 6", n)
	}
}

// A call that may have been executed is counted and made again, as often as the rows allow: the summary says what that came to.
func TestTheSummaryTellsWhatRepeatedCallsCost(t *testing.T) {
	for most, want := range map[int]json.Number{0: "0.12", 1: ""} {
		h := startServer(t, t.TempDir(), nil)
		o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: csv([2]string{"a", "a fox [sim:reset=1]"}, [2]string{"b", "a hare"})}
		o.change = func(r *bulk.Run) {
			if most > 0 {
				r.Source.Defaults.MaxModelCalls = &most
			}
		}
		if _, s := o.must(t); s.CostUSD != "0.08" || s.CountedUSD != want || s.Made+s.Failed != 2 || (s.Failed == 0) != (most == 0) {
			t.Errorf("at most %d calls: came to %+v", most, s)
		}
	}
}

// What lies beyond the limit is not ordered, but what was ordered before and is made is fetched with the rest.
func TestALimitLeavesNothingThatIsMade(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: csv(animals(0, 5)...), key: "k"}
	o.must(t)
	var last bulk.Event
	o.dir = t.TempDir()
	o.hear = func(e bulk.Event) { last = e }
	o.change = func(r *bulk.Run) { r.Limit = 2 }
	plan, s := o.must(t)
	if plan.ToMake != 5 || plan.New() != 0 || s.Made != 5 || plan.Beyond != 0 || s.Beyond != 0 || last.Event != bulk.Done || last.Progress.Total != 5 || last.Progress.EndsAt != nil {
		t.Errorf("planned %+v, came to %+v, at last %+v", plan, s, last.Progress)
	}

	// Also where the first rows lie in the folder, so that nothing else is to be done.
	o.dir, o.hear = t.TempDir(), nil
	o.change = func(r *bulk.Run) { r.Only = bulk.Choice{"row-0"} }
	o.must(t)
	o.change = func(r *bulk.Run) { r.Limit = 1 }
	if plan, s := o.must(t); plan.UnderWay != 4 || plan.New() != 0 || s.Made != 5 || s.Ordered != 0 {
		t.Errorf("planned %+v, came to %+v", plan, s)
	}
}
