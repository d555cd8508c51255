package bulk

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/job"
)

// keysOf names the rows of a file in turn.
func keysOf(rows ...job.Request) (keys []string) {
	var n Namer
	for _, r := range rows {
		key, duplicate := n.Key(r)
		if duplicate {
			key += " again"
		}
		keys = append(keys, key)
	}
	return keys
}

func TestARowKeepsItsKeyWhereverItStands(t *testing.T) {
	fox, owl, named := job.Request{Prompt: "a fox"}, job.Request{Prompt: "an owl"}, job.Request{Prompt: "a fox", CustomID: "fox"}
	before := keysOf(fox, owl, named)
	after := keysOf(job.Request{Prompt: "new"}, named, owl, fox)
	if diff := cmp.Diff(before, []string{after[3], after[2], after[1]}); diff != "" {
		t.Errorf("keys changed when rows moved (-before +after):\n%s", diff)
	}
}

func TestEqualRowsAreNumbered(t *testing.T) {
	fox := job.Request{Prompt: "a fox"}
	stem := "h-" + Fingerprint(fox)[:16]
	got := keysOf(fox, job.Request{Prompt: "an owl"}, fox, fox)
	want := []string{stem + "-1", got[1], stem + "-2", stem + "-3"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestNoTwoRowsShareAKey(t *testing.T) {
	fox := job.Request{Prompt: "a fox"}
	first := "h-" + Fingerprint(fox)[:16] + "-1"
	borrowed := job.Request{Prompt: "an owl", CustomID: first}
	for name, c := range map[string]struct{ rows, want []string }{
		"a custom_id twice":                 {keysOf(job.Request{CustomID: "a"}, job.Request{CustomID: "a", Prompt: "other"}), []string{"a", "a again"}},
		"case tells custom_ids apart":       {keysOf(job.Request{CustomID: "a"}, job.Request{CustomID: "A"}), []string{"a", "A"}},
		"a custom_id that was a key before": {keysOf(fox, borrowed), []string{first, first + " again"}},
		"a key that was a custom_id before": {keysOf(borrowed, fox), []string{first, first[:len(first)-1] + "2"}},
		"what only looks like a key":        {keysOf(job.Request{CustomID: "h-0123456789abcdef-1"}), []string{"h-0123456789abcdef-1"}},
	} {
		if diff := cmp.Diff(c.want, c.rows); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
}

// The values are in the manifests of all folders: another one would pay for everything again.
func TestFingerprintsStayWhatTheyWere(t *testing.T) {
	seed, strength := int64(7), 0.4
	for want, r := range map[string]job.Request{
		"a36c30abdeb52ed1647ea324dddb6a54": {Prompt: "a fox"},
		"0ac1fde89996223cbdeec59166bdc690": {
			Prompt: "ein Fuchs & <Füchse>", Model: "sd35", NegativePrompt: "blur", AspectRatio: "3:2", Seed: &seed, StylePreset: "anime",
			OutputFormat: "png", Image: []byte("image"), Strength: &strength, Parameters: json.RawMessage(`{"b":1.50,"a":{"d":1,"c":2}}`), Mask: []byte("mask"),
		},
	} {
		if got := Fingerprint(r); got != want {
			t.Errorf("Fingerprint of %q is %s, want %s", r.Prompt, got, want)
		}
	}
}

func TestFingerprintTellsPicturesApartAndNothingElse(t *testing.T) {
	zero, seed, calls, strength := int64(0), int64(7), 3, 0.5
	base := Fingerprint(job.Request{Prompt: "a fox", Parameters: json.RawMessage(`{"a":1,"b":2}`)})
	for name, c := range map[string]struct {
		change func(*job.Request)
		same   bool
	}{
		"custom_id":           {func(r *job.Request) { r.CustomID = "x" }, true},
		"metadata":            {func(r *job.Request) { r.Metadata = map[string]string{"a": "b"} }, true},
		"user":                {func(r *job.Request) { r.User = "x" }, true},
		"deadline":            {func(r *job.Request) { r.DeadlineSeconds = &calls }, true},
		"calls":               {func(r *job.Request) { r.MaxModelCalls = &calls }, true},
		"embed":               {func(r *job.Request) { r.Embed = "none" }, true},
		"a seed to be drawn":  {func(r *job.Request) { r.Seed = &zero }, true},
		"order of parameters": {func(r *job.Request) { r.Parameters = json.RawMessage(` {"b":2, "a":1}`) }, true},
		"prompt":              {func(r *job.Request) { r.Prompt = "a fox " }, false},
		"model":               {func(r *job.Request) { r.Model = "core" }, false},
		"negative prompt":     {func(r *job.Request) { r.NegativePrompt = "x" }, false},
		"ratio":               {func(r *job.Request) { r.AspectRatio = "1:1" }, false},
		"seed":                {func(r *job.Request) { r.Seed = &seed }, false},
		"style":               {func(r *job.Request) { r.StylePreset = "anime" }, false},
		"format":              {func(r *job.Request) { r.OutputFormat = "jpeg" }, false},
		"image":               {func(r *job.Request) { r.Image = []byte("x") }, false},
		"mask":                {func(r *job.Request) { r.Mask = []byte("x") }, false},
		"strength":            {func(r *job.Request) { r.Strength = &strength }, false},
		"parameters":          {func(r *job.Request) { r.Parameters = json.RawMessage(`{"a":1}`) }, false},
	} {
		r := job.Request{Prompt: "a fox", Parameters: json.RawMessage(`{"a":1,"b":2}`)}
		c.change(&r)
		if got := Fingerprint(r) == base; got != c.same {
			t.Errorf("%s: the same picture: %t, want %t", name, got, c.same)
		}
	}
}
