package api_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"easel/shared/api"
)

// A request that a queue or a script sends again late must not pay again for what was deleted.
func TestAKeyStaysUsedWhenWhatItMadeIsDeleted(t *testing.T) {
	inHouse(t, func(h *harness) {
		j := h.made("one")
		_, b := want[api.Batch](h, http.StatusAccepted, "POST", "/batches", `{"prompts": ["a red fox"]}`, "Idempotency-Key", "many")
		h.finish(1)
		if response, body := h.call("DELETE", "/jobs/"+j.ID, ""); response.StatusCode != http.StatusNoContent {
			t.Fatalf("got %d %s", response.StatusCode, body)
		}
		want[api.Batch](h, http.StatusAccepted, "DELETE", "/batches/"+b.ID, "")
		h.finish(0)
		for range 2 {
			for _, c := range [][3]string{
				{"/jobs", `{"prompt": "a red fox"}`, "one"},
				{"/jobs", `{"prompt": "a white fox"}`, "one"},
				{"/batches", `{"prompts": ["a red fox"]}`, "many"},
			} {
				_, p := want[api.Problem](h, http.StatusConflict, "POST", c[0], c[1], "Idempotency-Key", c[2])
				if p.Code != "deleted" || !strings.Contains(p.Detail, "Use a new key") {
					t.Errorf("%v: got %+v", c, p)
				}
			}
			pass(89 * 24 * time.Hour)
		}
		pass(24 * time.Hour)
		h.order("one")
		want[api.Batch](h, http.StatusAccepted, "POST", "/batches", `{"prompts": ["a red fox"]}`, "Idempotency-Key", "many")
	})
}

func TestAPlanTellsOfJobsThatWereDeleted(t *testing.T) {
	inHouse(t, func(h *harness) {
		const body = `{"jobs": [{"custom_id": "1", "prompt": "a red fox"}, {"custom_id": "2", "prompt": "a white fox"}]}`
		_, b := want[api.Batch](h, http.StatusAccepted, "POST", "/batches", body)
		h.finish(2)
		_, l := want[api.JobList](h, http.StatusOK, "GET", "/jobs?batch_id="+b.ID, "")
		if response, said := h.call("DELETE", "/jobs/"+l.Data[0].ID, ""); response.StatusCode != http.StatusNoContent {
			t.Fatalf("got %d %s", response.StatusCode, said)
		}
		_, b = want[api.Batch](h, http.StatusOK, "POST", "/batches/"+b.ID+"/jobs", body)
		if b.Order.Existing != 2 || b.Order.Deleted != 1 || b.Order.Added != 0 || b.Counts.Total != 2 {
			t.Errorf("got %+v of %+v", b.Order, b)
		}
	})
}

func TestAJobWhoseCallIsUnderWaySaysWhenItCanBeDeleted(t *testing.T) {
	inHouse(t, func(h *harness) {
		j := h.order("one")
		h.studio.do = func() error {
			for range 2 { // running, and then canceled
				response, p := want[api.Problem](h, http.StatusConflict, "DELETE", "/jobs/"+j.ID, "")
				if p.Code != "wrong_state" || response.Header.Get("Retry-After") != "4" {
					t.Errorf("got %+v, %v", p, response.Header)
				}
				want[api.Job](h, http.StatusOK, "POST", "/jobs/"+j.ID+"/cancel", "")
			}
			return nil
		}
		h.work()
		if h.studio.calls.Load() != 1 {
			t.Fatal("no call was made")
		}
		if response, body := h.call("DELETE", "/jobs/"+j.ID, ""); response.StatusCode != http.StatusNoContent {
			t.Errorf("got %d %s", response.StatusCode, body)
		}
	})
}
