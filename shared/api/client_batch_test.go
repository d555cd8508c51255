package api_test

import (
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/job"
)

// scripted is a client of a server that answers what the test says, in virtual time.
func scripted(t *testing.T, do func(n int, r *http.Request) (*http.Response, error), test func(t *testing.T, c *client.Client, l *line)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		c, err := client.New(base, annKey)
		if err != nil {
			t.Fatal(err)
		}
		l := &line{do: do}
		c.HTTP = &http.Client{Transport: l}
		test(t, c, l)
	})
}

const emptyBatch = `{"id": "b7", "object": "batch", "status": "running"}`

func TestABatchIsMadeOnceThoughTheAnswerIsLost(t *testing.T) {
	lost := func(n int, r *http.Request) (*http.Response, error) {
		if n == 1 {
			return nil, errBroken
		}
		return answerOf(http.StatusAccepted, emptyBatch), nil
	}
	scripted(t, lost, func(t *testing.T, c *client.Client, l *line) {
		settings := client.BatchSettings{Name: "foxes", MaxCostUSD: "12.50", Open: true, Metadata: map[string]string{"a": "b"}}
		b, err := c.CreateBatch(t.Context(), settings, "")
		if err != nil || b.ID != "b7" || l.n != 2 {
			t.Fatalf("got %+v, %v after %d requests", b, err, l.n)
		}
		key := l.sent[0].Header.Get("Idempotency-Key")
		if key == "" || l.sent[1].Header.Get("Idempotency-Key") != key || l.sent[0].URL.Path != "/batches" {
			t.Errorf("sent %v", l.sent)
		}
		body, _ := io.ReadAll(l.sent[1].Body)
		if got := string(body); got != `{"name":"foxes","metadata":{"a":"b"},"max_cost_usd":12.50,"open":true}` {
			t.Errorf("sent %s", got)
		}
	})
}

func TestRowsAreSentALineEach(t *testing.T) {
	taken := func(int, *http.Request) (*http.Response, error) {
		return answerOf(http.StatusAccepted, `{"id": "b7", "order": {"lines": 2, "added": 1, "cost_usd": 0.04}}`), nil
	}
	scripted(t, taken, func(t *testing.T, c *client.Client, l *line) {
		rows := []api.JobRequest{{Settings: api.Settings{Prompt: "a <fox>\n& a bear"}, CustomID: "1"}, {Settings: api.Settings{Prompt: "b"}}}
		b, err := c.AppendJobs(t.Context(), "b/7", client.Append{Rows: rows, Changed: "add", Retry: []string{"failed", "canceled"}}, "key")
		if err != nil || b.Order == nil || b.Order.Added != 1 || b.Order.CostUSD != "0.04" {
			t.Fatalf("got %+v, %v", b, err)
		}
		r := l.sent[0]
		body, _ := io.ReadAll(r.Body)
		want := `{"prompt":"a <fox>\n& a bear","custom_id":"1"}` + "\n" + `{"prompt":"b"}` + "\n"
		got := r.Method + " " + r.URL.RequestURI() + " " + r.Header.Get("Content-Type") + " " + r.Header.Get("Idempotency-Key") + "\n" + string(body)
		if diff := cmp.Diff("POST /batches/b%2F7/jobs?changed=add&retry=failed%2Ccanceled application/x-ndjson key\n"+want, got); diff != "" {
			t.Error(diff)
		}
	})
}

// What can be told from what is there may be sent again, everything else might be made twice.
func TestAnAppendIsRepeatedWhereThatIsSafe(t *testing.T) {
	named, nameless := api.JobRequest{Settings: api.Settings{Prompt: "a"}, CustomID: "1"}, api.JobRequest{Settings: api.Settings{Prompt: "b"}}
	for _, c := range []struct {
		rows []api.JobRequest
		key  string
		dry  bool
		want int
	}{
		{[]api.JobRequest{named}, "", false, 4},
		{[]api.JobRequest{named, nameless}, "", false, 1},
		{[]api.JobRequest{named, nameless}, "key", false, 4},
		{[]api.JobRequest{nameless}, "", true, 4},
	} {
		broken := func(int, *http.Request) (*http.Response, error) { return nil, errBroken }
		scripted(t, broken, func(t *testing.T, server *client.Client, l *line) {
			_, err := server.AppendJobs(t.Context(), "b7", client.Append{Rows: c.rows, DryRun: c.dry}, c.key)
			if !errors.Is(err, client.ErrUnreachable) || l.n != c.want {
				t.Errorf("%+v: got %v after %d requests", c, err, l.n)
			}
		})
	}
}

func TestADryRunBringsThePlan(t *testing.T) {
	plan := func(_ int, r *http.Request) (*http.Response, error) {
		if r.URL.RawQuery != "dry_run=true" {
			return answerOf(http.StatusBadRequest, r.URL.RawQuery), nil
		}
		return answerOf(http.StatusOK, `{"object": "plan", "batch_id": "b7", "lines": 1, "existing": 1}`), nil
	}
	scripted(t, plan, func(t *testing.T, c *client.Client, _ *line) {
		b, err := c.AppendJobs(t.Context(), "b7", client.Append{Rows: []api.JobRequest{{Settings: api.Settings{Prompt: "a"}}}, DryRun: true}, "")
		if err != nil || b.ID != "b7" || b.Order == nil || b.Order.Existing != 1 {
			t.Errorf("got %+v, %v", b, err)
		}
	})
}

func TestMoreRowsThanARequestHoldsAreNotSent(t *testing.T) {
	scripted(t, nil, func(t *testing.T, c *client.Client, l *line) {
		rows := make([]api.JobRequest, 1000)
		for n := range rows {
			rows[n].Prompt = strings.Repeat("a", 10_000)
		}
		_, err := c.AppendJobs(t.Context(), "b7", client.Append{Rows: rows}, "key")
		var p *api.Problem
		if !errors.As(err, &p) || p.Status != http.StatusRequestEntityTooLarge || !strings.Contains(p.Detail, "Row 419 of 1000") || l.n != 0 {
			t.Errorf("got %v after %d requests", err, l.n)
		}
	})
}

func TestClientCallsTheRoutesOfBatches(t *testing.T) {
	echo := func(_ int, r *http.Request) (*http.Response, error) {
		said := r.Method + " " + r.URL.RequestURI()
		if r.Body != nil {
			body, _ := io.ReadAll(r.Body)
			said += " " + string(body)
		}
		quoted, _ := json.Marshal(strings.TrimSpace(said))
		return answerOf(http.StatusOK, `{"id": `+string(quoted)+`, "retried": 3, "has_more": true, "data": [{"id": `+string(quoted)+`}]}`), nil
	}
	scripted(t, echo, func(t *testing.T, c *client.Client, _ *line) {
		ctx := t.Context()
		for want, call := range map[string]func() (api.Batch, error){
			"GET /batches/b7?wait=2":    func() (api.Batch, error) { return c.Batch(ctx, "b7", 1500*time.Millisecond) },
			"GET /batches/b7":           func() (api.Batch, error) { return c.Batch(ctx, "b7", 0) },
			"POST /batches/b7/seal":     func() (api.Batch, error) { return c.SealBatch(ctx, "b7") },
			"POST /batches/b7/cancel":   func() (api.Batch, error) { return c.CancelBatch(ctx, "b7") },
			"DELETE /batches/b7":        func() (api.Batch, error) { return c.DeleteBatch(ctx, "b7") },
			"POST /batches/b7/retry {}": func() (api.Batch, error) { return c.RetryBatch(ctx, "b7", nil, nil) },
			`POST /batches/b7/retry {"codes":["model_error"],"statuses":["failed"]}`: func() (api.Batch, error) {
				return c.RetryBatch(ctx, "b7", []string{"failed"}, []string{"model_error"})
			},
		} {
			if b, err := call(); err != nil || b.ID != want || b.Retried != 3 || !b.HasMore {
				t.Errorf("got %+v, %v, want %s", b, err, want)
			}
		}
		l, err := c.Batches(ctx, client.BatchListQuery{Limit: 5, Cursor: "x y", Owner: "ann"})
		if err != nil || !l.HasMore || l.Data[0].ID != "GET /batches?cursor=x+y&limit=5&owner=ann" {
			t.Errorf("got %+v, %v", l, err)
		}
	})
}

func TestOnlyARetryOfABatchIsNotRepeated(t *testing.T) {
	broken := func(int, *http.Request) (*http.Response, error) { return nil, errBroken }
	scripted(t, broken, func(t *testing.T, c *client.Client, l *line) {
		ctx := t.Context()
		for name, call := range map[string]func() error{
			"seal":   func() error { _, err := c.SealBatch(ctx, "b7"); return err },
			"cancel": func() error { _, err := c.CancelBatch(ctx, "b7"); return err },
			"delete": func() error { _, err := c.DeleteBatch(ctx, "b7"); return err },
			"get":    func() error { _, err := c.Batch(ctx, "b7", 0); return err },
			"list":   func() error { _, err := c.Batches(ctx, client.BatchListQuery{}); return err },
			"retry":  func() error { _, err := c.RetryBatch(ctx, "b7", nil, nil); return err },
		} {
			l.n = 0
			want := 4
			if name == "retry" {
				want = 1
			}
			if err := call(); !errors.Is(err, client.ErrUnreachable) || l.n != want {
				t.Errorf("%s: got %v after %d requests", name, err, l.n)
			}
		}
	})
}

func TestABatchThatIsGoneByTheSecondAttemptWasDeleted(t *testing.T) {
	gone := func(n int, _ *http.Request) (*http.Response, error) {
		if n == 1 {
			return nil, errBroken
		}
		return answerOf(http.StatusNotFound, `{"status": 404, "code": "batch_not_found", "detail": "There is no batch."}`), nil
	}
	scripted(t, gone, func(t *testing.T, c *client.Client, _ *line) {
		if b, err := c.DeleteBatch(t.Context(), "b7"); err != nil || b.ID != "b7" || b.Status != "deleting" {
			t.Errorf("got %+v, %v", b, err)
		}
	})
}

func TestClientKnowsWhatMoneyForbids(t *testing.T) {
	for _, c := range []struct {
		status int
		code   string
		want   error
	}{
		{429, "budget_exceeded", job.ErrBudget},
		{422, "over_max_cost", job.ErrBudget},
		{400, "idempotency_key_needed", job.ErrInvalid},
		{422, "idempotency_key_reused", job.ErrMismatch},
		{422, "too_many_jobs", job.ErrInvalid},
	} {
		said := func(int, *http.Request) (*http.Response, error) {
			body, _ := json.Marshal(api.Problem{Status: c.status, Code: c.code, Detail: "No."})
			return answerOf(c.status, string(body), "Retry-After", "3600"), nil
		}
		scripted(t, said, func(t *testing.T, server *client.Client, l *line) {
			_, err := server.AppendJobs(t.Context(), "b7", client.Append{}, "key")
			var p *api.Problem
			if !errors.As(err, &p) || !errors.Is(err, c.want) || p.RetryAfter != time.Hour || l.n != 1 {
				t.Errorf("%s: got %v after %d requests", c.code, err, l.n)
			}
		})
	}
	p := &api.Problem{Status: 429, Code: "rate_limited"}
	if errors.Is(p, job.ErrBudget) {
		t.Error("a server that is busy is taken for a budget that is spent")
	}
}
