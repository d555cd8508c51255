package prompt_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"easel/shared/prompt"
)

func TestColumnsSayWhatTheyWereTakenFor(t *testing.T) {
	for name, c := range map[string]struct {
		file    string
		columns map[string]string
		want    []prompt.Column
	}{
		"aliases and others": {"Shelf;Ratio;Prompt;;Seitenverhältnis", nil, []prompt.Column{
			{Header: "Prompt", Member: "prompt"},
			{Header: "Ratio", Member: "aspect_ratio"},
			{Header: "Shelf", Metadata: true},
			{Header: "Seitenverhältnis", Metadata: true},
		}},
		"near misses": {"prompt,negativ_prompt,Aspect Rato,sede,modell,custmo id,step", nil, []prompt.Column{
			{Header: "prompt", Member: "prompt"},
			{Header: "negativ_prompt", Metadata: true, Meant: "negative_prompt"},
			{Header: "Aspect Rato", Metadata: true, Meant: "aspect_ratio"},
			{Header: "sede", Metadata: true, Meant: "seed"},
			{Header: "modell", Metadata: true, Meant: "model"},
			{Header: "custmo id", Metadata: true, Meant: "custom_id"},
			{Header: "step", Metadata: true},
		}},
		"a member that has its column": {"prompt,prompts,seed,seeds", nil, []prompt.Column{
			{Header: "prompt", Member: "prompt"},
			{Header: "seed", Member: "seed"},
			{Header: "prompts", Metadata: true},
			{Header: "seeds", Metadata: true},
		}},
		"as was said": {"Title,metadata.seeds,format", map[string]string{"prompt": "Title", "custom_id": "Title", "output_format": ""}, []prompt.Column{
			{Header: "Title", Member: "prompt"},
			{Header: "Title", Member: "custom_id"},
			{Header: "metadata.seeds", Metadata: true},
			{Header: "format", Metadata: true},
		}},
	} {
		r, err := prompt.NewReader(strings.NewReader(c.file), prompt.Options{Format: prompt.CSV, Columns: c.columns, Decode: strict})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		if diff := cmp.Diff(c.want, r.Columns()); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", name, diff)
		}
	}
	r, err := prompt.NewReader(strings.NewReader("a fox"), prompt.Options{Format: prompt.Text, Decode: strict})
	if err != nil || r.Columns() != nil || r.Doubt("/prompt", "") != "" {
		t.Errorf("a text has columns: %v, %v", r.Columns(), err)
	}
}

func TestAColumnThatWasTakenByAnAliasCanBeLetGo(t *testing.T) {
	for name, c := range map[string]struct {
		file    string
		columns map[string]string
		want    string
	}{
		"a ratio": {"prompt;Ratio\na;wide", nil, "line 2: column Ratio: aspect_ratio is not offered. If the column Ratio is something else, say so: --column aspect_ratio= keeps it as metadata."},
		"said":    {"prompt;Ratio\na;wide", map[string]string{"aspect_ratio": "Ratio"}, "line 2: column Ratio: aspect_ratio is not offered."},
		"by name": {"prompt;Aspect Ratio\na;wide", nil, "line 2: column Aspect Ratio: aspect_ratio is not offered."},
		"let go":  {"prompt;Ratio\na;wide", map[string]string{"aspect_ratio": ""}, `2 {"prompt":"a","metadata":{"Ratio":"wide"}}`},
	} {
		t.Run(name, func(t *testing.T) {
			expect(t, transcript(t, c.file, prompt.Options{Format: prompt.CSV, Columns: c.columns}), []string{c.want})
		})
	}
	for header, want := range map[string]string{
		"prompt,Format":       " If the column Format is something else, say so: --column output_format= keeps it as metadata, --column aspect_ratio=Format reads it as that.",
		"prompt,Format,ratio": " If the column Format is something else, say so: --column output_format= keeps it as metadata.",
		"prompt,for mat":      ` If the column for mat is something else, say so: --column output_format= keeps it as metadata, --column "aspect_ratio=for mat" reads it as that.`,
		"prompt,outputFormat": "",
	} {
		r, err := prompt.NewReader(strings.NewReader(header), prompt.Options{Format: prompt.CSV, Decode: strict})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, r.Doubt("/output_format", `"16:9"`)); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", header, diff)
		}
		if doubt := r.Doubt("/output_format", `"webp"`); doubt != "" {
			t.Errorf("%s: a format that another model makes is said to be none:%s", header, doubt)
		}
	}
}

// A person may be typing the file: what is wrong with the first line has to be told before there is a second.
func TestAMissingPromptIsToldWithoutWaiting(t *testing.T) {
	in := &patient{strings.NewReader("Nr;Shelf\n"), t}
	_, err := prompt.NewReader(in, prompt.Options{Format: prompt.CSV, Decode: strict})
	if err == nil || !strings.Contains(err.Error(), "No column is called prompt") {
		t.Errorf("got %v", err)
	}
}

// patient fails the test when it is asked for more than there is.
type patient struct {
	*strings.Reader
	t *testing.T
}

func (p *patient) Read(b []byte) (int, error) {
	if p.Len() == 0 {
		p.t.Error("it waits for more")
	}
	return p.Reader.Read(b[:min(1, len(b))])
}
