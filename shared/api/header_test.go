package api_test

import (
	"bufio"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"easel/shared/api"
	"easel/shared/job"
)

func TestAnEncodedBodyIsRefusedWithWhatIsTaken(t *testing.T) {
	inHouse(t, func(h *harness) {
		id := h.batch("a fox").ID
		for path, body := range map[string]string{
			"/jobs": `{"prompt":"a fox"}`, "/batches": `{"prompts":["a fox"]}`, "/batches/" + id + "/retry": `{}`,
			"/batches/" + id + "/jobs": `{"jobs":[{"prompt":"a fox","custom_id":"1"}]}`,
		} {
			for _, coding := range []string{"gzip", "br", "identity, gzip", "GZIP", "deflate", "zstd", "x"} {
				response, p := want[api.Problem](h, http.StatusUnsupportedMediaType, "POST", path, body, "Content-Encoding", coding)
				if p.Code != "unsupported_content_encoding" || response.Header.Get("Accept-Encoding") != "identity" {
					t.Errorf("%s in %s: got %+v, %v", path, coding, p, response.Header)
				}
			}
			for _, coding := range []string{"identity", "Identity", "identity, identity", ","} {
				if response, data := h.call("POST", path, body, "Content-Encoding", coding); response.StatusCode >= 300 {
					t.Errorf("%s in %s: got %d %s", path, coding, response.StatusCode, data)
				}
			}
		}
	})
}

func TestPreferencesAreReadAsTheirStandardSays(t *testing.T) {
	inHouse(t, func(h *harness) {
		id := h.made("one").ID
		for prefer, want := range map[string]string{
			"wait=5":                       "wait=5",
			"wait=5; foo=bar":              "wait=5",
			"wait = 5 ;foo":                "wait=5",
			`wait="5"`:                     "wait=5",
			"Wait=5":                       "wait=5",
			"respond-async, wait=5":        "wait=5",
			"respond-async; x=y, wait=5,":  "wait=5",
			"respond-async\nwait=5":        "wait=5",
			`foo="a, wait=9"; b="c; d"`:    "",
			`foo="a\", wait=9", wait=5`:    "wait=5",
			"wait=5, wait=9":               "wait=5",
			"wait=x, wait=9":               "",
			"wait=99999999999999999999999": "wait=25",
			"wait=4294967296":              "wait=25",
			"wait=26":                      "wait=25",
			"wait=-1":                      "",
			"wait=+1":                      "",
			"wait=1.5":                     "",
			"wait=":                        "",
			"wait":                         "",
			"waiter=5":                     "",
			`foo="`:                        "",
			"wait=0":                       "wait=0",
		} {
			r, _ := http.NewRequestWithContext(h.t.Context(), "GET", base+"/jobs/"+id, nil)
			r.Header.Set("Authorization", "Bearer "+annKey)
			for line := range strings.SplitSeq(prefer, "\n") {
				r.Header.Add("Prefer", line)
			}
			response, _ := h.RoundTrip(r)
			if got := response.Header.Get("Preference-Applied"); got != want || response.StatusCode != 200 {
				t.Errorf("%q: got %q, %d, want %q", prefer, got, response.StatusCode, want)
			}
		}
	})
}

func TestALongWaitIsTakenForTheBound(t *testing.T) {
	for wait, want := range map[string]int{"26": 200, "2147483648": 200, "99999999999999999999": 200, "0": 200, "-1": 422, "1.5": 422, "x": 422, "%2B5": 422, "": 422} {
		inHouse(t, func(h *harness) {
			id, began := h.order("one").ID, time.Now()
			response, data := h.call("GET", "/jobs/"+id+"?wait="+wait, "")
			if took := time.Since(began); response.StatusCode != want || len(wait) > 1 && want == 200 && took != 25*time.Second {
				t.Errorf("wait=%s: got %d %s after %v, want %d", wait, response.StatusCode, data, took, want)
			}
		})
	}
}

func TestAKeyIsTheSameInQuotes(t *testing.T) {
	inHouse(t, func(h *harness) {
		for name, forms := range map[string][]string{
			"plain":       {`abc`, `"abc"`},
			"with escape": {`a"b\c`, `"a\"b\\c"`},
			"with blanks": {`a b`, `"a b"`},
		} {
			id := ""
			for _, form := range forms {
				response, data := h.call("POST", "/jobs", `{"prompt":"a fox"}`, "Idempotency-Key", form)
				got := response.Header.Get("Location")
				if id == "" {
					id = got
				}
				if got == "" || got != id {
					t.Errorf("%s: %s made %s, not %s: %s", name, form, got, id, data)
				}
			}
		}
		for _, form := range []string{`""`, `"`, `"abc`, `"abc"d`, `"a\b"`, `"abc\"`, `"abc";x=1`} {
			for _, path := range []string{"/jobs", "/batches"} {
				_, p := want[api.Problem](h, 422, "POST", path, `{"prompt":"a fox"}`, "Idempotency-Key", form)
				if p.Code != "invalid_idempotency_key" {
					t.Errorf("%s: got %+v", form, p)
				}
			}
		}
	})
}

// A client that asks first is not told to send a body that would be refused.
func TestABodyThatIsTooLargeIsNotAskedFor(t *testing.T) {
	server := httptest.NewServer(api.New(api.Server{Submitter: &job.Submitter{}, Identify: api.Local}))
	defer server.Close()
	for length, want := range map[int]string{api.MaxBody + 1: "413", 100_000_000: "413", 10: "100"} {
		for _, path := range []string{"/jobs", "/batches", "/batches/7/jobs", "/batches/7/retry"} {
			if got := asksFirst(t, server, path, length); got != want {
				t.Errorf("%s with %d bytes: got %s, want %s", path, length, got, want)
			}
		}
	}
	if got := asksFirst(t, server, "/jobs/7/cancel", 100_000_000); got != "422" {
		t.Errorf("a body where none is taken: got %s", got)
	}
}

// asksFirst sends the head of a request alone and returns the status of what comes back.
func asksFirst(t *testing.T, server *httptest.Server, path string, length int) string {
	t.Helper()
	conn, err := net.Dial("tcp", server.Listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	head := "POST " + path + " HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + annKey +
		"\r\nContent-Type: application/json\r\nExpect: 100-continue\r\nContent-Length: " + strconv.Itoa(length) + "\r\n\r\n"
	if _, err := conn.Write([]byte(head)); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	_, status, _ := strings.Cut(line, " ")
	return status[:3]
}
