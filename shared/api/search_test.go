package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"easel/shared/api"
	"easel/shared/job"
)

func TestPromptsAreSearched(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.order("a")
		_, hare := want[api.Job](h, http.StatusAccepted, "POST", "/jobs", `{"prompt": "a hare, or a red fox"}`)
		for q, n := range map[string]int{"red": 2, "hare": 1, "fox red": 2, "RED har": 1, "wolf": 0, `") OR 1`: 0, `"hare`: 1} {
			_, l := want[api.JobList](h, http.StatusOK, "GET", "/jobs?status=queued&q="+url.QueryEscape(q), "")
			if len(l.Data) != n || n == 1 && l.Data[0].ID != hare.ID {
				t.Errorf("%s: got %d jobs, want %d", q, len(l.Data), n)
			}
		}
		if _, l := want[api.JobList](h, http.StatusOK, "GET", "/jobs?q=red", "", "Authorization", "Bearer "+bobKey); len(l.Data) != 0 {
			t.Errorf("bob finds %d of ann's jobs", len(l.Data))
		}
	})
}

func TestASearchGoesOnWhereThePageEnded(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.order("a")
		h.order("b")
		_, l := want[api.JobList](h, http.StatusOK, "GET", "/jobs?q=fox&limit=1", "")
		if len(l.Data) != 1 || !l.HasMore {
			t.Fatalf("got %+v", l)
		}
		want[api.JobList](h, http.StatusOK, "GET", "/jobs?q=fox&limit=1&cursor="+*l.NextCursor, "")
		want[api.Problem](h, http.StatusUnprocessableEntity, "GET", "/jobs?q=red&limit=1&cursor="+*l.NextCursor, "")
		want[api.Problem](h, http.StatusUnprocessableEntity, "GET", "/jobs?limit=1&cursor="+*l.NextCursor, "")
	})
}

func TestASearchThatCannotBeIsRefused(t *testing.T) {
	inHouse(t, func(h *harness) {
		for _, q := range []string{"", "%20", strings.Repeat("x", 201)} {
			if _, p := want[api.Problem](h, http.StatusUnprocessableEntity, "GET", "/jobs?q="+q, ""); len(p.Errors) != 1 || p.Errors[0].Parameter != "q" {
				t.Errorf("%.10s: got %+v", q, p)
			}
		}
		h.server.Reader.Words = false
		_, p := want[api.Problem](h, http.StatusUnprocessableEntity, "GET", "/jobs?q=fox", "")
		if p.Code != job.CodeInvalid || len(p.Errors) != 1 || p.Errors[0].Parameter != "q" {
			t.Errorf("without an index of words: %+v", p)
		}
	})
}
