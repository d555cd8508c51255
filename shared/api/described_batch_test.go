package api_test

import (
	"encoding/json"
	"net/http"
	"slices"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/google/go-cmp/cmp"

	"easel/shared/api"
	"easel/shared/job"
	"easel/shared/request"
)

func TestExamplesOfBatchesAreTrue(t *testing.T) {
	doc, err := spec()
	if err != nil {
		t.Fatal(err)
	}
	inHouse(t, func(h *harness) {
		try := func(path string, op *openapi3.Operation) (tried int) {
			for kind, media := range op.RequestBody.Value.Content {
				bodies := []any{media.Example}
				for _, example := range media.Examples {
					bodies = append(bodies, example.Value.Value)
				}
				for _, body := range bodies {
					if body == nil {
						continue
					}
					text, lines := body.(string)
					if !lines {
						written, _ := json.Marshal(body)
						text = string(written)
					}
					want[api.Batch](h, http.StatusAccepted, "POST", path, text, "Content-Type", kind, "Idempotency-Key", text[:20])
					tried++
				}
			}
			return tried
		}
		if n := try("/batches", doc.Paths.Value("/batches").Post); n < 7 {
			t.Errorf("%d examples of POST /batches", n)
		}
		if n := try("/batches/"+h.batch("a").ID+"/jobs?changed=add", doc.Paths.Value("/batches/{id}/jobs").Post); n < 4 {
			t.Errorf("%d examples of an append", n)
		}
		_, got := want[any](h, http.StatusNotFound, "GET", "/batches/7", "")
		if diff := cmp.Diff(doc.Components.Responses["NoBatch"].Value.Content["application/problem+json"].Example, got); diff != "" {
			t.Error(diff)
		}
	})
}

// What the description says about an order of many must be what the core and the handler demand.
func TestDescriptionOfAnOrderIsTheCores(t *testing.T) {
	doc, err := spec()
	if err != nil {
		t.Fatal(err)
	}
	order := doc.Components.Schemas["BatchRequest"].Value.Properties
	for _, name := range []string{"jobs", "prompts"} {
		if got := order[name].Value.MaxItems; got == nil || *got != job.MaxLines {
			t.Errorf("%s: described with at most %v entries", name, got)
		}
	}
	if got := order["name"].Value.MaxLength; got == nil || *got != request.MaxName {
		t.Errorf("name: described with at most %v characters", got)
	}
	for name, want := range map[string][]string{"FailureCode": api.Failures, "Retryable": {"failed", "canceled"}} {
		var got []string
		for _, v := range doc.Components.Schemas[name].Value.Enum {
			got = append(got, v.(string))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", name, diff)
		}
	}
	var names []string
	for _, p := range doc.Paths.Value("/batches").Post.Parameters {
		if p.Value.In == "query" {
			names = append(names, p.Value.Name)
		}
	}
	slices.Sort(names)
	if diff := cmp.Diff(slices.Sorted(slices.Values(api.Orderable)), names); diff != "" {
		t.Error(diff)
	}
}
