package api_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"easel/shared/api"
	"easel/shared/job"
)

// Routes that name no job, and why another owner's jobs cannot be seen there. A new route without {id}
// fails the test below until its reason is written here.
var jobless = map[string]string{
	"POST /jobs":        "makes a job of the caller's own",
	"GET /jobs":         "lists the caller's own, see TestListShowsOwnJobs and TestNobodyButAnOperatorNamesAnOwner",
	"POST /batches":     "makes a batch of the caller's own",
	"GET /batches":      "lists the caller's own, see TestListShowsOwnBatches and TestNobodyButAnOperatorNamesAnOwner",
	"GET /events":       "tells of the caller's own, see TestEventsAreTheCallersOwn",
	"GET /images.zip":   "looks each job up as GET /jobs/{id} does, see TestAnArchiveHoldsTheCallersOwn",
	"GET /session":      "names no job",
	"POST /session":     "names no job",
	"DELETE /session":   "names no job",
	"GET /models":       "the same for everybody",
	"GET /openapi.yaml": "the same for everybody",
	"GET /healthz":      "the same for everybody",
	"GET /livez":        "the same for everybody",
}

func TestNoRouteShowsAnothersJob(t *testing.T) {
	inHouse(t, func(h *harness) {
		const unknown = "01a204c4-a991-7097-a604-000000000000"
		theirJob, theirBatch := h.made("secret").ID, h.batch("a secret fox").ID
		for _, route := range api.Routes(h.server) {
			method, path, _ := strings.Cut(route, " ")
			if !strings.Contains(path, "{id}") {
				if jobless[route] == "" {
					t.Errorf("%s is new: say in jobless why it shows no other owner's job, or give it an {id}", route)
				}
				continue
			}
			theirs, order := theirJob, ""
			if strings.HasPrefix(path, "/batches/") {
				theirs = theirBatch
			}
			switch {
			case strings.HasSuffix(path, "/jobs"):
				order = `{"prompts": ["a fox"]}`
			case method == http.MethodPatch:
				order = `{"starred": true}`
			}
			answer := func(id string) (int, string) {
				response, body := h.call(method, strings.Replace(path, "{id}", id, 1), order, "Authorization", "Bearer "+bobKey, "Idempotency-Key", "bobs")
				return response.StatusCode, strings.ReplaceAll(string(body), id, "ID")
			}
			gotStatus, got := answer(theirs)
			wantStatus, want := answer(unknown)
			if gotStatus != http.StatusNotFound || gotStatus != wantStatus || got != want {
				t.Errorf("%s tells another owner's job (%d %s) from none (%d %s)", route, gotStatus, got, wantStatus, want)
			}
		}
	})
}

func TestListShowsOwnJobs(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.made("secret")
		if _, list := want[api.JobList](h, 200, "GET", "/jobs", "", "Authorization", "Bearer "+bobKey); len(list.Data) != 0 {
			t.Errorf("bob sees %d of ann's jobs", len(list.Data))
		}
	})
}

func TestListShowsOwnBatches(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.batch("a secret fox")
		if _, list := want[api.BatchList](h, 200, "GET", "/batches", "", "Authorization", "Bearer "+bobKey); len(list.Data) != 0 {
			t.Errorf("bob sees %d of ann's batches", len(list.Data))
		}
	})
}

func TestNobodyButAnOperatorNamesAnOwner(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.made("secret")
		h.batch("a secret fox")
		for _, list := range []string{"/jobs", "/batches"} {
			ask := func(owner string) string {
				response, body := h.call("GET", list+"?owner="+owner, "", "Authorization", "Bearer "+bobKey)
				if response.StatusCode != http.StatusForbidden {
					t.Errorf("%s of owner %s: %d %s", list, owner, response.StatusCode, body)
				}
				return string(body)
			}
			if theirs, none := ask("ann"), ask("nobody"); theirs != none || ask("bob") != none {
				t.Errorf("%s: %s tells an owner from none: %s", list, theirs, none)
			}
		}
	})
}

func TestAnOperatorMaySeeAndDoWhatOwnersMay(t *testing.T) {
	inHouse(t, func(h *harness) {
		identify := h.server.Identify
		h.server.Identify = func(r *http.Request) (job.Caller, error) {
			c, err := identify(r)
			c.Operator = c.Owner == "bob"
			return c, err
		}
		h.open()
		bob := []string{"Authorization", "Bearer " + bobKey}
		made := h.made("secret").ID
		pass(time.Millisecond)
		queued := h.order("queued").ID
		_, list := want[api.JobList](h, 200, "GET", "/jobs?owner=ann&limit=1", "", bob...)
		_, rest := want[api.JobList](h, 200, "GET", "/jobs?owner=ann&limit=1&cursor="+*list.NextCursor, "", bob...)
		if list.Data[0].ID != queued || rest.Data[0].ID != made || rest.HasMore {
			t.Errorf("got %s and %s, want %s and %s", list.Data[0].ID, rest.Data[0].ID, queued, made)
		}
		want[api.Problem](h, 422, "GET", "/jobs?limit=1&cursor="+*list.NextCursor, "", bob...)
		if _, own := want[api.JobList](h, 200, "GET", "/jobs", "", bob...); len(own.Data) != 0 {
			t.Errorf("without a name the list shows %d jobs", len(own.Data))
		}
		batch := h.batch("a fox").ID
		for _, call := range []string{
			"200 GET /jobs/" + made, "302 GET /jobs/" + made + "/image", "200 POST /jobs/" + queued + "/cancel",
			"202 POST /jobs/" + queued + "/retry", "204 DELETE /jobs/" + made,
			"200 GET /batches/" + batch, "200 GET /batches?owner=ann", "200 POST /batches/" + batch + "/seal",
			"200 POST /batches/" + batch + "/cancel", "202 POST /batches/" + batch + "/retry?statuses=canceled",
		} {
			part := strings.Fields(call)
			if response, body := h.call(part[1], part[2], "", bob...); strconv.Itoa(response.StatusCode) != part[0] {
				t.Errorf("%s: %d %s", call, response.StatusCode, body)
			}
		}
	})
}

func TestAnOwnerWhoseRequestsComeTooFastWaits(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.server.Rate = 5
		h.open()
		for n := range 10 { // two seconds' worth at once
			if response, body := h.call("GET", "/jobs", ""); response.StatusCode != 200 {
				t.Fatalf("request %d: %d %s", n, response.StatusCode, body)
			}
		}
		response, p := want[api.Problem](h, 429, "GET", "/jobs", "")
		if p.Code != "rate_limited" || response.Header.Get("Retry-After") != "1" {
			t.Errorf("got %+v, Retry-After %q", p, response.Header.Get("Retry-After"))
		}
		if response, body := h.call("GET", "/jobs", "", "Authorization", "Bearer "+bobKey); response.StatusCode != 200 {
			t.Errorf("another owner waits too: %d %s", response.StatusCode, body)
		}
		pass(time.Second)
		if response, body := h.call("GET", "/jobs", ""); response.StatusCode != 200 {
			t.Errorf("after a second: %d %s", response.StatusCode, body)
		}
	})
}

func TestBodiesInMemoryAreBounded(t *testing.T) {
	inHouse(t, func(h *harness) {
		order := func(body io.Reader) *httptest.ResponseRecorder {
			r := httptest.NewRequestWithContext(h.t.Context(), "POST", base+"/jobs", body)
			r.Header.Set("Authorization", "Bearer "+annKey)
			r.Header.Set("Content-Type", "application/json")
			recorder := httptest.NewRecorder()
			h.handler.ServeHTTP(recorder, r)
			return recorder
		}
		var slow sync.WaitGroup
		var ends []*io.PipeWriter
		for range 64 { // as many as there is room for, and none of them ends
			reader, writer := io.Pipe()
			ends = append(ends, writer)
			slow.Go(func() { order(reader) })
		}
		pass(time.Second)
		if got := order(strings.NewReader(`{"prompt": "a red fox"}`)); got.Code != 503 || got.Header().Get("Retry-After") == "" {
			t.Errorf("got %d %s", got.Code, got.Body)
		}
		for _, end := range ends {
			end.Close()
		}
		slow.Wait()
		if got := order(strings.NewReader(`{"prompt": "a red fox"}`)); got.Code != 202 {
			t.Errorf("when there is room again: %d %s", got.Code, got.Body)
		}
	})
}

func TestNothingAClientSendsBreaksALineOfTheLog(t *testing.T) {
	inHouse(t, func(h *harness) {
		id := h.made("logged").ID
		const injected = "level=ERROR msg=INJECTED"
		h.call("GET", "/jobs/x%0A"+strings.ReplaceAll(injected, " ", "%20"), "")
		h.call("POST", "/jobs", `{"prompt": "a fox", "custom_id": "x\n`+injected+`", "user": "x\r\n`+injected+`"}`)
		h.server.Reader.Links = nil // a panic, with all that it logs
		h.open()
		h.call("GET", "/jobs/"+id, "")
		for line := range strings.Lines(h.log.String()) {
			if strings.HasPrefix(line, injected) {
				t.Errorf("a client wrote a line into the log:\n%s", h.log)
			}
		}
		if h.log.Len() == 0 {
			t.Error("nothing was logged, so nothing was tried")
		}
	})
}

func TestNothingAClientSendsBecomesAHeader(t *testing.T) {
	inHouse(t, func(h *harness) {
		response, _ := h.call("POST", "/jobs", `{"prompt": "a fox", "custom_id": "x\r\nSet-Cookie: a=b"}`, "Idempotency-Key", "x")
		if response.Header.Get("Set-Cookie") != "" {
			t.Error("a header was injected")
		}
		response, _ = h.call("GET", "/jobs/x%0D%0ASet-Cookie:%20a=b/image", "")
		if response.Header.Get("Set-Cookie") != "" || response.StatusCode != 404 {
			t.Errorf("got %d %v", response.StatusCode, response.Header)
		}
	})
}
