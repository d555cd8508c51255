package api_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
)

// secret is in everything that the walk below sends.
const secret = "zqSECRETzq"

// logged opens the server with a log of that format.
func (h *harness) logged(format func(io.Writer, *slog.HandlerOptions) slog.Handler, level slog.Level) {
	h.log.Reset()
	log := slog.New(format(h.log, &slog.HandlerOptions{Level: level}))
	h.server.Log, h.server.Access = log, log
	h.open()
}

func asJSON(w io.Writer, o *slog.HandlerOptions) slog.Handler { return slog.NewJSONHandler(w, o) }
func asText(w io.Writer, o *slog.HandlerOptions) slog.Handler { return slog.NewTextHandler(w, o) }

// Whatever a request holds, wherever it holds it: the log has one line for it, with the pattern of a route.
func TestTheLogHasALineForEachRequestAndNothingThatItHolds(t *testing.T) {
	for name, format := range map[string]func(io.Writer, *slog.HandlerOptions) slog.Handler{"json": asJSON, "text": asText} {
		t.Run(name, func(t *testing.T) {
			inHouse(t, func(h *harness) {
				image, batch := h.made(secret).Images[0].URL, h.batch("a "+secret).ID
				known := map[string]bool{"unknown": true, "/files/": true}
				routes := append(api.Routes(h.server), "GET /files/{id}", "GET /{id}", "OPTIONS /jobs", secret+" /jobs", "GET /jobs/../{id}")
				for _, r := range routes[:len(routes)-5] {
					known[r[strings.Index(r, "/"):]] = true
				}
				h.logged(format, slog.LevelDebug)
				random := rand.New(rand.NewPCG(1, 2))
				sent := 0
				for range 4 {
					for _, route := range routes {
						h.confide(route, image, batch, random)
						sent++
					}
				}
				lines := strings.Split(strings.TrimSpace(h.log.String()), "\n")
				if got := strings.Count(h.log.String(), "msg=request ") + strings.Count(h.log.String(), `"msg":"request",`); got != sent || len(lines) < sent {
					t.Errorf("%d requests have %d lines", sent, got)
				}
				for _, line := range lines {
					if hidden(line) || !known[route(t, name, line)] {
						t.Errorf("a line holds what it must not: %s", line)
					}
				}
			})
		})
	}
}

// hidden reports whether a line has anything of what was sent, or of an address's signature.
func hidden(line string) bool {
	line = strings.ToLower(line)
	for _, word := range []string{strings.ToLower(secret), "signature", "expires=", annKey, bobKey, "prompt", "base64"} {
		if strings.Contains(line, word) {
			return true
		}
	}
	return false
}

// route is what a line of a request says of it.
func route(t *testing.T, format, line string) string {
	t.Helper()
	if format == "text" {
		_, rest, _ := strings.Cut(line, " route=")
		word, _, _ := strings.Cut(rest, " ")
		return word
	}
	var entry struct{ Route string }
	if err := json.Unmarshal([]byte(line), &entry); err != nil {
		t.Errorf("%s: %v", line, err)
	}
	return entry.Route
}

// confide sends a request that holds the secret in one place or in several.
func (h *harness) confide(route, image, batch string, random *rand.Rand) {
	method, path, _ := strings.Cut(route, " ")
	some := func(s string) string {
		if random.IntN(2) == 0 {
			return ""
		}
		return s
	}
	id := secret
	if strings.HasPrefix(path, "/batches") && random.IntN(2) == 0 {
		id = batch
	}
	address := base + strings.Replace(path, "{id}", id, 1) + some("?x="+secret+"&signature="+secret+"&expires=1")
	if strings.HasPrefix(path, "/files") && random.IntN(2) == 0 {
		address = image + some("&"+secret)
	}
	u, err := url.Parse(address)
	if err != nil {
		h.t.Fatal(err)
	}
	body := some(fmt.Sprintf(`{"prompt": %q, "jobs": [{"prompt": %[1]q, "image": %[1]q}], "codes": [%[1]q]}`, secret+"\n"))
	r := httptest.NewRequestWithContext(h.t.Context(), http.MethodGet, base, strings.NewReader(body))
	r.Method, r.URL, r.RequestURI = method, u, u.RequestURI()
	r.Header.Set("Authorization", "Bearer "+annKey+some(secret))
	for _, name := range []string{"Idempotency-Key", "Cookie", "User-Agent", "Origin", "Referer", "X-Request-Id", "Content-Type", "Prefer", "Host", "X-Forwarded-For"} {
		if value := some(secret); value != "" {
			set(r, name, value)
		}
	}
	if random.IntN(2) == 0 {
		r.Header.Set("Content-Type", "application/json")
		r.Header.Del("Origin")
	}
	h.handler.ServeHTTP(httptest.NewRecorder(), r)
}

// accesses are the lines of requests, without what differs at every run.
func (h *harness) accesses() (all []map[string]any) {
	for line := range bytes.Lines(h.log.Bytes()) {
		entry := map[string]any{}
		if err := json.Unmarshal(line, &entry); err != nil {
			h.t.Errorf("%s: %v", line, err)
		}
		if entry["msg"] == "request" {
			delete(entry, "time")
			if sent := entry["bytes"] != 0.0; sent == (entry["method"] == "HEAD") {
				h.t.Errorf("the bytes of an answer are wrong: %s", line)
			}
			delete(entry, "bytes")
			all = append(all, entry)
		}
	}
	h.log.Reset()
	return all
}

func TestWhatALineOfARequestSays(t *testing.T) {
	inHouse(t, func(h *harness) {
		image := strings.TrimPrefix(h.made("one").Images[0].URL, base)
		h.logged(asJSON, slog.LevelInfo)
		for call, want := range map[string]struct {
			header       []string
			route, owner string
			status       float64
		}{
			"GET /jobs/7":       {nil, "/jobs/{id}", "ann", 404},
			"HEAD //jobs/":      {nil, "/jobs", "ann", 200},
			"BREW /models":      {nil, "/models", "", 405},
			"GET " + image:      {nil, "/files/", "", 200},
			"GET /files/x":      {nil, "/files/", "", 403},
			"GET /nothing":      {nil, "unknown", "", 404},
			"GET /batches":      {[]string{"Authorization", "Bearer wrong"}, "/batches", "", 401},
			"POST /jobs":        {[]string{"Host", "evil.example"}, "unknown", "", 403},
			"DELETE /jobs/7":    {[]string{"Authorization", "Bearer " + bobKey}, "/jobs/{id}", "bob", 404},
			"GET /openapi.yaml": {nil, "/openapi.yaml", "", 200},
		} {
			method, path, _ := strings.Cut(call, " ")
			h.call(method, path, "", want.header...)
			if method == "BREW" {
				method = "unknown"
			}
			line := map[string]any{
				"level": "INFO", "msg": "request", "method": method, "route": want.route, "status": want.status, "ms": 0.0,
				"owner": want.owner, "request": h.server.NewID(),
			}
			if diff := cmp.Diff([]map[string]any{line}, h.accesses()); diff != "" {
				t.Errorf("%s: (-want +got)\n%s", call, diff)
			}
		}
	})
}

func TestAProbeThatIsAnsweredWellIsNotLogged(t *testing.T) {
	inHouse(t, func(h *harness) {
		h.logged(asJSON, slog.LevelInfo)
		h.call("GET", "/healthz", "")
		h.call("GET", "/livez", "")
		if lines := h.accesses(); len(lines) != 0 {
			t.Errorf("probes were logged: %v", lines)
		}
		h.call("GET", "/healthz?x=1", "")
		if lines := h.accesses(); len(lines) != 1 {
			t.Errorf("a refused probe was not logged: %v", lines)
		}
	})
}
