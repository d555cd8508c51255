package job_test

import (
	"context"
	"encoding/json"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"easel/shared/job"
	"easel/shared/job/jobtest"
)

func TestAClaimThatLandsLateIsGivenBack(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.budget(1e9)
		id := h.batch(job.BatchRequest{Lines: rows("a fox")}).Batch.ID
		h.worker.Records = &late{Records: h.worker.Records}
		h.deliver()
		if c := h.counters(id); c.Running != 0 || c.Cost != 0 || h.spent() != 0 {
			t.Errorf("no call was begun: %d running, %d charged, %d spent", c.Running, c.Cost, h.spent())
		}
		if b := h.runBatch(id); b.Counters.Cost != 40_000 || h.spent() != 40_000 || h.studio.calls != 1 {
			t.Errorf("%d calls cost %d, and %d are spent", h.studio.calls, b.Counters.Cost, h.spent())
		}
	})
}

func TestADeadlineEndsAJobThatWaitsForItsDay(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.budget(40_000)
		lines := rows("a fox", "a hare")
		soon := 3600
		for n := range lines {
			lines[n].Request.DeadlineSeconds = &soon
		}
		id := h.batch(job.BatchRequest{Lines: lines}).Batch.ID
		h.deliver()
		if _, err := h.submit.SubmitBatch(h.t.Context(), bob, job.BatchRequest{Lines: many(300, "")}); err != nil { // others wait too
			t.Fatal(err)
		}
		wait(90 * time.Minute)
		for range 3 {
			h.sweep()
			wait(time.Minute)
		}
		for _, j := range h.listed(id) {
			if !j.Status.Ended() {
				t.Errorf("half an hour behind its deadline it is %s, due %v", j.Status, j.Due)
			}
		}
	})
}

// The writes of one transaction must fit into 4 MB, a cancellation's too.
func TestACancellationIsWrittenInTransactionsThatFit(t *testing.T) {
	inHarness(t, func(h *harness) {
		lines := many(97, "")
		for n := range lines {
			lines[n].Request.Prompt = strings.Repeat("ü", 10_000)
			lines[n].Request.NegativePrompt = strings.Repeat("ö", 10_000)
		}
		id := h.batch(job.BatchRequest{Lines: lines}).Batch.ID
		h.cancelBatch(id)
		h.fault.After = func(_ context.Context, op string, brought any, err error) error {
			if w, is := brought.(job.Transaction); is {
				size := 0
				for _, j := range w.Jobs {
					doc, _ := json.Marshal(j)
					size += len(doc)
				}
				if size > 4<<20 {
					t.Errorf("%s of %d jobs has %d bytes", op, len(w.Jobs), size)
				}
			}
			return nil
		}
		wait(time.Second)
		h.sweep()
	})
}

func TestInputsGoWithTheirBatchHoweverItsJobsWent(t *testing.T) {
	inHarness(t, func(h *harness) {
		lines := rows("a fox")
		lines[0].Request.Image = pixel(64, 64)
		lines[0].Request.Model = "sd35"
		id := h.batch(job.BatchRequest{Lines: lines}).Batch.ID
		h.runBatch(id)
		if err := h.submit.Delete(h.t.Context(), ann, h.listed(id)[0].ID); err != nil {
			t.Fatal(err)
		}
		if _, _, err := h.submit.DeleteBatch(h.t.Context(), ann, id); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			wait(15 * time.Second)
			h.sweep()
		}
		if b, _, err := h.db.GetBatch(h.t.Context(), id); err == nil && b.DeletedAt == nil {
			t.Fatal("the batch is still there")
		}
		_ = filepath.WalkDir(h.dir, func(path string, d fs.DirEntry, err error) error {
			if err == nil && !d.IsDir() && strings.Contains(path, "inputs") {
				t.Errorf("left: %s", strings.TrimPrefix(path, h.dir))
			}
			return nil
		})
	})
}

func TestJobsThatAreKeptAreNotDueAfterARestart(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.retention(30 * 24 * time.Hour)
		r := fox
		r.Image = pixel(64, 64)
		r.Model = "sd35"
		j := h.run(h.order(r, "").ID)
		was := *h.get(j.ID).Due
		if err := h.db.Recover(h.t.Context()); err != nil {
			t.Fatal(err)
		}
		if now := h.get(j.ID); now.Due == nil || !now.Due.Equal(was) {
			t.Errorf("a job that has ended is due %v, was %v: it stands before all that wait", now.Due, was)
		}
	})
}

func TestALateImageDoesNotTakeAnotherCallsMoney(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.budget(1e9)
		id := h.batch(job.BatchRequest{Lines: rows("a fox")}).Batch.ID
		j := h.listed(id)[0]
		// generation 1 is called, and its worker loses its lease but goes on
		release, image := make(chan struct{}), make(chan struct{})
		h.studio.do = func(_ context.Context, n int) error {
			switch n {
			case 1:
				<-image
				return nil
			case 2:
				<-release
				return &job.CallError{Class: job.NotExecuted, Code: job.WaitThrottled}
			}
			return nil
		}
		h.start() // W1
		wait(5 * time.Minute)
		h.sweep()
		wait(20 * time.Minute)
		d := h.receive()
		m, err := job.ParseMessage(d.Body)
		if err != nil {
			t.Fatal(err)
		}
		go h.do(m) // W2, which claims again
		wait(5 * time.Second)
		if _, err := h.submit.Cancel(h.t.Context(), ann, j.ID); err != nil {
			t.Error(err)
		}
		if _, err := h.submit.Retry(h.t.Context(), ann, j.ID); err != nil {
			t.Error(err)
		}
		if now := h.get(j.ID); now.Status != job.Queued || now.Lease == nil {
			t.Fatalf("%s, %v", now.Status, now.Lease)
		}
		close(image) // W1's image arrives now
		wait(5 * time.Second)
		close(release)
		wait(5 * time.Second)
		if c := h.counters(id); c.Cost != 40_000 || h.spent() != 40_000 || c.Charged != 0 {
			t.Errorf("one call was executed, and it cost %d, %d spent, %d charged: %+v", c.Cost, h.spent(), c.Charged, h.get(j.ID).Status)
		}
	})
}

// A message whose sending seemed to fail is received all the same; the sweep leaves the job alone while its call runs.
func TestAJobThatRunsIsNotSentAgain(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.submit.Limiter.Limits = every(40 * time.Second)
		first := h.order(fox, "")
		h.fault.Rule = jobtest.Fail("queue.send", jobtest.After, jobtest.Forever)
		j := h.order(fox, "")
		h.fault.Rule = nil
		h.run(first.ID) // takes the slot before
		if h.get(j.ID).Enqueued {
			t.Fatal("it is marked as sent")
		}
		h.deliver() // the message that was said not to be sent counts no more
		h.sweep()
		h.studio.do = func(_ context.Context, n int) error {
			wait(105 * time.Second)
			return &job.CallError{Class: job.Rejected, Code: job.CodeFiltered, Charged: true}
		}
		h.start()
		for h.studio.called() < 2 {
			wait(time.Second)
		}
		for range 11 {
			wait(10 * time.Second)
			h.sweep()
		}
		if now := h.get(j.ID); now.Status != job.Failed || now.Failure.Code != job.CodeFiltered {
			t.Errorf("the model's answer was final, and the job is %s: message %d, lease %v", now.Status, now.MessageNo, now.Lease)
		}
	})
}

// late lets a claim's write take effect only behind the next read, when its caller has given up.
type late struct {
	job.Records
	pending *job.Transaction
	done    bool
}

func (l *late) Update(ctx context.Context, t job.Transaction) (job.Obstacle, error) {
	if !l.done && t.Jobs[0].Lease != nil {
		l.done, l.pending = true, &t
		<-ctx.Done()
		return job.Obstacle{}, ctx.Err()
	}
	if l.pending != nil {
		claim := *l.pending
		l.pending = nil
		if there, err := l.Records.Update(ctx, claim); err != nil {
			return there, err
		}
	}
	return l.Records.Update(ctx, t)
}

// cannotFinish delivers a message to a worker that stores its image and cannot finish until its time is over.
func (h *harness) cannotFinish() {
	h.t.Helper()
	stored := false
	h.fault.Rule = func(op string, _ int) jobtest.Failure {
		stored = stored || op == "images.put"
		if stored && op == "records.update" {
			return jobtest.Before
		}
		return jobtest.None
	}
	h.deliver()
	h.fault.Rule = nil
}

// An image that was stored by a worker that could not finish belongs to its job, also where its batch was canceled since.
func TestAStoredImageIsShownThoughItsBatchIsCanceled(t *testing.T) {
	inHarness(t, func(h *harness) {
		id := h.batch(job.BatchRequest{Lines: rows("a fox")}).Batch.ID
		h.cannotFinish()
		h.cancelBatch(id)
		wait(5 * time.Minute) // the lease has ended, and the message comes again
		h.deliver()
		if j := h.listed(id)[0]; len(j.Images) != 1 || !j.Status.Ended() || h.studio.calls != 1 {
			t.Errorf("it is %s with %d images after %d calls", j.Status, len(j.Images), h.studio.calls)
		}
		h.checkCounters(id)
	})
}
