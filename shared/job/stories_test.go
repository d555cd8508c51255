package job_test

import (
	"context"
	"errors"
	"runtime"
	"time"

	"easel/shared/job"
	"easel/shared/read"
	"easel/shared/request"
)

// story is a way through the life of a job, so that together they pass every step of the core.
type story struct {
	name    string
	calls   int // that the job allows; 0: one
	input   bool
	batch   bool  // it is the one job of a batch
	budget  int64 // of the owner for a day; 0: none
	seconds int   // until its deadline
	dies    place // where the first worker is killed
	answer  func(ctx context.Context, d *faultMatrix, n int) error
	opening func(*faultMatrix) // between order and work
	then    func(*faultMatrix) // after the end
}

var stories = []story{
	{name: "a picture", input: true, then: readStory},
	{name: "unsure once", calls: 2, answer: first(&job.CallError{Class: job.Ambiguous, Code: job.CodeModel})},
	{name: "throttled once", budget: 1e9, answer: first(&job.CallError{Class: job.NotExecuted, Code: job.WaitThrottled})},
	{name: "access comes later", answer: first(&job.CallError{Class: job.Account, Code: job.WaitAccess})},
	{name: "filtered", answer: first(&job.CallError{Class: job.Rejected, Code: job.CodeFiltered, Charged: true})},
	{name: "killed in its call", calls: 2, answer: killed},
	{name: "killed, and one call allowed", answer: killed},
	{name: "killed after its picture", dies: place{"worker", "store", "images.put"}},
	{name: "filtered, then retried", calls: 2, answer: first(&job.CallError{Class: job.Rejected, Code: job.CodeFiltered, Charged: true}), then: retried},
	{name: "its message is lost", opening: lose},
	{name: "sent by the sweep", opening: leave},
	{name: "past its deadline", seconds: 60, opening: oversleep},
	{name: "canceled in its call", answer: canceled},
	{name: "canceled, killed after its picture", answer: canceled, dies: place{"worker", "store", "images.put"}},
	{name: "retried, killed after its picture", answer: restarted, dies: place{"worker", "store", "images.put"}},
	{name: "canceled and throttled", answer: during(canceled, &job.CallError{Class: job.NotExecuted, Code: job.WaitThrottled})},
	{name: "canceled, retried, throttled", calls: 2, answer: during(restarted, &job.CallError{Class: job.NotExecuted, Code: job.WaitThrottled})},
	{name: "deleted", input: true, then: deleted},
	{name: "of a batch", batch: true, calls: 2, input: true, opening: sentAgain, then: concluded},
	{name: "of a batch that is canceled", batch: true, opening: withdrawn, then: concluded},
	{name: "of a batch, appended and sealed", batch: true, opening: appended, then: concluded},
	{name: "of a batch, filtered and retried", batch: true, calls: 2, answer: first(&job.CallError{Class: job.Rejected, Code: job.CodeFiltered, Charged: true}), then: rebatched},
	{name: "ordered again when it has expired", calls: 2, input: true, opening: keptADay, then: reordered},
}

func (s story) order(d *faultMatrix) {
	r := request.Request{Settings: request.Settings{Prompt: "a fox"}, MaxModelCalls: new(max(1, s.calls))}
	if s.input {
		r.Model, r.Image = "sd35", pixel(64, 64)
	}
	if s.seconds > 0 {
		r.DeadlineSeconds = &s.seconds
	}
	d.budget(s.budget)
	if s.batch {
		d.enlist(r)
	} else {
		d.enter(r)
	}
	if s.opening != nil {
		s.opening(d)
	}
}

func (d *faultMatrix) enter(r request.Request) {
	d.insist("submit", func(ctx context.Context) error {
		receipt, err := d.submit.Submit(ctx, ann, r, d.key)
		d.id = receipt.Job.ID
		return err
	})
}

// first is a model that gives one such answer and pictures from then on.
func first(err error) func(context.Context, *faultMatrix, int) error {
	return func(_ context.Context, _ *faultMatrix, n int) error {
		if n == 1 {
			return err
		}
		return nil
	}
}

func killed(_ context.Context, d *faultMatrix, n int) error {
	if n == 1 {
		d.calls++ // it was executed all the same
		runtime.Goexit()
	}
	return nil
}

func canceled(_ context.Context, d *faultMatrix, n int) error {
	if n == 1 {
		d.insist("cancel", func(ctx context.Context) error { return second(d.submit.Cancel(ctx, ann, d.id)) })
	}
	return nil
}

func restarted(ctx context.Context, d *faultMatrix, n int) error {
	if n == 1 {
		_ = canceled(ctx, d, n)
		d.insist("retry", func(ctx context.Context) error { return second(d.submit.Retry(ctx, ann, d.id)) })
	}
	return nil
}

// during lets something happen in the first call, which then brings an error.
func during(what func(context.Context, *faultMatrix, int) error, err error) func(context.Context, *faultMatrix, int) error {
	return func(ctx context.Context, d *faultMatrix, n int) error {
		return errors.Join(what(ctx, d, n), first(err)(ctx, d, n))
	}
}

// lose takes the message away unread.
func lose(d *faultMatrix) {
	if message, ok := d.next(); ok {
		d.settle(message, job.Outcome{})
	}
}

// leave loses the job's message and leaves the job in no place: its timer brings it into its flow.
func leave(d *faultMatrix) {
	lose(d)
	j := d.get(d.id)
	now := time.Now()
	j.Enqueued, j.Due = false, &now
	if _, err := d.db.Update(d.t.Context(), job.Transaction{WriteID: j.WriteID, Jobs: []job.Job{j}}); err != nil {
		d.t.Fatal(err)
	}
}

func oversleep(d *faultMatrix) {
	lose(d)
	wait(2 * time.Minute)
}

// read looks at the job in every way there is.
func readStory(d *faultMatrix) {
	for name, look := range map[string]func(context.Context) error{
		"get":  func(ctx context.Context) error { return second(d.reader.Get(ctx, ann, d.id)) },
		"wait": func(ctx context.Context) error { return second(d.reader.Wait(ctx, ann, d.id, time.Second)) },
		"list": func(ctx context.Context) error { return second(d.reader.List(ctx, ann, read.Filter{Limit: 10})) },
	} {
		d.insist(name, look)
	}
}

// retried takes a failed job through another round.
func retried(d *faultMatrix) {
	if d.get(d.id).Status != job.Failed {
		return
	}
	d.insist("retry", func(ctx context.Context) error { return second(d.submit.Retry(ctx, ann, d.id)) })
	d.finish()
}

func keptADay(d *faultMatrix) { d.retention(day) }

// reordered gives the order again when its key is free, and follows the new job to its end.
func reordered(d *faultMatrix) {
	was := d.get(d.id)
	d.retention(0)
	d.stored, d.calls = false, 0
	wait(2 * day)
	d.story.opening = nil
	d.story.order(d)
	d.finish()
	if j := d.get(d.id); j.ID != was.ID || j.CreatedAt.Equal(was.CreatedAt) || d.stored != (len(j.Images) == 1) {
		d.fail("ordered again: %s with %d images, created %v", j.Status, len(j.Images), j.CreatedAt)
	}
	for _, img := range was.Images {
		if _, err := d.store.Stat(d.t.Context(), img.Key); !errors.Is(err, job.ErrNotFound) {
			d.fail("the expired picture is still there: %v", err)
		}
	}
}

// deleted removes the job, and nothing of it may be left.
func deleted(d *faultMatrix) {
	j := d.get(d.id)
	d.insist("delete", func(ctx context.Context) error {
		if err := d.submit.Delete(ctx, ann, d.id); !errors.Is(err, job.ErrNotFound) {
			return err
		}
		return nil
	})
	ctx := d.t.Context()
	if left, err := d.db.Get(ctx, d.id); err != nil || left.DeletedAt == nil || left.Input.Prompt != "" {
		d.fail("the record is still there: %v", err)
	}
	for _, img := range j.Images {
		if _, err := d.store.Stat(ctx, img.Key); !errors.Is(err, job.ErrNotFound) {
			d.fail("the picture is still there: %v", err)
		}
	}
	if _, err := d.store.GetInput(ctx, j.Input.Image.Key); !errors.Is(err, job.ErrNotFound) {
		d.fail("the input image is still there: %v", err)
	}
}
