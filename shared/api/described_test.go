package api_test

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
	"easel/shared/job"
	"easel/shared/model"
	"easel/shared/request"
)

// spec is the description as a reader of OpenAPI 3.1 understands it.
var spec = sync.OnceValues(func() (*openapi3.T, error) {
	openapi3filter.RegisterBodyDecoder("text/event-stream", openapi3filter.PlainBodyDecoder)
	openapi3filter.RegisterBodyDecoder("application/zip", openapi3filter.FileBodyDecoder)
	doc, err := openapi3.NewLoader().LoadFromFile("openapi.yaml")
	if err != nil {
		return nil, err
	}
	return doc, doc.Validate(openapi3.NewLoader().Context)
})

// described holds an answer against openapi.yaml: its status, headers, media type and body. Where the description has no
// such call, the answer must be a problem.
func described(t *testing.T, r *http.Request, response *http.Response) {
	t.Helper()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	response.Body = io.NopCloser(bytes.NewReader(body))
	if r.Method == http.MethodHead {
		return
	}
	if response.StatusCode >= 400 {
		isProblem(t, response, body)
	}
	route := find(t, r)
	if route == nil {
		if response.StatusCode < 400 {
			t.Errorf("%s %s is answered with %d and not described", r.Method, r.URL.Path, response.StatusCode)
		}
		return
	}
	input := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: &openapi3filter.RequestValidationInput{Request: r, Route: route},
		Status:                 response.StatusCode, Header: response.Header,
		Options: &openapi3filter.Options{IncludeResponseStatus: true},
	}
	input.SetBodyBytes(body)
	if err := openapi3filter.ValidateResponse(r.Context(), input); err != nil {
		t.Errorf("%s %s: the answer is not as openapi.yaml says: %v", r.Method, r.URL.Path, err)
	}
}

// ordered holds the body of an order that was taken against the description: it must allow what the server takes.
func ordered(t *testing.T, r *http.Request, body []byte) {
	t.Helper()
	route := find(t, r)
	if route == nil || route.Operation.RequestBody == nil || len(body) == 0 {
		return
	}
	kind, _, _ := strings.Cut(strings.ToLower(r.Header.Get("Content-Type")), ";")
	media := route.Operation.RequestBody.Value.Content[kind]
	if media == nil && kind != "" && kind != "application/x-www-form-urlencoded" {
		t.Errorf("%s %s takes %s, which is not described", r.Method, r.URL.Path, kind)
	}
	if kind != "application/json" {
		return
	}
	var value any
	if err := json.Unmarshal(bytes.TrimPrefix(body, []byte("\ufeff")), &value); err != nil {
		t.Fatal(err)
	}
	if err := media.Schema.Value.VisitJSON(value, openapi3.EnableJSONSchema2020()); err != nil {
		t.Errorf("openapi.yaml does not allow an order that was taken: %v", err)
	}
}

// find returns the described operation of a request, or nil.
func find(t *testing.T, r *http.Request) *routers.Route {
	t.Helper()
	doc, err := spec()
	if err != nil {
		t.Fatal(err)
	}
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(parts) > 1 && (parts[0] == "jobs" || parts[0] == "batches") {
		parts[1] = "{id}"
	}
	path := "/" + strings.Join(parts, "/")
	item := doc.Paths.Value(path)
	if item == nil || item.Operations()[r.Method] == nil {
		return nil
	}
	return &routers.Route{Spec: doc, Path: path, PathItem: item, Method: r.Method, Operation: item.Operations()[r.Method]}
}

func isProblem(t *testing.T, response *http.Response, body []byte) {
	t.Helper()
	doc, err := spec()
	if err != nil {
		t.Fatal(err)
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil || response.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("%d is no problem but %q: %s", response.StatusCode, response.Header.Get("Content-Type"), body)
		return
	}
	if err := doc.Components.Schemas["Problem"].Value.VisitJSON(value, openapi3.EnableJSONSchema2020()); err != nil {
		t.Errorf("%d is no problem: %v", response.StatusCode, err)
	}
}

func TestDescriptionHasEveryRouteAndNoOther(t *testing.T) {
	doc, err := spec()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for path, item := range doc.Paths.Map() {
		for method := range item.Operations() {
			want = append(want, method+" "+path)
		}
	}
	_, p := unknown(t)
	listed := strings.Split(strings.TrimSuffix(p.Detail[strings.Index(p.Detail, "POST "):], "."), ", ")
	slices.Sort(want)
	slices.Sort(listed)
	if !slices.Equal(want, listed) {
		t.Errorf("described: %q\nlisted:    %q", want, listed)
	}
	inHouse(t, func(h *harness) {
		for _, line := range want {
			method, path, _ := strings.Cut(line, " ")
			if response, _ := h.call(method, strings.ReplaceAll(path, "{id}", "7"), ""); response.StatusCode == http.StatusMethodNotAllowed {
				t.Errorf("%s is described and not served", line)
			}
		}
	})
}

func unknown(t *testing.T) (response *http.Response, p api.Problem) {
	t.Helper()
	inHouse(t, func(h *harness) { response, p = want[api.Problem](h, http.StatusNotFound, "GET", "/nothing", "") })
	return response, p
}

// What the description says about a wanted must be what the core and the catalogue demand.
func TestDescriptionOfARequestIsTheCores(t *testing.T) {
	doc, err := spec()
	if err != nil {
		t.Fatal(err)
	}
	wanted := doc.Components.Schemas["JobSettings"].Value
	most := map[string]uint64{"custom_id": request.MaxName, "user": request.MaxName}
	for _, m := range model.Current() {
		most["prompt"], most["negative_prompt"] = uint64(m.MaxPrompt), uint64(m.MaxPrompt)
		if float64(m.MaxSeed) > *wanted.Properties["seed"].Value.Max {
			t.Errorf("the description allows seeds up to %v, %s up to %d", *wanted.Properties["seed"].Value.Max, m.Alias, m.MaxSeed)
		}
	}
	for name, n := range most {
		if got := wanted.Properties[name].Value.MaxLength; got == nil || *got != n {
			t.Errorf("%s: described with at most %v characters, want %d", name, got, n)
		}
	}
	for name, n := range map[string]float64{"deadline_seconds": request.MaxDeadline, "max_model_calls": request.MaxCalls} {
		if got := wanted.Properties[name].Value.Max; got == nil || *got != n {
			t.Errorf("%s: described with at most %v, want %v", name, got, n)
		}
	}
	var statuses []any
	for _, s := range job.Statuses {
		statuses = append(statuses, string(s))
	}
	if got := doc.Components.Schemas["Status"].Value.Enum; !slices.Equal(got, statuses) {
		t.Errorf("statuses are described as %v, want %v", got, statuses)
	}
}

// What people copy from the description must work, and what it says of refusals must be what they get.
func TestExamplesOfTheDescriptionAreTrue(t *testing.T) {
	doc, err := spec()
	if err != nil {
		t.Fatal(err)
	}
	post := doc.Paths.Value("/jobs").Post
	examples := post.RequestBody.Value.Content["application/json"].Examples
	if len(examples) == 0 {
		t.Fatal("there is no example of an order")
	}
	inHouse(t, func(h *harness) {
		for _, example := range examples {
			body, err := json.Marshal(example.Value.Value)
			if err != nil {
				t.Fatal(err)
			}
			want[api.Job](h, http.StatusAccepted, "POST", "/jobs", string(body))
		}
		_, got := want[any](h, http.StatusUnprocessableEntity, "POST", "/jobs", `{"prompt": "a", "aspect_ratio": "4:3"}`)
		if diff := cmp.Diff(post.Responses.Status(422).Value.Content["application/problem+json"].Example, got); diff != "" {
			t.Error(diff)
		}
		_, got = want[any](h, http.StatusNotFound, "GET", "/jobs/7", "")
		if diff := cmp.Diff(doc.Components.Responses["NotFound"].Value.Content["application/problem+json"].Example, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestDescriptionIsServed(t *testing.T) {
	file, err := os.ReadFile("openapi.yaml")
	if err != nil {
		t.Fatal(err)
	}
	inHouse(t, func(h *harness) {
		response, body := h.call("GET", "/openapi.yaml", "", "Authorization", "")
		if response.StatusCode != http.StatusOK || !bytes.Equal(body, file) {
			t.Errorf("got %d and %d bytes, want the file's %d", response.StatusCode, len(body), len(file))
		}
	})
}
