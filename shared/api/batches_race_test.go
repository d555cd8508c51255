package api_test

import (
	"encoding/json"
	"net/http"
	"sync"
	"testing"

	"easel/shared/api"
)

// Of equal requests that come at one time under one key one has made the batch, and the answers say which.
func TestOfEqualRequestsAtOneTimeOneIsAccepted(t *testing.T) {
	const requests = 20
	for name, body := range map[string]string{
		"new batch": `{"prompts": ["a red fox", "a white fox", "a blue fox"]}`,
		"append":    `{"prompts": ["a red fox", "a white fox", "a blue fox"], "open": true}`,
	} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, func(h *harness) {
				path := "/batches"
				if name == "append" {
					_, b := want[api.Batch](h, http.StatusAccepted, "POST", "/batches", `{"open": true}`)
					path += "/" + b.ID + "/jobs"
				}
				var wg sync.WaitGroup
				var mu sync.Mutex
				var last api.Batch
				accepted, ids := 0, map[string]bool{}
				for range requests {
					wg.Go(func() {
						response, data := h.call("POST", path, body, "Idempotency-Key", "one")
						mu.Lock()
						defer mu.Unlock()
						var b api.Batch
						if err := json.Unmarshal(data, &b); err != nil || b.Order == nil {
							t.Errorf("got %d %s", response.StatusCode, data)
							return
						}
						last, ids[b.ID] = b, true
						switch p := b.Order; {
						case response.StatusCode == http.StatusAccepted && p.Added == 3 && p.Existing == 0:
							accepted++
						case response.StatusCode == http.StatusOK && p.Added == 0 && p.Existing == 3 && p.CostUSD == "0":
						default:
							t.Errorf("answered %d with %+v", response.StatusCode, p)
						}
					})
				}
				wg.Wait()
				if accepted != 1 || len(ids) != 1 {
					t.Errorf("%d of %d requests were answered 202, with %d IDs", accepted, requests, len(ids))
				}
				if b := h.seen(last.ID); b.Counts.Total != 3 || b.Cost.EstimatedUSD != "0.12" {
					t.Errorf("got %+v", b)
				}
			})
		})
	}
}
