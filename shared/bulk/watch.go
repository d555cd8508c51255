package bulk

import (
	"context"
	"maps"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"easel/shared/api"
	"easel/shared/job"
)

// How the jobs of a batch are looked at. Each look at a server on AWS costs.
const (
	pageJobs   = 100
	minPause   = time.Second
	maxPause   = 5 * time.Second
	longPause  = 30 * time.Second // while many are left: on AWS each look is paid for
	manyLeft   = 1000
	fullEvery  = 15 * time.Minute // between two passes over all pages that have not ended
	looksAfter = 20               // passes without a trace of rows that were sent, before they are given up
)

// watch reads the jobs of a batch page by page, model by model, in the order of the file. Since that is about the order
// in which they are made, most of them are in pages that are done, or in pages where nothing has begun; few are read.
type watch struct {
	*Run
	models []string // whose jobs are looked at; "": those of all

	tracks []*track
	queue  chan task   // pictures to be fetched
	sent   atomic.Bool // the last append was answered
	full   time.Time   // when all pages were read last

	under atomic.Int64                       // pictures that are being fetched
	wake  atomic.Pointer[context.CancelFunc] // ends the rest that goes on

	running bool         // in this pass: a job that runs was seen
	came    bool         // in this pass: a picture has come
	waiting *api.Waiting // in this pass: what one of the jobs waits for
	told    string       // code of the waiting that was told last
	looks   int          // passes in which every job had ended, and rows were left
}

func newWatch(r *Run) *watch {
	w := &watch{Run: r, queue: make(chan task), models: []string{""}}
	if w.ofFile() {
		w.models = slices.Sorted(maps.Keys(r.plan.models))
	}
	w.restart()
	return w
}

// restart forgets all pages.
func (w *watch) restart() {
	w.tracks = nil
	for _, m := range w.models {
		w.tracks = append(w.tracks, &track{model: m, pages: []*page{{}}})
	}
}

// watch looks until every row has ended, or without Wait until it has seen all there is.
func (w *watch) watch(ctx context.Context) error {
	for ctx.Err() == nil && len(w.tracks) > 0 {
		late := w.sent.Load()
		if err := w.pass(ctx, late); err != nil {
			return err
		}
		if late && w.over() {
			return nil
		}
		if w.rest(ctx); w.sent.Load() && w.done() {
			return nil
		}
	}
	return ctx.Err()
}

// rest ends as soon as nothing is left to do.
func (w *watch) rest(ctx context.Context) {
	ctx, wake := context.WithCancel(ctx)
	defer wake()
	w.wake.Store(&wake)
	if !w.done() {
		w.sleep(ctx, w.pause())
	}
}

// fetched notes that a picture is no longer on its way.
func (w *watch) fetched() {
	w.under.Add(-1)
	if wake := w.wake.Load(); wake != nil && w.done() {
		(*wake)()
	}
}

// done reports whether every row has ended that was sent.
func (w *watch) done() bool {
	left, _ := w.rows.open()
	return w.ofFile() && left == 0
}

// over reports whether there is nothing left to wait for. Rows without a trace are looked for again, since a list may
// lag behind what was sent, and given up in the end.
func (w *watch) over() bool {
	if w.done() || !w.ofFile() && !w.Wait {
		return true
	}
	if !w.allEnded() || w.under.Load() > 0 {
		w.looks = 0
		return false
	}
	if !w.ofFile() {
		return true
	}
	if w.looks++; w.looks < looksAfter {
		w.restart()
		return false
	}
	n := w.rows.drop()
	w.course.count(func(c *course) { c.failed += n; c.lost += n })
	return true
}

// pass reads, of every model, the pages from the first that has not ended to the first where nothing has begun.
func (w *watch) pass(ctx context.Context, late bool) error {
	now := w.now()
	all := now.Sub(w.full) >= fullEvery
	if all {
		w.full = now
	}
	w.running, w.came, w.waiting = false, false, nil
	for _, t := range w.tracks {
		if err := w.follow(ctx, t, all, late); err != nil {
			return err
		}
	}
	w.explain()
	return nil
}

// see does what a job asks for.
func (w *watch) see(ctx context.Context, j api.Job, p *page, answered uint32) error {
	t, what, err := w.judge.verdict(ctx, j, answered)
	if err != nil {
		return err
	}
	switch what {
	case coming:
		p.ended = false
		w.note(j)
	case failing:
		return w.fetcher.fail(t)
	case ready:
		w.came = true
		return w.push(ctx, t)
	}
	return nil
}

// note remembers what a job that has not ended waits for, if that is more than its turn.
func (w *watch) note(j api.Job) {
	grave := []string{job.WaitCredentials, job.WaitAccess, job.WaitOutage, job.WaitBudget}
	w.running = w.running || j.Status == string(job.Running)
	if w.waiting == nil && j.Waiting != nil && slices.Contains(grave, j.Waiting.Code) {
		w.waiting = j.Waiting
	}
}

// explain tells when no job runs and what they wait for, such as a person's action, and when a picture has come again. A
// call that the server makes to see whether it works now is no news.
func (w *watch) explain() {
	switch {
	case w.came && w.told != "":
		w.halted("")
		w.tell(Event{Event: Waiting, Message: "It goes on."})
	case !w.came && !w.running && w.waiting != nil && w.waiting.Code != w.told:
		w.halted(w.waiting.Code)
		w.tell(Event{Event: Waiting, Code: w.told, Message: strings.TrimSpace(w.waiting.Message)})
	}
}

func (w *watch) halted(code string) {
	w.told = code
	w.course.count(func(c *course) { c.waiting = code })
}

// pause follows the pace: it is about the time in which five pictures are made, or fifty where many are left.
func (w *watch) pause() time.Duration {
	if w.Poll > 0 {
		return w.Poll
	}
	_, left := w.rows.open()
	pace, all := 0.0, 0
	for id, n := range left {
		if n > 0 {
			pace += w.catalogue.find(id).pace
			all += n
		}
	}
	switch {
	case pace <= 0:
		return minPause
	case all > manyLeft:
		return max(minPause, min(longPause, time.Duration(50/pace*float64(time.Minute))))
	}
	return max(minPause, min(maxPause, time.Duration(5/pace*float64(time.Minute))))
}
