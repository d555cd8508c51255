package api_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
	"easel/shared/job"
	"easel/shared/request"
)

// orderOf reads an order as the handler does, with the core's rules for a request and nothing else of it.
func orderOf(t testing.TB, path, kind, body string) (api.ReadOrder, error) {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, base+path, strings.NewReader(body))
	set(r, "Content-Type", kind)
	id := ""
	if strings.HasSuffix(r.URL.Path, "/jobs") {
		id = "7"
	}
	return api.Order(api.Server{Submitter: &job.Submitter{}, Lenient: true}, r, id)
}

// faults are what a refusal points at: line, column or pointer or parameter of each, with commas between.
func faults(t testing.TB, err error) string {
	t.Helper()
	var p *api.Problem
	if !errors.As(err, &p) || p.Status != http.StatusUnprocessableEntity || p.Detail == "" {
		t.Fatalf("got %v", err)
	}
	var all []string
	for _, f := range p.Errors {
		s := f.Pointer
		if f.Column != "" {
			s = "[" + f.Column + "]"
		}
		if f.Parameter != "" {
			s += "?" + f.Parameter
		}
		if f.Line > 0 {
			s = fmt.Sprintf("%d%s", f.Line, s)
		}
		all = append(all, s)
	}
	return strings.Join(all, ",")
}

func TestAnOrderIsOneWhateverItIsWrittenIn(t *testing.T) {
	var seed int64 = 7
	want := []job.Line{
		{Number: 1, Request: request.Request{Settings: request.Settings{Prompt: "a red fox", Model: "core", Seed: &seed, AspectRatio: "3:2"}, CustomID: "f-1"}},
		{Number: 2, Request: request.Request{Settings: request.Settings{Prompt: "a {white} fox", Model: "ultra", AspectRatio: "3:2"}, CustomID: "f-2"}},
	}
	jobs := `{"prompt":"a red fox","custom_id":"f-1","seed":7}` + "\n" + `{"prompt":"a {white} fox","custom_id":"f-2","model":"ultra"}`
	csv := "Prompt,custom_id,SEED,model\r\na red fox,f-1,7,\r\n\"a {white} fox\",f-2,,ultra\r\n"
	const query = "/batches?name=foxes&max_cost_usd=12.5&open=true&model=core&aspect_ratio=3:2"
	for name, c := range map[string]struct {
		path, kind, body string
		first            int // what the first line counts
	}{
		"json": {
			"/batches", "application/json; charset=UTF-8",
			`{"name": "foxes", "max_cost_usd": "12.50", "open": true, "defaults": {"model": "core", "aspect_ratio": "3:2"}, "jobs": [` + strings.ReplaceAll(jobs, "\n", ",") + `]}`, 1,
		},
		"lines":     {query, "application/x-ndjson", jobs, 1},
		"array":     {query, "application/jsonl", "[" + strings.ReplaceAll(jobs, "\n", ",\n") + "]", 1},
		"csv":       {query, "text/csv; header=present", csv, 2},
		"tabs":      {query, "text/tab-separated-values", strings.ReplaceAll(csv, ",", "\t"), 2},
		"curl":      {query, "application/x-www-form-urlencoded", csv, 2},
		"semicolon": {query + "&column=prompt=Text&column=seed=SEED", "", strings.Replace(strings.ReplaceAll(csv, ",", ";"), "Prompt", "Text", 1), 2},
	} {
		got, err := orderOf(t, c.path, c.kind, c.body)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		lines := []job.Line{{Number: c.first, Request: want[0].Request}, {Number: c.first + 1, Request: want[1].Request}}
		if diff := cmp.Diff(job.BatchRequest{Name: "foxes", MaxCost: 12_500_000, Open: true, Lines: lines}, got.Order); diff != "" {
			t.Errorf("%s:\n%s", name, diff)
		}
	}
}

func TestPromptsAreJobsOfOneKind(t *testing.T) {
	want := []job.Line{{Number: 1, Request: request.Request{Settings: request.Settings{Prompt: "a red fox"}, User: "u"}}, {Number: 3, Request: request.Request{Settings: request.Settings{Prompt: "a fox, {asleep}"}, User: "u"}}}
	got, err := orderOf(t, "/batches?user=u", "text/plain", "a red fox\n\n a fox, {asleep}  \n")
	if diff := cmp.Diff(want, got.Order.Lines); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
	want[1].Number = 2
	got, err = orderOf(t, "/batches", "application/json", `{"defaults": {"user": "u", "prompt": "x"}, "prompts": ["a red fox", "a fox, {asleep}"]}`)
	if diff := cmp.Diff(want, got.Order.Lines); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestAJobsOwnMembersLieOverTheDefaults(t *testing.T) {
	got, err := orderOf(t, "/batches", "application/json", `{
		"defaults": {"prompt": "a fox", "model": "ultra", "metadata": {"a": "1", "b": "2"}, "parameters": {"steps": 30, "mask_image": "aGk="}, "style_preset": "anime"},
		"jobs": [{}, {"prompt": "b", "model": null, "metadata": {"b": "3"}, "parameters": {"steps": 20}, "style_preset": ""}]}`)
	var want []job.Line
	first := request.Request{
		Settings: request.Settings{Prompt: "a fox", Model: "ultra", StylePreset: "anime"}, Metadata: map[string]string{"a": "1", "b": "2"}, Parameters: []byte(`{"steps":30}`), Mask: []byte("hi"),
	}
	second := request.Request{Settings: request.Settings{Prompt: "b", Model: "ultra"}, Metadata: map[string]string{"a": "1", "b": "3"}, Parameters: []byte(`{"steps":20}`)}
	want = append(want, job.Line{Number: 1, Request: first}, job.Line{Number: 2, Request: second})
	if diff := cmp.Diff(want, got.Order.Lines); err != nil || diff != "" {
		t.Errorf("%v\n%s", err, diff)
	}
}

func TestWhatABatchIsToldOnceIsNotAppended(t *testing.T) {
	got, err := orderOf(t, "/batches/7/jobs?changed=add&retry=failed,canceled&dry_run=1", "text/plain", "a red fox")
	want := job.BatchRequest{
		BatchID: "7", Open: true, Changed: "add", Retry: []job.Status{job.Failed, job.Canceled},
		Lines: []job.Line{{Number: 1, Request: request.Request{Settings: request.Settings{Prompt: "a red fox"}}}},
	}
	if diff := cmp.Diff(want, got.Order); err != nil || diff != "" || !got.Dry {
		t.Errorf("%v\n%s", err, diff)
	}
	if got, err = orderOf(t, "/batches/7/jobs", "application/json", `{"prompts": ["a"], "open": false}`); err != nil || got.Order.Open {
		t.Errorf("got %+v, %v", got, err)
	}
	_, err = orderOf(t, "/batches/7/jobs", "application/json", `{"name": "a", "metadata": {}, "max_cost_usd": 1, "prompts": ["a"]}`)
	if got := faults(t, err); got != "/name,/metadata,/max_cost_usd" {
		t.Errorf("got %s", got)
	}
	_, err = orderOf(t, "/batches/7/jobs?name=a&max_cost_usd=1", "text/plain", "a")
	if got := faults(t, err); got != "?name,?max_cost_usd" {
		t.Errorf("got %s", got)
	}
}

// A fault names the place where the client can mend it, and all faults come at once.
func TestFaultsOfAnOrderInJSON(t *testing.T) {
	for body, want := range map[string]string{
		`{"jobs": [{"prompt": "a"}, {"prompt": "a", "seed": "7", "flavour": 1}, [], {"prompt": 1}]}`:        "/jobs/1/seed,/jobs/1/flavour,/jobs/2,/jobs/3/prompt",
		`{"jobs": [{"prompt": "a", "seed": 1.5}, {"prompt": ""}]}`:                                          "/jobs/0/seed,/jobs/1/prompt",
		`{"jobs": [{"prompt": "", "seed": 1.5}]}`:                                                           "/jobs/0/seed,/jobs/0/prompt",
		`{"defaults": {"sed": 1, "custom_id": "a", "seed": "b"}, "prompts": ["a"]}`:                         "/defaults/seed,/defaults/sed,/defaults/custom_id",
		`{"defaults": {"aspect_ratio": "5:1"}, "prompts": ["a", 7, "b"]}`:                                   "/defaults/aspect_ratio,/prompts/1",
		`{"defaults": [], "prompts": {}, "open": 1, "name": 7, "metadata": {"a": 1}, "max_cost_usd": true}`: "/name,/metadata/a,/max_cost_usd,/open,/defaults,/prompts",
		`{"prompts": ["a"], "jobs": []}`:                                                                    "/prompts",
		`{"prompts": ["a"], "prompts": ["b"]}`:                                                              "/prompts",
		`{}`:                                                                                                "",
		`{"prompts": []}`:                                                                                   "",
		`{"jobs": [{"prompt": "a", "custom_id": "x"}], "dry_run": true, "model": "core", "runs": 3, "Jobs": 1}`: "/dry_run,/model,/runs,/Jobs",
		`{"prompts": ["a"], "max_cost_usd": 0}`:                                            "/max_cost_usd",
		`{"prompts": ["a"], "max_cost_usd": -1}`:                                           "/max_cost_usd",
		`{"prompts": ["a"], "max_cost_usd": "1e3"}`:                                        "/max_cost_usd",
		`{"jobs": [{"prompt": "a", "image": "x"}, {"prompt": "a", "metadata": {"k": 1}}]}`: "/jobs/0/image,/jobs/1/metadata/k",
	} {
		_, err := orderOf(t, "/batches", "application/json", body)
		if got := faults(t, err); got != want {
			t.Errorf("%s:\ngot  %s\nwant %s", body, got, want)
		}
	}
}

func TestFaultsOfLines(t *testing.T) {
	for _, c := range []struct{ query, kind, body, want string }{
		{"", "application/x-ndjson", `{"prompt":"a","sed":1}` + "\n\n" + `{"prompt":"a"` + "\n" + `{"prompt":""}` + "\n[]\n", "1/sed,3,4/prompt,5"},
		{"", "text/csv", "prompt,seed,Aspect Ratio\na,x,\nb,,9:1\n\"\",1,\n", "2[seed],3[Aspect Ratio],4[prompt]"},
		{"?aspect_ratio=9:1&column=seed", "text/plain", "a\nb\n", "?column,?aspect_ratio"},
		{"?dry_run=maybe&open=7&max_cost_usd=-1", "text/plain", "a", "?dry_run,?open,?max_cost_usd"},
		{"", "text/csv", "title\na\n", "1"},
		{"", "text/csv", "prompt\n\xff\n", "2"},
		{"", "text/plain", " \n", ""},
		{"", "text/csv", "prompt\n", ""},
		{"?count=3", "text/plain", "a", "?count"},
	} {
		_, err := orderOf(t, "/batches"+c.query, c.kind, c.body)
		if got := faults(t, err); got != c.want {
			t.Errorf("%s %q:\ngot  %s\nwant %s\n%v", c.query, c.body, got, c.want, err)
		}
	}
}

func TestSettingsOfLinesAreNoneOfAnOrderInJSON(t *testing.T) {
	_, err := orderOf(t, "/batches?name=a&model=core&dry_run=true", "application/json", `{"prompts": ["a"]}`)
	if got := faults(t, err); got != "?name,?model" {
		t.Errorf("got %s", got)
	}
}

func TestCharsetOfTheContentTypeIsFollowed(t *testing.T) {
	got, err := orderOf(t, "/batches", "text/plain; charset=windows-1252", "f\xfcchse\n")
	if err != nil || got.Order.Lines[0].Request.Prompt != "füchse" {
		t.Errorf("got %+v, %v", got, err)
	}
	if _, err := orderOf(t, "/batches", "text/plain; charset=klingon", "a"); err == nil || !strings.Contains(err.Error(), `"klingon"`) {
		t.Errorf("got %v", err)
	}
}

func TestAHundredFaultsAreEnough(t *testing.T) {
	for kind, body := range map[string]string{
		"application/x-ndjson": strings.Repeat("{\"prompt\": \"\"}\n", 2400),
		"text/csv":             "prompt,seed\n" + strings.Repeat("a,x\n", 2400),
		"application/json":     `{"jobs": [` + strings.Repeat(`{"prompt": 1},`, 2400) + `{}]}`,
	} {
		got, err := orderOf(t, "/batches", kind, body)
		if kind == "application/x-ndjson" { // an empty prompt is found by the core
			if err != nil || len(got.Order.Lines) != 2400 {
				t.Errorf("%s: got %d lines, %v", kind, len(got.Order.Lines), err)
			}
			continue
		}
		if all := strings.Split(faults(t, err), ","); len(all) != 100 || !strings.Contains(err.Error(), "first 100") {
			t.Errorf("%s: got %d, %v", kind, len(all), err)
		}
	}
}

func TestMoreJobsThanARequestTakes(t *testing.T) {
	prompts := strings.Repeat("a fox\n", job.MaxLines)
	if got, err := orderOf(t, "/batches", "text/plain", prompts); err != nil || len(got.Order.Lines) != job.MaxLines {
		t.Errorf("got %d, %v", len(got.Order.Lines), err)
	}
	for path, body := range map[string]string{"/batches": prompts + "one more", "/batches/7/jobs": prompts + "b"} {
		_, err := orderOf(t, path, "text/plain", body)
		var p *api.Problem
		if !errors.As(err, &p) || p.Code != "too_many_jobs" || p.Status != http.StatusUnprocessableEntity || !strings.Contains(p.Detail, "2500") || !strings.Contains(strings.ToLower(p.Detail), "append") {
			t.Errorf("got %v", err)
		}
	}
	_, err := orderOf(t, "/batches", "application/json", `{"jobs": [`+strings.Repeat(`{"prompt":"a"},`, 200_000)+`{}]}`)
	var p *api.Problem
	if !errors.As(err, &p) || p.Code != "too_many_jobs" {
		t.Errorf("got %v", err)
	}
}

func TestContentTypesOfAnOrder(t *testing.T) {
	for kind, ok := range map[string]bool{
		"application/json": true, "text/plain;charset=utf-8": true, "application/xml": false, "multipart/form-data": false,
		"application/json; charset=utf-16": false,
	} {
		body := "a fox"
		if strings.HasPrefix(kind, "application/json") {
			body = `{"prompts": ["a fox"]}`
		}
		_, err := orderOf(t, "/batches", kind, body)
		var p *api.Problem
		if refused := errors.As(err, &p); refused == ok || refused && (p.Status != http.StatusUnsupportedMediaType || !strings.Contains(p.Detail, "text/csv")) {
			t.Errorf("%s: got %v", kind, err)
		}
	}
}

// What people type at this machine is understood without a header, but for a file whose line ends curl has taken out.
func TestABodyWithoutAContentTypeIsLookedAt(t *testing.T) {
	for body, want := range map[string]int{
		`{"prompts": ["a", "b"]}`: 2, "{\"prompt\": \"a\"}\n{\"prompt\": \"b\"}": 2, `[{"prompt": "a"}]`: 1, "a\nb\nc": 3,
		"prompt;seed\na;1\n": 1, "{red|white} fox\nb": 2, "a fox": 1,
	} {
		got, err := orderOf(t, "/batches", "", body)
		if err != nil || len(got.Order.Lines) != want {
			t.Errorf("%q: got %d, %v", body, len(got.Order.Lines), err)
		}
	}
	_, err := orderOf(t, "/batches", "application/x-www-form-urlencoded", "a foxa bear")
	if err == nil || !strings.Contains(err.Error(), "--data-binary") {
		t.Errorf("got %v", err)
	}
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "http://easel.example.com/batches", strings.NewReader("a"))
	if _, err := api.Order(api.Server{Submitter: &job.Submitter{}, Lenient: true}, r, ""); err == nil {
		t.Error("a request from elsewhere is forgiven")
	}
}

func TestUnknownParametersAreRefused(t *testing.T) {
	_, err := orderOf(t, "/batches?"+url.Values{"dryrun": {"true"}}.Encode(), "text/plain", "a")
	if got := faults(t, err); got != "?dryrun" || !strings.Contains(err.Error(), "Did you mean dry_run?") {
		t.Errorf("got %v", err)
	}
}
