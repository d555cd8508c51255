package bulk_test

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/api/client"
	"easel/shared/bulk"
	"easel/shared/bulk/folder"
	"easel/shared/local"
)

// waits is a run whose first row is made and whose row x waits, at a server that makes no more for a while.
type waits struct {
	testRun
	data string
	h    *embeddedServer
}

func waitsFor(t *testing.T, prompt string, change func(*bulk.Run)) *waits {
	t.Helper()
	w := &waits{data: t.TempDir(), testRun: testRun{name: "s", dir: t.TempDir(), change: change}}
	w.h = startServer(t, w.data, crawl)
	w.url = w.h.url
	w.file = csv([2]string{"first", "a toad"})
	w.until(t, map[string]string{"a toad": "succeeded"})
	w.rows(prompt)
	w.until(t, map[string]string{"a toad": "succeeded", prompt: "queued"})
	return w
}

// rows is a file in which x asks for a prompt.
func (w *waits) rows(prompt string, more ...[2]string) {
	w.file = csv(append([][2]string{{"first", "a toad"}, {"x", prompt}}, more...)...)
}

// until runs until the jobs of the batch stand like that.
func (w *waits) until(t *testing.T, want map[string]string) (plan bulk.Plan) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 3*time.Minute)
	defer stop()
	r, plan, done, err := w.plan(t)
	defer done()
	if err != nil {
		t.Fatal(err)
	}
	r.Rest = func(ctx context.Context, d time.Duration) {
		known, _ := r.Folder.Pictures()
		if b, there := r.Folder.Batch("s"); there && maps.Equal(standings(t, w.h, b.Batch), want) && known > 0 {
			stop()
		}
		briefly(ctx, d)
	}
	if _, err := r.Go(ctx); err != nil && !errors.Is(err, context.Canceled) {
		b, _ := r.Folder.Batch("s")
		t.Fatalf("%v, and the jobs stand like this: %v", err, standings(t, w.h, b.Batch))
	}
	return plan
}

// standings are the states of the jobs of a batch, by their prompts, of which each has one.
func standings(t *testing.T, h *embeddedServer, batch string) map[string]string {
	t.Helper()
	c, err := client.New(h.url, "")
	if err != nil {
		t.Fatal(err)
	}
	list, err := c.List(context.WithoutCancel(t.Context()), client.ListQuery{BatchID: batch, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, j := range list.Data {
		if _, twice := all[j.Input.Prompt]; twice {
			t.Errorf("there are two jobs for %s", j.Input.Prompt)
		}
		all[j.Input.Prompt] = j.Status
	}
	return all
}

// goOn has a server without bounds make what is left, and returns what was paid.
func (w *waits) goOn(t *testing.T) map[string]int {
	t.Helper()
	w.h.stop()
	w.h = startServer(t, w.data, nil)
	w.url = w.h.url
	if _, s := w.must(t); s.Failed+s.Missing+s.Left > 0 {
		t.Errorf("came to %+v", s)
	}
	return paid(t, w.h.ledger)
}

func TestARowThatChangesWhileItWaitsIsMadeOnceAsItIs(t *testing.T) {
	t.Parallel()
	w := waitsFor(t, "a fox", nil)
	w.rows("a hare")
	plan := w.until(t, map[string]string{"a toad": "succeeded", "a fox": "canceled", "a hare": "queued"})
	if plan.ToMake != 1 || plan.New() != 1 || plan.Replaced != 1 || plan.Removed != 0 || plan.Changed != 0 {
		t.Errorf("planned %+v", plan)
	}
	if diff := cmp.Diff(hashed(map[string]int{"a toad": 1, "a hare": 1}), w.goOn(t)); diff != "" {
		t.Error(diff)
	}
}

// The first job begins again: no third one is made.
func TestARowThatIsChangedBackWhileItWaitsIsMadeOnce(t *testing.T) {
	t.Parallel()
	w := waitsFor(t, "a fox", nil)
	for range 2 {
		w.rows("a hare")
		w.until(t, map[string]string{"a toad": "succeeded", "a fox": "canceled", "a hare": "queued"})
		w.rows("a fox")
		w.until(t, map[string]string{"a toad": "succeeded", "a fox": "queued", "a hare": "canceled"})
	}
	if diff := cmp.Diff(hashed(map[string]int{"a toad": 1, "a fox": 1}), w.goOn(t)); diff != "" {
		t.Error(diff)
	}
	b, _ := batchIn(t, w.dir, "s")
	if all := standings(t, w.h, b.Batch); len(all) != 3 {
		t.Errorf("the jobs are %v", all)
	}
}

// What it asked for in between is not made either, though nothing is sent.
func TestARowThatIsChangedBackToWhatIsMadeIsNotPaidAgain(t *testing.T) {
	t.Parallel()
	w := waitsFor(t, "a fox", nil)
	w.change = func(r *bulk.Run) { r.Redo = true }
	w.file = csv([2]string{"first", "a newt"}, [2]string{"x", "a fox"})
	w.until(t, map[string]string{"a toad": "succeeded", "a fox": "queued", "a newt": "queued"})
	w.rows("a fox")
	plan := w.until(t, map[string]string{"a toad": "succeeded", "a fox": "queued", "a newt": "canceled"})
	if plan.ToMake != 1 || plan.New() != 0 || plan.Replaced != 1 {
		t.Errorf("planned %+v", plan)
	}
	if diff := cmp.Diff(hashed(map[string]int{"a toad": 1, "a fox": 1}), w.goOn(t)); diff != "" {
		t.Error(diff)
	}
}

// A row that keeps the picture of what it was asks for nothing, and so replaces nothing.
func TestARowThatIsNotSentReplacesNothing(t *testing.T) {
	t.Parallel()
	w := waitsFor(t, "a fox", nil)
	w.rows("a hare")
	w.change = func(r *bulk.Run) { r.Only = bulk.Choice{"first"} }
	plan, s := w.must(t)
	b, _ := batchIn(t, w.dir, "s")
	if all := standings(t, w.h, b.Batch); plan.Replaced != 0 || s.Replaced != 0 || all["a fox"] != "queued" {
		t.Errorf("planned %+v, came to %+v and %v", plan, s, all)
	}
}

// The bound has room for one of the two, and the one that is wanted gets it.
func TestABoundLeavesRoomForWhatReplaces(t *testing.T) {
	t.Parallel()
	w := waitsFor(t, "a fox", func(r *bulk.Run) { r.MaxCost = "0.08" })
	w.rows("a hare")
	w.until(t, map[string]string{"a toad": "succeeded", "a fox": "canceled", "a hare": "queued"})
}

// severed is a transport through which a context ends at the nth request of those that plan and send, before it is made or
// when its answer is there.
type severed struct {
	n     int32
	after bool
	stop  context.CancelFunc
	seen  atomic.Int32
}

func (s *severed) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Query().Has("model") { // a look at the jobs while the run goes on
		return http.DefaultTransport.RoundTrip(r)
	}
	last := s.seen.Add(1) == s.n
	if last && !s.after {
		s.stop()
		return nil, context.Canceled
	}
	response, err := http.DefaultTransport.RoundTrip(r)
	if last {
		s.stop()
	}
	return response, err
}

// sever runs until the nth request, or until the jobs stand like that, which it reports.
func (w *waits) sever(t *testing.T, n int32, after bool, want map[string]string) (whole bool) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	f, err := folder.Open(w.dir)
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(w.url, "")
	if err != nil {
		t.Fatal(err)
	}
	c.HTTP = &http.Client{Transport: &severed{n: n, after: after, stop: stop}}
	b, _ := f.Batch("s")
	r := &bulk.Run{
		Client: c, Folder: f, Server: "s", Poll: time.Millisecond,
		Source: &bulk.Source{Name: "prompts.csv", In: strings.NewReader(w.file)},
		Rest: func(ctx context.Context, d time.Duration) {
			if whole = maps.Equal(standings(t, w.h, b.Batch), want); whole {
				stop()
			}
			briefly(ctx, d)
		},
	}
	if _, err = r.Plan(ctx); err == nil {
		_, err = r.Go(ctx)
	}
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want the interruption", err)
	}
	if err := errors.Join(r.Close(), f.Close()); err != nil {
		t.Fatal(err)
	}
	return whole
}

// However a run ends between a change and its end, the next one completes it: each inserted and each edited row is paid
// once, and what it was before is not paid at all.
func TestARunThatIsCutAnywhereLeavesEveryRowToBePaidOnce(t *testing.T) {
	t.Parallel()
	want := map[string]string{"a toad": "succeeded", "a fox": "canceled", "a hare": "queued", "an owl": "queued"}
	for _, after := range []bool{false, true} {
		for n, whole := int32(1), false; !whole; n++ {
			w := waitsFor(t, "a fox", nil)
			w.rows("a hare", [2]string{"new", "an owl"})
			whole = w.sever(t, n, after, want)
			w.until(t, want)
			if !whole {
				w.h.stop()
				continue
			}
			if diff := cmp.Diff(hashed(map[string]int{"a toad": 1, "a hare": 1, "an owl": 1}), w.goOn(t)); diff != "" || n < 6 {
				t.Errorf("after %d requests: %s", n, diff)
			}
		}
	}
}

// The call of a job that is canceled goes on, and its picture is kept: changed back, the row has it.
func TestARowThatIsChangedBackHasThePictureOfItsCanceledJob(t *testing.T) {
	t.Parallel()
	h := startServer(t, t.TempDir(), func(o *local.Options) { o.Sim.Latency = 3 * time.Second })
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: csv([2]string{"x", "a fox"})}
	_, s, err := o.once(t)
	if err != nil {
		t.Fatal(err)
	}
	c, err := client.New(h.url, "")
	if err != nil {
		t.Fatal(err)
	}
	for standings(t, h, s.BatchID)["a fox"] != "running" {
		briefly(t.Context(), time.Second)
	}
	o.file = csv([2]string{"x", "a hare"})
	if _, s := o.must(t); s.Replaced != 1 || s.Made != 1 {
		t.Fatalf("came to %+v", s)
	}
	list, err := c.List(t.Context(), client.ListQuery{BatchID: s.BatchID, Status: []string{"canceled"}})
	for err == nil && len(list.Data) == 1 && len(list.Data[0].Images) == 0 {
		list, err = c.List(t.Context(), client.ListQuery{BatchID: s.BatchID, Status: []string{"canceled"}})
	}
	if err != nil || len(list.Data) != 1 {
		t.Fatalf("canceled are %+v, %v", list.Data, err)
	}
	o.file = csv([2]string{"x", "a fox"})
	o.change = func(r *bulk.Run) { r.Redo = true }
	if plan, s := o.must(t); plan.ToMake != 1 || plan.New() != 0 || s.Made != 1 || s.Saved != 1 || s.Failed+s.Missing > 0 {
		t.Errorf("planned %+v, came to %+v", plan, s)
	}
	if diff := cmp.Diff(hashed(map[string]int{"a fox": 1, "a hare": 1}), paid(t, h.ledger)); diff != "" {
		t.Error(diff)
	}
}
