package job_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"easel/shared/job"
	"easel/shared/read"
	"easel/shared/request"
)

func TestWaitReturnsWhenTheJobEnds(t *testing.T) {
	inHarness(t, func(h *harness) {
		j := h.order(fox, "")
		h.studio.do = func(context.Context, int) error { wait(5 * time.Second); return nil }
		h.start()
		start := time.Now()
		shown, err := h.reader.Wait(h.t.Context(), ann, j.ID, time.Minute)
		if took := time.Since(start); err != nil || shown.Job.Status != job.Succeeded || took > 6*time.Second || len(shown.Links) != 1 {
			t.Errorf("got %s after %v, %v", shown.Job.Status, took, err)
		}
		queued := h.order(fox, "")
		start = time.Now()
		shown, err = h.reader.Wait(h.t.Context(), ann, queued.ID, 10*time.Second)
		if took := time.Since(start); err != nil || shown.Job.Status != job.Queued || took != 10*time.Second {
			t.Errorf("got %s after %v, %v", shown.Job.Status, took, err)
		}
	})
}

func TestImageOfAJobWithoutOne(t *testing.T) {
	inHarness(t, func(h *harness) {
		j := h.order(fox, "")
		_, err := h.reader.Image(h.t.Context(), ann, j.ID, 0)
		want(t, err, job.ErrState, "no_image")
		h.deliver()
		if link, err := h.reader.Image(h.t.Context(), ann, j.ID, 0); err != nil || !strings.Contains(link.URL, j.ID) {
			t.Errorf("got %+v, %v", link, err)
		}
	})
}

func TestPagesCoverTheListOnce(t *testing.T) {
	inHarness(t, func(h *harness) {
		var ids []string
		for range 7 {
			ids = append(ids, h.order(fox, "").ID)
			wait(time.Millisecond)
		}
		if _, err := h.submit.Submit(h.t.Context(), bob, fox, ""); err != nil {
			t.Fatal(err)
		}
		slices.Reverse(ids)
		var got []string
		f := read.Filter{Limit: 3}
		for {
			page, err := h.reader.List(h.t.Context(), ann, f)
			if err != nil {
				t.Fatal(err)
			}
			for _, s := range page.Jobs {
				got = append(got, s.Job.ID)
			}
			if f.Cursor = page.Next; f.Cursor == "" {
				break
			}
		}
		if !slices.Equal(got, ids) {
			t.Errorf("got %v\nwant %v", got, ids)
		}
	})
}

// scant looks at no more than two jobs in a call, as an index does that cannot filter before it reads.
type scant struct{ job.Index }

func (s scant) List(ctx context.Context, q job.Query) ([]job.Job, *job.Mark, error) {
	statuses := q.Statuses
	q.Statuses, q.Limit = nil, min(q.Limit, 2)
	found, more, err := s.Index.List(ctx, q)
	return slices.DeleteFunc(found, func(j job.Job) bool {
		return len(statuses) > 0 && !slices.Contains(statuses, j.Status)
	}), more, err
}

func TestAnEmptyPageLeadsOn(t *testing.T) {
	inHarness(t, func(h *harness) {
		oldest := h.order(fox, "")
		h.deliver()
		for range 6 {
			wait(time.Millisecond)
			h.order(fox, "")
		}
		h.reader.Index = scant{h.reader.Index}
		var sizes []int
		f := read.Filter{Limit: 5, Statuses: []job.Status{job.Succeeded}}
		for {
			page, err := h.reader.List(h.t.Context(), ann, f)
			if err != nil {
				t.Fatal(err)
			}
			if sizes = append(sizes, len(page.Jobs)); len(page.Jobs) == 1 && page.Jobs[0].Job.ID != oldest.ID {
				t.Errorf("found job %s, want %s", page.Jobs[0].Job.ID, oldest.ID)
			}
			if f.Cursor = page.Next; f.Cursor == "" {
				break
			}
		}
		if !slices.Equal(sizes, []int{0, 0, 0, 1}) {
			t.Errorf("pages have %v jobs, want three without and one with one", sizes)
		}
	})
}

func TestAnOperatorListsAnyOwnersJobs(t *testing.T) {
	inHarness(t, func(h *harness) {
		root := job.Caller{Owner: "root", Operator: true}
		theirs := map[string][]string{}
		for _, c := range []job.Caller{ann, bob, ann, root} {
			receipt, err := h.submit.Submit(h.t.Context(), c, fox, "")
			if err != nil {
				t.Fatal(err)
			}
			theirs[c.Owner] = append([]string{receipt.Job.ID}, theirs[c.Owner]...)
			wait(time.Millisecond)
		}
		list := func(owner string) (ids []string) {
			for f := (read.Filter{Owner: owner, Limit: 1}); ; {
				page, err := h.reader.List(h.t.Context(), root, f)
				if err != nil {
					t.Fatal(err)
				}
				for _, s := range page.Jobs {
					ids = append(ids, s.Job.ID)
				}
				if f.Cursor = page.Next; f.Cursor == "" {
					return ids
				}
			}
		}
		for owner, want := range map[string][]string{"ann": theirs["ann"], "bob": theirs["bob"], "": theirs["root"], "nobody": nil} {
			if got := list(owner); !slices.Equal(got, want) {
				t.Errorf("owner %q: got %v, want %v", owner, got, want)
			}
		}
	})
}

func TestOnlyOperatorsNameAnOwner(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.order(fox, "")
		for _, owner := range []string{"ann", "bob", "nobody"} {
			page, err := h.reader.List(h.t.Context(), bob, read.Filter{Owner: owner, Limit: 10})
			want(t, err, job.ErrForbidden, "operators_only")
			if len(page.Jobs) > 0 {
				t.Errorf("bob sees %d jobs of %s", len(page.Jobs), owner)
			}
		}
	})
}

// blind looks at one job in a call and cannot tell whose it is.
type blind struct{ job.Index }

func (b blind) List(ctx context.Context, q job.Query) ([]job.Job, *job.Mark, error) {
	owner := q.Owner
	q.Owner, q.Limit = "", 1
	found, more, err := b.Index.List(ctx, q)
	return slices.DeleteFunc(found, func(j job.Job) bool { return j.Owner != owner }), more, err
}

// TestTheListOfAnothersBatchTellsNothing compares it with the list of a batch that is not there.
func TestTheListOfAnothersBatchTellsNothing(t *testing.T) {
	inHarness(t, func(h *harness) {
		id := h.batch(job.BatchRequest{Lines: rows("a fox", "a hare", "an owl")}).Batch.ID
		h.reader.Index = blind{h.reader.Index}
		operator := job.Caller{Owner: "root", Operator: true}
		for _, c := range []struct {
			job.Caller
			read.Filter
			jobs int
			more bool
		}{
			{ann, read.Filter{BatchID: id}, 1, true},
			{operator, read.Filter{BatchID: id, Owner: "ann"}, 1, true},
			{operator, read.Filter{BatchID: id}, 0, false},
			{bob, read.Filter{BatchID: id}, 0, false},
			{bob, read.Filter{BatchID: "none"}, 0, false},
		} {
			c.Limit = 10
			page, err := h.reader.List(h.t.Context(), c.Caller, c.Filter)
			if err != nil || len(page.Jobs) != c.jobs || (page.Next != "") != c.more {
				t.Errorf("%s sees %d jobs and the cursor %q, %v; want %d and more: %v", c.Caller.Owner, len(page.Jobs), page.Next, err, c.jobs, c.more)
			}
		}
	})
}

// TestCanceledJobsAreListedInOneLook has a batch with more queued jobs than a page may have, none of which is canceled.
func TestCanceledJobsAreListedInOneLook(t *testing.T) {
	inHarness(t, func(h *harness) {
		id := h.batch(job.BatchRequest{Lines: rows("a fox", "a hare", "an owl")}).Batch.ID
		f := read.Filter{BatchID: id, Statuses: []job.Status{job.Canceled}, Limit: 1}
		if page, err := h.reader.List(h.t.Context(), ann, f); err != nil || len(page.Jobs) > 0 || page.Next != "" {
			t.Errorf("%d jobs and the cursor %q, %v; want nothing", len(page.Jobs), page.Next, err)
		}
		if _, _, err := h.submit.CancelBatch(h.t.Context(), ann, id); err != nil {
			t.Fatal(err)
		}
		if jobs := h.listed(id, job.Canceled); len(jobs) != 3 {
			t.Errorf("%d canceled jobs before the sweep has written them, want 3", len(jobs))
		}
	})
}

func TestAPageIsBoundedInBytes(t *testing.T) {
	inHarness(t, func(h *harness) {
		long := request.Request{Settings: request.Settings{Prompt: strings.Repeat("x", 10_000), NegativePrompt: strings.Repeat("y", 10_000)}}
		for range 60 {
			h.order(long, "")
		}
		page, err := h.reader.List(h.t.Context(), ann, read.Filter{Limit: 100})
		if err != nil || len(page.Jobs) >= 60 || len(page.Jobs) < 20 || page.Next == "" {
			t.Errorf("got %d jobs, next %q, %v", len(page.Jobs), page.Next, err)
		}
	})
}

func TestCursorsAreHeldAgainstTheirList(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.order(fox, "")
		h.order(fox, "")
		page, err := h.reader.List(h.t.Context(), ann, read.Filter{Limit: 1})
		if err != nil || page.Next == "" {
			t.Fatal(page, err)
		}
		for name, f := range map[string]read.Filter{
			"nonsense":       {Limit: 1, Cursor: "abc"},
			"not base64":     {Limit: 1, Cursor: "%%%"},
			"another filter": {Limit: 1, Cursor: page.Next, Statuses: []job.Status{job.Failed}},
			"another owner":  {Limit: 1, Cursor: page.Next, Owner: "ann"},
			"a changed mark": {Limit: 1, Cursor: page.Next[:len(page.Next)-4] + "AAAA"},
		} {
			if _, err := h.reader.List(h.t.Context(), job.Caller{Owner: "ann", Operator: true}, f); err == nil {
				t.Errorf("%s was accepted", name)
			} else {
				want(t, err, job.ErrInvalid, "invalid_cursor")
			}
		}
	})
}

func TestAPageIsBoundedAsItIsWritten(t *testing.T) {
	inHarness(t, func(h *harness) {
		for range 60 {
			h.order(request.Request{Settings: request.Settings{Prompt: strings.Repeat(`"`, 10_000)}}, "")
		}
		page, err := h.reader.List(h.t.Context(), ann, read.Filter{Limit: 60})
		if err != nil || len(page.Jobs) > 50 || page.Next == "" {
			t.Errorf("%d jobs of 40 kB each on a page, %v; want 2 MB at the most", len(page.Jobs), err)
		}
	})
}
