package cli

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/bulk"
)

// batchWire answers for a batch one after the other, the last again and again, and for its jobs always the same.
type batchWire struct {
	batches []string
	jobs    string
	lists   int
}

func (w *batchWire) RoundTrip(r *http.Request) (*http.Response, error) {
	body := w.jobs
	if strings.HasPrefix(r.URL.Path, "/batches/") {
		if body = w.batches[0]; len(w.batches) > 1 {
			w.batches = w.batches[1:]
		}
	} else {
		w.lists++
	}
	if body == "" {
		return nil, errors.New("connection refused")
	}
	return &http.Response{StatusCode: http.StatusOK, Body: io.NopCloser(strings.NewReader(body))}, nil
}

func (w *batchWire) client(t *testing.T) *client.Client {
	t.Helper()
	c := answering(t, nil)
	c.HTTP = &http.Client{Transport: w}
	return c
}

const (
	batchWaits  = `{"id":"b","status":"running","sealed_at":"2030-01-02T03:04:05Z","counts":{"total":3,"queued":3}}`
	batchRuns   = `{"id":"b","status":"running","sealed_at":"2030-01-02T03:04:05Z","counts":{"total":3,"queued":1,"running":1,"succeeded":1},"images_per_minute":2.5}`
	batchOpen   = `{"id":"b","status":"running","counts":{"total":3,"succeeded":3}}`
	batchMade   = `{"id":"b","status":"completed","counts":{"total":3,"succeeded":3}}`
	batchFailed = `{"id":"b","status":"completed","counts":{"total":3,"succeeded":1,"failed":1,"canceled":1}}`
	batchGone   = `{"id":"b","status":"canceled","counts":{"total":3,"succeeded":1,"canceled":2}}`
	batchBroke  = `{"data":[{"id":"a","status":"queued","waiting":{"code":"pace","message":"Its turn."}},{"id":"a","status":"queued","waiting":{"code":"budget","message":"The budget is used up."}}]}`
)

func TestABatchIsWaitedForAndItsEndIsTheExitCode(t *testing.T) {
	for _, c := range []struct {
		last, out, word, err string
		code                 int
	}{
		{last: batchMade, out: "b  completed  3 of 3 made\n"},
		{batchFailed, "b  completed  1 of 3 made, 1 failed, 1 canceled\n", "failed", "batch b is completed, and 2 of its 3 jobs ended without a picture. Try those again that failed: easel batch retry b", 3},
		{batchGone, "b  canceled  1 of 3 made, 2 canceled\n", "canceled", "batch b is canceled, and 2 of its 3 jobs ended without a picture. Start them again with: easel batch retry b --status canceled", 3},
		{last: `{"id":"b","status":"canceled","counts":{"total":3,"succeeded":3}}`, out: "b  canceled  3 of 3 made, none canceled: all were made or under way already\n"},
		{`{"id":"b","status":"deleting"}`, "b  deleting\n", "deleting", "batch b is being deleted", 3},
	} {
		synctest.Test(t, func(t *testing.T) {
			var out bytes.Buffer
			w := &batchWire{batches: []string{batchRuns, "", "", batchRuns, c.last}}
			a := &app{out: &out, errs: io.Discard}
			err := a.forOrders().waitBatch(t.Context(), w.client(t), api.Batch{ID: "b", Status: "running"})
			if codeOf(err) != c.code || err != nil && (word(err) != c.word || err.Error() != c.err) || out.String() != c.out {
				t.Errorf("got %v (%d, %s) and %q, want %+v", err, codeOf(err), word(err), out.String(), c)
			}
		})
	}
}

// Some of its pictures may still be there. A folder with part of them would look like all that was made.
func TestABatchThatIsBeingDeletedIsNotDownloaded(t *testing.T) {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"id":"b","status":"deleting","counts":{"total":3,"succeeded":3}}`)
	}))
	defer server.Close()
	to := filepath.Join(t.TempDir(), "to")
	for _, more := range []string{"", "--wait"} {
		var out, errs strings.Builder
		args := strings.Fields("download b --to " + to + " --server " + server.URL + " " + more)
		code := Main(t.Context(), args, strings.NewReader(""), &out, &errs)
		if code != codeFailed || errs.String() != "easel: batch b is being deleted\n" || out.String() != "" || exists(to) {
			t.Errorf("%s: exit code %d, %q and %q; the folder is there: %t", more, code, out.String(), errs.String(), exists(to))
		}
	}
}

func TestAWaitForABatchTellsOnceWhatKeepsItAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var errs bytes.Buffer
		waits := []string{batchWaits, batchWaits, batchWaits, batchWaits, batchRuns, batchOpen, batchOpen, batchMade}
		w := &batchWire{batches: waits, jobs: batchBroke}
		a := &app{out: io.Discard, errs: &errs}
		if err := a.forOrders().waitBatch(t.Context(), w.client(t), api.Batch{ID: "b", Status: "running", Counts: api.Counts{Queued: 3}}); err != nil {
			t.Fatal(err)
		}
		want := "batch b waits (budget: The budget is used up.)\nbatch b waits (open: more jobs may be added; easel batch seal b says that none will)\n"
		if d := cmp.Diff(want, errs.String()); d != "" {
			t.Error(d)
		}
		if w.lists != 1 {
			t.Errorf("the jobs were looked at %d times in ten seconds", w.lists)
		}
	})
}

// The patience counts from the last job that ended.
func TestAWaitForABatchIsGivenUpWhenNoJobEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		w := &batchWire{batches: append(strings.SplitAfter(strings.Repeat(batchWaits+"\n", 10), "\n")[:10], batchRuns), jobs: batchBroke}
		a := &app{out: io.Discard, errs: io.Discard, patience: time.Minute}
		err := a.forOrders().waitBatch(t.Context(), w.client(t), api.Batch{ID: "b", Status: "running"})
		took := time.Since(began)
		want := "gave up: no picture came for 1m0s (--give-up-after)\nthe batch goes on. Come back to it with: easel wait b"
		if err == nil || err.Error() != want || codeOf(err) != codeUnreachable || took < 80*time.Second || took > 85*time.Second {
			t.Errorf("got %v after %s", err, took)
		}
	})
}

func TestACanceledBatchSaysWhatBecomesOfItsCalls(t *testing.T) {
	var out bytes.Buffer
	b := api.Batch{ID: "b", Status: "canceling", Counts: api.Counts{Total: 9, Running: 2, Canceled: 7}}
	want := "b  canceling  0 of 9 made, 2 running, 7 canceled; what runs goes on, and its pictures are kept\n"
	if err := (&app{out: &out}).forBatches().batchLine(b); err != nil || out.String() != want {
		t.Errorf("got %q, %v", out.String(), err)
	}
}

func TestAWaitForABatchShowsHowItStands(t *testing.T) {
	ends := time.Now().Add(30 * 24 * time.Hour)
	pace := 2.5
	w := &batchWait{batch: api.Batch{
		ID: "b", Counts: api.Counts{Total: 9, Queued: 5, Succeeded: 4}, ImagesPerMinute: &pace, EndsAt: &ends, SealedAt: &ends,
	}}
	if got, want := w.standing(), "4 of 9 made, 5 queued, 2.5 a minute, until about "+ends.Format(time.DateOnly); got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	w.why = api.Waiting{Code: "budget", Message: "It is used up."}
	if got := w.standing(); !strings.HasSuffix(got, ", waiting: budget: It is used up.") {
		t.Errorf("got %q", got)
	}
}

func TestTimesAreAsExactAsTheyAreNear(t *testing.T) {
	synctest.Test(t, func(t *testing.T) { // it is midnight of 2000-01-01 in UTC
		for d, layout := range map[time.Duration]string{
			time.Hour: "15:04", 19 * time.Hour: "15:04", 25 * time.Hour: "Mon 15:04", 5 * 24 * time.Hour: "Mon 15:04", 7 * 24 * time.Hour: time.DateOnly,
		} {
			at := time.Now().Add(d)
			if got, want := clock(at), at.Local().Format(layout); got != want {
				t.Errorf("in %s: got %s, want %s", d, got, want)
			}
		}
	})
}

func TestThePlanSaysWhenTheDailyBudgetHasPaid(t *testing.T) {
	var screen bytes.Buffer
	last := time.Now().Add(5 * 24 * time.Hour)
	daily := json.Number("25")
	p := bulk.Plan{Rows: 3, FileRows: 3, ToMake: 3, Seconds: 5 * 24 * 60 * 60, DailyBudgetUSD: &daily, Deleted: 2, Replaced: 1}
	(&app{}).forFiles().showPlan(&screen, &bulkOrder{server: "s"}, "rows.csv", p)
	for _, want := range []string{
		"3 pictures, $0.00 at list price; the daily budget of $25.00 lets the last picture be there about " + last.Format(time.DateOnly) + "\n",
		"jobs deleted  2  on the server, and left alone (--redo ID makes another picture)\n",
		"1 job of rows as they were before they changed: not made yet; they are canceled as the changed ones are sent.\n",
	} {
		if !strings.Contains(screen.String(), want) {
			t.Errorf("the screen does not say %q:\n%s", want, screen.String())
		}
	}
}
