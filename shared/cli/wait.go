package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/backoff"
	"easel/shared/bulk"
	"easel/shared/job"
)

func (a orderCommands) waitCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use: "wait ID...", Short: "Wait until jobs or batches have ended", Args: atLeast(1, "ID"),
		Long: `Wait until jobs or batches have ended. On a terminal a line shows how they stand: of a batch its counts, its pace and when
it is likely to end. An interruption ends the waiting alone; jobs and batches go on.

The exit code is 3 if a job ended without a picture, of its own or in a batch, and 4 if the wait was given up.`,
		Example: `  easel wait $id && easel download $id
  easel wait $batch --json | jq .counts`,
		RunE: a.forJobs().withJobs(a.waitAny),
	}
	a.waitFlags(cmd)
	return cmd
}

// waitAny waits for the job of an ID, or else for its batch.
func (a orderCommands) waitAny(ctx context.Context, c *client.Client, id string) error {
	err := a.wait(ctx, c, id)
	if !errors.Is(err, job.ErrNotFound) {
		return err
	}
	b, not := c.Batch(ctx, id, 0)
	switch {
	case errors.Is(not, job.ErrNotFound):
		return err
	case ctx.Err() != nil:
		return &interrupted{way: a.way, ids: []string{id}}
	case not != nil:
		return not
	}
	return a.waitBatch(ctx, c, b)
}

func (a orderCommands) wait(ctx context.Context, c *client.Client, id string) error {
	j, err := a.await(ctx, c, id)
	if err != nil {
		return err
	}
	return errors.Join(a.result(j), a.verdict(j))
}

// await gets a job as it ended.
func (a orderCommands) await(ctx context.Context, c *client.Client, id string) (api.Job, error) {
	j, err := c.Get(ctx, id, 0)
	if err != nil {
		if ctx.Err() != nil {
			err = &interrupted{way: a.way, ids: []string{id}}
		}
		return j, err
	}
	m := a.meter()
	defer m.stop()
	return a.follow(ctx, c, j, m)
}

// waitBatch waits until a batch has ended, and shows it as a line.
func (a orderCommands) waitBatch(ctx context.Context, c *client.Client, b api.Batch) error {
	m := a.meter()
	defer m.stop()
	w := &batchWait{orderCommands: a, client: c, meter: m, batch: b}
	if err := w.follow(ctx); err != nil {
		return err
	}
	if err := a.forBatches().batchLine(w.batch); err != nil {
		return err
	}
	return a.forBatches().batchVerdict(w.batch)
}

// batchVerdict is nil for a batch that has a picture for every job.
func (a batchCommands) batchVerdict(b api.Batch) error {
	if b.Status != string(job.BatchDeleting) && b.Counts.Succeeded == b.Counts.Total {
		return nil
	}
	return &endedBatch{batch: b, way: a.way}
}

// endedBatch is a batch that ended without a picture for every job.
type endedBatch struct {
	batch api.Batch
	way   way
}

// Error tells how many pictures are missing, and the command that helps.
func (e *endedBatch) Error() string {
	b := e.batch
	if b.Status == string(job.BatchDeleting) {
		return fmt.Sprintf("batch %s is being deleted", b.ID)
	}
	text := fmt.Sprintf("batch %s is %s, and %d of its %s ended without a picture.", b.ID, b.Status, b.Counts.Total-b.Counts.Succeeded, counted(int(b.Counts.Total), "job"))
	if b.Counts.Failed == 0 {
		return text + " Start them again with: " + e.way.to("batch retry", b.ID, "--status canceled")
	}
	return text + " Try those again that failed: " + e.way.to("batch retry", b.ID)
}

func (e *endedBatch) outcome() (code int, kind string) {
	switch b := e.batch; {
	case b.Status == string(job.BatchDeleting):
		return codeFailed, b.Status
	case b.Counts.Failed > 0:
		return codeFailed, string(job.Failed)
	}
	return codeFailed, string(job.Canceled)
}

// lookEvery is the time between two looks at what the jobs of a batch wait for, while none runs.
const lookEvery = 30 * time.Second

// batchWait is a wait for a batch.
type batchWait struct {
	orderCommands
	client *client.Client
	meter  *meter
	batch  api.Batch

	looked time.Time // at what the jobs wait for
	why    api.Waiting
	told   string // what was told last where the output is no terminal
}

// follow waits until the batch has ended. A server that is gone for a while does not end the waiting, nor do jobs that go on
// without an end within patience.
func (w *batchWait) follow(ctx context.Context) error {
	began, failures := time.Now(), 0
	for !w.over() {
		w.explain(ctx)
		w.meter.show(w.batch.Status, w.standing(), w.batch.ID)
		asked := time.Now()
		left := w.patience - asked.Sub(began)
		if w.patience > 0 && left <= 0 {
			return w.interrupted(&gaveUp{w.patience, w.reason()})
		}
		now, err := w.client.Batch(ctx, w.batch.ID, w.within(w.meter.hold(), left))
		switch {
		case ctx.Err() != nil:
			return w.interrupted(nil)
		case err == nil:
			if failures = 0; ends(now) != ends(w.batch) {
				began = time.Now()
			}
			w.batch = now
		case bulk.Passing(err) && failures < patience:
			failures++
			w.meter.show(w.batch.Status, "no answer from the server; trying again", w.batch.ID)
		default:
			return err
		}
		if !w.over() && time.Since(asked) < breath/2 {
			_ = backoff.Sleep(ctx, w.within(breath, left))
		}
	}
	w.meter.clear()
	return nil
}

func (w *batchWait) interrupted(g *gaveUp) error {
	return &interrupted{way: w.way, ids: []string{w.batch.ID}, batch: true, gave: g}
}

// over reports whether nothing is left to wait for.
func (w *batchWait) over() bool {
	is := job.BatchStatus(w.batch.Status)
	return is.Ended() || is == job.BatchDeleting
}

// ends is how many jobs of a batch have ended.
func ends(b api.Batch) int64 { return b.Counts.Succeeded + b.Counts.Failed + b.Counts.Canceled }

// explain finds out what the jobs wait for where none runs, and tells it once where the output is no terminal.
func (w *batchWait) explain(ctx context.Context) {
	c := w.batch.Counts
	switch {
	case c.Running > 0 || c.Queued == 0:
		w.why = api.Waiting{}
	case time.Since(w.looked) >= lookEvery:
		w.looked = time.Now()
		w.why = w.look(ctx)
	}
	reason := w.reason()
	if w.meter == nil && reason != "" && reason != w.told {
		w.say("batch %s waits (%s)", w.batch.ID, reason)
	}
	w.told = reason
}

// look asks for the first jobs that wait. What cannot be learned is shown by the counts alone.
func (w *batchWait) look(ctx context.Context) api.Waiting {
	list, err := w.client.List(ctx, client.ListQuery{BatchID: w.batch.ID, Status: []string{string(job.Queued)}, Limit: 20})
	if err != nil {
		return api.Waiting{}
	}
	for _, j := range list.Data {
		if j.Waiting != nil && j.Waiting.Code != job.WaitPace {
			return *j.Waiting
		}
	}
	return api.Waiting{}
}

// reason is what the jobs wait for, if that is more than their turn or than the seal of the batch.
func (w *batchWait) reason() string {
	switch {
	case w.why.Code != "":
		return w.why.Code + ": " + clip(w.why.Message, 500)
	case w.batch.SealedAt == nil && w.batch.Counts.Queued+w.batch.Counts.Running == 0:
		return "open: more jobs may be added; " + w.way.to("batch seal", w.batch.ID) + " says that none will"
	}
	return ""
}

// standing is how the batch stands, on one line.
func (w *batchWait) standing() string {
	b := w.batch
	parts := []string{counts(b.Counts)}
	if b.ImagesPerMinute != nil {
		parts = append(parts, fmt.Sprintf("%.4g a minute", *b.ImagesPerMinute))
	}
	if b.EndsAt != nil {
		parts = append(parts, "until about "+clock(*b.EndsAt))
	}
	if reason := w.reason(); reason != "" {
		parts = append(parts, "waiting: "+reason)
	}
	return strings.Join(parts, ", ")
}

// clock is a time for people who wait for it: as far away as it is, with its day or its date.
func clock(at time.Time) string {
	at = at.Local()
	switch left := time.Until(at); {
	case left > 6*24*time.Hour:
		return at.Format(time.DateOnly)
	case left > 20*time.Hour:
		return at.Format("Mon 15:04")
	}
	return at.Format("15:04")
}
