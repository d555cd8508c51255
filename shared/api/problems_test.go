package api_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
)

var update = flag.Bool("update", false, "write the answers in testdata anew")

// golden is a request that is refused, and the answer.
type golden struct {
	Request struct {
		Method string            `json:"method"`
		Path   string            `json:"path"` // {succeeded}, {queued} and {foreign} stand for the IDs of such jobs, {batch} for one with a job "1"
		Header map[string]string `json:"header,omitempty"`
		Body   string            `json:"body,omitempty"`
		Base64 []byte            `json:"base64,omitempty"` // in place of body, where that is no text
		Pad    int               `json:"pad,omitempty"`    // blanks are added to the body up to this length
	} `json:"request"`
	Header  map[string]string `json:"header,omitempty"`
	Problem json.RawMessage   `json:"problem"`
}

// Every file of testdata/problems is sent, and the problem must be the one in the file. Read a change of these files like
// a text for people: it must name what was wrong, the value, what is allowed, and the next step.
func TestProblems(t *testing.T) {
	files, err := filepath.Glob("testdata/problems/*.json")
	if err != nil || len(files) < 40 {
		t.Fatalf("found %d files, %v", len(files), err)
	}
	inHouse(t, func(h *harness) {
		ids := strings.NewReplacer("{succeeded}", h.made("succeeded").ID, "{queued}", h.order("queued").ID, "{foreign}", h.foreign(),
			"{batch}", h.kept())
		for _, file := range files {
			data, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			var g golden
			if err := json.Unmarshal(data, &g); err != nil {
				t.Fatalf("%s: %v", file, err)
			}
			h.answer(&g, ids)
			var now bytes.Buffer
			e := json.NewEncoder(&now)
			e.SetEscapeHTML(false)
			e.SetIndent("", "  ")
			_ = e.Encode(g)
			if *update {
				if err := os.WriteFile(file, now.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			} else if diff := cmp.Diff(string(data), now.String()); diff != "" {
				t.Errorf("%s:\n%s", file, diff)
			}
		}
		if h.studio.calls.Load() != 1 {
			t.Errorf("%d pictures were made", h.studio.calls.Load())
		}
	})
}

// answer sends the request of a golden file and puts the answer into it.
func (h *harness) answer(g *golden, ids *strings.Replacer) {
	h.t.Helper()
	body := g.Request.Body + string(g.Request.Base64)
	if n := g.Request.Pad - len(body); n > 0 {
		body += strings.Repeat(" ", n)
	}
	header := []string{"Content-Type", "application/json"}
	for name, value := range g.Request.Header {
		header = append(header, name, value)
	}
	response, data := h.call(g.Request.Method, ids.Replace(g.Request.Path), body, header...)
	if response.StatusCode < http.StatusBadRequest || response.StatusCode >= http.StatusInternalServerError {
		h.t.Errorf("%s %s is answered with %d", g.Request.Method, g.Request.Path, response.StatusCode)
	}
	g.Header = nil
	for _, name := range []string{"Allow", "WWW-Authenticate"} {
		if v := response.Header.Get(name); v != "" {
			g.Header = map[string]string{name: v}
		}
	}
	g.Problem = bytes.TrimSpace(data)
}

// foreign is the ID of a job of another owner.
func (h *harness) foreign() string {
	h.t.Helper()
	_, j := want[api.Job](h, http.StatusAccepted, "POST", "/jobs", `{"prompt": "a red fox"}`,
		"Authorization", "Bearer "+bobKey, "Idempotency-Key", "foreign")
	return j.ID
}

// kept is the ID of a batch with one job.
func (h *harness) kept() string {
	h.t.Helper()
	_, b := want[api.Batch](h, http.StatusAccepted, "POST", "/batches", `{"open": true, "max_cost_usd": 1, "jobs": [{"custom_id": "1", "prompt": "a red fox"}]}`,
		"Idempotency-Key", "batch")
	return b.ID
}

func TestForeignJobIsAnsweredLikeAnUnknownOne(t *testing.T) {
	inHouse(t, func(h *harness) {
		const none = "0198c2f0-7c1e-7b42-9a55-3f0f2b1d8c11"
		foreign := h.foreign()
		for _, call := range []string{"GET ", "GET /image", "POST /cancel", "POST /retry", "DELETE "} {
			method, rest, _ := strings.Cut(call, " ")
			a, one := h.call(method, "/jobs/"+foreign+rest, "")
			b, other := h.call(method, "/jobs/"+none+rest, "")
			if got := strings.ReplaceAll(string(one), foreign, none); a.StatusCode != http.StatusNotFound || got != string(other) {
				t.Errorf("%s: %d %s, %d %s", call, a.StatusCode, one, b.StatusCode, other)
			}
		}
	})
}
