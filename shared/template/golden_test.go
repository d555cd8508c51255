package template

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// What dynamicprompts makes of templates; the script beside the file writes it.
type golden struct {
	MadeWith string `json:"made_with"`
	Lists    Lists  `json:"lists"`
	Cases    []struct {
		Template string   `json:"template"`
		Texts    []string `json:"texts"`
	} `json:"cases"`
}

func TestTemplatesMeanWhatTheyMeanInDynamicPrompts(t *testing.T) {
	data, err := os.ReadFile("testdata/dynamicprompts.json")
	if err != nil {
		t.Fatal(err)
	}
	var all golden
	if err := json.Unmarshal(data, &all); err != nil {
		t.Fatal(err)
	}
	if len(all.Cases) < 100 {
		t.Fatalf("%d cases", len(all.Cases))
	}
	for _, c := range all.Cases {
		t.Run(c.Template, func(t *testing.T) {
			got := expand(t, c.Template, scope{Lists: all.Lists})
			if c.Template == "" {
				c.Texts = []string{""} // there, nothing is made of it
			}
			if diff := cmp.Diff(c.Texts, got); diff != "" {
				t.Errorf("%q differs from %s:\n%s", c.Template, all.MadeWith, diff)
			}
		})
	}
}

// expand returns all texts of a template, whose number must be the one counted.
func expand(t *testing.T, text string, s scope) []string {
	t.Helper()
	parsed, err := parse(text)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	n, err := parsed.Count(s)
	if err != nil {
		t.Fatalf("%q: %v", text, err)
	}
	all := slices.Collect(parsed.All(s))
	if !n.IsInt64() || n.Int64() != int64(len(all)) {
		t.Errorf("%q: counted %s, made %d", text, n, len(all))
	}
	return all
}
