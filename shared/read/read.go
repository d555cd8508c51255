// Package read shows jobs and batches to their owners: by ID, in lists, with fresh addresses of their pictures, with the
// reason why a job waits and about how long. It sees a canceled batch's rows as canceled before the sweep has written them.
// It changes nothing, and it does not know how an answer is written.
package read

import (
	"context"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/pace"
	"easel/shared/request"
)

// Reader shows jobs to their owners. It changes nothing.
type Reader struct {
	Records job.RecordReader
	Index   job.Index
	Links   job.Links
	Thumbs  job.Links // of thumbnails, by the keys of their pictures; nil: there are none
	Words   bool      // whether the index knows the words of prompts

	BatchRecords job.BatchReader
	BatchIndex   job.BatchIndex
	Standings    job.StandingReader
	Days         job.Days      // with Budget: for estimates
	Budget       int64         // of an owner for a day, in micro-dollars; 0: none
	Limiter      *pace.Limiter // for estimates; nil: none are made

	Secret []byte // signs cursors; the same in every process

	// MaxLink is how long an address of a picture may be asked to hold; less than [UsualLink]: no longer than that.
	MaxLink time.Duration

	// Stopping is closed when the process wants to end: a request that waits for a job is answered with its state so far. Nil: it never ends.
	Stopping <-chan struct{}

	Now func() time.Time // nil: time.Now
}

// Shown is a job with fresh addresses of its pictures, one for each of Job.Images.
type Shown struct {
	Job   job.Job
	Links []job.Link
}

// Get returns a job. It returns an [*Error] of kind ErrNotFound for an unknown ID and for another
// owner's job, and ErrUnavailable where the store does not answer.
func (r *Reader) Get(ctx context.Context, c job.Caller, id string) (Shown, error) {
	j, err := r.find(ctx, c, id)
	if err != nil {
		return Shown{}, err
	}
	return r.Show(ctx, j)
}

// Wait returns the job as soon as it has ended, and as it is when the time is over. Errors are those
// of Get.
func (r *Reader) Wait(ctx context.Context, c job.Caller, id string, d time.Duration) (shown Shown, err error) {
	err = r.poll(ctx, d, func(ctx context.Context, last bool) (bool, error) {
		j, err := r.find(ctx, c, id)
		if err != nil || !last && !j.Status.Ended() {
			return false, err
		}
		shown, err = r.Show(ctx, j)
		return true, err
	})
	return shown, err
}

// poll looks again and again, and a last time when the time is over. A look that is not the last one may say that it saw
// what it waits for.
func (r *Reader) poll(ctx context.Context, d time.Duration, look func(ctx context.Context, last bool) (bool, error)) error {
	over := time.After(d)
	for n := 0; ; n++ {
		if ended, err := look(ctx, d <= 0); err != nil || ended || d <= 0 {
			return err
		}
		select {
		case <-time.After(100 * time.Millisecond << min(n, 3)):
			continue
		case <-over:
		case <-r.Stopping:
		case <-ctx.Done():
		}
		d = 0
		ctx = context.WithoutCancel(ctx)
	}
}

// Show adds fresh addresses to a job that the caller has in hand.
func (r *Reader) Show(ctx context.Context, j job.Job) (Shown, error) { return r.Share(ctx, j, 0) }

// Share is Show with addresses that hold for d, at most MaxLink; 0 stands for the usual time.
func (r *Reader) Share(ctx context.Context, j job.Job, d time.Duration) (Shown, error) {
	shown := Shown{Job: j}
	for _, img := range j.Images {
		link, err := r.link(ctx, img, min(d, r.LongestLink()))
		if err != nil {
			return Shown{}, job.Unavailable("The picture's address could not be signed.", err)
		}
		shown.Links = append(shown.Links, link)
	}
	return shown, nil
}

func (r *Reader) link(ctx context.Context, img job.Image, d time.Duration) (l job.Link, err error) {
	if l.URL, l.Expires, err = r.Links.URL(ctx, img.Key, img.ContentType, d); err != nil || r.Thumbs == nil {
		return l, err
	}
	l.Thumbnail, _, err = r.Thumbs.URL(ctx, img.Key, img.ContentType, d)
	return l, err
}

// LongestLink is how long an address may be asked to hold.
func (r *Reader) LongestLink() time.Duration { return max(r.MaxLink, job.UsualLink) }

// Image returns a fresh address of the job's newest picture, which holds for d as in Share. Beyond the errors of Get it
// returns an [*Error] of kind ErrState for a job that has none yet.
func (r *Reader) Image(ctx context.Context, c job.Caller, id string, d time.Duration) (job.Link, error) {
	j, err := r.find(ctx, c, id)
	if err != nil {
		return job.Link{}, err
	}
	shown, err := r.Share(ctx, j, d)
	if err != nil {
		return job.Link{}, err
	}
	if n := len(shown.Links); n > 0 {
		return shown.Links[n-1], nil
	}
	hint := "Look at its error."
	if !shown.Job.Status.Ended() {
		hint = "Ask again when it has ended."
	}
	return job.Link{}, &job.Error{Kind: job.ErrState, Code: "no_image", Message: "Job " + id + " is " + string(shown.Job.Status) + " and has no picture. " + hint}
}

// Filter selects what a caller wants to see in a list.
type Filter struct {
	Owner    string       // whose jobs, for operators alone; empty: the caller's own
	Statuses []job.Status // empty: any
	BatchID  string       // empty: any
	Model    string       // ID or alias; empty: any
	Starred  bool         // those with a star alone
	Words    string       // those whose prompt has all of these words; empty: any
	Limit    int          // 1..100
	Cursor   string       // of the page before; empty: the first page
}

// Page is a part of a list. It may be short, and even empty, while Next leads on.
type Page struct {
	Jobs []Shown
	Next string // cursor of the next page; empty: this is the last
}

// pageBytes bounds a page, by the size of its prompts.
const pageBytes = 2 << 20

// List returns the caller's jobs, newest first, or in file order within a batch. It returns an
// [*Error] of kind ErrInvalid for a filter or cursor that makes no sense, and ErrForbidden for an owner
// named by a caller who is no operator.
func (r *Reader) List(ctx context.Context, c job.Caller, f Filter) (Page, error) {
	q, err := r.query(c, f)
	if err != nil {
		return Page{}, err
	}
	v := r.newViews()
	if theirs, err := r.within(ctx, &q, v.counters); err != nil || !theirs {
		return Page{}, err
	}
	jobs, more, err := r.Index.List(ctx, q)
	if err != nil {
		return Page{}, job.Unavailable("The list could not be read.", err)
	}
	kept := fit(jobs)
	if len(kept) < len(jobs) {
		last := kept[len(kept)-1].Mark()
		more = &last
	}
	var page Page
	for _, j := range kept {
		if j, err = v.show(ctx, j); err != nil {
			return Page{}, err
		}
		if j.Deleting || j.Expired(job.Present(r.Now)) || !f.shows(j) {
			continue
		}
		shown, err := r.Show(ctx, j)
		if err != nil {
			return Page{}, err
		}
		page.Jobs = append(page.Jobs, shown)
	}
	if more != nil {
		page.Next = r.cursor(f, *more)
	}
	return page, nil
}

// shows reports whether a job, as its batch makes it look, belongs to the list.
func (f Filter) shows(j job.Job) bool {
	return len(f.Statuses) == 0 || slices.Contains(f.Statuses, j.Status)
}

// fit cuts a page to the bytes that it may have, but never to nothing.
func fit(jobs []job.Job) []job.Job {
	return jobs[:job.Fit(jobs, len(jobs), pageBytes, func(j job.Job) int {
		return 2048 + 2*(written(j.Input.Prompt)+written(j.Input.NegativePrompt)+len(j.Sent.Parameters))
	})]
}

// written is how long a text is in JSON, which doubles quotes and takes six characters for one that cannot be seen.
func written(s string) int {
	b, _ := json.Marshal(s) // every string can be written
	return len(b)
}

func (r *Reader) query(c job.Caller, f Filter) (job.Query, error) {
	owner, err := f.whose(c)
	if err != nil {
		return job.Query{}, err
	}
	q := job.Query{Owner: owner, BatchID: f.BatchID, Statuses: f.Statuses, Starred: f.Starred, Words: f.Words, Limit: f.Limit}
	if f.Words != "" && !r.Words {
		return q, &job.Error{Kind: job.ErrInvalid, Code: job.CodeInvalid, Message: "The request was not accepted: " + noWords, Fields: []request.FieldError{{Pointer: "/q", Detail: noWords}}}
	}
	if f.Model != "" {
		m, ok := model.Find(f.Model) // a retired one may still have jobs
		if !ok {
			return q, job.UnknownModel(f.Model)
		}
		q.Model = m.ID
	}
	if f.Cursor == "" {
		return q, nil
	}
	mark, err := r.parse(f)
	if err != nil {
		return q, &job.Error{Kind: job.ErrInvalid, Code: "invalid_cursor", Message: "The cursor is not one that this list gave out. Pass next_cursor unchanged with the same filter, or leave it out to start again.", Cause: err}
	}
	q.After = &mark
	return q, nil
}

const noWords = "This server keeps no index of words. Leave q out, and narrow the list by status, model, batch or star."

// whose is the owner whose jobs the caller asks for. Others than operators learn nothing from naming one.
func (f Filter) whose(c job.Caller) (string, error) {
	switch {
	case f.Owner == "":
		return c.Owner, nil
	case c.Operator:
		return f.Owner, nil
	}
	const detail = "Only an operator may name an owner. Leave owner out: the list shows your own jobs."
	return "", &job.Error{Kind: job.ErrForbidden, Code: "operators_only", Message: detail, Fields: []request.FieldError{{Pointer: "/owner", Detail: detail}}}
}

var errCursor = errors.New("cursor does not verify")
