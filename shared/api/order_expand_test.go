package api_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
	"easel/shared/job"
)

func TestTemplatesAreMultiplied(t *testing.T) {
	prompts := func(o job.BatchRequest) (all []string) {
		for n, l := range o.Lines {
			if l.Number != n+1 {
				t.Errorf("line %d is numbered %d", n+1, l.Number)
			}
			all = append(all, l.Request.CustomID+":"+l.Request.Model+":"+l.Request.Prompt)
		}
		return all
	}
	for _, c := range []struct {
		path, kind, body string
		want             []string
	}{
		{"/batches", "application/json", `{"template": "a {red|white} __animal__", "expand": {"wildcards": {"animal": ["fox"]}}}`, []string{"::a red fox", "::a white fox"}},
		{"/batches", "application/json", `{"template": "a {red|white} fox"}`, []string{"::a red fox", "::a white fox"}},
		{"/batches", "application/json", `{"prompts": ["a {red|white} fox"]}`, []string{"::a {red|white} fox"}},
		{
			"/batches", "application/json", `{"jobs": [{"custom_id": "f", "prompt": "a"}, {"prompt": "b"}], "expand": {"matrix": {"model": ["core", "ultra"]}}}`,
			[]string{"f-3d4cb6d436a2:core:a", "f-c2f2c1387098:ultra:a", ":core:b", ":ultra:b"},
		},
		{"/batches", "application/json", `{"prompts": ["1.0"], "expand": {"runs": 2.0, "matrix": {"seed": [1.0, 2e0]}}}`, []string{"::1.0", "::1.0", "::1.0", "::1.0"}},
		{"/batches?expand=all&model=core", "text/csv", "prompt,name\na {{Name}},fox\nb,\n", []string{":core:a fox", ":core:b"}},
		{"/batches?runs=2", "text/plain", "a {red|white} fox", []string{"::a {red|white} fox", "::a {red|white} fox"}},
		{"/batches/7/jobs?expand=random&count=1&seed=4&runs=1", "text/plain", "a\n\nb", []string{"::a", "::b"}},
	} {
		got, err := orderOf(t, c.path, c.kind, c.body)
		if err != nil {
			t.Errorf("%s: %v", c.body, err)
			continue
		}
		if diff := cmp.Diff(c.want, prompts(got.Order)); diff != "" {
			t.Errorf("%s: %s", c.body, diff)
		}
	}
}

func TestTheWidestTemplateIsCountedAndNotExpanded(t *testing.T) {
	_, err := orderOf(t, "/batches?expand=all", "text/plain", strings.Repeat("{0|1|2|3|4|5|6|7|8|9}", 40))
	if known, ok := errors.AsType[*job.Error](err); !ok || known.Code != "too_many_jobs" {
		t.Errorf("got %v", err)
	}
	_, err = orderOf(t, "/batches?expand=all", "text/plain", strings.Repeat("{a|b} {c|d}\n", 626)) // 2,504
	if known, ok := errors.AsType[*job.Error](err); !ok || known.Code != "too_many_jobs" {
		t.Errorf("got %v", err)
	}
	got, err := orderOf(t, "/batches?expand=all", "text/plain", strings.Repeat("{a|b} {c|d}\n", 625))
	if err != nil || len(got.Order.Lines) != job.MaxLines {
		t.Errorf("got %d, %v", len(got.Order.Lines), err)
	}
}

// A template of some bytes can make prompts of many: what is too long is refused while it is made.
func TestLongPromptsOfAShortTemplateAreNotGathered(t *testing.T) {
	body, _ := json.Marshal(map[string]any{
		"template": "{__a__|b} {c|d}", "expand": map[string]any{"runs": 50, "wildcards": map[string][]string{"a": {strings.Repeat("x", 60_000)}}},
	})
	_, err := orderOf(t, "/batches", "application/json", string(body))
	if got := faults(t, err); got != "/template" {
		t.Errorf("got %s", got)
	}
}

func TestAnswerAboutManyRowsStaysSmall(t *testing.T) {
	name := strings.Repeat("n", 10_000)
	for kind, body := range map[string]string{
		"application/json":     `{"jobs": [` + strings.Repeat(`{"`+name[:1000]+`": "`+name[:500]+`", "width": 1, "prompt": 7},`, 2000) + `{}]}`,
		"application/x-ndjson": strings.Repeat(`{"`+name[:1000]+`": 1, "steps": 7}`+"\n", 2000),
		"text/csv":             "prompt,seed,aspect_ratio," + name + "\n" + strings.Repeat(",x,y,z\n", 2000),
	} {
		_, err := orderOf(t, "/batches", kind, body)
		answer, _ := json.Marshal(err)
		if faults(t, err); len(answer) > 64<<10 {
			t.Errorf("%s: the answer has %d bytes", kind, len(answer))
		}
	}
}

// Whatever the bytes are, they are an order with lines that are numbered in their order, or a refusal that says something.
func FuzzOrder(f *testing.F) {
	for _, seed := range [][3]string{
		{"application/json", "", `{"defaults":{"model":"core"},"jobs":[{"prompt":"a"},{"seed":1e9}],"max_cost_usd":"1.5"}`},
		{"application/json", "dry_run=1", `{"template":"{a|b}","expand":{"runs":2,"matrix":{"seed":[1,2]},"wildcards":{"a":["b"]}}}`},
		{"text/csv", "expand=all&column=prompt=x", "x,y\na,{{b}}\n"},
		{"text/plain", "runs=3&name=%ff", "a\n\xff"},
		{"application/x-ndjson", "open=true", "{\"prompt\":\"a\"}\n[]"},
		{"", "retry=,failed", "{a|b}"},
	} {
		f.Add(seed[0], seed[1], []byte(seed[2]))
	}
	f.Fuzz(func(t *testing.T, kind, query string, body []byte) {
		r := &http.Request{Method: http.MethodPost, Host: "localhost", Header: http.Header{"Content-Type": {kind}}, URL: &url.URL{Path: "/batches", RawQuery: query}}
		r.Body = io.NopCloser(bytes.NewReader(body))
		got, err := api.Order(api.Server{Submitter: &job.Submitter{}, Lenient: true}, r, "")
		if p, ok := errors.AsType[*api.Problem](err); ok {
			if p.Detail == "" || p.Code == "" || p.Status < 400 || p.Status >= 500 || len(p.Errors) > 100 {
				t.Fatalf("got %+v", p)
			}
			return
		}
		if known, ok := errors.AsType[*job.Error](err); ok && known.Code == "too_many_jobs" {
			return
		}
		if err != nil {
			t.Fatal(err)
		}
		last := 0
		for _, l := range got.Order.Lines {
			if l.Number <= last {
				t.Fatalf("line %d after line %d", l.Number, last)
			}
			last = l.Number
		}
		if len(got.Order.Lines) > job.MaxLines || len(got.Order.Lines) == 0 && !got.Order.Open {
			t.Fatalf("got %d lines", len(got.Order.Lines))
		}
	})
}

func TestACustomIDIsOneRequestsOwnAlsoWhereItIsMultiplied(t *testing.T) {
	for body, pointer := range map[string]string{
		`{"jobs": [{"custom_id": "f", "prompt": "a"}, {"custom_id": "f", "prompt": "b"}], "expand": {"runs": 2}}`:             "/jobs/1/custom_id",
		`{"jobs": [{"custom_id": "f", "prompt": "a"}, {"custom_id": "f", "prompt": "a", "seed": 0}], "expand": {"runs": 2}}`:  "",
		`{"jobs": [{"custom_id": "f", "prompt": "{a|b}"}, {"custom_id": "g", "prompt": "{a|b}"}], "expand": {"mode": "all"}}`: "",
	} {
		_, err := orderOf(t, "/batches", "application/json", body)
		got := ""
		if p, ok := errors.AsType[*api.Problem](err); ok && len(p.Errors) == 1 {
			got = p.Errors[0].Pointer
		}
		if got != pointer || pointer == "" && err != nil {
			t.Errorf("%s: %v, want a fault at %q", body, err, pointer)
		}
	}
}
