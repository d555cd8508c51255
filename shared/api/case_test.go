package api_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"easel/shared/api"
)

// spelled are ways to write one ID.
func spelled(id string) map[string]string {
	mixed := []byte(id)
	for n := 0; n < len(mixed); n += 2 {
		mixed[n] = strings.ToUpper(id)[n]
	}
	return map[string]string{"as it was given": id, "in capitals": strings.ToUpper(id), "mixed": string(mixed)}
}

func TestAnIDIsOneInAnyCase(t *testing.T) {
	inHouse(t, func(h *harness) {
		for _, route := range api.Routes(h.server) {
			method, path, _ := strings.Cut(route, " ")
			if !strings.Contains(path, "{id}") {
				continue
			}
			statuses := map[string]int{}
			for name := range spelled("") {
				id, body := h.order(route+name).ID, ""
				if strings.HasPrefix(path, "/batches/") {
					id = h.batch("a fox").ID
				}
				switch {
				case strings.HasSuffix(path, "/jobs"):
					body = `{"jobs":[{"prompt":"a hare","custom_id":"1"}]}`
				case method == http.MethodPatch:
					body = `{"starred":true}`
				}
				response, data := h.call(method, strings.Replace(path, "{id}", spelled(id)[name], 1), body)
				if statuses[name] = response.StatusCode; strings.Contains(string(data), `"self"`) && !strings.Contains(string(data), id) {
					t.Errorf("%s %s: %s is not in %s", route, name, id, data)
				}
			}
			if first := statuses["as it was given"]; first == 404 || statuses["in capitals"] != first || statuses["mixed"] != first {
				t.Errorf("%s: got %v", route, statuses)
			}
		}
	})
}

func TestABatchIsListedUnderItsIDInAnyCase(t *testing.T) {
	inHouse(t, func(h *harness) {
		id := h.batch("a fox", "a hare", "a bear").ID
		cursor := ""
		for name, form := range spelled(id) {
			query := url.Values{"batch_id": {form}, "limit": {"1"}}
			if cursor != "" {
				query.Set("cursor", cursor)
			}
			_, list := want[api.JobList](h, http.StatusOK, "GET", "/jobs?"+query.Encode(), "")
			if len(list.Data) != 1 || list.Data[0].BatchID != id {
				t.Fatalf("%s: got %+v", name, list)
			}
			if list.NextCursor != nil {
				cursor = *list.NextCursor
			}
		}
	})
}
