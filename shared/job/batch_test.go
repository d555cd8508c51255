package job_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
	"easel/shared/job/jobtest"
	"easel/shared/read"
	"easel/shared/request"
)

// rows are lines with these prompts, their custom_ids a, b, c and so on.
func rows(prompts ...string) []job.Line {
	var all []job.Line
	for n, p := range prompts {
		all = append(all, job.Line{Number: n + 1, Request: request.Request{Settings: request.Settings{Prompt: p}, CustomID: string(rune('a' + n))}})
	}
	return all
}

// many are n lines without a name.
func many(n int, model string) []job.Line {
	all := make([]job.Line, n)
	for i := range all {
		all[i] = job.Line{Number: i + 1, Request: request.Request{Settings: request.Settings{Prompt: fmt.Sprintf("fox number %d", i), Model: model}}}
	}
	return all
}

// batch sends a request for ann, which must succeed, and lets the sweep give out turns.
func (h *harness) batch(o job.BatchRequest) job.Plan {
	h.t.Helper()
	p := h.inLine(o)
	h.sweep()
	return p
}

// inLine sends a request for ann, which must succeed, and leaves its jobs in the line.
func (h *harness) inLine(o job.BatchRequest) job.Plan {
	h.t.Helper()
	p, err := h.submit.SubmitBatch(h.t.Context(), ann, o)
	if err != nil {
		h.t.Fatal(err)
	}
	return p
}

func (h *harness) shown(id string) read.ShownBatch {
	h.t.Helper()
	shown, err := h.reader.Batch(h.t.Context(), ann, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return shown
}

// listed are the jobs of a batch in file order.
func (h *harness) listed(id string, statuses ...job.Status) (all []job.Job) {
	h.t.Helper()
	f := read.Filter{BatchID: id, Limit: 100, Statuses: statuses}
	for {
		page, err := h.reader.List(h.t.Context(), ann, f)
		if err != nil {
			h.t.Fatal(err)
		}
		for _, shown := range page.Jobs {
			all = append(all, shown.Job)
		}
		if f.Cursor = page.Next; page.Next == "" {
			return all
		}
	}
}

// runBatch delivers and sweeps until the batch has ended and that was noticed.
func (h *harness) runBatch(id string) read.ShownBatch {
	h.t.Helper()
	for range 2000 {
		if b := h.shown(id); b.Status.Ended() && b.Counters.Unwritten == 0 && b.Counters.When(job.Told) != nil {
			h.checkCounters(id)
			return b
		}
		if stats, err := h.queue.Stats(h.t.Context()); err != nil {
			h.t.Fatal(err)
		} else if stats.Visible+stats.Delayed+stats.InFlight > 0 {
			h.deliver()
			continue
		}
		wait(10 * time.Second)
		h.sweep()
	}
	h.t.Fatalf("the batch never ended: %+v", h.shown(id))
	return read.ShownBatch{}
}

func prompts(jobs []job.Job) (all []string) {
	for _, j := range jobs {
		all = append(all, j.Input.Prompt)
	}
	return all
}

func TestABatchBecomesPictures(t *testing.T) {
	inHarness(t, func(h *harness) {
		p := h.batch(job.BatchRequest{Name: "zoo", Lines: rows("a fox", "a hare", "an owl")})
		if !p.Created || p.Added != 3 || p.Cost != 120_000 || p.Time <= 0 {
			t.Errorf("the order came to %+v", p)
		}
		if b := h.shown(p.Batch.ID); b.Status != job.BatchRunning || b.Counters.Sum()[job.Queued] != 3 || b.Ends == nil {
			t.Errorf("at first it is %+v", b)
		}
		b := h.runBatch(p.Batch.ID)
		if b.Status != job.BatchCompleted || b.Counters.Sum()[job.Succeeded] != 3 || b.Counters.Cost != 120_000 || b.Ends != nil {
			t.Errorf("in the end it is %+v", b)
		}
		jobs := h.listed(p.Batch.ID)
		if diff := cmp.Diff([]string{"a fox", "a hare", "an owl"}, prompts(jobs)); diff != "" {
			t.Error(diff)
		}
		for n, j := range jobs {
			if j.Position != int64(n) || !strings.HasPrefix(j.Images[0].Key, "images/batch/") {
				t.Errorf("job %d: position %d, picture %s", n, j.Position, j.Images[0].Key)
			}
		}
	})
}

func TestSendingAgainAddsNothing(t *testing.T) {
	inHarness(t, func(h *harness) {
		first := h.batch(job.BatchRequest{Key: "k", Lines: rows("a fox", "a hare"), Open: true})
		again := h.batch(job.BatchRequest{Key: "k", Lines: rows("a fox", "a hare"), Open: true})
		if again.Created || again.Added != 0 || again.Existing != 2 || again.Batch.ID != first.Batch.ID {
			t.Errorf("the order again came to %+v", again)
		}
		id := first.Batch.ID
		moved := rows("a fox", "a hare", "an owl") // other rows before them
		slices.Reverse(moved)
		if p := h.batch(job.BatchRequest{BatchID: id, Lines: moved, Open: true}); p.Added != 1 || p.Existing != 2 {
			t.Errorf("more came to %+v", p)
		}
		for range 2 {
			h.batch(job.BatchRequest{BatchID: id, Key: "nameless", Lines: many(3, ""), Open: true})
		}
		if n := len(h.listed(id)); n != 6 {
			t.Errorf("%d jobs, want 6", n)
		}
		if c := h.counters(id); c.Waiting != 6*40_000 || c.Ordered != 6*40_000 || c.Queued != 6 {
			t.Errorf("the counters say %+v", c)
		}
	})
}

func TestAKeyStandsForOneOrder(t *testing.T) {
	inHarness(t, func(h *harness) {
		p := h.batch(job.BatchRequest{Key: "k", Lines: rows("a fox"), Open: true})
		_, err := h.submit.SubmitBatch(h.t.Context(), ann, job.BatchRequest{Key: "k", Lines: rows("a hare"), Open: true})
		want(t, err, job.ErrMismatch, "idempotency_key_reused")
		h.batch(job.BatchRequest{BatchID: p.Batch.ID, Key: "more", Lines: many(2, ""), Open: true})
		_, err = h.submit.SubmitBatch(h.t.Context(), ann, job.BatchRequest{BatchID: p.Batch.ID, Key: "more", Lines: many(3, ""), Open: true})
		want(t, err, job.ErrMismatch, "idempotency_key_reused")
		_, err = h.submit.SubmitBatch(h.t.Context(), ann, job.BatchRequest{BatchID: p.Batch.ID, Lines: many(1, ""), Open: true})
		want(t, err, job.ErrInvalid, "idempotency_key_needed")
		_, err = h.submit.SubmitBatch(h.t.Context(), bob, job.BatchRequest{BatchID: p.Batch.ID, Lines: rows("a hare")})
		want(t, err, job.ErrNotFound, "batch_not_found")
	})
}

func TestAnOrderIsTakenWhollyOrNotAtAll(t *testing.T) {
	inHarness(t, func(h *harness) {
		lines := many(250, "")
		for n := range 120 {
			lines[2*n].Request.AspectRatio = "7:3"
		}
		_, err := h.submit.SubmitBatch(h.t.Context(), ann, job.BatchRequest{Lines: lines, Key: "k"})
		want(t, err, job.ErrInvalid, "invalid_request")
		fields := fieldsOf(err)
		if len(fields) != 100 || fields[1].Line != 3 || fields[1].Pointer != "/aspect_ratio" {
			t.Errorf("%d faults, the second %+v", len(fields), fields[1])
		}
		if n := h.fault.Calls("creator.create") + h.fault.Calls("batches.amend"); n != 0 {
			t.Errorf("%d writes", n)
		}
		_, err = h.submit.SubmitBatch(h.t.Context(), ann, job.BatchRequest{Lines: many(2501, "")})
		want(t, err, job.ErrInvalid, "too_many_jobs")
		_, err = h.submit.SubmitBatch(h.t.Context(), ann, job.BatchRequest{})
		want(t, err, job.ErrInvalid, "invalid_request")
	})
}

func fieldsOf(err error) []request.FieldError {
	known, ok := err.(*job.Error) //nolint:errorlint // it is the outermost
	if !ok {
		return nil
	}
	return known.Fields
}

func TestACustomIDNamesOneRow(t *testing.T) {
	inHarness(t, func(h *harness) {
		twice := append(rows("a fox", "a hare"), job.Line{Number: 3, Request: request.Request{Settings: request.Settings{Prompt: "a fox"}, CustomID: "a", User: "eve"}})
		if p := h.batch(job.BatchRequest{Lines: twice}); p.Added != 2 || p.Duplicates != 1 {
			t.Errorf("a row that comes twice: %+v", p)
		}
		twice[2].Request.Prompt = "a wolf"
		_, err := h.submit.SubmitBatch(h.t.Context(), ann, job.BatchRequest{Lines: twice})
		want(t, err, job.ErrInvalid, "invalid_request")
		if f := fieldsOf(err); len(f) != 1 || f[0].Line != 3 || f[0].Pointer != "/custom_id" || !strings.Contains(f[0].Detail, "line 1") {
			t.Errorf("faults: %+v", f)
		}
	})
}

func TestAChangedRowIsRefusedKeptOrAdded(t *testing.T) {
	inHarness(t, func(h *harness) {
		id := h.batch(job.BatchRequest{Lines: rows("a fox", "a hare"), Open: true}).Batch.ID
		edited := rows("a wolf", "a hare")
		_, err := h.submit.SubmitBatch(h.t.Context(), ann, job.BatchRequest{BatchID: id, Lines: edited})
		want(t, err, job.ErrInvalid, "invalid_request")
		if p := h.batch(job.BatchRequest{BatchID: id, Lines: edited, Changed: job.ChangedKeep, Open: true}); p.Changed != 1 || p.Added != 0 || p.Existing != 2 {
			t.Errorf("kept: %+v", p)
		}
		for n, changed := range []string{job.ChangedAdd, job.ChangedAdd, job.ChangedRefuse} { // once it is there it is known
			p := h.batch(job.BatchRequest{BatchID: id, Lines: edited, Changed: changed})
			if want := map[bool]int{true: 1}[n == 0]; p.Changed != 1 || p.Added != want {
				t.Errorf("added, time %d: %+v", n, p)
			}
		}
		if b := h.runBatch(id); b.Counters.Sum()[job.Succeeded] != 3 || h.studio.calls != 3 {
			t.Errorf("%v after %d calls", b.Counters.Sum(), h.studio.calls)
		}
		if diff := cmp.Diff([]string{"a fox", "a hare", "a wolf"}, prompts(h.listed(id, job.Succeeded))); diff != "" {
			t.Error(diff)
		}
	})
}

func TestCancelingABatchIsOneWrite(t *testing.T) {
	inHarness(t, func(h *harness) {
		id := h.batch(job.BatchRequest{Lines: many(400, "")}).Batch.ID
		h.deliver()
		updates := h.fault.Calls("records.update")
		for range 2 {
			if _, _, err := h.submit.CancelBatch(h.t.Context(), ann, id); err != nil {
				t.Fatal(err)
			}
		}
		if n := h.fault.Calls("records.update") - updates; n != 0 {
			t.Errorf("%d jobs were written", n)
		}
		if b := h.shown(id); b.Status != job.BatchCanceled || b.Counters.Sum()[job.Canceled] != 399 || b.Counters.Sum()[job.Succeeded] != 1 {
			t.Errorf("it looks %s, %v", b.Status, b.Counters.Sum())
		}
		if n := len(h.listed(id, job.Canceled)); n != 399 {
			t.Errorf("%d jobs look canceled, want 399", n)
		}
		if n := len(h.listed(id, job.Queued)); n != 0 {
			t.Errorf("%d jobs look queued", n)
		}
		if out := h.deliver(); out.Retry || h.studio.calls != 1 {
			t.Errorf("a worker made another picture, and %+v", out)
		}
		b := h.runBatch(id)
		if b.Status != job.BatchCanceled || b.Counters.Cost != 40_000 || h.studio.calls != 1 {
			t.Errorf("in the end it is %s and cost %d, after %d calls", b.Status, b.Counters.Cost, h.studio.calls)
		}
		for _, j := range h.listed(id) {
			if stored := h.get(j.ID); !stored.Status.Ended() {
				t.Fatalf("job %d is still %s", j.Position, stored.Status)
			}
		}
	})
}

func TestABatchThatIsCanceledBeforeTheClaimCostsNothing(t *testing.T) {
	for name, cancel := range map[string]func(*harness, string) error{
		"canceled": func(h *harness, id string) error {
			_, _, err := h.submit.CancelBatch(h.t.Context(), ann, id)
			return err
		},
		"canceled and deleted": func(h *harness, id string) error {
			_, _, err := h.submit.CancelBatch(h.t.Context(), ann, id)
			_, _, failed := h.submit.DeleteBatch(h.t.Context(), ann, id)
			return errors.Join(err, failed)
		},
	} {
		t.Run(name, func(t *testing.T) {
			inHarness(t, func(h *harness) {
				h.budget(1e9)
				id := h.batch(job.BatchRequest{Lines: rows("a fox")}).Batch.ID
				h.meanwhile("records.update", func() {
					if err := cancel(h, id); err != nil {
						t.Error(err)
					}
				})
				h.deliver()
				if c := h.counters(id); c.Sum()[job.Canceled] != 1 || c.Queued+c.Running+c.Waiting+c.Cost+c.Charged != 0 || h.studio.calls != 0 || h.spent() != 0 {
					t.Errorf("after %d calls and %d spent: %+v", h.studio.calls, h.spent(), c)
				}
				for range 5 {
					wait(10 * time.Second)
					h.sweep()
				}
				if left := len(h.records(id)); name == "canceled and deleted" && left != 0 {
					t.Errorf("%d records are left", left)
				}
			})
		})
	}
}

func TestACanceledBatchGoesOnWithWhatIsSentLater(t *testing.T) {
	inHarness(t, func(h *harness) {
		id := h.batch(job.BatchRequest{Lines: rows("a fox", "a hare")}).Batch.ID
		if _, _, err := h.submit.CancelBatch(h.t.Context(), ann, id); err != nil {
			t.Fatal(err)
		}
		p := h.batch(job.BatchRequest{BatchID: id, Lines: rows("a fox", "a hare", "an owl")[1:], Retry: []job.Status{job.Canceled}})
		if p.Restarted != 1 || p.Added != 1 {
			t.Errorf("sent again: %+v", p)
		}
		b := h.runBatch(id)
		if b.Status != job.BatchCompleted || b.Counters.Sum()[job.Succeeded] != 2 || b.Counters.Sum()[job.Canceled] != 1 || b.Counters.Cost != 80_000 {
			t.Errorf("it is %s: %v, cost %d", b.Status, b.Counters.Sum(), b.Counters.Cost)
		}
	})
}

func TestWhatFailedIsRetriedByItsCode(t *testing.T) {
	inHarness(t, func(h *harness) {
		h.studio.do = func(_ context.Context, n int) error {
			switch n {
			case 1:
				return &job.CallError{Class: job.Rejected, Code: job.CodeFiltered, Charged: true}
			case 2:
				return &job.CallError{Class: job.Rejected, Code: job.CodeModel}
			}
			return nil
		}
		id := h.batch(job.BatchRequest{Lines: rows("a fox", "a hare", "an owl")}).Batch.ID
		if b := h.runBatch(id); b.Status != job.BatchCompleted || b.Counters.Sum()[job.Failed] != 2 || b.Counters.Cost != 80_000 {
			t.Errorf("after the first time it is %s: %v, %d", b.Status, b.Counters.Sum(), b.Counters.Cost)
		}
		_, n, more, err := h.submit.RetryBatch(h.t.Context(), ann, id, job.Choice{Codes: []string{job.CodeModel}})
		if n != 1 || more || err != nil {
			t.Errorf("%d retried, %v, %v", n, more, err)
		}
		if b := h.shown(id); b.Status != job.BatchRunning || b.Counters.When(job.Ended) != nil {
			t.Errorf("a batch with retried jobs is %s", b.Status)
		}
		b := h.runBatch(id)
		if b.Counters.Sum()[job.Succeeded] != 2 || b.Counters.Sum()[job.Failed] != 1 || b.Counters.Cost != 120_000 || h.studio.calls != 4 {
			t.Errorf("in the end %v, %d, after %d calls", b.Counters.Sum(), b.Counters.Cost, h.studio.calls)
		}
		filtered := h.listed(id, job.Failed)[0]
		if _, err := h.submit.Retry(h.t.Context(), ann, filtered.ID); err != nil {
			t.Fatal(err)
		}
		if b := h.runBatch(id); b.Counters.Sum()[job.Succeeded] != 3 || b.Counters.Cost != 160_000 {
			t.Errorf("after the retry of a job %v, %d", b.Counters.Sum(), b.Counters.Cost)
		}
	})
}

func TestAnOpenBatchSealsItself(t *testing.T) {
	inHarness(t, func(h *harness) {
		id := h.batch(job.BatchRequest{Lines: rows("a fox"), Open: true}).Batch.ID
		h.deliver()
		wait(23 * time.Hour)
		h.sweep()
		if b := h.shown(id); b.Status != job.BatchRunning || b.Counters.When(job.Sealed) != nil {
			t.Errorf("after 23 hours it is %s, sealed %v", b.Status, b.Counters.When(job.Sealed))
		}
		wait(61 * time.Minute)
		for range 3 {
			h.sweep()
			wait(time.Second)
		}
		if b := h.shown(id); b.Status != job.BatchCompleted || b.Counters.When(job.Ended) == nil {
			t.Errorf("after a day it is %s", b.Status)
		}
		h.batch(job.BatchRequest{BatchID: id, Lines: rows("a fox", "a hare")})
		if b := h.runBatch(id); b.Counters.Sum()[job.Succeeded] != 2 {
			t.Errorf("what was appended later: %v", b.Counters.Sum())
		}
	})
}

func TestABatchIsDeletedWithAllThatBelongsToIt(t *testing.T) {
	inHarness(t, func(h *harness) {
		lines := many(130, "sd35")
		for n := range lines {
			lines[n].Request.Image = pixel(64, 64)
		}
		id := h.batch(job.BatchRequest{Lines: lines[:3]}).Batch.ID
		_, _, err := h.submit.DeleteBatch(h.t.Context(), ann, id)
		want(t, err, job.ErrState, "wrong_state")
		h.runBatch(id)
		jobs := h.listed(id)
		input := jobs[0].Input.Image.Key
		if err := h.submit.Delete(h.t.Context(), ann, jobs[0].ID); err != nil {
			t.Fatal(err)
		}
		if _, err := h.store.GetInput(h.t.Context(), input); err != nil {
			t.Errorf("the image that others start from as well: %v", err)
		}
		if _, c, err := h.submit.DeleteBatch(h.t.Context(), ann, id); err != nil || c.When(job.Removing) == nil {
			t.Fatalf("%+v, %v", c, err)
		}
		_, err = h.submit.SubmitBatch(h.t.Context(), ann, job.BatchRequest{BatchID: id, Lines: rows("a fox")})
		want(t, err, job.ErrState, "wrong_state")
		for range 3 {
			h.sweep()
			wait(10 * time.Second)
		}
		_, err = h.reader.Batch(h.t.Context(), ann, id)
		want(t, err, job.ErrNotFound, "batch_not_found")
		for _, j := range jobs {
			if _, err := h.store.Stat(h.t.Context(), j.Images[0].Key); err == nil {
				t.Errorf("a picture is left")
			}
		}
		if _, err := h.store.GetInput(h.t.Context(), input); err == nil {
			t.Error("the input image is left")
		}
	})
}

func TestAnEndIsToldOnceAndAgainWhereThatFails(t *testing.T) {
	inHarness(t, func(h *harness) {
		id := h.batch(job.BatchRequest{Lines: rows("a fox", "a hare")}).Batch.ID
		h.fails = jobtest.ErrFault
		h.deliver()
		h.deliver()
		if b := h.shown(id); b.Status != job.BatchCompleted || len(h.ended) != 1 {
			t.Errorf("right after its last job it is %s, told %d times", b.Status, len(h.ended))
		}
		h.fails = nil
		for range 5 {
			wait(10 * time.Minute)
			h.sweep()
		}
		if diff := cmp.Diff([]string{id, id}, h.ended); diff != "" {
			t.Error(diff)
		}
		if due := h.counters(id).When(job.Due); due != nil {
			t.Errorf("a batch that waits for nothing is due at %v", due)
		}
	})
}

func TestBatchesAreListedNewestFirst(t *testing.T) {
	inHarness(t, func(h *harness) {
		var ids []string
		for n := range 3 {
			ids = append(ids, h.batch(job.BatchRequest{Name: fmt.Sprint(n), Lines: rows("a fox")}).Batch.ID)
			wait(time.Second)
		}
		slices.Reverse(ids)
		var got []string
		f := read.BatchFilter{Limit: 2}
		for {
			page, err := h.reader.Batches(h.t.Context(), ann, f)
			if err != nil {
				t.Fatal(err)
			}
			for _, b := range page.Batches {
				got = append(got, b.Batch.ID)
			}
			if f.Cursor = page.Next; page.Next == "" {
				break
			}
		}
		if diff := cmp.Diff(ids, got); diff != "" {
			t.Error(diff)
		}
		if page, err := h.reader.Batches(h.t.Context(), bob, read.BatchFilter{Limit: 2}); err != nil || len(page.Batches) != 0 {
			t.Errorf("bob sees %d, %v", len(page.Batches), err)
		}
	})
}

// records are the records of a batch themselves, in the order of its file.
func (h *harness) records(id string) (all []job.Job) {
	h.t.Helper()
	q := job.Query{BatchID: id, Limit: 100}
	for more := true; more; more = q.After != nil {
		page, next, err := h.db.List(h.t.Context(), q)
		if err != nil {
			h.t.Fatal(err)
		}
		all, q.After = append(all, page...), next
	}
	return all
}

// unbalanced tells how the counters of a batch differ from what its records come to under its cancel number. They do not as long
// as no job of the batch was deleted.
func unbalanced(stored job.Counters, records []job.Job) string {
	d := job.Difference{BatchID: stored.BatchID}
	for _, j := range records {
		d.Count(j, stored.CancelNo, 1)
	}
	counted, _ := job.Counters{BatchID: stored.BatchID}.Apply(d)
	return cmp.Diff(jobtest.Figures(counted), jobtest.Figures(stored))
}

// checkCounters holds the counters of a batch against its records.
func (h *harness) checkCounters(id string) {
	h.t.Helper()
	if diff := unbalanced(h.counters(id), h.records(id)); diff != "" {
		h.t.Errorf("the counters differ from the records (-records +counters):\n%s", diff)
	}
}

// The two jobs that were queued first are canceled under the number 1, which was given since.
func TestCountersAreThoseOfTheRecords(t *testing.T) {
	records := make([]job.Job, 7)
	for n := range records {
		records[n] = job.Job{BatchID: "b", Model: "m", Status: job.Queued, Price: 10, CostMicroUSD: 1, CancelNo: int64(min(n/2, 1))}
	}
	records[2].Status, records[2].Lease = job.Running, &job.Lease{Amount: 4}
	records[3].Status = job.Failed
	for _, c := range []job.Counters{
		{
			BatchID: "b", CancelNo: 1, Queued: 3, Running: 1, Cost: 7, Charged: 4, Waiting: 30, Unwritten: 2, MaxCost: 1,
			Models: map[string]job.Counts{"m": {job.Queued: 3, job.Running: 1, job.Failed: 1, job.Canceled: 2}},
		},
		{
			BatchID: "b", Queued: 5, Running: 1, Cost: 7, Charged: 4, Waiting: 50, Next: 2, Ordered: 3,
			Models: map[string]job.Counts{"m": {job.Queued: 5, job.Running: 1, job.Failed: 1}, "none": {job.Queued: 0}},
		},
	} {
		if diff := unbalanced(c, records); diff != "" {
			t.Errorf("under the number %d (-records +counters):\n%s", c.CancelNo, diff)
		}
	}
	if unbalanced(job.Counters{BatchID: "b", CancelNo: 1, Queued: 3}, records) == "" {
		t.Error("counters that differ from the records pass")
	}
}
