package api_test

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"easel/shared/api"
)

// TestAnImageForAModelOfTextIsRefusedBeforeAnythingIsRecorded covers each way in which an order can name a
// model and an image.
func TestAnImageForAModelOfTextIsRefusedBeforeAnythingIsRecorded(t *testing.T) {
	image := base64.StdEncoding.EncodeToString(picture(64, 64))
	inHouse(t, func(h *harness) {
		for _, c := range []struct{ path, kind, body, want string }{
			{"/jobs", "application/json", `{"prompt": "a", "model": "ultra", "image": "$"}`, "/image"},
			{"/jobs", "application/json", `{"prompt": "a", "model": "ultra", "image": "$", "strength": 0.5}`, "/strength,/image"},
			{"/jobs", "application/json", `{"prompt": "a", "image": "$"}`, "/image"},
			{"/batches", "application/json", `{"jobs": [{"prompt": "a"}, {"prompt": "b", "model": "ultra", "image": "$"}]}`, "/jobs/1/image"},
			{"/batches?dry_run=true", "application/json", `{"jobs": [{"prompt": "b", "model": "ultra", "image": "$"}]}`, "/jobs/0/image"},
			{"/batches", "application/x-ndjson", `{"prompt": "a"}` + "\n" + `{"prompt": "b", "model": "ultra", "image": "$"}`, "2/image"},
			{"/batches?model=ultra", "application/x-ndjson", `{"prompt": "b", "image": "$"}`, "1/image"},
			{"/batches", "application/json", `{"defaults": {"model": "ultra"}, "jobs": [{"prompt": "b", "image": "$"}]}`, "/jobs/0/image"},
		} {
			status, body := h.call("POST", c.path, strings.ReplaceAll(c.body, "$", image), "Content-Type", c.kind)
			var p api.Problem
			if err := json.Unmarshal(body, &p); err != nil {
				t.Fatal(err)
			}
			got := faults(t, &p)
			if status.StatusCode != http.StatusUnprocessableEntity || got != c.want || !strings.Contains(string(body), "sd35") {
				t.Errorf("%s %s: %d, got %s, want %s: %s", c.path, c.body, status.StatusCode, got, c.want, p.Detail)
			}
		}
		if _, l := want[api.JobList](h, http.StatusOK, "GET", "/jobs", ""); len(l.Data) != 0 {
			t.Errorf("%d jobs were recorded", len(l.Data))
		}
	})
}
