package template

import (
	"encoding/json"
	"testing"

	"easel/shared/prompt"
	"easel/shared/request"
)

// ids are the custom_ids of what a row becomes, by what each asks for.
func ids(t *testing.T, expand, text string) map[string]string {
	t.Helper()
	e := Expand{Model: "core"}
	if err := json.Unmarshal([]byte(expand), &e); err != nil {
		t.Fatal(err)
	}
	names := map[string]string{}
	for r, err := range e.Rows(prompt.Row{Request: request.Request{CustomID: "x", Settings: request.Settings{Prompt: text}}}) {
		if err != nil {
			t.Fatal(err)
		}
		if r.ID != "x" {
			t.Errorf("the row of %s is %q, want x", r.Request.CustomID, r.ID)
		}
		custom := r.Request.CustomID
		r.Request.CustomID = ""
		names[custom] = written(r.Request)
	}
	return names
}

// A number by place gives the picture of one request to another when a value is added.
func TestWhatWasAskedForKeepsItsCustomID(t *testing.T) {
	for name, c := range map[string]struct{ before, template, after, edited string }{
		"a model between two":        {`{"matrix":{"model":["core","ultra"]}}`, "a", `{"matrix":{"model":["core","sd35","ultra"]}}`, "a"},
		"models in another order":    {`{"matrix":{"model":["core","ultra"]}}`, "a", `{"matrix":{"model":["ultra","core"]}}`, "a"},
		"a value between two":        {`{}`, "{a|c}", `{}`, "{a|b|c}"},
		"a longer list":              {`{"wildcards":{"l":["a","c"]}}`, "__l__", `{"wildcards":{"l":["z","a","b","c"]}}`, "__l__"},
		"an axis with the default":   {`{"matrix":{"style_preset":["","anime"]}}`, "a", `{"matrix":{"style_preset":["","anime"],"model":["ultra",""]}}`, "a"},
		"a seed before another":      {`{"matrix":{"seed":[1,2]}}`, "a", `{"matrix":{"seed":[7,2,1]}}`, "a"},
		"more runs":                  {`{"runs":2}`, "a", `{"runs":5}`, "a"},
		"runs beside a longer list":  {`{"runs":2,"wildcards":{"l":["b"]}}`, "__l__", `{"runs":2,"wildcards":{"l":["a","b"]}}`, "__l__"},
		"braces instead of a matrix": {`{"wildcards":{"l":["a","b"]}}`, "__l__", `{}`, "{b|a}"},
		"more picks":                 {`{"mode":"random","count":3}`, "{a|b|c|d}", `{"mode":"random","count":9}`, "{a|b|c|d}"},
	} {
		before, after := ids(t, c.before, c.template), ids(t, c.after, c.edited)
		for id, request := range before {
			if after[id] != request {
				t.Errorf("%s: %s stood for %s and stands for %q now", name, id, request, after[id])
			}
		}
	}
}

func TestTheDefaultModelHasOneName(t *testing.T) {
	unnamed, named := ids(t, `{"runs":2}`, "a"), ids(t, `{"runs":2,"matrix":{"model":["stability.stable-image-core-v1:1"]}}`, "a")
	for id := range unnamed {
		if _, ok := named[id]; !ok {
			t.Errorf("%s is gone when the default is written out: %v", id, named)
		}
	}
}

func TestNoTwoOfARowShareACustomID(t *testing.T) {
	for name, c := range map[string]struct {
		expand, template string
		want             int
	}{
		"runs":                    {`{"runs":3}`, "a", 3},
		"texts that meet":         {`{}`, "{a|ab}{bc|c}", 4},
		"runs of seeds that meet": {`{"runs":2,"matrix":{"seed":[1,2]}}`, "a", 4},
		"the default, twice":      {`{"matrix":{"model":["core",""]}}`, "a", 2},
		"picks":                   {`{"mode":"random","count":9}`, "{a|b}", 9},
	} {
		if got := ids(t, c.expand, c.template); len(got) != c.want {
			t.Errorf("%s: %d custom_ids for %d requests: %v", name, len(got), c.want, got)
		}
	}
}
