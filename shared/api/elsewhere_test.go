package api_test

import (
	"net/http"
	"strings"
	"testing"

	"easel/shared/api"
)

// Each route with an ID is called with that of the other kind: of one's own, which is named, and of another owner's, which is
// not told from one that there is not.
func TestTheIDOfTheOtherKindIsToldApart(t *testing.T) {
	inHouse(t, func(h *harness) {
		j, b := h.order("one").ID, h.batch("a fox").ID
		for _, route := range api.Routes(h.server) {
			method, path, _ := strings.Cut(route, " ")
			id, other, body := b, "GET /batches/"+b+" shows it, and GET /jobs?batch_id="+b, ""
			if strings.HasPrefix(path, "/batches/") {
				id, other = j, "GET /jobs/"+j+" shows it."
			}
			switch {
			case !strings.Contains(path, "{id}"):
				continue
			case strings.HasSuffix(path, "/jobs"):
				body = `{"jobs":[{"prompt":"a hare","custom_id":"1"}]}`
			case method == http.MethodPatch:
				body = `{"starred":true}`
			}
			_, p := want[api.Problem](h, http.StatusNotFound, method, strings.Replace(path, "{id}", id, 1), body)
			if !strings.Contains(p.Detail, other) || p.Code != "job_not_found" && p.Code != "batch_not_found" {
				t.Errorf("%s: got %+v", route, p)
			}
			_, p = want[api.Problem](h, http.StatusNotFound, method, strings.Replace(path, "{id}", id, 1), body, "Authorization", "Bearer "+bobKey)
			if !strings.Contains(p.Detail, "Check the ID") {
				t.Errorf("%s: bob was told %+v", route, p)
			}
		}
	})
}
