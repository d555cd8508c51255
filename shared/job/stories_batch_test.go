package job_test

import (
	"context"
	"errors"
	"time"

	"easel/shared/job"
	"easel/shared/read"
	"easel/shared/request"
)

// enlist orders the job as the one of a batch.
func (d *faultMatrix) enlist(r request.Request) {
	d.budget(1e12)
	d.line(r)
	q := job.Query{BatchID: d.group, Limit: 1}
	jobs, _, err := d.db.List(d.t.Context(), q)
	if err != nil || len(jobs) != 1 {
		d.t.Fatalf("%s at %v: the batch %q has %d jobs: %v; %v", d.way.name, d.at, d.group, len(jobs), err, d.broken)
	}
	d.id = jobs[0].ID
}

func (d *faultMatrix) line(r request.Request) {
	r.CustomID = "the fox"
	d.insist("order", func(ctx context.Context) error {
		p, err := d.submit.SubmitBatch(ctx, ann, job.BatchRequest{Key: d.key, Lines: []job.Line{{Number: 1, Request: r}}})
		d.group = p.Batch.ID
		return err
	})
}

// sentAgain is a client that does not believe that it was answered, and then asks for more than it may.
func sentAgain(d *faultMatrix) {
	d.line(request.Request{Settings: request.Settings{Prompt: "a fox", Model: "sd35"}, MaxModelCalls: new(2), Image: pixel(64, 64)})
	d.insist("too much", func(ctx context.Context) error {
		_, err := d.submit.SubmitBatch(ctx, ann, job.BatchRequest{Lines: rows("a hare"), MaxCost: 1})
		if errors.Is(err, job.ErrBudget) {
			return nil
		}
		return errors.Join(err, errors.New("it was taken"))
	})
}

// withdrawn cancels the batch before a worker begins it.
func withdrawn(d *faultMatrix) {
	d.insist("withdraw", func(ctx context.Context) error { _, _, err := d.submit.CancelBatch(ctx, ann, d.group); return err })
}

// concluded takes the batch to its end, looks at it in every way there is, and removes it.
func concluded(d *faultMatrix) {
	d.conclude()
	for name, look := range map[string]func(context.Context) error{
		"show batch": func(ctx context.Context) error { return second(d.reader.Batch(ctx, ann, d.group)) },
		"list batch": func(ctx context.Context) error {
			return second(d.reader.List(ctx, ann, read.Filter{BatchID: d.group, Limit: 10}))
		},
		"all batches": func(ctx context.Context) error {
			return second(d.reader.Batches(ctx, ann, read.BatchFilter{Limit: 10}))
		},
	} {
		d.insist(name, look)
	}
	j := d.get(d.id)
	d.insist("delete batch", func(ctx context.Context) error { _, _, err := d.submit.DeleteBatch(ctx, ann, d.group); return err })
	gone := func() bool {
		b, _, err := d.db.GetBatch(d.t.Context(), d.group)
		return err == nil && b.DeletedAt != nil && b.Fingerprint == ""
	}
	for n := 0; n < 20 && !gone(); n++ {
		d.sweepOnce()
	}
	if _, err := d.db.Get(d.t.Context(), d.id); !gone() || !errors.Is(err, job.ErrNotFound) {
		d.fail("the batch was not removed: %v", err)
	}
	for _, img := range j.Images {
		if _, err := d.store.Stat(d.t.Context(), img.Key); !errors.Is(err, job.ErrNotFound) {
			d.fail("the picture is still there: %v", err)
		}
	}
	if in := j.Input.Image; in != nil {
		if _, err := d.store.GetInput(d.t.Context(), in.Key); !errors.Is(err, job.ErrNotFound) {
			d.fail("the input image is still there: %v", err)
		}
	}
}

// conclude sweeps until the end of the batch was told, and holds the ledger against the job.
func (d *faultMatrix) conclude() {
	for n := 0; n < 40 && d.counters(d.group).When(job.Told) == nil; n++ {
		d.sweepOnce()
	}
	c, j := d.counters(d.group), d.get(d.id)
	if c.When(job.Told) == nil || c.Cost != j.CostMicroUSD || c.Charged != 0 || c.Unwritten != 0 || !j.Status.Ended() {
		d.fail("the batch: %+v, its job is %s and cost %d", c, j.Status, j.CostMicroUSD)
	}
	d.checkCounters(d.group)
}

func (d *faultMatrix) sweepOnce() {
	wait(time.Minute)
	d.run("sweep", 50*time.Second, func(ctx context.Context) { _, _ = d.sweeper.Sweep(ctx) })
}

// rebatched takes what failed through another round.
func rebatched(d *faultMatrix) {
	d.conclude()
	if d.get(d.id).Status != job.Failed {
		return
	}
	d.insist("retry batch", func(ctx context.Context) error {
		_, _, _, err := d.submit.RetryBatch(ctx, ann, d.group, job.Choice{})
		return err
	})
	d.finish()
	d.conclude()
}

// appended adds the job to a batch that is open, and seals it then.
func appended(d *faultMatrix) {
	d.line(request.Request{Settings: request.Settings{Prompt: "a fox"}, MaxModelCalls: new(1)})
	d.insist("append", func(ctx context.Context) error {
		_, err := d.submit.SubmitBatch(ctx, ann, job.BatchRequest{BatchID: d.group, Key: "more", Open: true, Lines: []job.Line{
			{Number: 1, Request: request.Request{Settings: request.Settings{Prompt: "a fox"}, MaxModelCalls: new(1), CustomID: "the fox"}},
		}})
		return err
	})
	d.insist("seal", func(ctx context.Context) error { _, _, err := d.submit.Seal(ctx, ann, d.group); return err })
}
