package api_test

import (
	"net/http"
	"testing"

	"easel/shared/api"
	"easel/shared/api/client"
	"easel/shared/job"
)

func TestAJobIsStarredAndListed(t *testing.T) {
	inHouse(t, func(h *harness) {
		plain, id := h.order("a"), h.order("b").ID
		if plain.Starred {
			t.Error("a new job has a star")
		}
		for range 2 {
			if _, j := want[api.Job](h, http.StatusOK, "PATCH", "/jobs/"+id, `{"starred": true}`); !j.Starred || j.ID != id {
				t.Errorf("got %+v", j)
			}
		}
		_, list := want[api.JobList](h, http.StatusOK, "GET", "/jobs?starred=true&status=queued&model=core", "")
		if len(list.Data) != 1 || list.Data[0].ID != id || !list.Data[0].Starred {
			t.Errorf("listed: %+v", list)
		}
		if _, j := want[api.Job](h, http.StatusOK, "PATCH", "/jobs/"+id, `{"starred": false}`); j.Starred {
			t.Error("the star is still there")
		}
		if _, list = want[api.JobList](h, http.StatusOK, "GET", "/jobs?starred=true", ""); len(list.Data) != 0 {
			t.Errorf("listed: %+v", list)
		}
	})
}

// TestAStarIsShownAsGetShowsTheJob stars a job that waits for a reason, which the answer tells as well.
func TestAStarIsShownAsGetShowsTheJob(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.server.Submitter.Dispatcher.Wake = nil
		var id string
		for _, key := range []string{"a", "b", "c"} {
			id = h.order(key).ID
		}
		_, shown := want[api.Job](h, http.StatusOK, "GET", "/jobs/"+id, "")
		_, starred := want[api.Job](h, http.StatusOK, "PATCH", "/jobs/"+id, `{"starred": true}`)
		if shown.Waiting == nil || starred.Waiting == nil || starred.Waiting.Code != shown.Waiting.Code {
			t.Errorf("GET says %+v, PATCH %+v", shown.Waiting, starred.Waiting)
		}
	})
}

func TestAChangeOfAnythingElseIsRefused(t *testing.T) {
	inHouse(t, func(h *harness) {
		id := h.order("a").ID
		for body, pointer := range map[string]string{
			`{}`:                                 "/starred",
			`{"starred": "yes"}`:                 "/starred",
			`{"starred": null}`:                  "/starred",
			`{"starred": 1}`:                     "/starred",
			`{"starred": true, "starred": true}`: "/starred",
			`{"prompt": "a hare"}`:               "/prompt",
			`{"starred": true, "status": "x"}`:   "/status",
		} {
			_, p := want[api.Problem](h, http.StatusUnprocessableEntity, "PATCH", "/jobs/"+id, body)
			if p.Code != job.CodeInvalid || len(p.Errors) != 1 || p.Errors[0].Pointer != pointer {
				t.Errorf("%s: got %+v, want a pointer to %s", body, p, pointer)
			}
		}
		want[api.Problem](h, http.StatusUnprocessableEntity, "PATCH", "/jobs/"+id, `[true]`)
		want[api.Problem](h, http.StatusBadRequest, "PATCH", "/jobs/"+id, `{`)
		want[api.Problem](h, http.StatusUnsupportedMediaType, "PATCH", "/jobs/"+id, `{"starred": true}`, "Content-Type", "text/plain")
		if _, j := want[api.Job](h, http.StatusOK, "GET", "/jobs/"+id, ""); j.Starred {
			t.Error("a refused change has set the star")
		}
		want[api.Problem](h, http.StatusNotFound, "PATCH", "/jobs/"+id, `{"starred": true}`, "Authorization", "Bearer "+bobKey)
		want[api.Problem](h, http.StatusNotFound, "PATCH", "/jobs/7", `{"starred": true}`)
		if _, p := want[api.Problem](h, http.StatusUnprocessableEntity, "GET", "/jobs?starred=false", ""); len(p.Errors) != 1 || p.Errors[0].Parameter != "starred" {
			t.Errorf("got %+v", p)
		}
	})
}

func TestTheClientStars(t *testing.T) {
	inHouse(t, func(h *harness) {
		c, _ := h.client()
		ctx, id := h.t.Context(), h.order("a").ID
		if j, err := c.Star(ctx, id, true); err != nil || !j.Starred {
			t.Fatalf("got %+v, %v", j, err)
		}
		h.order("b")
		if list, err := c.List(ctx, client.ListQuery{Starred: true}); err != nil || len(list.Data) != 1 || list.Data[0].ID != id {
			t.Errorf("got %+v, %v", list, err)
		}
		if j, err := c.Star(ctx, id, false); err != nil || j.Starred {
			t.Errorf("got %+v, %v", j, err)
		}
	})
}
