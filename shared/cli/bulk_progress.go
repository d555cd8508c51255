package cli

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/dustin/go-humanize"

	"easel/shared/bulk"
)

// Times of the progress of a run.
const (
	barEvery  = time.Second      // the bar is painted anew
	lineEvery = 30 * time.Second // a line is written where there is no terminal

	serverPatience = 10 * time.Minute // with a server that does not answer, at most
)

// bulkWatch shows how a run goes on: a bar on a terminal, a line now and then elsewhere, or events for machines.
type bulkWatch struct {
	a     *app
	run   *bulk.Run
	width int  // columns of the terminal; 0: there is none
	free  bool // the pictures cost nothing

	mu    sync.Mutex
	under lastLine
	bar   string        // empty: not yet, or no longer, shown
	last  string        // the line that was written last
	done  chan struct{} // nil: nothing goes on
	over  sync.WaitGroup
}

// watch listens to a run.
func (a bulkCommands) watch(run *bulk.Run) *bulkWatch {
	w := &bulkWatch{a: a.app, run: run, under: lastLine{w: a.errs}}
	if w.width = a.columns(); w.width > 0 {
		run.Verifying = w.verifying
	}
	run.Report = w.hear
	if a.patience > 0 {
		run.Patience = min(a.patience, serverPatience)
	}
	return w
}

// perform does what was planned, while it shows how that goes on and no longer than patience lasts.
func (w *bulkWatch) perform(ctx context.Context, p bulk.Plan) (bulk.Summary, error) {
	ctx, stop := w.a.forOrders().limit(ctx, w.run)
	defer stop()
	w.start(p)
	defer w.stop()
	return w.run.Go(ctx)
}

// hear is told every event.
func (w *bulkWatch) hear(e bulk.Event) {
	switch {
	case w.a.json:
		_ = w.a.emit(e) // it fails only where the reader of the output has gone
	case e.Event == bulk.Waiting:
		w.line(clip(e.Message, 500))
	}
}

// few pictures are checked faster than a person reads a progress line, so there is none for them.
const few = 500

// verifying shows how far the pictures have been held against the manifest.
func (w *bulkWatch) verifying(done, all int) {
	if all < few {
		return
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if now := bar(done, all, "looking at the pictures that are there", w.width); now != w.bar {
		w.show(now)
	}
}

// show paints the bar.
func (w *bulkWatch) show(text string) {
	w.bar = text
	w.under.write(text)
}

// start begins to show the progress of what is sent.
func (w *bulkWatch) start(p bulk.Plan) {
	if w.a.json || p.ToMake == 0 {
		return
	}
	w.free = p.Simulated
	w.mu.Lock()
	w.done = make(chan struct{})
	w.mu.Unlock()
	w.over.Go(w.tick)
}

func (w *bulkWatch) tick() {
	every := lineEvery
	if w.width > 0 {
		every = barEvery
	}
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		w.paint()
		select {
		case <-t.C:
		case <-w.done:
			return
		}
	}
}

func (w *bulkWatch) paint() {
	p := w.run.Progress()
	text := standing(p, w.free)
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.width > 0:
		w.show(bar(p.Made+p.Failed, p.Total, text, w.width))
	case text != w.last:
		w.last = text
		fmt.Fprintln(w.a.errs, text)
	}
}

// line writes a line of text above the bar.
func (w *bulkWatch) line(text string) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.under.write("") // the text would stand in the bar
	fmt.Fprintln(w.a.errs, text)
	w.under.write(w.bar)
}

// clear takes the bar away.
func (w *bulkWatch) clear() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.show("")
}

// stop ends the showing. It may be called twice.
func (w *bulkWatch) stop() {
	if w.done != nil {
		close(w.done)
		w.over.Wait()
		w.done = nil
	}
	w.clear()
}

// standing is how a run stands, on one line; without its cost where there is none.
func standing(p bulk.Progress, free bool) string {
	parts := []string{fmt.Sprintf("%s of %s made", humanize.Comma(int64(p.Made)), humanize.Comma(int64(p.Total)))}
	if p.Failed > 0 {
		parts = append(parts, humanize.Comma(int64(p.Failed))+" failed")
	}
	if p.PerMinute > 0 {
		parts = append(parts, fmt.Sprintf("%.4g a minute", p.PerMinute))
	}
	if !free {
		parts = append(parts, dollars(p.CostUSD)+" ordered")
	}
	if p.Waiting != "" {
		parts = append(parts, "waiting: "+p.Waiting)
	}
	if p.EndsAt != nil {
		parts = append(parts, "until about "+clock(*p.EndsAt))
	}
	return strings.Join(parts, ", ")
}
