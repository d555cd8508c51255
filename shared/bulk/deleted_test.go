package bulk_test

import (
	"errors"
	"os"
	"testing"
	"time"

	"easel/shared/api/client"
	"easel/shared/bulk"
	"easel/shared/bulk/folder"
	"easel/shared/job"
)

// deleteJobs deletes the jobs of some prompts on the server.
func deleteJobs(t *testing.T, h *embeddedServer, batch string, prompts ...string) {
	t.Helper()
	c, err := client.New(h.url, "")
	if err != nil {
		t.Fatal(err)
	}
	list, err := c.List(t.Context(), client.ListQuery{BatchID: batch, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range list.Data {
		for _, p := range prompts {
			if j.Input.Prompt != p {
				continue
			}
			if err := c.Delete(t.Context(), j.ID); err != nil {
				t.Error(err)
			}
		}
	}
}

// deleteBatch deletes a batch that has ended, and waits until it is gone.
func deleteBatch(t *testing.T, h *embeddedServer, batch string) {
	t.Helper()
	c := beginDeletion(t, h, batch)
	for {
		if _, err := c.Batch(t.Context(), batch, time.Second); errors.Is(err, job.ErrNotFound) {
			return
		} else if err != nil {
			t.Fatal(err)
		}
	}
}

func beginDeletion(t *testing.T, h *embeddedServer, batch string) *client.Client {
	t.Helper()
	c, err := client.New(h.url, "")
	if err == nil {
		_, err = c.DeleteBatch(t.Context(), batch)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// What a person has deleted on the server is neither made anew nor taken for lost, wherever it stands among the others.
func TestRowsWhoseJobsWereDeletedAreLeftAlone(t *testing.T) {
	rows := "id,prompt\n1,a fox\n2,a hare\n3,an owl\n4,a cow\n5,a newt\n"
	o, h := madeUnfetched(t, rows, nil)
	b, _ := batchIn(t, o.dir, "s")
	deleteJobs(t, h, b.Batch, "a hare", "a newt")
	paid := calls(t, h)
	o.file = rows + "6,a toad\n"
	for n := range 2 {
		plan, s := o.must(t)
		if plan.Deleted != 2 || plan.ToMake != []int{4, 0}[n] || plan.New() != []int{1, 0}[n] || s.Made != 4 || s.Failed+s.Missing+s.Unmade+s.Left > 0 {
			t.Errorf("run %d: planned %+v, came to %+v", n, plan, s)
		}
	}
	if more := calls(t, h) - paid; more != 1 {
		t.Errorf("%d calls more, want that of the new row", more)
	}
}

// The limit counts rows of the file, whatever becomes of them.
func TestALimitCountsRowsWhoseJobsWereDeleted(t *testing.T) {
	o, h := madeUnfetched(t, "id,prompt\n1,a fox\n2,a hare\n", nil)
	b, _ := batchIn(t, o.dir, "s")
	deleteJobs(t, h, b.Batch, "a fox", "a hare")
	o.file = "id,prompt\n1,a fox\n2,a hare\n3,an owl\n4,a cow\n"
	o.change = func(r *bulk.Run) { r.Limit = 3 }
	if plan, s := o.must(t); plan.Deleted != 2 || plan.ToMake != 1 || plan.Beyond != 1 || s.Made != 1 {
		t.Errorf("planned %+v, came to %+v", plan, s)
	}
}

// A picture that was fetched counts whatever became of its job. Where it is asked for again it is left alone.
func TestAPictureWhoseJobWasDeletedIsNotPaidAgainForItsFile(t *testing.T) {
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: "id,prompt\n1,a fox\n2,a hare\n"}
	_, s := o.must(t)
	deleteJobs(t, h, s.BatchID, "a fox")
	if plan, _ := o.must(t); plan.Made != 2 || plan.Deleted != 0 {
		t.Errorf("with its file %+v", plan)
	}
	if err := os.Remove(one(t, o.dir, "1-*.png")); err != nil {
		t.Fatal(err)
	}
	o.change = func(r *bulk.Run) { r.FetchAgain = true }
	if plan, s := o.must(t); plan.Deleted != 1 || plan.ToMake != 0 || plan.PaidAgain != 0 || s.Failed+s.Missing > 0 {
		t.Errorf("without it %+v, %+v", plan, s)
	}
	if n := calls(t, h); n != 2 {
		t.Errorf("%d calls for two rows", n)
	}
}

// Another picture never goes by the key of a job that was deleted, be it the row's own or that of another picture.
func TestAnotherPictureIsMadeOfARowWhoseJobWasDeleted(t *testing.T) {
	o, h := madeUnfetched(t, "id,prompt\n1,a fox\n2,a hare\n", nil)
	b, _ := batchIn(t, o.dir, "s")
	deleteJobs(t, h, b.Batch, "a fox")
	o.must(t)
	paid := calls(t, h)
	o.change = func(r *bulk.Run) { r.Again = bulk.Choice{"1"} }
	if _, _, err := o.once(t); err != nil {
		t.Fatal(err)
	}
	finished(t, h, b.Batch)
	if pictures(t, o.dir) > 1 {
		t.Skip("the picture came before the run could be stopped")
	}
	deleteJobs(t, h, b.Batch, "a fox") // the other picture, before it was fetched
	plan, s := o.must(t)
	if plan.ToMake != 1 || plan.New() != 1 || plan.Deleted != 0 || s.Made != 2 || s.Missing > 0 {
		t.Errorf("planned %+v, came to %+v", plan, s)
	}
	if more := calls(t, h) - paid; more != 2 {
		t.Errorf("%d calls more for two more pictures", more)
	}
	o.change = nil
	if plan, _ := o.must(t); plan.ToMake != 0 || plan.Made != 2 || plan.Deleted != 0 {
		t.Errorf("in the end %+v", plan)
	}
}

// finished waits until every job of a batch has ended.
func finished(t *testing.T, h *embeddedServer, batch string) {
	t.Helper()
	c, err := client.New(h.url, "")
	if err != nil {
		t.Fatal(err)
	}
	list, err := c.List(t.Context(), client.ListQuery{BatchID: batch, Limit: 100})
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range list.Data {
		if j, err = c.Get(t.Context(), j.ID, 20*time.Second); err != nil || !j.Ended() {
			t.Fatalf("job %+v, %v", j, err)
		}
	}
}

// A folder whose batch was deleted goes on with another, and pays for what it has not.
func TestAFolderWhoseBatchWasDeletedGoesOn(t *testing.T) {
	t.Parallel()
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: "id,prompt\n1,a fox\n2,a hare\n"}
	_, s := o.must(t)
	deleteBatch(t, h, s.BatchID)
	o.file += "3,an owl\n"
	if plan, after := o.must(t); plan.Made != 2 || plan.New() != 1 || after.Made != 3 || after.BatchID == s.BatchID {
		t.Errorf("planned %+v, came to %+v", plan, after)
	}
	if n := calls(t, h); n != 3 {
		t.Errorf("%d calls for three rows", n)
	}
}

// The run died before it heard of its batch, and a person has deleted that.
func TestAFolderThatNeverHeardOfItsDeletedBatchGoesOn(t *testing.T) {
	t.Parallel()
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", dir: t.TempDir(), file: "id,prompt\n1,a fox\n"}
	_, s := o.must(t)
	f, err := folder.Open(o.dir)
	if err != nil {
		t.Fatal(err)
	}
	l, _ := f.Batch("s")
	l.Batch = ""
	if err := errors.Join(f.SetBatch(l), f.Close()); err != nil {
		t.Fatal(err)
	}
	deleteBatch(t, h, s.BatchID)
	o.file += "2,a hare\n"
	if plan, after := o.must(t); plan.New() != 1 || after.Made != 2 || after.BatchID == s.BatchID {
		t.Errorf("planned %+v, came to %+v", plan, after)
	}
	if now, _ := batchIn(t, o.dir, "s"); now.Key == l.Key || now.Batch == "" {
		t.Errorf("the batch is %+v", now)
	}
}

// Without a folder that lasts the batches of a key follow each other, and each run finds the last one.
func TestAKeyWhoseBatchWasDeletedFindsTheNextOne(t *testing.T) {
	t.Parallel()
	h := startServer(t, t.TempDir(), nil)
	o := testRun{url: h.url, name: "s", file: "id,prompt\n1,a fox\n", key: "nightly"}
	batches := map[string]bool{}
	for n, want := range []int{1, 1, 2, 2, 3} {
		o.dir = t.TempDir()
		_, s := o.must(t)
		if paid := calls(t, h); paid != want || s.Made != 1 {
			t.Errorf("run %d: %d calls, want %d; came to %+v", n, paid, want, s)
		}
		batches[s.BatchID] = true
		switch n {
		case 1:
			deleteBatch(t, h, s.BatchID)
		case 3:
			beginDeletion(t, h, s.BatchID)
		}
	}
	if len(batches) != 3 {
		t.Errorf("the batches are %v", batches)
	}
}
