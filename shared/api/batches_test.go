package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
)

// batch orders a picture of each prompt.
func (h *harness) batch(prompts ...string) api.Batch {
	h.t.Helper()
	body, err := json.Marshal(map[string]any{"prompts": prompts})
	if err != nil {
		h.t.Fatal(err)
	}
	_, b := want[api.Batch](h, http.StatusAccepted, "POST", "/batches", string(body))
	return b
}

// seen is the batch as it is now.
func (h *harness) seen(id string) api.Batch {
	h.t.Helper()
	_, b := want[api.Batch](h, http.StatusOK, "GET", "/batches/"+id, "")
	return b
}

// finish lets the worker make n pictures, and the sweep notice the end.
func (h *harness) finish(n int) {
	h.t.Helper()
	for range n {
		h.work()
	}
	for range 4 {
		pass(15 * time.Second)
		if _, err := h.sweeper.Sweep(h.t.Context()); err != nil {
			h.t.Error(err)
		}
	}
}

func TestABatchIsOrderedAndEnds(t *testing.T) {
	inHouse(t, func(h *harness) {
		response, b := want[api.Batch](h, http.StatusAccepted, "POST", "/batches", `{"name": "foxes", "metadata": {"project": "atlas"}, "max_cost_usd": 1,
			"jobs": [{"prompt": "a red fox", "custom_id": "f-1"}, {"prompt": "a white fox", "model": "ultra"}]}`)
		if response.Header.Get("Location") != b.URLs.Self || response.Header.Get("Retry-After") == "" || b.URLs.Self != base+"/batches/"+b.ID {
			t.Errorf("got headers %v", response.Header)
		}
		plan := &api.Plan{
			Object: "plan", Lines: 2, Added: 2, CostUSD: "0.18", Seconds: b.Order.Seconds, Sample: []string{"a red fox", "a white fox"},
			Models: map[string]api.PlanModel{"core": {Jobs: 1, CostUSD: "0.04"}, "ultra": {Jobs: 1, CostUSD: "0.14"}},
		}
		if diff := cmp.Diff(plan, b.Order); diff != "" || b.Order.Seconds < 4 {
			t.Error(diff)
		}
		most := json.Number("1")
		if b.Status != "running" || b.Counts != (api.Counts{Total: 2, Queued: 2}) || b.SealedAt == nil || b.EndsAt == nil ||
			cmp.Diff(api.BatchCost{EstimatedUSD: "0.18", ListUSD: "0", WaitingUSD: "0.18", RunningUSD: "0", MaxUSD: &most}, b.Cost) != "" ||
			cmp.Diff(map[string]api.BatchModel{"core": {Jobs: 1, Queued: 1}, "ultra": {Jobs: 1, Queued: 1}}, b.Models) != "" {
			t.Errorf("got %+v", b)
		}
		h.studio.do = func() error {
			h.studio.do = nil
			if b := h.seen(b.ID); b.Counts.Running != 1 || b.Cost.ListUSD != b.Cost.RunningUSD || b.Cost.ListUSD == "0" {
				t.Errorf("during a call: %+v", b)
			}
			pass(time.Minute)
			return nil
		}
		h.finish(2)
		b = h.seen(b.ID)
		if b.Status != "completed" || b.Counts != (api.Counts{Total: 2, Succeeded: 2}) || b.CompletedAt == nil || b.EndsAt != nil ||
			cmp.Diff(api.BatchCost{EstimatedUSD: "0.18", ListUSD: "0.18", WaitingUSD: "0", RunningUSD: "0", MaxUSD: &most}, b.Cost) != "" ||
			b.Models["ultra"] != (api.BatchModel{Jobs: 1, Succeeded: 1}) || b.ImagesPerMinute == nil || *b.ImagesPerMinute != 2 || b.Order != nil || b.Name != "foxes" || b.Metadata["project"] != "atlas" {
			t.Errorf("got %+v", b)
		}
		_, l := want[api.JobList](h, http.StatusOK, "GET", strings.TrimPrefix(b.URLs.Jobs, base), "")
		if len(l.Data) != 2 || l.Data[0].CustomID != "f-1" || l.Data[1].Position != 1 || len(l.Data[1].Images) != 1 || l.Data[1].BatchID != b.ID {
			t.Errorf("got %+v", l.Data)
		}
	})
}

func TestSameOrderUnderOneKeyIsOneBatch(t *testing.T) {
	inHouse(t, func(h *harness) {
		const body = `{"prompts": ["a red fox", "a white fox"]}`
		_, first := want[api.Batch](h, http.StatusAccepted, "POST", "/batches", body, "Idempotency-Key", "one")
		response, again := want[api.Batch](h, http.StatusOK, "POST", "/batches", body, "Idempotency-Key", "one")
		if again.ID != first.ID || again.Order.Existing != 2 || again.Order.Added != 0 || response.Header.Get("Location") != first.URLs.Self || again.Counts.Total != 2 {
			t.Errorf("got %+v", again)
		}
		_, p := want[api.Problem](h, http.StatusUnprocessableEntity, "POST", "/batches", `{"prompts": ["a blue fox"]}`, "Idempotency-Key", "one")
		if p.Code != "idempotency_key_reused" {
			t.Errorf("got %+v", p)
		}
	})
}

func TestADryRunTellsAndRecordsNothing(t *testing.T) {
	inHouse(t, func(h *harness) {
		_, p := want[api.Plan](h, http.StatusOK, "POST", "/batches?dry_run=true&expand=all&runs=2&max_cost_usd=0.01", "a {red|white} fox\n", "Content-Type", "text/plain")
		plan := api.Plan{
			Object: "plan", Lines: 4, Added: 4, CostUSD: "0.16", Seconds: p.Seconds, Models: map[string]api.PlanModel{"core": {Jobs: 4, CostUSD: "0.16"}},
			Sample: []string{"a red fox", "a red fox", "a white fox", "a white fox"},
		}
		if diff := cmp.Diff(plan, p); diff != "" || p.Seconds < 5 {
			t.Error(diff)
		}
		if _, l := want[api.BatchList](h, http.StatusOK, "GET", "/batches", ""); len(l.Data) != 0 {
			t.Errorf("got %+v", l)
		}
		b := h.batch("a fox")
		_, p = want[api.Plan](h, http.StatusOK, "POST", "/batches/"+b.ID+"/jobs?dry_run=1", `{"prompts": ["a bear"]}`, "Idempotency-Key", "k")
		if p.BatchID != b.ID || p.Added != 1 {
			t.Errorf("got %+v", p)
		}
		if b := h.seen(b.ID); b.Counts.Total != 1 {
			t.Errorf("got %+v", b)
		}
	})
}

func TestJobsAreAppendedUntilTheBatchIsSealed(t *testing.T) {
	inHouse(t, func(h *harness) {
		_, b := want[api.Batch](h, http.StatusAccepted, "POST", "/batches", `{"open": true, "name": "catalogue"}`)
		if b.Counts.Total != 0 || b.SealedAt != nil || b.Order.Lines != 0 {
			t.Errorf("got %+v", b)
		}
		path := "/batches/" + b.ID
		const rows = "custom_id;prompt\n1;a red fox\n2;a white fox\n"
		csv := []string{"Content-Type", "text/csv"}
		_, b = want[api.Batch](h, http.StatusAccepted, "POST", path+"/jobs", rows, csv...)
		if b.Order.Added != 2 || b.SealedAt != nil || b.Counts.Total != 2 {
			t.Errorf("got %+v", b)
		}
		_, b = want[api.Batch](h, http.StatusOK, "POST", path+"/jobs", rows, csv...)
		if b.Order.Existing != 2 || b.Order.Added != 0 {
			t.Errorf("got %+v", b.Order)
		}
		_, p := want[api.Problem](h, http.StatusBadRequest, "POST", path+"/jobs", "a fox without a name", "Content-Type", "text/plain")
		if p.Code != "idempotency_key_needed" {
			t.Errorf("got %+v", p)
		}
		_, p = want[api.Problem](h, http.StatusUnprocessableEntity, "POST", path+"/jobs", strings.Replace(rows, "red", "blue", 1), csv...)
		if diff := cmp.Diff([]api.ProblemField{{Line: 2, Column: "custom_id", Detail: p.Errors[0].Detail}}, p.Errors); diff != "" || !strings.Contains(p.Detail, "changed=add") {
			t.Errorf("%s %s", diff, p.Detail)
		}
		_, b = want[api.Batch](h, http.StatusAccepted, "POST", path+"/jobs?changed=add", strings.Replace(rows, "red", "blue", 1), csv...)
		if b.Order.Changed != 1 || b.Order.Added != 1 || b.Order.Existing != 1 {
			t.Errorf("got %+v", b.Order)
		}
		if _, b = want[api.Batch](h, http.StatusOK, "POST", path+"/seal", ""); b.SealedAt == nil {
			t.Errorf("got %+v", b)
		}
		_, b = want[api.Batch](h, http.StatusAccepted, "POST", path+"/jobs", `{"jobs": [{"custom_id": "3", "prompt": "a fox"}], "open": false}`)
		if b.SealedAt == nil || b.Order.Added != 1 {
			t.Errorf("got %+v", b)
		}
	})
}

func TestABatchIsCanceledAndBegunAgain(t *testing.T) {
	inHouse(t, func(h *harness) {
		path := "/batches/" + h.batch("a red fox", "a white fox", "a blue fox").ID
		h.work()
		for range 2 {
			_, b := want[api.Batch](h, http.StatusOK, "POST", path+"/cancel", "")
			if b.Counts != (api.Counts{Total: 3, Succeeded: 1, Canceled: 2}) || b.CanceledAt == nil || b.Status != "canceled" {
				t.Errorf("got %+v", b)
			}
		}
		pass(time.Second)
		response, body := h.call("POST", path+"/retry?statuses=canceled,failed", "")
		if response.StatusCode != http.StatusAccepted || !strings.Contains(string(body), `"retried":2,"has_more":false`) {
			t.Errorf("got %d %s", response.StatusCode, body)
		}
		response, body = h.call("POST", path+"/retry", `{"statuses": ["failed"], "codes": ["model_error"]}`)
		if response.StatusCode != http.StatusOK || !strings.Contains(string(body), `"retried":0,"has_more":false`) {
			t.Errorf("got %d %s", response.StatusCode, body)
		}
		if _, p := want[api.Problem](h, http.StatusConflict, "DELETE", path, ""); p.Code != "wrong_state" {
			t.Errorf("got %+v", p)
		}
		h.finish(4) // two of the messages are of the round before
		if b := h.seen(strings.TrimPrefix(path, "/batches/")); b.Counts.Succeeded != 3 || b.Status != "completed" {
			t.Errorf("got %+v", b)
		}
		if _, b := want[api.Batch](h, http.StatusAccepted, "DELETE", path, ""); b.Status != "deleting" {
			t.Errorf("got %+v", b)
		}
	})
}

func TestAChoiceOfWhatToBeginAgainIsReadStrictly(t *testing.T) {
	inHouse(t, func(h *harness) {
		path := "/batches/" + h.batch("a red fox").ID + "/retry"
		for call, want := range map[[2]string]string{
			{"?statuses=queued&codes=model_eror", ""}:              "?statuses,?codes",
			{"", `{"statuses": ["done"], "code": [], "codes": 7}`}: "/statuses,/code,/codes",
			{"?status=failed", ""}:                                 "?status",
			{"", `[]`}:                                             "",
		} {
			_, body := h.call("POST", path+call[0], call[1])
			var p api.Problem
			if err := json.Unmarshal(body, &p); err != nil {
				t.Fatal(err)
			}
			if got := faults(t, &p); got != want {
				t.Errorf("%v: got %s: %s", call, got, body)
			}
		}
	})
}

func TestListOfBatchesGoesOnWhereThePageEnded(t *testing.T) {
	inHouse(t, func(h *harness) {
		var all []string
		for range 5 {
			all = append(all, h.batch("a red fox").ID)
			pass(time.Millisecond)
		}
		slices.Reverse(all)
		var got []string
		for path := "/batches?limit=2"; path != ""; {
			_, l := want[api.BatchList](h, http.StatusOK, "GET", path, "")
			for _, b := range l.Data {
				got = append(got, b.ID)
			}
			path = ""
			if l.HasMore {
				path = "/batches?limit=2&cursor=" + *l.NextCursor
			}
		}
		if diff := cmp.Diff(all, got); diff != "" {
			t.Error(diff)
		}
		_, p := want[api.Problem](h, http.StatusUnprocessableEntity, "GET", "/batches?limit=101&status=running", "")
		if got := faults(t, &p); got != "?status" {
			t.Errorf("got %s", got)
		}
		_, p = want[api.Problem](h, http.StatusUnprocessableEntity, "GET", "/batches?cursor=x", "")
		if p.Code != "invalid_cursor" {
			t.Errorf("got %+v", p)
		}
	})
}
