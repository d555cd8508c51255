package sqlite

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"

	"easel/shared/gate"
	"easel/shared/job"
)

// BenchmarkMillion lists from a file of 1,000,000 jobs. The file has 2.3 GB and takes one to two minutes to write, in
// the folder that TMPDIR names.
func BenchmarkMillion(b *testing.B) {
	gate.Only(b, "a file of 1,000,000 jobs")
	db := million(b)
	for _, l := range lists {
		b.Run(l.name, func(b *testing.B) { walk(b, l.pages(db)) })
	}
	b.Run("batches", func(b *testing.B) {
		walk(b, func(after *job.Mark) (int, *job.Mark, error) {
			found, _, more, err := db.ListBatches(b.Context(), "local", after, 100)
			return len(found), more, err
		})
	})
	get := func() error {
		_, err := db.Get(b.Context(), jobID(5, 777))
		return err
	}
	for _, l := range lists {
		if slices.Contains([]string{"all", "running", "no such model", "batch of another"}, l.name) {
			b.Run("get beside 8 of "+l.name, func(b *testing.B) { besideLists(b, l.pages(db), get) })
		}
	}
}

// list is what clients or the sweep ask for.
type list struct {
	name string
	job.Query
}

// Of the lists below the first of the ten batches is the oldest.
var (
	halfway = &job.Mark{Created: instant().Add(5 * time.Hour).UnixMicro(), Position: 50_000}
	ended   = []job.Status{job.Succeeded, job.Failed, job.Canceled}
	active  = []job.Status{job.Queued, job.Running}
)

var lists = []list{
	{"all", job.Query{Owner: "local"}},
	{"all, from halfway", job.Query{Owner: "local", After: halfway}},
	{"running", job.Query{Owner: "local", Statuses: active[1:]}},
	{"queued", job.Query{Owner: "local", Statuses: active[:1]}},
	{"queued or running", job.Query{Owner: "local", Statuses: active}},
	{"failed", job.Query{Owner: "local", Statuses: ended[1:2]}},
	{"failed, from halfway", job.Query{Owner: "local", Statuses: ended[1:2], After: halfway}},
	{"ended", job.Query{Owner: "local", Statuses: ended}},
	{"common model", job.Query{Owner: "local", Model: models[0]}},
	{"rare model", job.Query{Owner: "local", Model: "rare"}},
	{"no such model", job.Query{Owner: "local", Model: "none"}},
	{"running, common model", job.Query{Owner: "local", Model: models[0], Statuses: active[1:]}},
	{"ended, rare model", job.Query{Owner: "local", Model: "rare", Statuses: ended}},
	{"batch", job.Query{Owner: "local", BatchID: batchID(5)}},
	{"batch, from halfway", job.Query{Owner: "local", BatchID: batchID(5), After: halfway}},
	{"batch, running", job.Query{Owner: "local", BatchID: batchID(0), Statuses: active[1:]}},
	{"batch, queued behind canceled", job.Query{BatchID: batchID(1), Statuses: active[:1]}},
	{"batch, failed", job.Query{BatchID: batchID(5), Statuses: ended[1:2]}},
	{"batch, canceled of none", job.Query{Owner: "local", BatchID: batchID(5), Statuses: ended[2:]}},
	{"batch, common model", job.Query{Owner: "local", BatchID: batchID(5), Model: models[0]}},
	{"batch, rare model", job.Query{Owner: "local", BatchID: batchID(0), Model: "rare"}},
	{"word of all", job.Query{Owner: "local", Words: "lighthouse"}},
	{"words of every hundredth", job.Query{Owner: "local", Words: "light hundred"}},
	{"word of few", job.Query{Owner: "local", Words: "rare"}},
	{"word of none", job.Query{Owner: "local", Words: "nothing"}},
	{"batch, word of all", job.Query{Owner: "local", BatchID: batchID(5), Words: "light"}},
	{"failed, words of every hundredth", job.Query{Owner: "local", Statuses: ended[1:2], Words: "hundredth"}},
	{"batch of another", job.Query{Owner: "another", BatchID: batchID(5)}},
}

// pager returns how many a page has and where the next one begins.
type pager func(after *job.Mark) (int, *job.Mark, error)

func (l list) pages(db *DB) pager {
	return func(after *job.Mark) (int, *job.Mark, error) {
		q := l.Query
		if q.Limit = 100; after != nil {
			q.After = after
		}
		found, more, err := db.List(context.Background(), q)
		return len(found), more, err
	}
}

// walk reads a list to its end, or 500 pages of it.
func walk(b *testing.B, read pager) {
	var first, pages []time.Duration
	found := 0
	for b.Loop() {
		var after *job.Mark
		for n := range 500 {
			began := time.Now()
			jobs, more, err := read(after)
			if err != nil {
				b.Fatal(err)
			}
			pages = append(pages, time.Since(began))
			if found += jobs; n == 0 {
				first = append(first, pages[len(pages)-1])
			}
			if after = more; after == nil {
				break
			}
		}
	}
	b.ReportMetric(float64(len(pages))/float64(b.N), "pages")
	b.ReportMetric(float64(found)/float64(b.N), "found")
	b.ReportMetric(median(first), "ms/first")
	report(b, pages)
}

// besideLists reads a job whenever one of eight clients, which list without a pause, has a page.
func besideLists(b *testing.B, read pager, get func() error) {
	ctx, cancel := context.WithCancel(b.Context())
	var clients sync.WaitGroup
	listed := make(chan struct{}, 1)
	for range 8 {
		clients.Go(func() {
			for after := (*job.Mark)(nil); ctx.Err() == nil; {
				_, after, _ = read(after)
				select {
				case listed <- struct{}{}:
				default:
				}
			}
		})
	}
	var took []time.Duration
	for b.Loop() {
		for range 50 {
			<-listed
			began := time.Now()
			if err := get(); err != nil {
				b.Error(err)
			}
			took = append(took, time.Since(began))
		}
	}
	cancel()
	clients.Wait()
	report(b, took)
}

func report(b *testing.B, took []time.Duration) {
	b.ReportMetric(0, "ns/op")
	b.ReportMetric(median(took), "ms/median")
	b.ReportMetric(slices.Max(took).Seconds()*1000, "ms/max")
}

// median is in milliseconds.
func median(all []time.Duration) float64 {
	return slices.Sorted(slices.Values(all))[len(all)/2].Seconds() * 1000
}

var models = []string{"stability.stable-image-core-v1:1", "stability.stable-image-ultra-v1:1", "stability.sd3-5-large-v1:0"}

// million is a file with 1,000,000 jobs of one owner in ten batches, and with 10,000 batches without a job.
func million(b *testing.B) *DB {
	b.Helper()
	db := reopen(b, filepath.Join(b.TempDir(), "easel.db"), Options{Unsafe: true})
	for n := range 10_010 {
		batch := &job.Batch{ID: batchID(n), Owner: "local", CreatedAt: instant().Add(time.Duration(n) * time.Hour)}
		if _, err := db.Create(b.Context(), job.Transaction{WriteID: "w", Batch: batch}); err != nil {
			b.Fatal(err)
		}
		for first := 0; n < 10 && first < 100_000; first += 1000 {
			jobs := make([]job.Job, 1000)
			for position := range jobs {
				jobs[position] = mostlyEnded(n, first+position)
			}
			d := difference(batch.ID, nil, jobs)
			if _, err := db.Create(b.Context(), job.Transaction{WriteID: "w", Jobs: jobs, Counters: &d}); err != nil {
				b.Fatal(err)
			}
		}
	}
	return db
}

func batchID(n int) string { return fmt.Sprintf("0190a5c0-0000-7000-8000-%012d", n) }

func jobID(batch, position int) string {
	return uuid.NewSHA1(uuid.NameSpaceOID, fmt.Append(nil, batchID(batch), int64(position))).String()
}

// mostlyEnded is a job of one of the ten batches. What is rare is in the oldest.
func mostlyEnded(batch, position int) job.Job {
	j := row(batchID(batch), int64(position))
	j.CreatedAt = instant().Add(time.Duration(batch) * time.Hour)
	switch {
	case position%100 == 0:
		j.Input.Prompt += ", a hundredth"
	case batch == 3 && position%10_000 == 1:
		j.Input.Prompt += ", rare"
	}
	j.QueuedAt, j.Model, j.Status = j.CreatedAt, models[position%len(models)], job.Succeeded
	switch {
	case batch == 0 && position < 20:
		j.Status = job.Running
	case batch == 0 && position < 220, batch == 1 && position >= 99_000:
		j.Status = job.Queued
	case batch == 0 && position < 230:
		j.Model = "rare"
	case batch == 1:
		j.Status = job.Canceled
	case position%1000 == 7:
		j.Status = job.Failed
		j.Failure = &job.Failure{Code: job.CodeFiltered, Message: "The model filtered the picture."}
	}
	if j.Status.Ended() {
		j.Due, j.StartedAt, j.CompletedAt = nil, &j.QueuedAt, &j.QueuedAt
	}
	if j.Status == job.Succeeded {
		j.Images = []job.Image{{Key: "images/" + j.BatchID + "/" + j.ID + "/1-1000.png", ImageInfo: job.ImageInfo{
			ContentType: "image/png", Width: 1024, Height: 1024, SizeBytes: 1_500_000, SHA256: strings.Repeat("0123456789abcdef", 4), Seed: 7, Model: j.Model,
		}}}
	}
	return j
}
