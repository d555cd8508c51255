package api_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/job"
)

func TestWhatTheCoreRefusesIsSaidOfItsPlace(t *testing.T) {
	inHouse(t, func(h *harness) {
		for _, c := range []struct{ path, kind, body, want string }{
			{"/batches?model=none", "text/csv", "prompt,model\na,\nb,no\nc,\nd,ultra\n,core\n", "?model,3[model],6[prompt]"},
			{"/batches?style_preset=x&changed=redo", "text/plain", "a\nb", "?changed"},
			{"/batches?style_preset=x&name=" + strings.Repeat("n", 129), "text/plain", "a\nb", "?name"},
			{"/batches?retry=queued", "application/json", `{"prompts": ["a"], "name": "` + strings.Repeat("n", 129) + `"}`, "/name,?retry"},
			{
				"/batches", "application/json", `{"defaults": {"model": "core", "strength": 0.5}, "jobs": [{"prompt": "a"}, {"prompt": "b", "strength": 2}]}`,
				"/defaults/strength,/jobs/1/strength,/jobs/1/strength",
			},
			{"/batches", "application/json", `{"template": "a {red|white} fox", "expand": {"matrix": {"aspect_ratio": ["5:1", "1:1"]}}}`, "/expand/matrix/aspect_ratio"},
			{"/batches", "application/x-ndjson", `{"prompt": "a", "custom_id": "1"}` + "\n\n" + `{"prompt": "b", "custom_id": "1"}`, "3/custom_id"},
		} {
			_, body := h.call("POST", c.path, c.body, "Content-Type", c.kind)
			var p api.Problem
			if err := json.Unmarshal(body, &p); err != nil {
				t.Fatal(err)
			}
			if got := faults(t, &p); got != c.want {
				t.Errorf("%s: got %s: %s", c.body, got, body)
			}
		}
	})
}

func TestABatchNeverCostsMoreThanItMay(t *testing.T) {
	inHouse(t, func(h *harness) {
		_, p := want[api.Problem](h, http.StatusUnprocessableEntity, "POST", "/batches?max_cost_usd=0.1", "a\nb\nc\n", "Content-Type", "text/plain")
		if p.Code != "over_max_cost" || !strings.Contains(p.Detail, "2 of them fit") {
			t.Errorf("got %+v", p)
		}
	})
}

func TestADaysBudgetIsSaidWithTheTimeToWait(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.server.Submitter.Budget = 100_000
		h.open()
		h.order("1")
		h.order("2")
		response, p := want[api.Problem](h, http.StatusTooManyRequests, "POST", "/jobs", `{"prompt": "a red fox"}`)
		tomorrow := time.Now().UTC().Add(24 * time.Hour).Format(time.DateOnly)
		if p.Code != "budget_exceeded" || response.Header.Get("Retry-After") != "86400" || !strings.Contains(p.Detail, "It fits on "+tomorrow) {
			t.Errorf("got %+v, %v", p, response.Header)
		}
		if _, p = want[api.Problem](h, http.StatusUnprocessableEntity, "POST", "/jobs", `{"prompt": "a red fox", "model": "ultra"}`); p.Code != "over_max_cost" {
			t.Errorf("got %+v", p)
		}
		if _, p = want[api.Problem](h, http.StatusUnprocessableEntity, "POST", "/batches", `{"prompts": ["a"], "defaults": {"model": "ultra"}}`); p.Code != "over_max_cost" {
			t.Errorf("got %+v", p)
		}
	})
}

// Five pictures at $0.04 take three days of $0.10.
func TestABatchBeyondADaysBudgetIsTakenAndSaysHowLongItTakes(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.server.Submitter.Budget, h.server.Reader.Budget = 100_000, 100_000
		h.open()
		const body = `{"prompts": ["a", "b", "c", "d", "e"]}`
		_, p := want[api.Plan](h, http.StatusOK, "POST", "/batches?dry_run=true", body)
		_, b := want[api.Batch](h, http.StatusAccepted, "POST", "/batches", body)
		for _, plan := range []*api.Plan{&p, b.Order} {
			if plan.DailyBudgetUSD == nil || *plan.DailyBudgetUSD != "0.1" || plan.Seconds < 48*3600 || plan.Seconds > 49*3600 {
				t.Errorf("got %+v", plan)
			}
		}
		if b.EndsAt == nil || b.EndsAt.Sub(b.CreatedAt) < 48*time.Hour {
			t.Errorf("got %+v", b)
		}
		if _, p = want[api.Plan](h, http.StatusOK, "POST", "/batches?dry_run=true", `{"prompts": ["a"], "max_cost_usd": 1}`); p.DailyBudgetUSD != nil {
			t.Errorf("got %+v", p)
		}
	})
}

func TestAServerThatOnlyShowsShowsBatches(t *testing.T) {
	inHouse(t, func(h *harness) {
		b := h.batch("a red fox")
		h.server.Submitter = nil
		h.open()
		if got := h.seen(b.ID); got.Counts.Total != 1 {
			t.Errorf("got %+v", got)
		}
		want[api.BatchList](h, http.StatusOK, "GET", "/batches", "")
		want[api.Problem](h, http.StatusMethodNotAllowed, "POST", "/batches", `{"prompts": ["a"]}`)
		want[api.Problem](h, http.StatusMethodNotAllowed, "DELETE", "/batches/"+b.ID, "")
		want[api.Problem](h, http.StatusNotFound, "POST", "/batches/"+b.ID+"/seal", "")
	})
}

func TestWhoReadsTheJobsOfABatchIsToldWhereTheyAreListed(t *testing.T) {
	inHouse(t, func(h *harness) {
		b := h.batch("a red fox")
		for method, told := range map[string]bool{"GET": true, "DELETE": false, "PATCH": false} {
			_, p := want[api.Problem](h, http.StatusMethodNotAllowed, method, "/batches/"+b.ID+"/jobs", "")
			if strings.Contains(p.Detail, "/jobs?batch_id=ID") != told {
				t.Errorf("%s: %s", method, p.Detail)
			}
		}
	})
}

func TestTheClientKeepsABatchFromItsBeginningToItsEnd(t *testing.T) {
	inHouse(t, func(h *harness) {
		c, _ := h.client()
		ctx := h.t.Context()
		b, err := c.CreateBatch(ctx, client.BatchSettings{Name: "foxes", Open: true, MaxCostUSD: "5"}, "foxes")
		if err != nil || b.Status != "running" {
			t.Fatalf("got %+v, %v", b, err)
		}
		if again, err := c.CreateBatch(ctx, client.BatchSettings{Name: "foxes", Open: true, MaxCostUSD: "5"}, "foxes"); err != nil || again.ID != b.ID {
			t.Errorf("got %+v, %v", again, err)
		}
		rows := []api.JobRequest{{Settings: api.Settings{Prompt: "a red fox"}, CustomID: "1"}, {Settings: api.Settings{Prompt: "a white fox"}, CustomID: "2"}}
		planned, err := c.AppendJobs(ctx, b.ID, client.Append{Rows: rows, DryRun: true}, "")
		if err != nil || planned.ID != b.ID || planned.Order.Added != 2 || planned.Order.CostUSD != "0.08" {
			t.Errorf("got %+v, %v", planned, err)
		}
		if b, err = c.AppendJobs(ctx, b.ID, client.Append{Rows: rows}, ""); err != nil || b.Order.Added != 2 {
			t.Errorf("got %+v, %v", b, err)
		}
		h.studio.do = func() error { return &job.CallError{Class: job.Rejected, Code: job.CodeFiltered, Message: "Filtered."} }
		h.work()
		h.studio.do = nil
		h.work()
		if b, err = c.RetryBatch(ctx, b.ID, []string{"failed"}, []string{"content_filtered"}); err != nil || b.Retried != 1 || b.HasMore {
			t.Errorf("got %+v, %v", b, err)
		}
		if b, err = c.AppendJobs(ctx, b.ID, client.Append{Rows: rows, Retry: []string{"canceled"}}, ""); err != nil || b.Order.Existing != 2 {
			t.Errorf("got %+v, %v", b, err)
		}
		if b, err = c.SealBatch(ctx, b.ID); err != nil || b.SealedAt == nil {
			t.Errorf("got %+v, %v", b, err)
		}
		h.finish(1)
		if b, err = c.Batch(ctx, b.ID, 0); err != nil || b.Status != "completed" || b.Counts.Succeeded != 2 {
			t.Errorf("got %+v, %v", b, err)
		}
		if l, err := c.Batches(ctx, client.BatchListQuery{Limit: 1}); err != nil || len(l.Data) != 1 || cmp.Diff(b, l.Data[0]) != "" {
			t.Errorf("got %+v, %v", l, err)
		}
		if b, err = c.CancelBatch(ctx, b.ID); err != nil || b.Status != "completed" {
			t.Errorf("got %+v, %v", b, err)
		}
		if b, err = c.DeleteBatch(ctx, b.ID); err != nil || b.Status != "deleting" {
			t.Errorf("got %+v, %v", b, err)
		}
	})
}
