package api_test

import (
	"encoding/base64"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
	"easel/shared/job"
	"easel/shared/job/jobtest"
)

func TestOrderIsTakenAndEnds(t *testing.T) {
	inHouse(t, func(h *harness) {
		response, j := want[api.Job](h, http.StatusAccepted, "POST", "/jobs", `{"prompt": "a red fox", "style_preset": "anime", "custom_id": "fox-1"}`)
		if response.Header.Get("Location") != base+"/jobs/"+j.ID || response.Header.Get("Retry-After") == "" {
			t.Errorf("got headers %v", response.Header)
		}
		if j.Status != "queued" || j.CustomID != "fox-1" || j.Input.Prompt != "a red fox" || !strings.HasPrefix(j.Sent.Prompt, "a red fox, anime") || j.Sent.Seed != 4711 {
			t.Errorf("got %+v", j)
		}
		pass(3 * time.Second)
		h.work()
		_, j = want[api.Job](h, http.StatusOK, "GET", "/jobs/"+j.ID, "")
		if !j.Ended() || j.Error != nil || len(j.Images) != 1 || j.Images[0].Seed != 4711 || *j.Metrics.QueueMS != 3000 || *j.Metrics.RunMS != 0 {
			t.Errorf("got %+v", j)
		}
		cost := api.Cost{EstimatedUSD: "0.04", ListUSD: "0.04", PriceAsOf: "2026-10-09"}
		urls := api.URLs{Self: base + "/jobs/" + j.ID, Image: base + "/jobs/" + j.ID + "/image", Cancel: base + "/jobs/" + j.ID + "/cancel", Retry: base + "/jobs/" + j.ID + "/retry"}
		if diff := cmp.Diff(cost, j.Cost) + cmp.Diff(urls, j.URLs); diff != "" {
			t.Error(diff)
		}
	})
}

func TestPreferWaitAnswersWhenTheJobHasEnded(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.studio.do = func() error { pass(4 * time.Second); return nil }
		go h.work()
		start := time.Now()
		response, j := want[api.Job](h, http.StatusOK, "POST", "/jobs", `{"prompt": "a red fox"}`, "Prefer", "respond-async, wait=20")
		if took := time.Since(start); j.Status != "succeeded" || took > 5*time.Second || response.Header.Get("Preference-Applied") != "wait=20" || response.Header.Get("Retry-After") != "" {
			t.Errorf("got %s after %v, %v", j.Status, took, response.Header)
		}
	})
}

func TestServerMayForbidToWait(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.server.MaxWait = -time.Second
		h.open()
		j, start := h.order("k"), time.Now()
		want[api.Job](h, http.StatusOK, "GET", "/jobs/"+j.ID+"?wait=2", "")
		response, _ := want[api.Job](h, http.StatusOK, "GET", "/jobs/"+j.ID, "", "Prefer", "wait=2")
		if took := time.Since(start); took > 0 || response.Header.Get("Preference-Applied") != "wait=0" {
			t.Errorf("answered after %v, %v", took, response.Header)
		}
	})
}

func TestWaitEndsAtItsBound(t *testing.T) {
	inHouse(t, func(h *harness) {
		for _, c := range []struct {
			method, path, body, prefer string
			status                     int
			want                       time.Duration
		}{
			{"POST", "/jobs", `{"prompt": "a red fox"}`, "wait=600", http.StatusAccepted, 25 * time.Second},
			{"GET", "/jobs/" + h.order("k").ID + "?wait=2", "", "", http.StatusOK, 2 * time.Second},
			{"GET", "/jobs/" + h.order("k1").ID + "?wait=600", "", "", http.StatusOK, 25 * time.Second},
			{"GET", "/jobs/" + h.order("k2").ID, "", "wait=3", http.StatusOK, 3 * time.Second},
			{"GET", "/jobs/" + h.order("k3").ID, "", "wait=soon", http.StatusOK, 0},
		} {
			start := time.Now()
			want[api.Job](h, c.status, c.method, c.path, c.body, "Prefer", c.prefer)
			if took := time.Since(start); took != c.want {
				t.Errorf("%s %s took %v, want %v", c.method, c.path, took, c.want)
			}
		}
	})
}

func TestSameOrderUnderOneKeyIsOneJob(t *testing.T) {
	inHouse(t, func(h *harness) {
		first := h.order("one")
		response, again := want[api.Job](h, http.StatusOK, "POST", "/jobs", `{"prompt": "a red fox"}`, "Idempotency-Key", "one")
		if diff := cmp.Diff(first, again); diff != "" || response.Header.Get("Location") != first.URLs.Self {
			t.Errorf("%s %v", diff, response.Header)
		}
		h.work()
		_, done := want[api.Job](h, http.StatusOK, "POST", "/jobs", `{"prompt": "a red fox"}`, "Idempotency-Key", "one")
		if len(done.Images) != 1 || done.Images[0].URL == "" {
			t.Errorf("got %+v", done)
		}
		_, other := want[api.Job](h, http.StatusAccepted, "POST", "/jobs", `{"prompt": "a red fox"}`, "Idempotency-Key", "one", "Authorization", "Bearer "+bobKey)
		if other.ID == first.ID {
			t.Error("two owners share a job")
		}
	})
}

// A key that came out empty, of a variable that was not set for example, must not pass for no key.
func TestEmptyKeyIsRefused(t *testing.T) {
	inHouse(t, func(h *harness) {
		for _, keys := range [][]string{{""}, {"a", "b"}} {
			h.handler = withKeys(h.handler, keys)
			_, p := want[api.Problem](h, http.StatusUnprocessableEntity, "POST", "/jobs", `{"prompt": "a red fox"}`)
			if p.Code != "invalid_idempotency_key" {
				t.Errorf("%q: got %+v", keys, p)
			}
		}
	})
}

func withKeys(next http.Handler, keys []string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header["Idempotency-Key"] = keys
		next.ServeHTTP(w, r)
	})
}

func TestAnOrderThatWasTakenIsNeverDenied(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.fault.Rule = func(op string, _ int) jobtest.Failure {
			if strings.HasSuffix(op, ".get") {
				return jobtest.Before
			}
			return jobtest.None
		}
		want[api.Job](h, http.StatusAccepted, "POST", "/jobs", `{"prompt": "a red fox"}`, "Prefer", "wait=5")
	})
}

func TestStoreThatFailsIsSaidAndLoggedOnce(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.fault.Rule = func(string, int) jobtest.Failure { return jobtest.Before }
		response, p := want[api.Problem](h, http.StatusServiceUnavailable, "POST", "/jobs", `{"prompt": "a red fox"}`)
		if p.Code != "unavailable" || response.Header.Get("Retry-After") == "" || strings.Contains(p.Detail, "demand") {
			t.Errorf("got %+v, %v", p, response.Header)
		}
		log := h.log.String()
		if strings.Count(log, "\n") != 1 || !strings.Contains(log, "failed on demand") || strings.Contains(log, "fox") {
			t.Errorf("log: %s", log)
		}
	})
}

func TestPanicBecomesAnInternalError(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.server.Identify = func(*http.Request) (job.Caller, error) { panic("a secret") }
		h.open()
		_, p := want[api.Problem](h, http.StatusInternalServerError, "GET", "/models", "")
		if p.Code != "internal" || p.Instance != "urn:uuid:"+h.server.NewID() || !strings.Contains(h.log.String(), h.server.NewID()) || strings.Contains(h.log.String(), "secret") {
			t.Errorf("got %+v, log: %s", p, h.log)
		}
	})
}

func TestInputImageIsTakenWithAndWithoutPrefix(t *testing.T) {
	inHouse(t, func(h *harness) {
		data := base64.StdEncoding.EncodeToString(picture(64, 80))
		for _, image := range []string{data, "data:image/png;base64," + data} {
			_, j := want[api.Job](h, http.StatusAccepted, "POST", "/jobs", `{"prompt": "a fox", "model": "sd35", "strength": 0, "image": "`+image+`"}`)
			if in := j.Input.Image; in == nil || in.Width != 64 || in.Height != 80 || in.ContentType != "image/png" || *j.Sent.Strength != 0 {
				t.Errorf("got %+v", j)
			}
		}
	})
}

func TestAddressCanBeCopiedFromTheAnswer(t *testing.T) {
	inHouse(t, func(h *harness) {
		j := h.made("one")
		if _, body := h.call("GET", "/jobs/"+j.ID, ""); !strings.Contains(string(body), j.Images[0].URL) || !strings.Contains(j.Images[0].URL, "&") {
			t.Errorf("%s is not in %s", j.Images[0].URL, body)
		}
	})
}

func TestImageLeadsToThePicture(t *testing.T) {
	inHouse(t, func(h *harness) {
		j := h.made("one")
		response, _ := h.call("GET", "/jobs/"+j.ID+"/image", "")
		if response.StatusCode != http.StatusFound || response.Header.Get("Cache-Control") != "no-store" {
			t.Fatalf("got %d %v", response.StatusCode, response.Header)
		}
		file, data := h.call("GET", strings.TrimPrefix(response.Header.Get("Location"), base), "", "Authorization", "")
		if file.StatusCode != http.StatusOK || int64(len(data)) != j.Images[0].SizeBytes {
			t.Errorf("got %d and %d bytes", file.StatusCode, len(data))
		}
	})
}

func TestCancelRetryAndDelete(t *testing.T) {
	inHouse(t, func(h *harness) {
		j := h.order("one")
		path := "/jobs/" + j.ID
		for range 2 {
			if _, j = want[api.Job](h, http.StatusOK, "POST", path+"/cancel", ""); j.Status != "canceled" || *j.Metrics.QueueMS != 0 {
				t.Errorf("got %+v", j)
			}
		}
		for range 2 {
			if _, j = want[api.Job](h, http.StatusAccepted, "POST", path+"/retry", ""); j.Status != "queued" || j.CompletedAt != nil {
				t.Errorf("got %+v", j)
			}
		}
		if response, _ := h.call("DELETE", path, ""); response.StatusCode != http.StatusNoContent {
			t.Errorf("got %d", response.StatusCode)
		}
		want[api.Problem](h, http.StatusNotFound, "GET", path, "")
		want[api.Problem](h, http.StatusNotFound, "DELETE", path, "")
	})
}

func TestChangeIsShownThoughNoAddressCanBeSigned(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.studio.do = func() error { return &job.CallError{Class: job.Rejected, Code: job.CodeFiltered, Message: "Filtered."} }
		j := h.order("one")
		h.work()
		h.fault.Rule = jobtest.Fail("links.url", jobtest.Before, jobtest.Forever)
		if _, j = want[api.Job](h, http.StatusAccepted, "POST", "/jobs/"+j.ID+"/retry", ""); j.Status != "queued" {
			t.Errorf("got %+v", j)
		}
	})
}

func TestFailureIsShown(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.studio.do = func() error { return &job.CallError{Class: job.Rejected, Code: job.CodeFiltered, Message: "Filtered."} }
		j := h.order("one")
		h.work()
		_, j = want[api.Job](h, http.StatusOK, "GET", "/jobs/"+j.ID, "")
		if j.Status != "failed" || j.Error == nil || j.Error.Code != "content_filtered" || j.Cost.ListUSD != "0" || j.Waiting != nil {
			t.Errorf("got %+v", j)
		}
	})
}

func TestWaitingIsShownWhileQueued(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.studio.do = func() error {
			return &job.CallError{Class: job.Account, Code: job.WaitAccess, Message: "Access is pending."}
		}
		j := h.order("one")
		h.work()
		_, j = want[api.Job](h, http.StatusOK, "GET", "/jobs/"+j.ID, "")
		if j.Status != "queued" || j.Waiting == nil || j.Waiting.Code != "access" || j.StartedAt != nil || j.Metrics.QueueMS != nil {
			t.Errorf("got %+v", j)
		}
	})
}
