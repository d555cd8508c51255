package model_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"easel/shared/model"
)

var update = flag.Bool("update", false, "rewrite the request samples in testdata")

// sample is the order behind every <alias>.request.json.
func sample(m model.Model) model.Request {
	r := model.Request{
		Prompt: "A cute baby of lion, 8k ultra realistic, trending on artstation, 4 k", NegativePrompt: "blurry",
		AspectRatio: "16:9", OutputFormat: m.Formats[0], Seed: 2130420379,
	}
	if m.Styled {
		r.StylePreset = "digital-art"
	}
	if m.Parameters != nil {
		r.Parameters = m.FillParameters(nil)
	}
	return r
}

// aliases are the models with a codec, retired or not.
func aliases(t *testing.T) []model.Model {
	t.Helper()
	all := slices.DeleteFunc(model.All(), func(m model.Model) bool { return !m.Spoken() })
	if len(all) <= len(model.Current()) || len(model.Current()) == 0 {
		t.Fatalf("%d models have a codec, %d of them are current", len(all), len(model.Current()))
	}
	return all
}

func TestEveryModelWithACodecHasSamples(t *testing.T) {
	for _, m := range aliases(t) {
		t.Run(m.Alias, func(t *testing.T) {
			got, err := m.Encode(sample(m))
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(golden(t, m.Alias+".request.json", got), indent(t, got)); diff != "" {
				t.Errorf("request (-want +got):\n%s", diff)
			}
			body, err := os.ReadFile(filepath.Join("testdata", m.Alias+".response.json"))
			if err != nil {
				t.Fatalf("every model needs a sample of its reply: %v", err)
			}
			result, err := m.Decode(body)
			if err != nil {
				t.Fatal(err)
			}
			if h, err := model.Sniff(result.Image); err != nil || h.Width < 1 || result.Seed == 0 {
				t.Errorf("reply decodes to %+v, seed %d, %v", h, result.Seed, err)
			}
		})
	}
}

func golden(t *testing.T, name string, got []byte) string {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(indent(t, got)), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("every model needs a sample of its request (make it with -update): %v", err)
	}
	return string(want)
}

func indent(t *testing.T, b []byte) string {
	t.Helper()
	var out bytes.Buffer
	if err := json.Indent(&out, b, "", "  "); err != nil {
		t.Fatal(err)
	}
	return out.String() + "\n"
}

func TestEveryEntryIsComplete(t *testing.T) {
	for _, m := range model.All() {
		t.Run(m.ID, func(t *testing.T) {
			if m.Retired() {
				next, ok := model.Find(m.Successor)
				if _, err := time.Parse(time.DateOnly, m.EndOfLife); err != nil || !ok || next.Retired() {
					t.Errorf("a retired model needs the day it ended and a living successor, got %q and %q", m.EndOfLife, m.Successor)
				}
			}
			if !m.Spoken() {
				return
			}
			if _, err := time.Parse(time.DateOnly, m.PriceAsOf); err != nil {
				t.Errorf("price as of %q: %v", m.PriceAsOf, err)
			}
			if m.Alias == "" || m.Region == "" || m.PriceMicroUSD <= 0 || m.RPM <= 0 || m.MaxPrompt <= 0 || m.MaxSeed <= 0 || len(m.Formats) == 0 {
				t.Errorf("something is missing in %+v", m)
			}
			for _, r := range m.AspectRatios {
				if w, h := model.Size(r); w == 0 || h == 0 {
					t.Errorf("no size for aspect ratio %s", r)
				}
			}
		})
	}
}

func TestNoTwoEntriesShareAName(t *testing.T) {
	seen := map[string]string{}
	for _, m := range model.All() {
		for _, name := range []string{m.ID, m.Alias} {
			key := strings.ToLower(name)
			if other, taken := seen[key]; taken && name != "" {
				t.Errorf("%s and %s are both called %s", other, m.ID, name)
			}
			seen[key] = m.ID
		}
	}
}

func TestImageToImageIsSD35(t *testing.T) {
	const want = `{"prompt":"fox","mode":"image-to-image","image":"UE5H","strength":0,"seed":7,"output_format":"png"}`
	for _, m := range model.Current() {
		got, err := m.Encode(model.Request{Prompt: "fox", Image: []byte("PNG"), Seed: 7, OutputFormat: "png"})
		switch {
		case m.Alias == "sd35" && (err != nil || string(got) != want):
			t.Errorf("got %s, %v; want %s", got, err, want)
		case m.Alias != "sd35" && (!errors.Is(err, model.ErrNoImage) || got != nil):
			t.Errorf("%s: got %s, %v; the image is lost", m.Alias, got, err)
		}
	}
}

func TestDecodeTellsWhyThereIsNoPicture(t *testing.T) {
	core, _ := model.Find("core")
	for name, c := range map[string]struct {
		body  string
		check func(error) bool
	}{
		"prompt filtered":   {`{"finish_reasons":["Filter reason: prompt"]}`, filteredBy("Filter reason: prompt")},
		"output filtered":   {`{"seeds":[1],"finish_reasons":["Filter reason: output image"],"images":[]}`, filteredBy("Filter reason: output image")},
		"inference error":   {`{"finish_reasons":["Inference error"]}`, func(err error) bool { return errors.Is(err, model.ErrInference) }},
		"nothing at all":    {`{}`, other},
		"an empty image":    {`{"images":[""],"finish_reasons":[null]}`, other},
		"not base64":        {`{"images":["?"],"finish_reasons":[null]}`, other},
		"a truncated reply": {`{"images":["UE5H`, other},
	} {
		if _, err := core.Decode([]byte(c.body)); err == nil || !c.check(err) {
			t.Errorf("%s: got %v", name, err)
		}
	}
}

func filteredBy(reason string) func(error) bool {
	return func(err error) bool {
		var f *model.Filtered
		return errors.As(err, &f) && f.Reason == reason
	}
}

func other(err error) bool { return !filteredBy("")(err) && !errors.Is(err, model.ErrInference) }

func TestSeedsAreReadAsNumberOrString(t *testing.T) {
	core, _ := model.Find("core")
	for _, seeds := range []string{`[4294967295]`, `["4294967295"]`} {
		r, err := core.Decode([]byte(`{"seeds":` + seeds + `,"finish_reasons":[null],"images":["UE5H"]}`))
		if err != nil || r.Seed != 4294967295 {
			t.Errorf("seeds %s: got %d, %v", seeds, r.Seed, err)
		}
	}
}

func TestFindKnowsIDAndAliasInAnyCase(t *testing.T) {
	for _, name := range []string{"core", "CORE", "stability.stable-image-core-v1:1"} {
		if m, ok := model.Find(name); !ok || m.Alias != "core" {
			t.Errorf("Find(%q) = %q, %v", name, m.ID, ok)
		}
	}
	for _, name := range []string{"", "dall-e"} {
		if m, ok := model.Find(name); ok {
			t.Errorf("Find(%q) found %s", name, m.ID)
		}
	}
}

func TestNearestAspectRatio(t *testing.T) {
	core, _ := model.Find("core")
	for _, c := range []struct {
		w, h int
		want string
	}{{1920, 1080, "16:9"}, {1024, 1024, "1:1"}, {1024, 768, "5:4"}, {768, 1024, "4:5"}, {100, 1000, "9:21"}} {
		if got := core.Nearest(c.w, c.h); got != c.want {
			t.Errorf("Nearest(%d, %d) = %s, want %s", c.w, c.h, got, c.want)
		}
	}
}

func TestStylesBecomeWords(t *testing.T) {
	if n := len(model.Styles()); n != 17 {
		t.Errorf("there are 17 style presets, not %d", n)
	}
	for _, s := range model.Styles() {
		styled, ok := model.WithStyle("a fox", s)
		if !ok || !strings.HasPrefix(styled, "a fox, ") || utf8.RuneCountInString(styled) > 120 {
			t.Errorf("%s: %q, %v", s, styled, ok)
		}
	}
	if _, ok := model.WithStyle("a fox", "baroque"); ok {
		t.Error("an unknown preset was accepted")
	}
	if plain, ok := model.WithStyle("a fox", ""); !ok || plain != "a fox" {
		t.Errorf("no preset changed the prompt to %q", plain)
	}
}

func TestRetiredModelsCannotBeEncoded(t *testing.T) {
	m, _ := model.Find("nova-canvas")
	if _, err := m.Encode(model.Request{Prompt: "fox"}); err == nil || !strings.Contains(err.Error(), "2026-09-30") {
		t.Errorf("got %v", err)
	}
}
