package run

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/usd"
)

// endTime bounds how long the end of a job waits for the event that tells of it.
const endTime = 2 * time.Second

// Watcher tells the outside of jobs: a line in the log for each change of state, and for each end a line of metrics and,
// where wanted, an event. None of that can fail a job; the event of a batch is sent again until one was taken.
type Watcher struct {
	Log     *slog.Logger
	Metrics Metrics // nil: none
	Events  Events  // nil: none

	mu       sync.Mutex
	gathered []job.Job // whose events are to go out together
	gathers  bool      // whether events are gathered
}

// gatherMost is how many ends are told together: as many as EventBridge takes in a request.
const gatherMost = 10

// Events tells other programs of ends.
type Events interface {
	// Ended tells of jobs, at most ten.
	Ended(ctx context.Context, jobs ...job.Job) error
	// BatchEnded tells of a batch, with its counters.
	BatchEnded(ctx context.Context, b job.Batch, c job.Counters) error
}

// Metrics counts what becomes of jobs.
type Metrics interface {
	// Ended counts a job that has ended.
	Ended(j job.Job) error
	// Backlog says that a model has jobs under way.
	Backlog(model string) error
}

// Watch is for job.Recorder.
func (w *Watcher) Watch(ctx context.Context, from job.Status, j job.Job) {
	w.line(ctx, from, j)
	if !j.Status.Ended() {
		return
	}
	if w.Metrics != nil {
		if err := w.Metrics.Ended(j); err != nil {
			w.Log.WarnContext(ctx, "metrics not written", "job", j.ID, "err", err)
		}
	}
	if w.Events != nil {
		w.tell(ctx, w.gather(j))
	}
}

// gather returns the jobs whose ends are to be told now: the one, or ten where a sweep ends many.
func (w *Watcher) gather(j job.Job) []job.Job {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gathered = append(w.gathered, j)
	if w.gathers && len(w.gathered) < gatherMost {
		return nil
	}
	now := w.gathered
	w.gathered = nil
	return now
}

// Together lets the ends of many jobs go out ten in a request until the function that it returns sends the rest.
func (w *Watcher) Together() (flush func(ctx context.Context)) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.gathers = true
	return func(ctx context.Context) {
		w.mu.Lock()
		rest := w.gathered
		w.gathered, w.gathers = nil, false
		w.mu.Unlock()
		w.tell(ctx, rest)
	}
}

func (w *Watcher) tell(ctx context.Context, jobs []job.Job) {
	if len(jobs) > 0 {
		event := func(ctx context.Context) error { return w.Events.Ended(ctx, jobs...) }
		_ = w.send(ctx, event, "job", jobs[0].ID, "jobs", len(jobs))
	}
}

// WatchBatch is the Ended of job.Recorder. It returns the error of the event, so that the core calls it again.
func (w *Watcher) WatchBatch(ctx context.Context, b job.Batch, c job.Counters) error {
	if w.Events != nil {
		event := func(ctx context.Context) error { return w.Events.BatchEnded(ctx, b, c) }
		if err := w.send(ctx, event, "batch", b.ID); err != nil {
			return err
		}
	}
	sum := c.Sum()
	w.Log.InfoContext(ctx, "batch ended", "batch", b.ID, "jobs", sum.Total(), "succeeded", sum[job.Succeeded],
		"failed", sum[job.Failed], "canceled", sum[job.Canceled], "list_usd", usd.Number(c.Cost))
	return nil
}

// send sends an event within its time. Where that fails the log says what it was about.
func (w *Watcher) send(ctx context.Context, event func(context.Context) error, about ...any) error {
	limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
	defer cancel()
	err := event(limited)
	if err != nil {
		w.Log.WarnContext(ctx, "event not sent", append(about, "err", err)...)
	}
	return err
}

// Backlog writes in the metrics which models have jobs with a message out. The sweep calls it at every run.
func (w *Watcher) Backlog(ctx context.Context, timers job.Timers) {
	if w.Metrics == nil {
		return
	}
	for _, m := range model.Current() {
		out, err := timers.Dispatched(ctx, m.ID)
		if err == nil && len(out) > 0 {
			err = w.Metrics.Backlog(m.ID)
		}
		if err != nil {
			w.Log.WarnContext(ctx, "backlog not measured", "model", m.ID, "err", err)
		}
	}
}

func (w *Watcher) line(ctx context.Context, from job.Status, j job.Job) {
	attrs := []slog.Attr{
		slog.String("job", j.ID), slog.String("status", string(j.Status)), slog.String("from", string(from)),
		slog.String("model", j.Model), slog.Int("attempt", j.Attempts), slog.Int64("ms", elapsed(j).Milliseconds()),
	}
	if j.Failure != nil {
		attrs = append(attrs, slog.String("code", j.Failure.Code))
	}
	if j.Status == job.Queued && j.Waiting != nil {
		attrs = append(attrs, slog.String("waiting", j.Waiting.Code))
	}
	w.Log.LogAttrs(ctx, slog.LevelInfo, "job", attrs...)
}

// Report is for worker.Worker. The errors of the adapters hold no prompt.
func (w *Watcher) Report(ctx context.Context, j job.Job, err error) {
	w.Log.WarnContext(ctx, "no picture", "job", j.ID, "model", j.Model, "attempt", j.Attempts, "err", err)
}

// elapsed is the time spent in the state that was left: waiting before a start, running before an end.
func elapsed(j job.Job) time.Duration {
	switch {
	case j.StartedAt == nil:
		return 0
	case j.CompletedAt == nil:
		return j.StartedAt.Sub(j.QueuedAt)
	}
	return j.CompletedAt.Sub(*j.StartedAt)
}
