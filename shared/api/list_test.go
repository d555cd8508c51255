package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
	"easel/shared/job"
)

func TestListGoesOnWhereThePageEnded(t *testing.T) {
	inHouse(t, func(h *harness) {
		var all []string
		for n := range 5 {
			all = append([]string{h.order(fmt.Sprint(n)).ID}, all...)
			pass(time.Millisecond)
		}
		want[api.Job](h, http.StatusOK, "POST", "/jobs/"+all[0]+"/cancel", "")
		var got []string
		path := "/jobs?status=canceled,queued&limit=2"
		for path != "" {
			_, l := want[api.JobList](h, http.StatusOK, "GET", path, "")
			for _, j := range l.Data {
				got = append(got, j.ID)
			}
			path = ""
			if l.HasMore {
				path = "/jobs?status=queued&status=canceled&limit=2&cursor=" + *l.NextCursor
			}
		}
		if diff := cmp.Diff(all, got); diff != "" {
			t.Error(diff)
		}
		if _, l := want[api.JobList](h, http.StatusOK, "GET", "/jobs?model=ultra", ""); l.Data == nil || len(l.Data) != 0 || l.HasMore {
			t.Errorf("got %+v", l)
		}
		if _, l := want[api.JobList](h, http.StatusOK, "GET", "/jobs", "", "Authorization", "Bearer "+bobKey); len(l.Data) != 0 {
			t.Errorf("bob sees %d jobs", len(l.Data))
		}
	})
}

func TestCatalogueOfAServerThatOnlyShowsNamesTheDefaultToo(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.server.Submitter, h.server.Model = nil, "ultra"
		h.open()
		_, l := want[api.ModelList](h, http.StatusOK, "GET", "/models", "")
		for _, m := range l.Data {
			if m.Default != (m.Alias == "ultra") {
				t.Errorf("%s: default is %v", m.Alias, m.Default)
			}
		}
	})
}

func TestAJobSaysWhenItExpiresAndIsGoneThen(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.worker.Retention = time.Hour
		if j := h.order("k"); j.ExpiresAt != nil {
			t.Errorf("before its end it expires at %v", j.ExpiresAt)
		}
		h.work()
		_, j := want[api.Job](h, http.StatusOK, "POST", "/jobs", `{"prompt": "a red fox"}`, "Idempotency-Key", "k")
		if j.ExpiresAt == nil || !j.ExpiresAt.Equal(j.CompletedAt.Add(time.Hour)) {
			t.Fatalf("completed at %v, expires at %v", j.CompletedAt, j.ExpiresAt)
		}
		pass(time.Hour)
		want[api.Problem](h, http.StatusNotFound, "GET", "/jobs/"+j.ID, "")
		if _, l := want[api.JobList](h, http.StatusOK, "GET", "/jobs", ""); len(l.Data) != 0 {
			t.Errorf("%d jobs are listed", len(l.Data))
		}
		if again := h.order("k"); again.ID != j.ID || !again.CreatedAt.After(j.CreatedAt) {
			t.Errorf("the key brought %+v", again)
		}
	})
}

func TestCatalogueNamesTheDefaultAndTheRetired(t *testing.T) {
	inHouse(t, func(h *harness) {
		_, l := want[api.ModelList](h, http.StatusOK, "GET", "/models", "")
		if len(l.Data) == 0 || l.Data[0].Alias != "core" || !l.Data[0].Default || l.Data[0].PriceUSD != json.Number("0.04") || l.Data[0].Image != nil {
			t.Fatalf("got %+v", l.Data)
		}
		_, all := want[api.ModelList](h, http.StatusOK, "GET", "/models?all=1", "")
		named := map[string]api.Model{}
		for _, m := range all.Data {
			named[m.Alias] = m
		}
		if gone := named["titan"]; gone.Status != "retired" || gone.Successor == "" || gone.PriceUSD != "" {
			t.Errorf("got %+v", gone)
		}
		// With a private arrangement it can be called, so its limits are told.
		least, most := 10.0, 150.0
		sdxl := named["sdxl"]
		if sdxl.Status != "retired" || sdxl.PriceUSD != "0.04" || sdxl.MaxPrompt != 2000 || len(sdxl.Image.Sides) != 9 || !slices.Contains(sdxl.Parameters, "parameters") {
			t.Errorf("got %+v", sdxl)
		}
		n := slices.IndexFunc(sdxl.ParameterLimits, func(p api.ParameterLimits) bool { return p.Name == "steps" })
		if diff := cmp.Diff(api.ParameterLimits{Name: "steps", Type: "integer", Minimum: &least, Maximum: &most, Default: json.RawMessage("30")}, sdxl.ParameterLimits[max(0, n)]); diff != "" {
			t.Error(diff)
		}
		if core := named["core"]; core.ParameterLimits != nil || slices.Contains(core.Parameters, "parameters") {
			t.Errorf("got %+v", core)
		}
	})
}

func TestTheCatalogueShowsThePresentPace(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.server.Pace = func(_ context.Context, id string) float64 { return 10.0 / 3 }
		h.open()
		_, all := want[api.ModelList](h, http.StatusOK, "GET", "/models?all=1", "")
		for _, m := range all.Data {
			if callable := m.MaxPrompt > 0; (m.PacePerMinute == 3.33) != callable {
				t.Errorf("%s, which can be called: %v, is shown with %v calls a minute", m.Name, callable, m.PacePerMinute)
			}
		}
	})
}

func TestHealth(t *testing.T) {
	inHouse(t, func(h *harness) {
		want[map[string]string](h, http.StatusOK, "GET", "/healthz", "", "Authorization", "")
		h.server.Healthy = func(context.Context) error { return fmt.Errorf("disk full") }
		h.open()
		_, p := want[api.Problem](h, http.StatusServiceUnavailable, "GET", "/healthz", "")
		if strings.Contains(p.Detail, "disk") || !strings.Contains(h.log.String(), "disk full") {
			t.Errorf("got %q, log: %s", p.Detail, h.log)
		}
		h.server.Healthy = func(context.Context) error {
			return &job.Error{Kind: job.ErrUnavailable, Code: "unhealthy", Message: "The disk has no room.", Cause: fmt.Errorf("/data has 7 bytes")}
		}
		h.open()
		response, p := want[api.Problem](h, http.StatusServiceUnavailable, "GET", "/healthz", "", "Authorization", "")
		if p.Detail != "The disk has no room." || p.Code != "unhealthy" || response.Header.Get("Retry-After") == "" || !strings.Contains(h.log.String(), "7 bytes") {
			t.Errorf("got %+v, log: %s", p, h.log)
		}
		want[map[string]string](h, http.StatusOK, "GET", "/livez", "", "Authorization", "")
	})
}
