//go:build long

package local

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"easel/shared/job"
	"easel/shared/request"
)

// crowd is how many lines a large batch has.
const crowd = job.MaxBatch

// ann orders what is measured.
var ann = job.Caller{Owner: "ann"}

// bulk is an engine without workers whose sweeps are called one after the other, by a clock that can be set.
type bulk struct {
	*testing.B
	e     *engine
	ahead time.Duration // of the clock
	batch string
}

// BenchmarkBulk is how many seconds it takes until 100,000 lines are accepted, canceled, begun again, expired at their deadline
// and deleted beside as many others, first without pictures and then with a picture each, and until no file holds words of the
// first. All of it is on the disk.
func BenchmarkBulk(b *testing.B) {
	for b.Loop() {
		e, _, shut := engineOf(b, 1)
		u := &bulk{B: b, e: e}
		now := func() time.Time { return time.Now().Add(u.ahead) }
		e.submitter.Now, e.sweeper.Now = now, now
		u.measure("accept", u.accept)
		u.measure("cancel", u.cancel)
		u.measure("retry", u.retry)
		u.cancel()
		first := u.batch
		u.accept()
		u.cancel()
		second := u.batch
		u.batch = first
		u.measure("delete-records", u.remove)
		u.measure("overwrite", u.scrub)
		u.batch = second
		u.retry()
		u.measure("expire", u.expire)
		u.illustrate()
		u.measure("delete-with-files", u.remove)
		shut()
	}
}

func (u *bulk) measure(what string, do func()) {
	u.Helper()
	began := time.Now()
	do()
	figure(u.B, time.Since(began).Seconds(), "s-"+what)
}

// accept orders the lines as a client does that sends a file.
func (u *bulk) accept() {
	u.Helper()
	u.batch = ""
	day := 24 * 60 * 60
	for first := 0; first < crowd; first += job.MaxLines {
		lines := make([]job.Line, job.MaxLines)
		for n := range lines {
			at := first + n
			lines[n] = job.Line{Number: n + 1, Request: request.Request{
				Settings: request.Settings{Prompt: fmt.Sprintf("catalogue picture %d of a %s lighthouse at dusk, %d ships, wide angle, 8k", at, hues[at%len(hues)], at%97)},
				CustomID: fmt.Sprint("row-", at), DeadlineSeconds: &day,
			}}
		}
		p, err := u.e.submitter.SubmitBatch(u.Context(), ann, job.BatchRequest{BatchID: u.batch, Lines: lines, Open: true})
		if err != nil {
			u.Fatal(err)
		}
		u.batch = p.Batch.ID
	}
}

var hues = strings.Fields("red green blue white black brown golden silver purple orange")

// sweep sweeps until the counters of the batch are as they should be.
func (u *bulk) sweep(until func(job.Counters, error) bool) {
	u.Helper()
	for {
		_, c, err := u.e.db.GetBatch(u.Context(), u.batch)
		if until(c, err) {
			return
		}
		if err := u.e.sweepOnce(u.Context()); err != nil {
			u.Fatal(err)
		}
		u.ahead += time.Second // that is how long a server rests
	}
}

func (u *bulk) cancel() {
	u.Helper()
	if _, _, err := u.e.submitter.CancelBatch(u.Context(), ann, u.batch); err != nil {
		u.Fatal(err)
	}
	u.sweep(func(c job.Counters, err error) bool { return err == nil && c.Unwritten == 0 })
}

func (u *bulk) retry() {
	u.Helper()
	for more := true; more; {
		var err error
		if _, _, more, err = u.e.submitter.RetryBatch(u.Context(), ann, u.batch, job.Choice{Statuses: []job.Status{job.Canceled}}); err != nil {
			u.Fatal(err)
		}
	}
}

// expire lets the deadline of all lines pass.
func (u *bulk) expire() {
	u.Helper()
	u.ahead += 48 * time.Hour
	u.sweep(func(c job.Counters, err error) bool { return err == nil && c.Queued == 0 })
}

func (u *bulk) remove() {
	u.Helper()
	if _, _, err := u.e.submitter.DeleteBatch(u.Context(), ann, u.batch); err != nil {
		u.Fatal(err)
	}
	u.sweep(func(c job.Counters, err error) bool { return c.BatchID == "" })
}

func (u *bulk) scrub() {
	u.Helper()
	if err := u.e.db.Scrub(u.Context()); err != nil {
		u.Fatal(err)
	}
}

// illustrate stores a picture of every job, as its call would have done.
func (u *bulk) illustrate() {
	u.Helper()
	picture := newBlank(u.B)
	var wg sync.WaitGroup
	work := make(chan job.Job)
	for range connections {
		wg.Go(func() {
			for j := range work {
				if err := keepBlank(u.Context(), u.e, j, picture); err != nil {
					u.Error(err)
				}
			}
		})
	}
	for q := (job.Query{BatchID: u.batch, Limit: 100}); ; {
		jobs, more, err := u.e.db.List(u.Context(), q)
		if err != nil {
			u.Fatal(err)
		}
		for _, j := range jobs {
			work <- j
		}
		if q.After = more; more == nil {
			break
		}
	}
	close(work)
	wg.Wait()
}

// keepBlank stores a picture under the key that the first call for a job of a batch has.
func keepBlank(ctx context.Context, e *engine, j job.Job, picture []byte) error {
	key := fmt.Sprintf("images/batch/%s/1-%d.png", j.ID, j.CreatedAt.UnixMilli())
	return e.store.Put(ctx, key, picture, job.ImageInfo{ContentType: "image/png", SizeBytes: int64(len(picture))})
}
