package api_test

import (
	"net/http"
	"testing"
	"time"

	"easel/shared/api"
)

func TestWaitForABatchIsAnsweredWhenItHasEnded(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.studio.do = func() error { pass(4 * time.Second); return nil }
		path := "/batches/" + h.batch("a red fox", "a white fox").ID
		go func() {
			h.work()
			h.work()
		}()
		start := time.Now()
		_, b := want[api.Batch](h, http.StatusOK, "GET", path+"?wait=20", "")
		if took := time.Since(start); b.Status != "completed" || b.Counts.Succeeded != 2 || took < 8*time.Second || took > 12*time.Second {
			t.Errorf("got %+v after %v", b, took)
		}
		h.batch("a blue fox")
		start = time.Now()
		want[api.Batch](h, http.StatusOK, "GET", path+"?wait=20", "")
		if took := time.Since(start); took > 0 {
			t.Errorf("a batch that has ended was waited for: %v", took)
		}
	})
}

func TestWaitForABatchHasTheBoundsOfAJobs(t *testing.T) {
	inHouse(t, func(h *harness) {
		path := "/batches/" + h.batch("a red fox").ID
		for _, c := range []struct {
			query, prefer, applied string
			want                   time.Duration
		}{
			{"?wait=2", "", "", 2 * time.Second},
			{"?wait=600", "", "", 25 * time.Second},
			{"", "wait=3", "wait=3", 3 * time.Second},
			{"", "wait=600", "wait=25", 25 * time.Second},
			{"", "wait=soon", "", 0},
			{"?wait=1", "wait=9", "", time.Second},
		} {
			start := time.Now()
			response, _ := want[api.Batch](h, http.StatusOK, "GET", path+c.query, "", "Prefer", c.prefer)
			if took := time.Since(start); took != c.want || response.Header.Get("Preference-Applied") != c.applied {
				t.Errorf("%+v: answered after %v, %v", c, took, response.Header)
			}
		}
		_, p := want[api.Problem](h, http.StatusUnprocessableEntity, "GET", path+"?wait=-1", "")
		if got := faults(t, &p); got != "?wait" {
			t.Errorf("got %s", got)
		}
		want[api.Problem](h, http.StatusNotFound, "GET", "/batches/7?wait=9", "")
	})
}
